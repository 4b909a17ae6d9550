/* SPDX-License-Identifier: Apache-2.0
 * Charts: dots with whiskers and heat maps as tables, lines with bands as SVG. Numbers stand beside or in them, so that a chart can be
 * read without seeing it; of lines the pages have the table below. */
import { dataTable, digits } from "./lists.mjs";
import { element, number, svg } from "./dom.mjs";

/* Round steps over [lo, hi], about n of them. */
export function chartTicks(lo, hi, n = 5) {
  const raw = (hi - lo) / n || 1,
    power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((x) => x * power).find((x) => x >= raw * 0.999);
  const ticks = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

/* With as many digits as the ticks need. */
function chartTickText(x, ticks) {
  const digits = ticks.map((tick) => String(Number(tick.toFixed(6))).split(".")[1]?.length ?? 0);
  return number(x, Math.max(...digits));
}

/* ---- dots ---- */

/* Rows of names, dots with whiskers on one scale, and digits. rows: [{label: node or text, value, lo, hi, class, more: [nodes]}];
 * head: titles of name, of the value, and of what is in `more`; places: digits behind the point. */
export function dotChart({ name, rows, head, places = 3 }) {
  const most = 2 * Math.max(...rows.map((row) => Math.abs(row.value) || 0)); /* of two prompts an interval is wide: the rest would be a point */
  const values = rows.flatMap((row) => [row.value, row.lo ?? row.value, row.hi ?? row.value]).filter(Number.isFinite);
  const lo = Math.max(-most, Math.min(0, ...values)),
    hi = Math.min(most, Math.max(0, ...values));
  const ticks = chartTicks(lo, hi === lo ? 1 : hi, 3);
  const from = Math.min(lo, ticks[0] ?? 0),
    to = Math.max(hi, ticks.at(-1) ?? 1),
    span = to - from || 1;
  const at = (x) => Math.max(0, Math.min(100, 3 + (94 * (x - from)) / span)); /* percent of the cell; a longer whisker ends at its edge */
  const grid = () =>
    ticks.map((x) =>
      svg("line", { x1: `${at(x)}%`, x2: `${at(x)}%`, y1: 0, y2: "100%", class: Math.abs(x) < span * 1e-9 ? "zero" : "grid" })
    );
  const axis = svg(
    "svg.dots-axis",
    { "aria-hidden": "true" },
    ticks.map((x) => svg("text", { x: `${at(x)}%`, y: 12, "text-anchor": at(x) > 90 ? "end" : at(x) < 5 ? "start" : "middle" }, chartTickText(x, ticks)))
  );
  const line = (row) =>
    svg(
      "svg.dots-row",
      { "aria-hidden": "true" },
      grid(),
      Number.isFinite(row.lo) && svg("line.whisker", { x1: `${at(row.lo)}%`, x2: `${at(row.hi)}%`, y1: "50%", y2: "50%" }),
      Number.isFinite(row.value) && svg("circle", { cx: `${at(row.value)}%`, cy: "50%", r: 4 })
    );
  const columns = [
    { title: head[0], heads: true, cell: (row) => row.label },
    { head: axis, class: "plot", cell: line },
    digits(head[1], (row) => number(row.value, places)),
    {
      title: "95 % interval",
      class: "interval",
      cell: (row) => Number.isFinite(row.lo) && `[${number(row.lo, places)}, ${number(row.hi, places)}]`
    },
    ...head.slice(2).map((title, i) => digits(title, (row) => row.more[i]))
  ];
  return dataTable(name, columns, rows, { class: "dots" }).node;
}

/* ---- heat map ---- */

const HEAT_STRONG = 0.8; /* of the largest value; above it the text is light on dark, so that no colour between has too little contrast */

function chartHeatColour(cell, level) {
  const strong = level > HEAT_STRONG;
  cell.classList.toggle("strong", strong);
  cell.style.setProperty("--level", strong ? (level - HEAT_STRONG) / (1 - HEAT_STRONG) : level / HEAT_STRONG);
}

/* A table of cells coloured by the square root of the value over the largest. rows: [{label, cells: [{value, text, href, mark, title} | null]}],
 * columns: [labels]. One tab stop; arrows go from cell to cell. onPoint(row, column) is called for the cell under the pointer or the focus. */
export function heatMap({ name, rows, columns, onPoint, selected }) {
  const largest = Math.max(1e-9, ...rows.flatMap((row) => row.cells.map((cell) => cell?.value ?? 0)));
  const links = rows.map(() => []);
  const make = (cell, y, x) => {
    if (!cell) return element("td");
    const link = element(
      cell.href ? "a" : "span",
      { href: cell.href, tabindex: -1, title: cell.title, "aria-label": cell.title, class: cell.mark ? "unsure" : null },
      cell.text
    );
    links[y][x] = link;
    const td = element("td", { class: selected?.(y, x) ? "selected" : null }, link);
    chartHeatColour(td, Math.sqrt(Math.min(1, Math.max(0, cell.value) / largest)));
    if (cell.value === 0) td.classList.add("zero");
    td.addEventListener("pointerenter", () => onPoint?.(y, x));
    link.addEventListener("focus", () => {
      for (const other of table.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
      link.tabIndex = 0;
      onPoint?.(y, x);
    });
    return td;
  };
  const table = element(
    "table.heat",
    element("caption.unseen", name),
    element(
      "tbody",
      rows.map((row, y) =>
        element(
          "tr",
          element("th", { scope: "row" }, row.label),
          row.cells.map((cell, x) => make(cell, y, x))
        )
      )
    ),
    element(
      "tfoot",
      element(
        "tr",
        element("th"),
        columns.map((label) => element("th", { scope: "col" }, label))
      )
    )
  );
  const first = links.flat().find(Boolean);
  if (first) first.tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const y = links.findIndex((row) => row.includes(event.target));
    if (!step || y < 0) return;
    event.preventDefault();
    for (
      let [row, x] = [y + step[0], links[y].indexOf(event.target) + step[1]];
      links[row] && x >= 0 && x < columns.length;
      row += step[0], x += step[1]
    )
      if (links[row][x]) {
        links[row][x].focus();
        break;
      }
  });
  return element("div.scroll", table);
}

/* ---- lines ---- */

const CHART_WIDTH = 640,
  CHART_HEIGHT = 260,
  CHART_LEFT = 52,
  CHART_BOTTOM = 36,
  CHART_TOP = 26,
  CHART_RIGHT = 130,
  CHART_NAME = 17; /* letters */

function chartScale(lo, hi, from, to, log) {
  const f = log ? Math.log : (x) => x,
    a = f(lo),
    b = f(hi);
  return (x) => from + (to - from) * (b > a ? (f(Math.max(x, log ? lo : -Infinity)) - a) / (b - a) : 0.5);
}

/* 1, 2, 5, 10, 20 ... within [lo, hi]. */
function chartLogTicks(lo, hi) {
  const ticks = [];
  for (let power = 10 ** Math.floor(Math.log10(lo)); power <= hi; power *= 10)
    ticks.push(...[1, 2, 5].map((x) => x * power).filter((x) => x >= lo * 0.999 && x <= hi * 1.001));
  return ticks;
}

/* Names at the ends of lines, moved apart so that none is over another. */
function chartSpread(ends) {
  const sorted = [...ends].sort((a, b) => a.y - b.y);
  for (let i = 1; i < sorted.length; i++) sorted[i].y = Math.max(sorted[i].y, sorted[i - 1].y + 15);
  const over = (sorted.at(-1)?.y ?? 0) - (CHART_HEIGHT - CHART_BOTTOM);
  if (over > 0)
    for (let i = sorted.length - 1, y = CHART_HEIGHT - CHART_BOTTOM; i >= 0; i--, y -= 15) sorted[i].y = Math.min(sorted[i].y, y);
  return ends;
}

/* A name that fits beside the lines; the whole one is said at every point. */
function chartShort(name) {
  return name.length > CHART_NAME ? `${name.slice(0, CHART_NAME - 1)}…` : name;
}

/* Lines with bands. series: [{name, points: [{x, y, lo, hi}]}], told apart by colour, dashes and the name at the end. */
export function lineChart({ name, x, y, series, log, xTicks, yFrom, yTo, markX, xText = String }) {
  const points = series.flatMap((s) => s.points);
  const xs = points.map((p) => p.x),
    ys = points.flatMap((p) => [p.y, p.lo ?? p.y, p.hi ?? p.y]).filter(Number.isFinite);
  const lowY = yFrom ?? (log ? Math.max(1, Math.min(...ys)) : Math.min(0, ...ys)),
    highY = Math.max(yTo ?? -Infinity, ...ys);
  const right = series.length > 1 ? CHART_RIGHT : 16;
  const sx = chartScale(Math.min(...xs), Math.max(...xs), CHART_LEFT, CHART_WIDTH - right, log);
  const sy = chartScale(lowY, highY > lowY ? highY : lowY + 1, CHART_HEIGHT - CHART_BOTTOM, CHART_TOP, log);
  const ticksX = xTicks ?? (log ? chartLogTicks(Math.min(...xs), Math.max(...xs)) : chartTicks(Math.min(...xs), Math.max(...xs), 8));
  const ticksY = log ? chartLogTicks(lowY, highY) : chartTicks(lowY, highY, 4);
  const bottom = CHART_HEIGHT - CHART_BOTTOM;
  const root = svg(
    "svg",
    { viewBox: `0 0 ${CHART_WIDTH} ${CHART_HEIGHT}`, class: "lines", role: "img", "aria-label": name },
    ticksY.map((v) => [
      svg("path.grid", { d: `M${CHART_LEFT} ${sy(v)}H${CHART_WIDTH - right}` }),
      svg("text.end", { x: CHART_LEFT - 8, y: sy(v) + 4 }, log ? String(v) : chartTickText(v, ticksY))
    ]),
    ticksX.map((v, i) => i % Math.ceil(ticksX.length / 16) ? null : /* at most 16 texts */
      svg("text.middle", { x: sx(v), y: bottom + 18 }, log ? String(Number(v.toPrecision(3))) : xText(v))
    ),
    svg("text.middle", { x: (CHART_LEFT + CHART_WIDTH - right) / 2, y: CHART_HEIGHT - 3 }, x),
    svg("text", { x: 4, y: 10 }, y),
    Number.isFinite(markX) && svg("path.marked", { d: `M${sx(markX)} ${CHART_TOP}V${bottom}` })
  );
  const ends = chartSpread(series.map((s) => ({ y: sy(s.points.at(-1)?.y ?? lowY) })));
  series.forEach((s, i) => {
    const known = s.points.filter((p) => Number.isFinite(p.y));
    const band = known.filter((p) => Number.isFinite(p.lo) && Number.isFinite(p.hi));
    const join = (list, f) => list.map((p) => `${sx(p.x).toFixed(1)},${sy(f(p)).toFixed(1)}`).join(" ");
    const style = `series series-${i % 6}`;
    if (band.length > 1)
      root.append(
        svg("polygon", { points: `${join(band, (p) => p.hi)} ${join([...band].reverse(), (p) => p.lo)}`, class: style })
      );
    root.append(svg("polyline", { points: join(known, (p) => p.y), class: style }));
    for (const p of known)
      root.append(
        svg(
          "circle",
          { cx: sx(p.x), cy: sy(p.y), r: 3.5, class: style },
          svg(
            "title",
            `${s.name} at ${xText(p.x)}: ${number(p.y)}${Number.isFinite(p.lo) ? ` [${number(p.lo)}, ${number(p.hi)}]` : ""}`
          )
        )
      );
    if (series.length > 1) root.append(svg("text", { x: CHART_WIDTH - right + 10, y: ends[i].y + 4, class: style }, chartShort(s.short ?? s.name)));
  });
  return element("div.scroll", root);
}
