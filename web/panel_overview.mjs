/* SPDX-License-Identifier: Apache-2.0
 * The panel when nothing is selected: prediction, answer by layer, heads of the graph at the threshold. */
import { button, element, number, percent, svg, tokenElement } from "./dom.mjs";
import { ATTENTION } from "./replay.mjs";
import { PANEL_MICRO, panelBar, panelFirst, panelHead, panelNote, panelRow, panelTag, panelTokenAt } from "./panel_parts.mjs";

const OVERVIEW_HEADS = 24; /* shown before "all" is asked for */
const OVERVIEW_TOKENS = 5;

/* [{id, token, probability, rank}]: the first tokens that are known, then answer and foil where they are not among them. A stored list
 * has logits; they give probabilities when its first one is the prediction's own logit. */
function overviewTokens({ prediction, answer }) {
  const top = prediction.top ?? [];
  const comparable = top.length && Math.abs(top[0][2] - prediction.logit) < 1e-3;
  const rows = top.slice(0, OVERVIEW_TOKENS).map(([id, token, score, probability], i) => ({ id, token, rank: i + 1,
    probability: probability ?? (comparable ? prediction.probability * Math.exp(score - prediction.logit) : null) }));
  if (!rows.length) rows.push({ id: prediction.id, token: prediction.token, rank: 1, probability: prediction.probability });
  for (const name of answer ? ["", "foil_"] : []) {
    const id = answer[`${name}id`];
    if (id == null) continue;
    const probability = answer[`${name}probability`], found = rows.find((row) => row.id === id);
    if (found) found.probability = probability;
    else rows.push({ id, token: answer[name ? "foil" : "answer"], rank: answer[`${name}rank`], probability });
  }
  return rows;
}

function overviewPrediction({ graph }) {
  const { answer } = graph;
  return [element("h2", "Prediction"),
    element("table.panel-prediction", element("caption.unseen", "Most probable next tokens"),
      panelHead(["rank#", "token", "probability#", ""], { class: "unseen" }),
      element("tbody", overviewTokens(graph).map((row) => element("tr", element("td.number.soft", row.rank ?? "–"),
        element("td", tokenElement(row.token), panelTag(graph, row.id)), element("td.number", percent(row.probability)),
        element("td", row.probability !== null && panelBar(row.probability)))))),
    answer ? panelNote("Answer ", tokenElement(answer.answer), ` rank ${answer.rank}`,
      (answer.foil ?? null) !== null && [", foil ", tokenElement(answer.foil),
        ` rank ${answer.foil_rank}; logit difference ${number(answer.logit_diff, 2)}`], ".", panelFirst(answer)) : null];
}

const LENS_WIDTH = 320, LENS_HEIGHT = 110, LENS_LEFT = 30, LENS_TOP = 8, LENS_BOTTOM = 20;

/* Probability of answer and foil after each layer; a large dot has rank 1. The same figures follow as a table. */
function overviewLens({ graph: { lens, answer } }) {
  if (!lens?.length || !answer) return null;
  const x = (i) => LENS_LEFT + (lens.length < 2 ? 0.5 : i / (lens.length - 1)) * (LENS_WIDTH - LENS_LEFT - 8);
  const y = (p) => LENS_TOP + (1 - p) * (LENS_HEIGHT - LENS_TOP - LENS_BOTTOM);
  const line = (name, at, rank) => {
    const rows = lens.map((row, i) => [i, row[at], row[rank]]).filter(([, p]) => p != null);
    return [svg("path", { class: name, d: rows.map(([i, p], k) => `${k ? "L" : "M"}${x(i).toFixed(1)} ${y(p).toFixed(1)}`).join("") }),
      rows.map(([i, p, r]) => svg("circle", { class: name, cx: x(i), cy: y(p), r: r === 1 ? 4 : 2 }))];
  };
  const step = Math.ceil(lens.length / 8), hasFoil = lens.some((row) => row[4] != null);
  return [element("h3", "Answer by layer"),
    svg("svg.panel-lens", { viewBox: `0 0 ${LENS_WIDTH} ${LENS_HEIGHT}`, role: "img",
      "aria-label": "Probability of the answer after each layer; figures below" },
      [0, 0.5, 1].map((p) => [svg("path.axis", { d: `M${LENS_LEFT} ${y(p)}H${LENS_WIDTH - 4}` }),
        svg("text.end", { x: LENS_LEFT - 6, y: y(p) + 4 }, p)]),
      lens.map(([layer], i) => (i % step ? null : svg("text.middle", { x: x(i), y: LENS_HEIGHT - 4 }, `L${layer}`))),
      hasFoil && line("foil", 4, 3), line("answer", 2, 1)),
    panelNote(element("span.panel-key"), "answer ", hasFoil && [element("span.panel-key.panel-key-foil"), "foil"],
      "; large dots: rank 1"),
    element("details", element("summary", { "data-key": "lens" }, "Figures"), element("table.panel-table",
      panelHead(["layer#", "answer#", "rank#", "foil#", "rank#"]),
      element("tbody", lens.map(([layer, rank, p, foilRank, q]) => panelRow([`L${layer}`, percent(p), rank, percent(q), foilRank ?? "–"])))))];
}

/* The edge of a head with the largest flow. */
function overviewEdge({ n, kind, layer, head, source, target, flow }, row) {
  let best = -1;
  for (let i = 0; i < n; i++)
    if (kind[i] === ATTENTION && layer[i] === row.layer && head[i] === row.head && (best < 0 || flow[i] > flow[best])) best = i;
  return { kind: "edge", layer: row.layer, source: source[best], target: target[best], head: row.head };
}

function overviewHeads(view) {
  const { graph, replayed } = view;
  const heads = [...replayed.heads].sort((a, b) => b.share - a.share || a.layer - b.layer || a.head - b.head);
  const shown = view.opened.has("heads") ? heads : heads.slice(0, OVERVIEW_HEADS);
  return [element("h3", "Heads in this graph ", element("span.soft", heads.length)),
    panelNote("Importance: the largest share of a node. Click: the strongest edge."),
    element("table.panel-table.panel-heads",
      panelHead(["head", "importance#", "", "flow#", "at"]),
      element("tbody", shown.map((row) => {
        const name = `L${row.layer}H${row.head}`;
        return element("tr", { onclick: () => view.select(overviewEdge(replayed, row)) },
          element("th", { scope: "row" }, button(name, null, { class: "panel-plain", "data-key": name })),
          element("td.number", number(row.share / PANEL_MICRO)), element("td", panelBar(row.share / PANEL_MICRO)),
          element("td.number", percent(row.flow)), element("td", panelTokenAt(graph, row.position)));
      }))),
    shown.length < heads.length &&
      button(`All ${heads.length} heads`, () => view.open("heads"), { "data-key": "all-heads" })];
}

export function panelOverview(view) {
  return [overviewPrediction(view), overviewLens(view), overviewHeads(view)];
}
