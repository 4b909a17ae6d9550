/* SPDX-License-Identifier: Apache-2.0
 * Where things are: a column is a position, layers go upward. Large graphs get smaller in the order that the constants below stand in. */
import { LINK_ATTENTION, LINK_RESIDUAL } from "./graph_model.mjs";

export const LAYOUT_LEFT = 44, LAYOUT_TOP = 40; /* px: layer names, prediction */
const LAYOUT_FOLD_WIDTH = 30; /* px a token: below, columns without flow are folded */
const LAYOUT_WIDEST = 88, LAYOUT_NARROW = 15, LAYOUT_NARROWEST = 4; /* px a column */
const LAYOUT_RIGHT = 92; /* px for the tokens right of the target */
const LAYOUT_GAP = 0.6; /* of a column: what folded columns take */
const LAYOUT_LOW = 0.6, LAYOUT_QUIET = 0.35; /* of a layer: one without attention, a run of quiet ones */
const LAYOUT_TALLEST = 200, LAYOUT_SHORTEST = 9; /* px a layer */
const LAYOUT_ATTENTION = 0.64; /* of a layer's height */

/* Positions that have flow at any layer, in any of the graphs that share the columns. */
function layoutUsed(models) {
  const { width } = models[0], used = new Uint8Array(width);
  for (const { replayed, graph } of models) {
    for (let i = 0; i < replayed.reached.length; i++) if (replayed.reached[i]) used[i % width] = 1;
    used[graph.target] = 1;
  }
  return used;
}

/* Of each layer: 0 it has attention, 1 it has none, 2 residuals alone. */
function layoutQuietness(models) {
  const quiet = new Uint8Array(models[0].layers).fill(2);
  for (const model of models)
    for (let i = 0; i < model.n; i++) {
      const least = model.type[i] === LINK_ATTENTION ? 0 : model.type[i] === LINK_RESIDUAL ? 2 : 1;
      if (least < quiet[model.layer[i]]) quiet[model.layer[i]] = least;
    }
  return quiet;
}

/* Bands from the bottom up: [{first, last (layers), weight, quiet}]. */
function layoutBands(models, folded) {
  const quiet = layoutQuietness(models), bands = [];
  for (let layer = 0; layer < quiet.length; layer++) {
    const before = bands.at(-1), thin = folded && quiet[layer] === 2;
    if (thin && before?.quiet) before.last = layer;
    else bands.push({ first: layer, last: layer, quiet: thin, weight: folded && quiet[layer] === 1 ? LAYOUT_LOW : 1 });
  }
  for (const band of bands)
    if (band.quiet) {
      band.weight = band.first === band.last ? LAYOUT_LOW : LAYOUT_QUIET;
      band.quiet = band.first !== band.last;
    }
  return bands;
}

/* Columns from the left: [{first, n, gap}]; a gap stands for n folded positions. */
function layoutColumns(used, folded) {
  const columns = [];
  for (let position = 0; position < used.length; position++) {
    const gap = folded && !used[position];
    if (gap && columns.at(-1)?.gap) columns.at(-1).n++;
    else columns.push({ first: position, n: 1, gap });
  }
  return columns;
}

/* models: graphs that share columns and layers; width, height: px of the view; zoom: null automatic, 0 all in sight, else times the size of all in sight;
 * fold: true, false, null automatic. ->
 *   x: [tokens] px, y: [2 layers + 1] px in the sheet between the axes; own: [tokens] 1 where a position has a column of its own
 *   inner: [2 layers + 1] 1 for levels inside of a row of quiet layers
 *   column, layer: px of a column, a layer; columns, bands (with top and bottom), width, height: px of the sheet; folded, zoom (effective); fits */
export function layoutGraph({ models, width, height, zoom, fold }) {
  const tokens = models[0].width, used = layoutUsed(models);
  const room = Math.max(60, width - LAYOUT_LEFT - LAYOUT_RIGHT), tall = Math.max(60, height);
  const folded = fold ?? tokens * LAYOUT_FOLD_WIDTH > room;
  const columns = layoutColumns(used, folded), bands = layoutBands(models, folded);
  const share = columns.reduce((sum, column) => sum + (column.gap ? LAYOUT_GAP : 1), 0);
  const weight = bands.reduce((sum, band) => sum + band.weight, 0);
  const fitting = Math.min(LAYOUT_WIDEST, room / share), lowest = Math.min(LAYOUT_TALLEST, tall / weight);
  let column = fitting, layer = lowest;
  if (zoom === null) {
    if (column < LAYOUT_NARROWEST) column = LAYOUT_NARROW;
    layer = Math.max(layer, LAYOUT_SHORTEST);
  } else if (zoom > 0) {
    column *= zoom;
    layer *= zoom;
  }
  const x = new Float64Array(tokens), own = new Uint8Array(tokens), y = new Float64Array(2 * models[0].layers + 1), inner = new Uint8Array(y.length);
  let at = 0;
  for (const entry of columns) {
    const wide = entry.gap ? column * LAYOUT_GAP : column;
    entry.x = at + wide / 2;
    for (let i = entry.first; i < entry.first + entry.n; i++) {
      x[i] = entry.x;
      own[i] = entry.gap ? 0 : 1;
    }
    at += wide;
  }
  const sheetHeight = weight * layer + 16; /* room for states on the lowest and highest line */
  let bottom = sheetHeight - 8;
  y[0] = bottom;
  for (const band of bands) {
    band.bottom = bottom;
    band.top = bottom - band.weight * layer;
    const n = band.last - band.first + 1, each = (band.bottom - band.top) / n;
    for (let l = band.first; l <= band.last; l++) {
      const low = band.bottom - (l - band.first) * each;
      y[2 * l + 1] = low - each * LAYOUT_ATTENTION;
      y[2 * l + 2] = low - each;
      if (band.quiet) inner[2 * l + 1] = 1;
      if (band.quiet && l < band.last) inner[2 * l + 2] = 1;
    }
    bottom = band.top;
  }
  const sheetWidth = at + LAYOUT_RIGHT;
  return {
    x, y, own, inner, columns, bands, column, layer, folded, zoom: column / fitting,
    width: Math.max(sheetWidth, width - LAYOUT_LEFT), height: sheetHeight,
    fits: sheetWidth <= width - LAYOUT_LEFT + 1 && sheetHeight <= tall + 17,
  };
}

/* Control points of a link's curve: [x0, y0, x1, y1, x2, y2, x3, y3] in px. Attention leaves upward and arrives level; from a position to
 * itself it bows left, an FFN right. */
export function linkCurve(layout, model, i) {
  const x0 = layout.x[model.source[i]], x3 = layout.x[model.target[i]], y0 = layout.y[model.low[i]], y3 = layout.y[model.high[i]];
  if (model.type[i] === LINK_RESIDUAL) return [x0, y0, x0, y0, x3, y3, x3, y3];
  const bow = Math.max(1, Math.min(16, layout.column * 0.3)) * 4 / 3;
  if (model.type[i] !== LINK_ATTENTION) return [x0, y0, x0 + bow, y0, x3 + bow, y3, x3, y3];
  if (model.source[i] === model.target[i]) return [x0, y0, x0 - bow, y0 + (y3 - y0) * 0.3, x3 - bow, y3 + (y0 - y3) * 0.1, x3, y3];
  return [x0, y0, x0 + (x3 - x0) * 0.03, y0 + (y3 - y0) * 0.72, x0 + (x3 - x0) * 0.42, y3 + (y0 - y3) * 0.02, x3, y3];
}

export function curvePoint(curve, t) {
  const u = 1 - t, a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
  return [a * curve[0] + b * curve[2] + c * curve[4] + d * curve[6], a * curve[1] + b * curve[3] + c * curve[5] + d * curve[7]];
}

/* What is at a point of the sheet among the links that are drawn: {link} or {level, position}, null. */
export function thingAt(layout, model, drawn, px, py) {
  const { reached } = model.replayed, reach = Math.max(3, Math.min(8, layout.column * 0.45));
  let best = null, least = reach * reach;
  for (let level = 0; level <= 2 * model.layers; level++) {
    const dy = layout.y[level] - py;
    if (dy * dy > least) continue;
    for (let position = 0; position < model.width; position++) {
      const dx = layout.x[position] - px;
      if (!reached[level * model.width + position] || dx * dx + dy * dy > least) continue;
      least = dx * dx + dy * dy;
      best = { level, position };
    }
  }
  if (best) return best;
  least = 49;
  for (const i of drawn) {
    const curve = linkCurve(layout, model, i), wide = 18;
    if (px < Math.min(curve[0], curve[6]) - wide || px > Math.max(curve[0], curve[6]) + wide || py > curve[1] + 7 || py < curve[7] - 7) continue;
    const steps = model.type[i] === LINK_RESIDUAL ? 1 : 24;
    let [ax, ay] = curvePoint(curve, 0);
    for (let k = 1; k <= steps; k++) {
      const [bx, by] = curvePoint(curve, k / steps), lx = bx - ax, ly = by - ay;
      const t = Math.max(0, Math.min(1, ((px - ax) * lx + (py - ay) * ly) / (lx * lx + ly * ly || 1)));
      const dx = ax + t * lx - px, dy = ay + t * ly - py, distance = dx * dx + dy * dy;
      if (distance < least) {
        least = distance;
        best = { link: i };
      }
      ax = bx;
      ay = by;
    }
  }
  return best;
}
