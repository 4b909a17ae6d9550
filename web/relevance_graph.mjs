/* SPDX-License-Identifier: Apache-2.0
 * The graph of what an answer hangs on (METHOD section 11): attention and FFN parts whose |share| is above the threshold. There is no walk,
 * and no residual. Shares have a sign, and may be larger than 1. */
import { number, percent } from "./dom.mjs";
import { rowsOf } from "./lists.mjs";
import { ATTENTION, FFN, kindLevels } from "./replay.mjs";

/* Rows of the end point in groups by kind. */
function relevanceRows(data) {
  const groups = { attention: [], ffn: [], query: [], neuron: [], head: [], ffn_total: [], token: [], bias: [] };
  for (const row of rowsOf(data)) groups[row.kind].push(row);
  /* As the edges of routes: layers from the top down, the heads of a link one after another. */
  groups.parts = [...groups.ffn, ...groups.attention].sort((a, b) => b.layer - a.layer || (a.kind < b.kind) - (a.kind > b.kind) ||
    a.target - b.target || a.source - b.source || a.head - b.head);
  return groups;
}

/* What replay() of routes gives. share: in 1e-6, with its sign; flow: its size; r, value, key: logits, NaN where there is none. */
function relevanceReplay(graph, groups, threshold) {
  const rows = groups.parts.filter((row) => Math.abs(row.share) > threshold), width = graph.tokens.length, levels = kindLevels(graph);
  const column = (name, none = NaN) => Float64Array.from(rows, (row) => row[name] ?? none);
  const replayed = {
    n: rows.length, kind: rows.map((row) => (row.kind === "ffn" ? FFN : ATTENTION)), layer: column("layer"), head: column("head", -1), source: column("source"),
    target: column("target"), share: column("share").map((share) => share * 1e6), flow: column("share").map(Math.abs), r: column("r"), value: column("value"),
    key: column("key"), levelFlow: new Float64Array((2 * graph.layers + 1) * width), reached: new Uint8Array((2 * graph.layers + 1) * width),
    tokenFlow: Float64Array.from(graph.tokens, (_, i) => groups.token[i]?.share ?? 0), of: graph.method.of,
  };
  const reach = (level, position, flow) => {
    const at = level * width + position;
    replayed.reached[at] = 1;
    replayed.levelFlow[at] = Math.max(replayed.levelFlow[at], Math.min(1, flow));
  };
  reach(2 * graph.layers, graph.target, 0);
  for (let i = 0; i < replayed.n; i++) {
    const { below, whole } = levels[replayed.kind[i]], layer = 2 * replayed.layer[i];
    reach(layer + below, replayed.source[i], replayed.flow[i]);
    reach(layer + whole, replayed.target[i], replayed.flow[i]);
  }
  return replayed;
}

/* "r −1.464, −59.2 %" of a row. */
export function relevanceWords({ r, share }) {
  return `r ${number(r)} logits, share ${percent(share)}`;
}

/* Lines of a tooltip: the edges of a link. */
function relevanceEdges({ head, r, share }, first, count) {
  return Array.from({ length: count }, (_, k) => `${head[first + k] < 0 ? "" : `H${head[first + k]}: `}${relevanceWords({ r: r[first + k], share: share[first + k] / 1e6 })}`);
}

/* graph: the JSON of the end point `graph`; data: that of `relevance`; panels, by kind of selection. -> a graph for the pane, which is drawn
 * as routes are; what differs is in its `method` (replay.mjs). */
export function relevanceGraph(graph, data, panels) {
  const groups = relevanceRows(data), { mode, threshold, floor } = data;
  const whole = mode === "contrast" ? "difference of the margins" : "margin";
  const method = {
    mode, data, groups, whole, panels, of: `of the ${whole}`,
    reason: data.reason && `There is no ${mode} relevance: ${data.reason}.`,
    replay: (threshold) => relevanceReplay(related, groups, threshold),
    token: (position) => groups.token[position] && relevanceWords(groups.token[position]),
    edges: relevanceEdges,
    name: (n, threshold) => `${mode === "contrast" ? "Contrast" : "Answer"} relevance: ${n} edges with a share above ${threshold} in size`,
    caption: (threshold) => `at the threshold ${threshold}. r: logits; share: of the ${whole}; value, key: the ways of an edge.`,
    amounts: ["r", "share", "value", "key"],
  };
  const related = { ...graph, threshold, floor, stored_floor: floor, method };
  return related;
}
