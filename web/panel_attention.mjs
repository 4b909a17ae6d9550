/* SPDX-License-Identifier: Apache-2.0
 * The attention map of a head, computed on request: weights, or contributions to the nodes' shares, of each query and key. */
import { button, element, number, percent, setPressed } from "./dom.mjs";
import { panelNote, panelTokenAt } from "./panel_parts.mjs";

const ATTENTION_UNIT = 1e4, ATTENTION_LARGEST = 320, ATTENTION_FAINTEST = 0.04; /* values are in 1e-4; px of the map; opacity of 0 */
const attentionKinds = [["weights", "weights", "How much a query (row) looks at a key (column)."],
  ["contributions", "contributions", "Importance of the key's part in the query's node."]];

/* The value of (query, key) in a lower triangle that is stored row by row. */
function attentionAt(triangle, query, key) {
  return triangle[(query * (query + 1)) / 2 + key] / ATTENTION_UNIT;
}

/* Rows are queries, columns keys. The cell that is pointed at, or moved to with the arrow keys, is told below; Enter or a click selects its edge. */
function attentionMap(view, layer, head, values, source, target) {
  const { graph } = view, n = graph.tokens.length, cell = Math.max(1, Math.floor(ATTENTION_LARGEST / n)), size = n * cell;
  let kind = "weights", at = { query: target, key: Math.min(source, target) };
  const canvas = element("canvas.panel-map", { width: size, height: size, "aria-hidden": "true" });
  const context = canvas.getContext("2d"), told = panelNote({ "aria-live": "polite" }), about = element("p.panel-note");
  const field = element("div.panel-map-field", { tabindex: "0", role: "application", "data-key": "attention-map", onkeydown: onKey,
    "aria-label": `Attention map of L${layer}H${head}, ${n} queries by ${n} keys. Arrow keys move from cell to cell, Enter selects the edge.` }, canvas);
  const buttons = attentionKinds.map(([name, label]) => button(label, () => show(name), { "data-key": `attention.${name}` }));

  function draw() {
    const triangle = values[kind], most = kind === "weights" ? ATTENTION_UNIT : Math.max(1, ...triangle.slice(0, 1e5));
    const style = getComputedStyle(field);
    context.clearRect(0, 0, size, size);
    context.fillStyle = style.getPropertyValue("--blue");
    for (let query = 0, i = 0; query < n; query++)
      for (let key = 0; key <= query; key++, i++) {
        context.globalAlpha = ATTENTION_FAINTEST + (1 - ATTENTION_FAINTEST) * Math.min(1, Math.max(0, triangle[i] / most));
        context.fillRect(key * cell, query * cell, cell, cell);
      }
    context.globalAlpha = 1;
    context.strokeStyle = style.getPropertyValue("--text");
    context.lineWidth = Math.max(1, Math.min(2, cell / 4));
    context.strokeRect(at.key * cell + 0.5, at.query * cell + 0.5, Math.max(2, cell - 1), Math.max(2, cell - 1));
    about.textContent = `${attentionKinds.find(([name]) => name === kind)[2]} Darkest: ${kind === "weights" ? "1" : number(most / ATTENTION_UNIT)}.`;
    told.replaceChildren(panelTokenAt(graph, at.query), ` (${at.query}) looks at `, panelTokenAt(graph, at.key), ` (${at.key}): weight ${number(attentionAt(values.weights, at.query, at.key))}`,
      `, contribution ${percent(attentionAt(values.contributions, at.query, at.key))}`);
  }
  function show(name) {
    kind = name;
    for (const [i, [own]] of attentionKinds.entries()) setPressed(buttons[i], own === kind);
    draw();
  }
  function move(query, key) {
    const row = Math.max(0, Math.min(n - 1, query));
    at = { query: row, key: Math.max(0, Math.min(row, key)) };
    draw();
  }
  function choose() {
    view.select({ kind: "edge", layer, source: at.key, target: at.query, head });
  }
  function onKey(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }, step = steps[event.key];
    if (step) move(at.query + step[0], at.key + step[1]);
    else if (event.key === "Home") move(at.query, 0);
    else if (event.key === "End") move(at.query, at.query);
    else if (event.key === "Enter") choose();
    else return;
    event.preventDefault();
  }
  /* The cell under a pointer, or null. */
  function under(event) {
    const box = canvas.getBoundingClientRect();
    const query = Math.floor(((event.clientY - box.top) / box.height) * n), key = Math.floor(((event.clientX - box.left) / box.width) * n);
    return query >= 0 && query < n && key >= 0 && key <= query ? [query, key] : null;
  }
  canvas.addEventListener("pointermove", (event) => {
    const cell = under(event);
    if (cell) move(...cell);
  });
  canvas.addEventListener("pointerleave", () => move(target, source));
  canvas.addEventListener("click", (event) => { if (under(event)) choose(); });
  requestAnimationFrame(() => show("weights")); /* in its place, whose colours it takes */
  return [element("div.panel-switch", { role: "group", "aria-label": "What the map shows" }, buttons), field, told, about];
}

export function panelAttention(view, layer, head, source, target) {
  const opened = `attention.${layer}.${head}`;
  return [element("h3", "Attention map"), view.opened.has(opened)
    ? view.later(view.source.attention(layer, head), (values) => attentionMap(view, layer, head, values, source, target))
    : button(`Compute the map of L${layer}H${head}`, () => view.open(opened), { "data-key": "attention" })];
}
