/* SPDX-License-Identifier: Apache-2.0
 * Moves through a graph by keys: arrows between states, Shift and an arrow through the edges into a state, f to the FFN. */
import { linkOf, selectionOfLink, selectionOfState, stateOf } from "./graph_model.mjs";

const KEY_STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/* Links into a state, the strongest first. */
function keyLinksInto(model, state) {
  const links = [];
  for (let i = 0; i < model.n; i++) if (model.high[i] === state.level && model.target[i] === state.position) links.push(i);
  return links.sort((a, b) => model.flow[b] - model.flow[a]);
}

function keyNextState(model, state, [dx, dy]) {
  const { reached } = model.replayed;
  let { level, position } = state;
  for (;;) {
    level += dy;
    position += dx;
    if (level < 0 || level > 2 * model.layers || position < 0 || position >= model.width) return state;
    if (reached[level * model.width + position]) return { level, position };
  }
}

/* Where a key leads from `at` (a selection, null: nowhere yet): a selection, or undefined when the key is none of these. */
export function keyMove(model, at, event) {
  const step = KEY_STEPS[event.key], link = linkOf(model, at), state = stateOf(model, at);
  if (!step && event.key !== "f") return undefined;
  if (link < 0 && !state) return selectionOfState(2 * model.layers, model.graph.target);
  if (event.key === "f") {
    const layer = state ? Math.max(0, (state.level - 1) >> 1) : model.layer[link], position = state ? state.position : model.target[link];
    const ffn = { kind: "ffn", layer, position };
    return linkOf(model, ffn) < 0 ? at : ffn;
  }
  if (event.shiftKey) {
    const into = state ?? { level: model.high[link], position: model.target[link] }, links = keyLinksInto(model, into);
    if (!links.length) return at;
    const next = state ? (step[0] + step[1] < 0 ? links.length - 1 : 0) : (links.indexOf(link) + (step[0] + step[1]) + links.length) % links.length;
    return selectionOfLink(model, links[next]);
  }
  if (!state) {
    const down = step[0] < 0 || step[1] < 0;
    return down ? selectionOfState(model.low[link], model.source[link]) : selectionOfState(model.high[link], model.target[link]);
  }
  const next = keyNextState(model, state, step);
  return selectionOfState(next.level, next.position);
}
