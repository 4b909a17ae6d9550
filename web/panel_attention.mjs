/* SPDX-License-Identifier: Apache-2.0
 * The attention map of a head, computed on request. */
import { element, number, percent } from "./dom.mjs";
import { panelTokenAt } from "./panel_parts.mjs";

const ATTENTION_UNIT = 1e4, ATTENTION_LARGEST = 320; /* values are in 1e-4; px of the map */

/* The value of (query, key) in a lower triangle that is stored row by row. */
function attentionAt(triangle, query, key) {
  return triangle[(query * (query + 1)) / 2 + key] / ATTENTION_UNIT;
}

/* Rows are queries, columns keys; what the pointer is over is told below. */
function attentionMap(view, values, source, target) {
  const { graph } = view, n = graph.tokens.length, cell = Math.max(1, Math.floor(ATTENTION_LARGEST / n));
  const canvas = element("canvas", { class: "panel-map", width: n * cell, height: n * cell, role: "img",
    "aria-label": `Attention weights, ${n} queries by ${n} keys; the line below tells one of them` });
  const context = canvas.getContext("2d");
  const told = element("p", { class: "panel-note" });
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--blue");
  for (let query = 0; query < n; query++)
    for (let key = 0; key <= query; key++) {
      context.globalAlpha = 0.04 + 0.96 * Math.min(1, Math.max(0, attentionAt(values.weights, query, key)));
      context.fillRect(key * cell, query * cell, cell, cell);
    }
  context.globalAlpha = 1;
  const tell = (query, key) => told.replaceChildren(panelTokenAt(graph, query), " looks at ", panelTokenAt(graph, key),
    `: weight ${number(attentionAt(values.weights, query, key))}`, values.contributions ? `, contribution ${percent(attentionAt(values.contributions, query, key))}` : "");
  tell(target, source);
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const query = Math.floor(((event.clientY - box.top) / box.height) * n), key = Math.floor(((event.clientX - box.left) / box.width) * n);
    if (query >= 0 && query < n && key >= 0 && key <= query) tell(query, key);
  });
  canvas.addEventListener("pointerleave", () => tell(target, source));
  return [canvas, told];
}

export function panelAttention(view, layer, head, source, target) {
  const opened = `attention.${layer}.${head}`;
  return [element("h3", {}, "Attention map"), view.opened.has(opened)
    ? view.later(view.source.attention(layer, head), (values) => attentionMap(view, values, source, target))
    : element("button", { type: "button", "data-key": "attention", onclick: () => view.open(opened) }, `Compute the map of L${layer}H${head}`)];
}
