/* SPDX-License-Identifier: Apache-2.0
 * The panel beside the graph of what an answer hangs on. */
import { button, element, number, percent, tokenElement } from "./dom.mjs";
import { panelFirst, panelHead, panelLack, panelLink, panelNote, panelRow, panelTokenAt } from "./panel_parts.mjs";
import { panelLists } from "./panel_lists.mjs";
import { panelState } from "./panel_state.mjs";
import { relevanceWords } from "./relevance_graph.mjs";

const RELEVANCE_SHOWN = 12; /* rows of a table before all are asked for */

/* The largest first, whatever the sign. */
function relevanceSorted(rows) {
  return [...rows].sort((a, b) => Math.abs(b.r) - Math.abs(a.r));
}

/* A table of rows, cut until all are asked for. name(row): its first cell. */
function relevanceTable(view, what, rows, titles, cells) {
  const sorted = relevanceSorted(rows), shown = view.opened.has(what) ? sorted : sorted.slice(0, RELEVANCE_SHOWN);
  return [element("table.panel-table", panelHead(titles), element("tbody", shown.map((row) => panelRow(cells(row))))),
    shown.length < sorted.length && button(`All ${sorted.length}`, () => view.open(what), { "data-key": `all-${what}` })];
}

function relevanceWays({ r, share, value, key, query }, ways) {
  return [number(r), percent(share), ...(ways ? [value, key, query].map((x) => number(x)) : [])];
}

function relevanceOverview(view) {
  const { graph: { method, answer, prediction, tokens } } = view, { data, groups, mode } = method, ways = mode === "contrast";
  const head = (row) => `L${row.layer}H${row.head}`;
  const strongest = (row) => relevanceSorted(groups.attention.filter((part) => part.head === row.head && part.layer === row.layer))[0];
  const asked = data.options ? data : answer; /* a trace tells what it was asked about */
  const margin = ["The margin of ", tokenElement(asked?.answer ?? prediction.token), " over ", asked?.foil != null ? tokenElement(asked.foil) : "the mean of all tokens"];
  return [element("h2", `${mode === "contrast" ? "Contrast" : "Answer"} relevance`),
    data.m !== null && element("p", margin, ` is ${number(data.m)} logits`, data.m_reference !== null && `, in the counterfactual ${number(data.m_reference)}`, ".", asked && panelFirst(asked)),
    method.reason ? panelLack(method.reason) : [
      panelNote(`Share: of the ${method.whole}. A negative share works against it: its line is dashed, its bar pale.`),
      element("h3", "Heads"), relevanceTable(view, "heads", groups.head, ["head", "r#", "share#", ...(ways ? ["value#", "key#", "query#"] : [])], (row) =>
        [strongest(row) ? button(head(row), () => view.select({ ...strongest(row), kind: "edge" }), { class: "panel-plain", "data-key": head(row) }) : element("b", head(row)),
          ...relevanceWays(row, ways)]),
      panelNote("Sums over all positions. Click: the strongest edge."),
      element("h3", "FFNs"), relevanceTable(view, "ffns", groups.ffn_total, ["layer", "r#", "share#"], (row) => [element("b", `L${row.layer}`), ...relevanceWays(row)]),
      element("h3", "Tokens"), relevanceTable(view, "tokens", groups.token, ["token", "position#", "r#", "share#"], (row) =>
        [tokenElement(tokens[row.source]), row.source, ...relevanceWays(row)]),
      groups.bias.map((row) => panelNote(`Biases: ${relevanceWords(row)}.`))]];
}

/* Why a part is not in the graph. */
function relevanceAbsent({ graph, threshold }, row) {
  return panelLack(row ? `Not in the graph at the threshold ${threshold}: ${relevanceWords(row)}.` : `Not kept: its share is below the floor of ${graph.floor}.`);
}

function relevanceEdge(view) {
  const { graph, threshold, selection: s, source } = view, { groups, mode } = graph.method, ways = mode === "contrast";
  const rows = relevanceSorted(groups.attention.filter((row) => row.layer === s.layer && row.source === s.source && row.target === s.target));
  const inside = rows.filter((row) => Math.abs(row.share) > threshold), chosen = s.head ?? rows[0]?.head;
  const query = groups.query.find((row) => row.layer === s.layer && row.head === chosen && row.target === s.target);
  return [element("h2", `Layer ${s.layer}: `, panelTokenAt(graph, s.source), " → ", panelTokenAt(graph, s.target)),
    inside.length === 0 && relevanceAbsent(view, rows[0]),
    element("table.panel-table", panelHead(["head", "r#", "share#", ...(ways ? ["value#", "key#"] : [])]), element("tbody", rows.map((row) =>
      panelRow([button(`H${row.head}`, () => view.select({ ...s, head: row.head }), { class: "panel-plain", "data-key": `head.${row.head}`, "aria-pressed": String(row.head === chosen) }),
        ...relevanceWays(row, ways).slice(0, ways ? 4 : 2)])))),
    inside.length > 0 && inside.length < rows.length && panelNote("Those below the threshold are not in the graph."),
    chosen === undefined ? null : [
      ways && element("p", `Query of L${s.layer}H${chosen} at `, panelTokenAt(graph, s.target), query ? `: ${relevanceWords(query)}.` : `: its share is below the floor of ${graph.floor}.`),
      element("h3", `L${s.layer}H${chosen} writes at `, panelTokenAt(graph, s.target)), panelLists(view, "head", s.layer, s.target, chosen),
      source.link && element("p", panelLink(source, ["head", s.layer, chosen], {}, `All prompts of L${s.layer}H${chosen} →`))]];
}

function relevanceFfn(view) {
  const { graph, threshold, selection: s, source } = view, { groups } = graph.method;
  const row = groups.ffn.find((part) => part.layer === s.layer && part.target === s.position);
  const neurons = groups.neuron.filter((part) => part.layer === s.layer && part.target === s.position);
  return [element("h2", `FFN of layer ${s.layer} at `, panelTokenAt(graph, s.position)),
    row && Math.abs(row.share) > threshold ? element("p", `${relevanceWords(row)}.`) : relevanceAbsent(view, row),
    neurons.length > 0 && [element("h3", "Neurons"), relevanceTable(view, "neurons", neurons, ["neuron", "r#", "share#"], (part) =>
      [panelLink(source, ["neuron", s.layer, part.neuron], {}, `N${part.neuron}`), ...relevanceWays(part)])],
    element("h3", "The FFN added"), panelLists(view, "ffn", s.layer, s.position)];
}

function relevanceToken(view) {
  const { graph, selection: s } = view, row = graph.method.groups.token[s.position];
  return [element("h2", "Token ", panelTokenAt(graph, s.position)), panelNote(`position ${s.position}`),
    row && element("p", `${relevanceWords(row)}.`)];
}

/* By kind of selection. There is no residual in this graph. */
export const relevancePanels = { overview: relevanceOverview, edge: relevanceEdge, ffn: relevanceFfn, state: panelState, token: relevanceToken };
