/* SPDX-License-Identifier: Apache-2.0
 * The graph at a threshold, from the rows that are stored (METHOD section 3). The order of additions is that of hw_graph_replay in
 * src/graph/graph.c, so that weights and flows have its bits.
 *
 * States are numbered from the tokens up: level 0 is the tokens, 2 l + 1 the state between attention and FFN of layer l, 2 l + 2 the state
 * after layer l. A parallel block has no state at 2 l + 1. */

export const ATTENTION = 0, ATTENTION_RESIDUAL = 1, FFN = 2, FFN_RESIDUAL = 3;
export const KIND_NAMES = ["attention", "attention_residual", "ffn", "ffn_residual"];

/* Nodes of a layer from the top down: level of the whole and of what is below it (of layer 0), kinds of parts in the order of edges. */
const REPLAY_SEQUENTIAL = [
  { whole: 2, below: 1, kinds: [FFN, FFN_RESIDUAL] },
  { whole: 1, below: 0, kinds: [ATTENTION, ATTENTION_RESIDUAL] },
];
const REPLAY_PARALLEL = [{ whole: 2, below: 0, kinds: [ATTENTION, FFN, ATTENTION_RESIDUAL] }];

export function layerNodes(graph) {
  return graph.parallel ? REPLAY_PARALLEL : REPLAY_SEQUENTIAL;
}

/* For each kind of part {whole, below}: the levels in layer 0 that it joins. */
export function kindLevels(graph) {
  const levels = [];
  for (const node of layerNodes(graph)) for (const kind of node.kinds) levels[kind] = node;
  return levels;
}

const replayIndexes = new WeakMap(); /* graph -> its rows as typed arrays, and where the rows of a node are */

function replayIndex(graph) {
  let index = replayIndexes.get(graph);
  if (index) return index;
  const { parts, layers, tokens, target } = graph, n = parts.kind.length, width = tokens.length;
  index = {
    n, kind: Uint8Array.from(parts.kind), layer: Uint16Array.from(parts.layer), head: Int32Array.from(parts.head),
    source: Int32Array.from(parts.source), target: Int32Array.from(parts.target), share: Uint32Array.from(parts.share),
    first: new Int32Array(layers * 4 * width), end: new Int32Array(layers * 4 * width), heads: 0,
    /* Where a replay writes; its result is a copy of what it filled, with passing a view of it. */
    edges: { kind: new Uint8Array(n), layer: new Uint16Array(n), head: new Int32Array(n), source: new Int32Array(n), target: new Int32Array(n),
      share: new Uint32Array(n), weight: new Float64Array(n), flow: new Float64Array(n) },
  };
  const allowed = kindLevels(graph);
  for (let i = 0; i < n; i++) {
    const kind = index.kind[i], source = index.source[i], to = index.target[i], place = (index.layer[i] * 4 + kind) * width + to;
    if (!allowed[kind] || index.layer[i] >= layers || to > target || source > to || source < 0 || (kind !== ATTENTION && source !== to) ||
        (kind === ATTENTION) === index.head[i] < 0) throw new Error(`Row ${i} of the graph is out of range.`);
    if (index.end[place] === 0) index.first[place] = i;
    else if (index.end[place] !== i) throw new Error(`Row ${i} of the graph is not in order.`);
    index.end[place] = i + 1;
    if (index.head[i] >= index.heads) index.heads = index.head[i] + 1;
  }
  replayIndexes.set(graph, index);
  return index;
}

/* Of equals the residual is larger, then the lowest source, then the lowest head. */
function replayBeats(index, a, b) {
  if (index.share[a] !== index.share[b]) return index.share[a] > index.share[b];
  const residual = (i) => index.kind[i] === ATTENTION_RESIDUAL || index.kind[i] === FFN_RESIDUAL;
  if (residual(a) !== residual(b)) return residual(a);
  if (index.source[a] !== index.source[b]) return index.source[a] < index.source[b];
  return index.head[a] < index.head[b];
}

/* graph: the JSON of the end point `graph`; threshold: from its floor on. ->
 *   n, kind, layer, head (-1: none), source, target, share (1e-6), weight, flow: the edges as typed arrays in the order of hw_edges
 *   levelFlow: Float64Array [2 layers + 1][tokens], reached: Uint8Array of the same shape: the states
 *   tokenFlow: Float64Array [tokens], sums to 1
 *   heads: [{layer, head, share (1e-6, METHOD section 4), position (where it is largest), flow}] by (layer, head)
 *   ffns: [{layer, position, flow}] by layer from high to low, then position
 * A graph that is no routes has a `method` (relevance_graph.mjs), which takes the place of the walk.
 * With passing the edges are valid until the next replay of the graph: nothing large is allocated. */
export function replay(graph, threshold, { passing = false } = {}) {
  if (graph.method) return graph.method.replay(threshold);
  const index = replayIndex(graph), { layers, target } = graph, width = graph.tokens.length, nodes = layerNodes(graph);
  const { kind, layer, head, source, target: to, share, weight, flow } = index.edges, { first: firsts, end: ends, share: shares } = index;
  const levelFlow = new Float64Array((2 * layers + 1) * width), reached = new Uint8Array((2 * layers + 1) * width);
  const headShare = new Float64Array(index.heads), heads = [], ffns = [];
  let n = 0;

  function largestPart(node, l, at) {
    let largest = -1;
    for (const k of node.kinds) {
      const place = (l * 4 + k) * width + at;
      for (let i = firsts[place]; i < ends[place]; i++) if (largest < 0 || replayBeats(index, i, largest)) largest = i;
    }
    if (largest < 0) throw new Error(`The graph has no rows of layer ${l} at position ${at}.`);
    return largest;
  }

  function keepParts(node, l, at) {
    let sum = 0, kept = 0;
    for (const k of node.kinds) {
      const place = (l * 4 + k) * width + at, end = ends[place];
      for (let i = firsts[place]; i < end; i++)
        if (shares[i] / 1e6 > threshold) {
          sum += shares[i];
          kept++;
        }
    }
    const whole = levelFlow[(2 * l + node.whole) * width + at], largest = kept ? -1 : largestPart(node, l, at);
    for (const k of node.kinds) {
      const place = (l * 4 + k) * width + at, end = ends[place];
      for (let i = firsts[place]; i < end; i++) {
        if (kept ? !(shares[i] / 1e6 > threshold) : i !== largest) continue;
        kind[n] = k;
        layer[n] = l;
        head[n] = index.head[i];
        source[n] = index.source[i];
        to[n] = at;
        share[n] = shares[i];
        weight[n] = kept ? shares[i] / sum : 1;
        flow[n] = whole * weight[n];
        n++;
      }
    }
  }

  function passFlow(node, l, at, first, best) {
    const below = (2 * l + node.below) * width;
    for (let e = first; e < n; e++) {
      if (kind[e] === FFN) ffns.push({ layer: l, position: at, flow: flow[e] });
      else if (kind[e] === ATTENTION) {
        headShare[head[e]] += share[e];
        best[head[e]] ??= { layer: l, head: head[e], share: 0, position: 0, flow: 0 };
        best[head[e]].flow += flow[e];
      }
      levelFlow[below + source[e]] += flow[e];
      reached[below + source[e]] = 1;
    }
    for (let e = first; e < n; e++) {
      if (kind[e] !== ATTENTION || !headShare[head[e]]) continue;
      const of = best[head[e]];
      if (headShare[head[e]] > of.share) {
        of.share = headShare[head[e]];
        of.position = at;
      }
      headShare[head[e]] = 0;
    }
  }

  levelFlow[2 * layers * width + target] = 1;
  reached[2 * layers * width + target] = 1;
  for (let l = layers - 1; l >= 0; l--) {
    const best = [];
    for (const node of nodes)
      for (let at = 0; at <= target; at++) {
        if (!reached[(2 * l + node.whole) * width + at]) continue;
        const first = n;
        keepParts(node, l, at);
        passFlow(node, l, at, first, best);
      }
    heads.unshift(...best.filter(Boolean));
  }
  const cut = (array) => (passing ? array.subarray(0, n) : array.slice(0, n));
  return {
    n, kind: cut(kind), layer: cut(layer), head: cut(head), source: cut(source), target: cut(to), share: cut(share), weight: cut(weight),
    flow: cut(flow), levelFlow, reached, tokenFlow: levelFlow.subarray(0, width), heads, ffns,
  };
}
