/* SPDX-License-Identifier: Apache-2.0
 * The panel of a state (logit lens and what the block before it added), of an input token, and of a residual edge. */
import { button, element, number, percent, tokenElement } from "./dom.mjs";
import { ATTENTION_RESIDUAL, FFN, FFN_RESIDUAL } from "./replay.mjs";
import { panelAbsent, panelBar, panelHead, panelLink, panelMissing, panelNote, panelPart, panelRow, panelShares, panelStored, panelTokenAt } from "./panel_parts.mjs";
import { panelListsFind, panelLists } from "./panel_lists.mjs";

/* The state before the block that ends in this one: {layer, after}, null for the embedding. */
function stateBefore(graph, { layer, after }) {
  if (after === "post" && !graph.parallel) return { layer, after: "mid" };
  return layer ? { layer: layer - 1, after: "post" } : null;
}

function stateName({ layer, after }) {
  return after === "mid" ? `after the attention of layer ${layer}` : `after layer ${layer}`;
}

function stateKind({ after }) {
  return after === "mid" ? "resid_mid" : "resid_post";
}

/* [[id, score, rank before | null when it is not known to have been listed]] from stored lists, or as the source computes it. */
async function stateLens(view) {
  const { graph, source, selection: s } = view;
  const here = await panelListsFind({ lists: source.lists }, stateKind(s), s.layer, s.position);
  const row = here.rows?.get("alone") ?? here.rows?.get("frozen");
  if ((!row || here.position !== s.position) && source.lens) return source.lens(s.layer, s.position, s.after === "mid" ? "attention" : "ffn");
  if (!row || here.position !== s.position) return null;
  const before = stateBefore(graph, s);
  const found = before && (await panelListsFind({ lists: source.lists }, stateKind(before), before.layer, s.position));
  const list = found && found.position === s.position ? (found.rows.get(row[1])?.[5] ?? null) : null;
  const ranks = list && new Map(list.map(([id], i) => [id, i + 1]));
  return { tokens: here.tokens, depth: list?.length, before: before && list === null ? "not stored" : undefined, convention: row[1],
    lens: row[5].map(([id, score]) => [id, score, ranks?.get(id) ?? null]) };
}

function stateRows(view, found) {
  const before = stateBefore(view.graph, view.selection);
  const rank = (value) => value ?? (found.depth ? `> ${found.depth}` : "–");
  return [element("table.panel-table",
    panelHead(["rank#", "token", found.convention === "frozen" ? "score#" : "logit#", "rank before#"]),
    element("tbody", found.lens.map(([id, score, earlier], i) =>
      panelRow([i + 1, tokenElement(found.tokens[id]), number(score, 2), before ? rank(earlier) : "–"])))),
  panelNote(before ? `Before: ${stateName(before)}. ` : "Before: the embedding.",
    found.before ? "Its list is not stored." : found.depth && `${found.depth} tokens are stored of it.`)];
}

/* The answer and the foil at this state: known at the last position, after layers. */
function stateAnswer({ graph, selection: s }) {
  const row = s.after === "post" && s.position === graph.tokens.length - 1 && graph.lens?.find(([layer]) => layer === s.layer);
  if (!row || !graph.answer) return null;
  const [, rank, probability, foilRank, foilProbability] = row;
  return element("p", "Answer ", tokenElement(graph.answer.answer), ` rank ${rank}, ${percent(probability)}`,
    foilRank ? ["; foil ", tokenElement(graph.answer.foil), ` rank ${foilRank}, ${percent(foilProbability)}`] : null, ".");
}

/* Buttons to the states and blocks that meet here. */
function stateNeighbours(view) {
  const { graph, selection: s, replayed } = view;
  const go = (label, selection) => button(label, () => view.select(selection), { "data-key": label });
  const before = stateBefore(graph, s);
  return element("p.panel-buttons",
    before ? go("state before", { kind: "state", position: s.position, ...before }) : go("token", { kind: "token", position: s.position }),
    s.after === "post" && panelPart(replayed, FFN, s.layer, s.position) && go("FFN", { kind: "ffn", layer: s.layer, position: s.position }));
}

export function panelState(view) {
  const { graph, selection: s, source } = view;
  const missing = () => panelMissing(source, "lists");
  const block = s.after === "mid" ? ["attention"] : graph.parallel ? ["attention", "ffn"] : ["ffn"];
  return [element("h2", "State at ", panelTokenAt(graph, s.position)),
    panelNote(`${stateName(s)}, position ${s.position}`),
    stateAnswer(view), stateNeighbours(view),
    element("h3", "Logit lens"),
    source.lists || source.lens ? view.later(stateLens(view), (found) => (found ? stateRows(view, found) : missing())) : missing(),
    block.map((kind) => [element("h3", kind === "ffn" ? "The FFN added" : "The attention added"),
      panelLists(view, kind, s.layer, s.position)])];
}

/* A button for each state of a position, from the top, with the token that leads its lens where that is stored. */
function stateColumn(view, stored) {
  const { graph, selection: s } = view;
  const states = Array.from({ length: graph.layers }, (_, i) => graph.layers - 1 - i)
    .flatMap((layer) => (graph.parallel ? ["post"] : ["post", "mid"]).map((after) => ({ layer, after })));
  return element("ul.panel-states", states.map((state) => {
    const row = stored?.lists.find(([kind, , layer, position]) => kind === stateKind(state) && layer === state.layer && position === s.position);
    return element("li", button(`L${state.layer} ${stateKind(state)}`, () => view.select({ kind: "state", position: s.position, ...state }), { "data-key": `state.${state.layer}.${state.after}`, title: stateName(state) }),
    row?.[5].length ? tokenElement(stored.tokens[row[5][0][0]]) : element("span.panel-note", "not stored"));
  }));
}

/* What this token gives to the prediction, its states, and the graph that ends at its position. */
export function panelToken(view) {
  const { graph, replayed, selection: s, source } = view;
  const share = replayed.tokenFlow[s.position] ?? 0;
  const target = graph.targets?.includes(s.position) && s.position !== graph.target;
  return [element("h2", "Token ", panelTokenAt(graph, s.position)),
    panelNote(`position ${s.position}`, graph.ids && `, id ${graph.ids[s.position]}`, graph.roles?.[s.position] && `, role ${graph.roles[s.position]}`),
    element("p", element("b", percent(share)), " of the prediction comes from it. ", panelBar(share)),
    element("p", s.position === graph.target ? "This graph predicts the token after it."
      : target ? panelLink(source, ["prompt", graph.prompt, s.position], {}, "The graph that predicts the token after it →")
        : source.traceTarget ? button("Trace what comes after it", () => source.traceTarget(s.position))
          : panelMissing(source, "target")),
    element("h3", "Its states, from the top"),
    source.lists ? view.later(source.lists(), (stored) => stateColumn(view, stored)) : stateColumn(view, null)];
}

/* What goes on unchanged past a block. */
export function panelResidual(view) {
  const { graph, replayed, threshold, selection: s } = view;
  const kind = s.node === "ffn" ? FFN_RESIDUAL : ATTENTION_RESIDUAL;
  const part = panelPart(replayed, kind, s.layer, s.position);
  const above = { layer: s.layer, after: s.node === "ffn" || graph.parallel ? "post" : "mid" };
  const below = stateBefore(graph, above);
  const go = (label, state) => button(label, () => view.select(state), { "data-key": label });
  const passed = graph.parallel ? "block" : s.node === "ffn" ? "FFN" : "attention";
  return [element("h2", `Residual past the ${passed} of layer ${s.layer} at `, panelTokenAt(graph, s.position)),
    part ? element("p", panelShares([part])) : panelAbsent(graph, threshold, panelStored(graph, kind, s.layer, s.position)),
    panelNote(`The part of the state ${stateName(above)} that was there before.`),
    element("p.panel-buttons", go("state above", { kind: "state", position: s.position, ...above }),
      below ? go("state below", { kind: "state", position: s.position, ...below }) : go("token", { kind: "token", position: s.position }))];
}
