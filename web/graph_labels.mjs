/* SPDX-License-Identifier: Apache-2.0
 * Texts of a graph: heads on edges, tokens, layers, the lens beside the target. A text that would lie over another is left out. */
import { element, percent, svg, tokenText } from "./dom.mjs";
import { LINK_ATTENTION, LINK_FFN, headsOfLink } from "./graph_model.mjs";
import { LAYOUT_LEFT, curvePoint, linkCurve } from "./graph_layout.mjs";
import { squareOf, stateRadius } from "./graph_draw.mjs";

const LABEL_LEAST_FLOW = 0.02;
const LABEL_PLACES = [0.55, 0.45, 0.65, 0.35, 0.75, 0.25]; /* of a curve, the first that is free */
const LABEL_FONT = "system-ui, \"DejaVu Sans\", sans-serif";
const LABEL_ROTATED = 44; /* px a column: below, tokens are written slantwise */
const labelWidths = new Map();
let labelCanvas = null;

function labelWidth(text, size, weight = "") {
  const key = `${weight} ${size} ${text}`;
  let width = labelWidths.get(key);
  if (width === undefined) {
    labelCanvas ??= element("canvas").getContext("2d");
    labelCanvas.font = `${weight} ${size}px ${LABEL_FONT}`;
    width = labelCanvas.measureText(text).width;
    if (labelWidths.size > 5000) labelWidths.clear();
    labelWidths.set(key, width);
  }
  return width;
}

/* The text, shortened at its end until it is not wider. */
function labelFit(text, size, most) {
  if (labelWidth(text, size) <= most) return text;
  const letters = [...text];
  while (letters.length > 1 && labelWidth(`${letters.join("")}…`, size) > most) letters.pop();
  return `${letters.join("")}…`;
}

/* Rectangles that are taken. */
export class Taken {
  rows = new Map(); /* rectangles by stripes of 32 px */
  free(x, y, width, height) {
    for (let row = y >> 5; row <= (y + height) >> 5; row++)
      for (const r of this.rows.get(row) ?? []) if (x < r[2] && x + width > r[0] && y < r[3] && y + height > r[1]) return false;
    return true;
  }
  take(x, y, width, height) {
    for (let row = y >> 5; row <= (y + height) >> 5; row++) {
      if (!this.rows.has(row)) this.rows.set(row, []);
      this.rows.get(row).push([x, y, x + width, y + height]);
    }
  }
}

/* "H3", "H6 7 2", "H3 +3": heads of an edge, the strongest first; "−H3" with a negative share. */
export function headsText(model, i) {
  const heads = headsOfLink(model, i).map(({ head, share }) => (share < 0 ? `−H${head}` : model.graph.method ? `H${head}` : head));
  const first = model.graph.method ? "" : "H";
  return heads.length > 3 ? `${first}${heads[0]} +${heads.length - 1}` : `${first}${heads.join(" ")}`;
}

/* The lens: [layers] the top token after each layer at the target, null where it is not known. */
export function lensLabels(layout, model, lens, taken) {
  const { target } = model.graph, texts = [];
  for (let layer = model.layers - 1; lens && layer >= 0; layer--) {
    if (lens[layer] == null || layout.inner[2 * layer + 2]) continue;
    const text = labelFit(tokenText(lens[layer]), 11, 72), x = layout.x[target] + Math.min(24, layout.column * 0.3) + 10, y = layout.y[2 * layer + 2];
    const width = labelWidth(text, 11);
    if (!taken.free(x - 2, y - 7, width + 4, 14)) continue;
    taken.take(x - 2, y - 7, width + 4, 14);
    texts.push(svg("text.g-lens", { x: x.toFixed(1), y: (y + 4).toFixed(1) }, text));
  }
  return texts;
}

/* Texts with heads, strongest edge first; text.link is the edge's link. */
export function headLabels(layout, model, drawn, taken) {
  const { reached, levelFlow } = model.replayed;
  for (let level = 0; level <= 2 * model.layers && layout.column >= 20; level++)
    for (let position = 0; position < model.width; position++) {
      const at = level * model.width + position, r = stateRadius(layout, levelFlow[at]);
      if (reached[at]) taken.take(layout.x[position] - r, layout.y[level] - r, 2 * r, 2 * r);
    }
  const wanted = [];
  for (const i of drawn) {
    if (model.type[i] === LINK_ATTENTION && model.flow[i] >= LABEL_LEAST_FLOW) wanted.push(i);
    if (model.type[i] !== LINK_FFN || layout.column < 20) continue;
    const { x, y, half } = squareOf(layout, model, i);
    taken.take(x - half, y - half, 2 * half, 2 * half);
  }
  wanted.sort((a, b) => model.flow[b] - model.flow[a]);
  const texts = [];
  for (const i of wanted) {
    const text = headsText(model, i), width = labelWidth(text, 10) + 4, curve = linkCurve(layout, model, i);
    for (const t of LABEL_PLACES) {
      const [x, y] = curvePoint(curve, t);
      if (x - width / 2 < 0 || !taken.free(x - width / 2, y - 7, width, 14)) continue;
      taken.take(x - width / 2, y - 7, width, 14);
      const label = svg("text.g-label", { x: x.toFixed(1), y: (y + 3.5).toFixed(1) }, text);
      label.link = i;
      texts.push(label);
      break;
    }
  }
  return texts;
}

/* Names of the layers, left of the sheet. */
export function layerLabels(layout) {
  const texts = [];
  let below = Infinity;
  for (const band of layout.bands) {
    const y = (band.top + band.bottom) / 2;
    if (below - y < 12) continue;
    below = y;
    texts.push(svg("text", { class: band.quiet ? "g-layer g-small" : "g-layer", x: 8, y: (y + 4).toFixed(1) },
      band.first === band.last ? `L${band.first}` : `${band.first}–${band.last}`));
  }
  return texts;
}

/* Height in px of the axis with the tokens. */
export function axisHeight(layout) {
  return layout.column < LABEL_ROTATED ? 92 : 66;
}

/* The axis with the tokens: bars of their flow, pale where it is negative, names, percents; how many a gap stands for. */
export function axisContent(layout, model) {
  const { graph, replayed } = model, flow = replayed.tokenFlow, most = Math.max(...flow.map(Math.abs), 1e-9), wide = Math.max(1, Math.min(28, layout.column * 0.7));
  const bars = [[], []], texts = [], taken = new Taken(), rotated = layout.column < LABEL_ROTATED;
  const order = [];
  for (let i = 0; i < model.width; i++) {
    if (!layout.own[i]) continue;
    order.push(i);
    if (flow[i]) bars[+(flow[i] < 0)].push(`M${(layout.x[i] - wide / 2).toFixed(1)} 20v${-Math.max(0.8, 18 * Math.abs(flow[i]) / most).toFixed(1)}h${wide.toFixed(1)}V20z`);
  }
  order.sort((a, b) => (b === graph.target) - (a === graph.target) || Math.abs(flow[b]) - Math.abs(flow[a]) || a - b);
  for (const i of order) {
    const x = layout.x[i], name = tokenText(graph.tokens[i]);
    const kind = `g-token${flow[i] ? "" : " g-unused"}${i === graph.target ? " g-target" : ""}`;
    if (rotated) {
      if (!taken.free(x - 7.5, 0, 15, 1)) continue;
      taken.take(x - 7.5, 0, 15, 1);
      texts.push(svg("text", { class: `${kind} g-slant`, transform: `translate(${(x + 3).toFixed(1)} 31) rotate(-45)` },
        labelFit(name, 11, Math.min(76, (x + LAYOUT_LEFT - 6) * 1.4))));
    } else {
      texts.push(svg("text", { class: kind, x: x.toFixed(1), y: 36 }, labelFit(name, 11, layout.column - (i === graph.target ? 8 : 4))));
      if (flow[i]) texts.push(svg("text.g-percent", { x: x.toFixed(1), y: 51 }, percent(flow[i], 0)));
    }
  }
  let right = -Infinity;
  for (const column of layout.columns) {
    if (!column.gap) continue;
    const text = String(column.n), width = labelWidth(text, 9) + 2;
    if (width > layout.column * (0.6 + 0.3) || column.x - width / 2 < right) continue;
    right = column.x + width / 2;
    texts.push(svg("text.g-gap", { x: column.x.toFixed(1), y: 19 }, text));
  }
  return [...bars.map((list, against) => svg(against ? "path.g-bar.g-against" : "path.g-bar", { d: list.join("") })), ...texts];
}

/* The row above: the prediction over the target, a mark over each other position whose graph is stored. */
export function topContent(layout, model) {
  const { graph } = model, x = layout.x[graph.target], { prediction } = graph, name = labelFit(tokenText(prediction.token), 14, 160);
  const share = percent(prediction.probability), half = (labelWidth(name, 14, "bold") + labelWidth(share, 11) + 8) / 2;
  const middle = Math.max(half - 36, Math.min(x, layout.width - half - 4)), marks = [];
  const radius = Math.max(1.5, Math.min(4, layout.column * 0.3));
  for (const target of graph.targets ?? [])
    if (target !== graph.target && layout.own[target] && Math.abs(layout.x[target] - middle) > half + 8)
      marks.push(svg("circle.g-other", { cx: layout.x[target].toFixed(1), cy: 26, r: radius.toFixed(1) }));
  const text = svg("text.g-prediction", { x: middle.toFixed(1), y: 22 }, name, svg("tspan.g-small", { dx: 6 }, share));
  return [...marks, text];
}
