/* SPDX-License-Identifier: Apache-2.0
 * What is drawn of a replayed graph: edges of one layer from one position to another are one link, whatever their heads. */
import { ATTENTION, ATTENTION_RESIDUAL, FFN, FFN_RESIDUAL, kindLevels } from "./replay.mjs";

const MODEL_BINS = 4096;
export const LINK_ATTENTION = 0, LINK_FFN = 1, LINK_RESIDUAL = 2;

/* A number of its own for each link that a graph can have. */
function modelKey(model, kind, layer, source, target) {
  return ((kind * model.layers + layer) * model.width + source) * model.width + target;
}

/* Of the i-th link. */
export function linkKey(model, i) {
  return modelKey(model, model.kind[i], model.layer[i], model.source[i], model.target[i]);
}

/* graph: the JSON of the end point; replayed: replay(graph, threshold). Links are in the order of the walk, from the top down:
 *   n, kind (edges' kinds), type (LINK_*), layer, source, target, low, high (levels of replay.mjs), flow, share (sum, 1e-6),
 *   first, count (its edges are [first, first + count) of `replayed`).
 * reuse: a model of the same graph that is not used any more; its arrays are taken. */
export function graphModel(graph, replayed, reuse = null) {
  const most = replayed.n, levels = kindLevels(graph), room = Math.ceil(most * 1.5);
  const model = reuse && reuse.kind.length >= most ? reuse : {
    graph, layers: graph.layers, width: graph.tokens.length, kind: new Uint8Array(room), type: new Uint8Array(room),
    layer: new Uint16Array(room), source: new Int32Array(room), target: new Int32Array(room), low: new Uint16Array(room), high: new Uint16Array(room),
    flow: new Float64Array(room), share: new Float64Array(room), first: new Int32Array(room), count: new Int32Array(room),
  };
  Object.assign(model, { replayed, places: null, nAttention: 0 });
  let n = 0;
  for (let e = 0; e < most; e++) {
    const kind = replayed.kind[e], layer = replayed.layer[e], source = replayed.source[e], target = replayed.target[e];
    let at = n - 1;
    if (kind !== ATTENTION || at < 0 || model.kind[at] !== ATTENTION || model.source[at] !== source || model.target[at] !== target ||
        model.layer[at] !== layer) {
      at = n++;
      model.kind[at] = kind;
      model.type[at] = kind === ATTENTION ? LINK_ATTENTION : kind === FFN ? LINK_FFN : LINK_RESIDUAL;
      model.layer[at] = layer;
      model.source[at] = source;
      model.target[at] = target;
      model.low[at] = 2 * layer + levels[kind].below;
      model.high[at] = 2 * layer + levels[kind].whole;
      model.first[at] = e;
      model.flow[at] = model.share[at] = model.count[at] = 0;
      if (kind === ATTENTION) model.nAttention++;
    }
    model.flow[at] += replayed.flow[e];
    model.share[at] += replayed.share[e];
    model.count[at]++;
  }
  model.n = n;
  return model;
}

/* The link of a selection, -1 when it is not in this graph. */
export function linkOf(model, selection) {
  if (!selection) return -1;
  if (!model.places) {
    model.places = new Map();
    for (let i = 0; i < model.n; i++) model.places.set(linkKey(model, i), i);
  }
  const find = (kind, source, target) => (source >= model.width || target >= model.width ? -1 :
    model.places.get(modelKey(model, kind, selection.layer, source, target)) ?? -1);
  if (selection.layer >= model.layers) return -1;
  if (selection.kind === "edge") return find(ATTENTION, selection.source, selection.target);
  if (selection.kind === "ffn") return find(FFN, selection.position, selection.position);
  if (selection.kind === "residual") return find(selection.node === "ffn" ? FFN_RESIDUAL : ATTENTION_RESIDUAL, selection.position, selection.position);
  return -1;
}

/* {level, position} of a selected state or token, null for others and for what is not in this graph. */
export function stateOf(model, selection) {
  if (selection?.kind !== "state" && selection?.kind !== "token") return null;
  const level = selection.kind === "token" ? 0 : 2 * selection.layer + (selection.after === "mid" ? 1 : 2);
  const { position } = selection;
  if (level > 2 * model.layers || position >= model.width || (level > 0 && !model.replayed.reached[level * model.width + position])) return null;
  return { level, position };
}

export function selectionOfPart(kind, layer, source, position) {
  if (kind === ATTENTION) return { kind: "edge", layer, source, target: position };
  if (kind === FFN) return { kind: "ffn", layer, position };
  return { kind: "residual", layer, position, node: kind === FFN_RESIDUAL ? "ffn" : "attention" };
}

export function selectionOfLink(model, i) {
  return selectionOfPart(model.kind[i], model.layer[i], model.source[i], model.target[i]);
}

export function selectionOfState(level, position) {
  if (level === 0) return { kind: "token", position };
  return { kind: "state", layer: (level - 1) >> 1, position, after: level % 2 ? "mid" : "post" };
}

/* All routes of a thing to the target and to the tokens: {links: Uint8Array [n], states: Uint8Array [levels][tokens]}; null when it is
 * not in this graph. */
export function routesOf(model, selection) {
  const link = linkOf(model, selection), state = stateOf(model, selection), { width } = model;
  if (link < 0 && !state) return null;
  const links = new Uint8Array(model.n), down = new Uint8Array((2 * model.layers + 1) * width), up = new Uint8Array(down.length);
  if (state) down[state.level * width + state.position] = up[state.level * width + state.position] = 1;
  else {
    links[link] = 1;
    down[model.low[link] * width + model.source[link]] = 1;
    up[model.high[link] * width + model.target[link]] = 1;
  }
  for (let i = 0; i < model.n; i++)
    if (down[model.high[i] * width + model.target[i]]) links[i] = down[model.low[i] * width + model.source[i]] = 1;
  for (let i = model.n - 1; i >= 0; i--)
    if (up[model.low[i] * width + model.source[i]]) links[i] = up[model.high[i] * width + model.target[i]] = 1;
  for (let i = 0; i < down.length; i++) down[i] |= up[i];
  return { links, states: down };
}

/* The strongest links of a LINK_ type (null: of all), at most `most`. */
export function strongestLinks(model, wanted, most) {
  const { n, type, flow } = model, bins = new Int32Array(MODEL_BINS + 1);
  const binOf = (i) => Math.min(MODEL_BINS, Math.floor(Math.sqrt(flow[i]) * MODEL_BINS));
  let left = most, cut = MODEL_BINS;
  for (let i = 0; i < n; i++) if (wanted === null || type[i] === wanted) bins[binOf(i)]++;
  while (cut >= 0 && bins[cut] <= left) left -= bins[cut--];
  const links = [], edge = []; /* edge: those of the bin that is taken in part */
  for (let i = 0; i < n; i++) {
    if (wanted !== null && type[i] !== wanted) continue;
    const bin = binOf(i);
    if (bin > cut) links.push(i);
    else if (bin === cut) edge.push(i);
  }
  return links.concat(edge.sort((a, b) => flow[b] - flow[a] || a - b).slice(0, left));
}

/* Heads of an attention link, the strongest first: [{head, share (1e-6), flow}]. */
export function headsOfLink(model, i) {
  const { replayed } = model, heads = [];
  for (let e = model.first[i]; e < model.first[i] + model.count[i]; e++)
    heads.push({ head: replayed.head[e], share: replayed.share[e], flow: replayed.flow[e] });
  return heads.sort((a, b) => b.flow - a.flow || a.head - b.head);
}
