/* SPDX-License-Identifier: Apache-2.0
 * Links and states as few SVG paths: links lie in buckets by kind, width and sign, states in one path a level. Coordinates are integers in
 * 0.1 px: they are made and read faster than fractions. */
import { svg } from "./dom.mjs";
import { LINK_ATTENTION, LINK_FFN, LINK_RESIDUAL, linkKey } from "./graph_model.mjs";
import { curvePoint, linkCurve } from "./graph_layout.mjs";

const DRAW_BUCKETS = 14;
const DRAW_TYPES = ["attention", "ffn", "residual"];
const DRAW_ORDER = [LINK_RESIDUAL, LINK_FFN, LINK_ATTENTION];
const DRAW_PATHS = DRAW_ORDER.flatMap((type) => Array.from({ length: 2 * DRAW_BUCKETS }, (_, b) => type * 2 * DRAW_BUCKETS + b)); /* the lowest first */
const DRAW_FAINTEST = [0.66, 0.72, 0.9]; /* opacity by type that still stands 3:1 against the ground */
const DRAW_ROUND = 12; /* px a column and a layer: from here on states are circles, else dots */

function drawBucket(flow) {
  return Math.min(DRAW_BUCKETS - 1, Math.floor(Math.sqrt(flow) * DRAW_BUCKETS));
}

/* Stroke width in px of a link of this flow. */
export function strokeOf(layout, flow) {
  return 0.6 + Math.max(1.4, Math.min(10, layout.column * 0.2)) * ((drawBucket(flow) + 0.5) / DRAW_BUCKETS);
}

/* A group of paths that links and states are put in. paths: by type and width, null until there is something to draw. */
export function linkGroup(name) {
  const squares = svg("path.g-square"), levels = svg("g.g-states"), paths = Array(DRAW_PATHS.length).fill(null);
  const group = svg("g", { class: name, transform: "scale(.1)" }, squares, levels);
  return { group, paths, squares, levels, layout: null };
}

/* The path of a type and a width. */
function bucketPath(group, k) {
  if (group.paths[k]) return group.paths[k];
  const type = Math.floor(k / DRAW_BUCKETS / 2), b = k % DRAW_BUCKETS, negative = k % (2 * DRAW_BUCKETS) >= DRAW_BUCKETS ? " g-negative" : "", above = DRAW_PATHS.slice(DRAW_PATHS.indexOf(k)).find((other) => group.paths[other]);
  const path = svg("path", { class: `g-${DRAW_TYPES[type]}${negative}`,
    "stroke-opacity": (DRAW_FAINTEST[type] + (1 - DRAW_FAINTEST[type]) * b / (DRAW_BUCKETS - 1)).toFixed(2) });
  group.group.insertBefore(path, above === undefined ? group.squares : group.paths[above]);
  return (group.paths[k] = path);
}

function drawText(path, text) {
  if (path.drawn === text) return;
  path.drawn = text;
  path.setAttribute("d", text);
}

const drawTenth = (x) => Math.round(x * 10);

function drawLink(layout, model, i) {
  const key = linkKey(model, i);
  layout.strings ??= new Map();
  let text = layout.strings.get(key);
  if (text === undefined) {
    const c = linkCurve(layout, model, i).map(drawTenth);
    text = model.type[i] === LINK_RESIDUAL ? `M${c[0]} ${c[1]}V${c[7]}` : `M${c[0]} ${c[1]}C${c[2]} ${c[3]} ${c[4]} ${c[5]} ${c[6]} ${c[7]}`;
    layout.strings.set(key, text);
  }
  return text;
}

/* Where the square of an FFN is, and half its side: px. */
export function squareOf(layout, model, i) {
  const [x, y] = curvePoint(linkCurve(layout, model, i), 0.5);
  return { x, y, half: Math.max(0.7, Math.min(2.2 + 3 * Math.sqrt(model.flow[i]), layout.column * 0.14, layout.layer * 0.09)) };
}

function drawsCircles(layout) {
  return layout.column >= DRAW_ROUND && layout.layer >= DRAW_ROUND;
}

/* Radius in px of a state with this flow. */
export function stateRadius(layout, flow) {
  return !drawsCircles(layout) ? 1.3 : Math.min(2 + 3.2 * Math.sqrt(flow), layout.column * 0.16, layout.layer * 0.11);
}

/* The path of that square. */
function drawSquare(layout, model, i) {
  const { x, y, half } = squareOf(layout, model, i), side = drawTenth(2 * half);
  return `M${drawTenth(x - half)} ${drawTenth(y - half)}h${side}v${side}h${-side}z`;
}

/* Puts these links into the group. */
export function drawLinks(group, layout, model, list) {
  const texts = group.paths.map(() => []), squares = [], sized = group.layout === layout;
  for (const i of list) {
    texts[(2 * model.type[i] + (model.share[i] < 0)) * DRAW_BUCKETS + drawBucket(model.flow[i])].push(drawLink(layout, model, i));
    if (model.type[i] === LINK_FFN) squares.push(drawSquare(layout, model, i));
  }
  group.layout = layout;
  for (const [k, found] of texts.entries()) {
    const before = group.paths[k];
    if (!before && !found.length) continue;
    const path = bucketPath(group, k), flow = ((k % DRAW_BUCKETS + 0.5) / DRAW_BUCKETS) ** 2;
    if (!before || !sized) path.setAttribute("stroke-width", (strokeOf(layout, flow) * 10).toFixed(1));
    drawText(path, found.join(""));
  }
  drawText(group.squares, squares.join(""));
}

/* Puts the states into the group that have flow; of: Uint8Array [levels][tokens], those that are wanted. */
export function drawStates(group, layout, model, of) {
  const { levelFlow } = model.replayed, levels = 2 * model.layers + 1, round = drawsCircles(layout);
  while (group.levels.childElementCount < levels) group.levels.append(svg("path"));
  for (let level = 0; level < levels; level++) {
    const path = group.levels.children[level], y = drawTenth(layout.y[level]), texts = [];
    for (let position = 0; position < model.width; position++) {
      const at = level * model.width + position;
      if (!of[at] || layout.inner[level]) continue;
      const x = drawTenth(layout.x[position]);
      if (round) {
        const r = drawTenth(stateRadius(layout, levelFlow[at]));
        texts.push(`M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`);
      } else texts.push(`M${x} ${y}h0`);
    }
    path.setAttribute("class", round ? "g-circle" : "g-dot");
    drawText(path, texts.join(""));
  }
}

/* The outline of one thing, wider than itself: what is selected or pointed at. */
export function drawHalo(path, layout, model, link, state) {
  if (link >= 0) {
    path.setAttribute("stroke-width", ((strokeOf(layout, model.flow[link]) + 5) * 10).toFixed(0));
    drawText(path, drawLink(layout, model, link) + (model.type[link] === LINK_FFN ? drawSquare(layout, model, link) : ""));
  } else if (state) {
    const radius = stateRadius(layout, model.replayed.levelFlow[state.level * model.width + state.position]);
    path.setAttribute("stroke-width", ((2 * radius + 7) * 10).toFixed(0));
    drawText(path, `M${drawTenth(layout.x[state.position])} ${drawTenth(layout.y[state.level])}h0`);
  } else drawText(path, "");
}
