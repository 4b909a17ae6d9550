/* SPDX-License-Identifier: Apache-2.0
 * The panel of an attention edge: its heads, what one of them writes, and that head in the data set. */
import { button, element, number, percent, plural } from "./dom.mjs";
import { estimate, estimateShare } from "./lists.mjs";
import { ATTENTION } from "./replay.mjs";
import { PANEL_MICRO, panelAbsent, panelBar, panelEdges, panelLack, panelLink, panelNote, panelShares, panelTokenAt } from "./panel_parts.mjs";
import { panelLists } from "./panel_lists.mjs";
import { panelAttention } from "./panel_attention.mjs";

const EDGE_ITEMS = 6;

/* Heads of the edge that are stored but not in the graph at the threshold. */
function edgeBelow({ graph: { parts }, selection: s }, shown) {
  const rows = [];
  for (let i = 0; i < parts.kind.length; i++)
    if (parts.kind[i] === ATTENTION && parts.layer[i] === s.layer && parts.source[i] === s.source && parts.target[i] === s.target &&
        !shown.some((row) => row.head === parts.head[i])) rows.push({ head: parts.head[i], share: parts.share[i] / PANEL_MICRO });
  return rows.sort((a, b) => b.share - a.share || a.head - b.head);
}

function edgeHead(view, row, chosen) {
  const { selection } = view;
  const flow = row.flow === undefined ? "–" : percent(row.flow);
  return element("li", button([element("b", `H${row.head}`), panelBar(row.share), element("span", number(row.share)), element("span.soft", flow)], () => view.select({ ...selection, head: row.head }), { "data-key": `head.${row.head}`, "aria-pressed": String(row.head === chosen), "aria-label": `Head ${row.head}: importance ${number(row.share)}, flow ${flow}` }));
}

/* The head over all graphs, and where else it reads and writes. */
function edgeDataset(view, layer, head) {
  const { source } = view;
  if (!source.head) return null;
  const fill = ({ all, edges }) => {
    if (!all) return panelLack("No graph is stored yet.");
    const item = (edge) => element("li", panelLink(source, ["head", layer, head], { edge: edge.item_id }, `${edge.source_role} → ${edge.target_role}`),
      ` in ${percent(edge.frequency)}`);
    return [element("p", "Importance ", estimate(all, "mean"), ", active in ", estimateShare(all, "frequency"), ` of ${plural(all.n, "graph")}.`),
    edges.length > 0 && element("ul.panel-items", edges.slice(0, EDGE_ITEMS).map(item),
      edges.length > EDGE_ITEMS && element("li.soft", `${edges.length - EDGE_ITEMS} more`)),
    element("p", panelLink(source, ["head", layer, head], {}, `All prompts of L${layer}H${head} →`))];
  };
  return [element("h3", "In the data set"), view.later(source.head(layer, head), fill)];
}

export function panelEdge(view) {
  const { graph, replayed, threshold, selection: s, source } = view;
  const rows = panelEdges(replayed, (i) => replayed.kind[i] === ATTENTION && replayed.layer[i] === s.layer && replayed.source[i] === s.source &&
    replayed.target[i] === s.target).sort((a, b) => b.flow - a.flow || a.head - b.head);
  const below = edgeBelow(view, rows);
  const chosen = s.head ?? rows[0]?.head ?? below[0]?.head;
  return [element("h2", `Layer ${s.layer}: `, panelTokenAt(graph, s.source), " → ", panelTokenAt(graph, s.target)),
    rows.length ? panelNote(panelShares(rows), ` · ${rows.length === 1 ? "1 head" : `${rows.length} heads`}`)
      : panelAbsent(graph, threshold, below[0]?.share),
    rows.length + below.length > 0 && element("div.panel-columns", { "aria-hidden": "true" },
      ["", "", "importance", "flow"].map((text) => element("span", text))),
    element("ul.panel-choices", { "aria-label": "Heads of the edge" }, [...rows, ...below].map((row) => edgeHead(view, row, chosen))),
    rows.length > 0 && below.length > 0 && panelNote("Heads without flow are not in the graph at this threshold."),
    chosen !== undefined && ![...rows, ...below].some((row) => row.head === chosen) &&
      panelLack(`H${chosen} carries nothing above the floor on this edge.`),
    chosen === undefined ? null : [element("h3", `L${s.layer}H${chosen} writes at `, panelTokenAt(graph, s.target)),
      panelLists(view, "head", s.layer, s.target, chosen),
      source.attention && panelAttention(view, s.layer, chosen, s.source, s.target),
      edgeDataset(view, s.layer, chosen)]];
}
