/* SPDX-License-Identifier: Apache-2.0
 * What a thing of a graph is, in words: for tooltips and screen readers. */
import { number, percent, plural, tokenText } from "./dom.mjs";
import { headsOfLink, linkOf, stateOf } from "./graph_model.mjs";

const WORDS_HEADS = 6, WORDS_FOLDED = 12; /* heads and folded tokens that a tooltip lists */

/* [title, lines...]; null when the thing is not in this graph. */
export function describeThing(model, selection) {
  const link = linkOf(model, selection), state = stateOf(model, selection), { graph, replayed } = model;
  const token = (position) => `${tokenText(graph.tokens[position])} (${position})`;
  if (state) {
    const { level, position } = state, flow = replayed.levelFlow[level * model.width + position];
    if (level === 0) return [`Token ${token(position)}`, graph.method?.token(position) ?? `${percent(flow)} of the flow comes from it`];
    return [`State after ${level % 2 ? "the attention of " : ""}layer ${selection.layer} at ${token(position)}`, ...(graph.method ? [] : [`${percent(flow)} of the flow`])];
  }
  if (link < 0) return null;
  const layer = model.layer[link], at = token(model.target[link]);
  const lines = graph.method?.edges(replayed, model.first[link], model.count[link]) ?? [`${percent(model.flow[link])} of the flow, ${percent(model.share[link] / 1e6)} of the node`];
  if (selection.kind === "ffn") return [`FFN of layer ${layer} at ${at}`, ...lines];
  if (selection.kind === "residual") {
    const around = graph.parallel ? "" : selection.node === "ffn" ? "the FFN of " : "the attention of ";
    return [`Residual around ${around}layer ${layer} at ${at}`, ...lines];
  }
  const heads = graph.method ? [] : headsOfLink(model, link);
  lines.push(...heads.slice(0, WORDS_HEADS).map((entry) => `H${entry.head}  ${number(entry.share / 1e6)}`));
  if (heads.length > WORDS_HEADS) lines.push(`${heads.length - WORDS_HEADS} more`);
  return [`Layer ${layer}: ${token(model.source[link])} → ${at}`, ...lines];
}

/* Columns that are folded: {first, n}. */
export function describeGap(model, { first, n }) {
  const tokens = model.graph.tokens.slice(first, first + n).map(tokenText), text = tokens.slice(0, WORDS_FOLDED).join(" ");
  const where = n === 1 ? `position ${first}` : `positions ${first} to ${first + n - 1}`;
  return [`${plural(n, "token")} without flow`, `${where}: ${text}${n > WORDS_FOLDED ? " …" : ""}`];
}

/* The graph in one sentence: its name for screen readers. */
export function describeGraph(model, threshold) {
  const { graph, replayed } = model;
  const keys = ". Arrow keys move between states, Shift with an arrow through the edges into one, Enter selects.";
  if (graph.method) return graph.method.name(replayed.n, threshold) + keys;
  const tokens = [...replayed.tokenFlow.keys()].filter((i) => replayed.tokenFlow[i] > 0);
  tokens.sort((a, b) => replayed.tokenFlow[b] - replayed.tokenFlow[a]);
  const heads = [...replayed.heads].sort((a, b) => b.share - a.share).slice(0, 3);
  return [
    `Information flow into token ${graph.target}, ${tokenText(graph.tokens[graph.target])}: ${plural(replayed.n, "edge")} above ${threshold}`,
    `predicts ${tokenText(graph.prediction.token)} with ${percent(graph.prediction.probability)}`,
    `most flow from ${tokens.slice(0, 3).map((i) => `${tokenText(graph.tokens[i])} ${percent(replayed.tokenFlow[i], 0)}`).join(", ")}`,
    heads.length ? `largest heads ${heads.map((head) => `L${head.layer}H${head.head}`).join(", ")}` : "no heads",
  ].join("; ") + keys;
}
