/* SPDX-License-Identifier: Apache-2.0
 * What the views of the panel share. */
import { element, number, percent, tokenElement } from "./dom.mjs";

export const PANEL_MICRO = 1e6; /* shares are integers in 1e-6 */

/* A remark in small print. */
export function panelNote(...children) {
  return element("p.panel-note", ...children);
}

/* What is not there. */
export function panelLack(...children) {
  return element("p.panel-missing", ...children);
}

/* "answer" or "foil" beside a token that is one. */
export function panelTag({ answer }, id) {
  if (answer && id === answer.id) return element("span.panel-tag.panel-answer", "answer");
  return answer && id === answer.foil_id ? element("span.panel-tag.panel-foil", "foil") : null;
}

/* Of an answer of several tokens: that figures are of the first. */
export function panelFirst({ tokens }) {
  return tokens > 1 && ` The answer has ${tokens} tokens: these are figures of its first.`;
}

/* The head of a table: titles of columns; those of digits end in "#". */
export function panelHead(titles, attributes = {}) {
  return element("thead", attributes, element("tr", titles.map((title) =>
    element("th", { scope: "col", class: title.endsWith("#") ? "number" : null }, title.replace("#", "")))));
}

/* A row of a table: nodes stand left, digits right. */
export function panelRow(cells) {
  return element("tr", cells.map((cell) => element("td", { class: cell instanceof Node ? null : "number" }, cell)));
}

/* A bar of a share of 1. */
export function panelBar(share) {
  return element("span.panel-bar", { "aria-hidden": "true" },
    element("i", { style: { width: `${Math.min(1, Math.abs(share)) * 100}%` } }));
}

/* "·Sarah", with its position for those who point at it. */
export function panelTokenAt(graph, position) {
  return tokenElement(graph.tokens[position] ?? "?", { title: `position ${position}` });
}

/* Edges of the replayed graph as [{head, share, weight, flow}], wanted by a test of their index. */
export function panelEdges(replayed, wanted) {
  const rows = [];
  for (let i = 0; i < replayed.n; i++)
    if (wanted(i)) rows.push({ head: replayed.head[i], share: replayed.share[i] / PANEL_MICRO, weight: replayed.weight[i], flow: replayed.flow[i] });
  return rows;
}

/* The edge of one part, or null: kind as in replay.mjs. */
export function panelPart(replayed, kind, layer, target) {
  return panelEdges(replayed, (i) => replayed.kind[i] === kind && replayed.layer[i] === layer && replayed.target[i] === target)[0] ?? null;
}

/* The stored share of such a part, also below the threshold; null when it is below the floor too. */
export function panelStored(graph, kind, layer, target) {
  const { parts } = graph;
  const i = parts.kind.findIndex((k, at) => k === kind && parts.layer[at] === layer && parts.target[at] === target);
  return i < 0 ? null : parts.share[i] / PANEL_MICRO;
}

/* "34.5 % of the flow, 39.0 % of the node": what an edge carries. */
export function panelShares(rows) {
  const sum = (name) => rows.reduce((total, row) => total + row[name], 0);
  return [element("b", percent(sum("flow"))), " of the flow · importance ", element("b", number(sum("share"))),
    " · weight ", number(sum("weight"))];
}

/* A sentence with commands in backquotes, as nodes. */
export function panelWords(text) {
  return text.split("`").map((words, i) => (i % 2 ? element("code", words) : words));
}

/* Why a part is not in the graph that is shown; share: its largest stored one, null where there is none. */
export function panelAbsent(graph, threshold, share) {
  const why = share == null ? `Not stored: it lies below the floor of ${graph.floor}, or no route from the target reaches it.`
    : share > threshold ? `Not in the graph at the threshold ${number(threshold)}: no route from the target reaches it.`
      : `Not in the graph at the threshold ${number(threshold)}: its importance is ${number(share)}.`;
  return panelLack(why);
}

/* What source.missing says. */
export function panelMissing(source, what) {
  return panelLack(panelWords(source.missing(what)));
}

export function panelLink(source, path, query, ...text) {
  const href = source.link?.(path, query);
  return href ? element("a", { href }, ...text) : element("span", ...text);
}
