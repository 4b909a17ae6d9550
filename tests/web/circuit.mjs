/* SPDX-License-Identifier: Apache-2.0
 * The drawing of a circuit: an FFN reads the state that attention of its layer wrote, in a parallel block the one that attention read.
 *
 *   node tests/web/circuit.mjs
 *
 * Elements are objects here: no browser is needed. */
globalThis.document = {
  createElementNS: (space, tag) => ({
    tag, attributes: {}, children: [],
    setAttribute(name, value) { this.attributes[name] = String(value); },
    append(...children) { this.children.push(...children); }
  })
};
const { circuitDrawing } = await import("../../web/circuit_drawing.mjs");

const HEAD = 1, FFN = 2 ** 30 | 1 << 6 | 1; /* L0H0 from role 0 to role 1, FFN0 at role 1 */
let wrong = 0;
for (const parallel of [false, true]) {
  const drawing = circuitDrawing({ layers: 1, heads: 1, roles: ["IO", "END"], parallel }, [HEAD, FFN], "a circuit");
  const paths = drawing.children.filter((child) => child.tag === "path"), ffn = paths.find((path) => path.attributes.class === "ffn-line");
  const numbers = (path) => path.attributes.d.match(/[-\d.]+/g).map(Number);
  const head = numbers(paths.find((path) => path !== ffn)), read = head[1], written = head.at(-1), begin = numbers(ffn)[1], end = numbers(ffn).at(-1);
  const right = Math.abs(begin - (parallel ? read : written)) < 1e-6 && end < written && written < read;
  if (!right) wrong++;
  console.log(`${parallel ? "parallel" : "sequential"}: attention from ${read} to ${written}, FFN from ${begin} to ${end}: ${right ? "right" : "WRONG"}`);
}
process.exit(wrong ? 1 : 0);
