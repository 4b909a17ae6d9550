/* SPDX-License-Identifier: Apache-2.0
 * Every head of the model: a heat map, and the largest with their intervals. */
import { button, count, element, fill, number, pageLink, percent, plural, refill } from "./dom.mjs";
import { addressOf, writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { dotChart, heatMap } from "./chart.mjs";
import { HEAT_LEGEND, MEASURES, commandLine, estimate, groupName, headLink, headName, heatCell, intervalOf, measureControls, measureOf, pageTitle, promptLink, queryCommand, rowsOf } from "./lists.mjs";
import { showNoGraph } from "./states.mjs";

const HEADS_SHOWN = 20,
  HEADS_WIDE = 20; /* dots at first; columns past which cells have no digits */

/* The list of prompts that have the head. */
function headPrompts(row, group) {
  return { head: headName(row.layer, row.head), group, sort: "importance", order: "down" };
}

function headsMap(rows, run, measure, group, point) {
  const wide = run.heads > HEADS_WIDE;
  const cell = (row) =>
    heatCell(row, MEASURES[measure], headName(row.layer, row.head), addressOf(["prompts"], headPrompts(row, group)));
  const layers = Array.from({ length: run.layers }, (_, i) => run.layers - 1 - i);
  const of = (layer, head) => rows[layer * run.heads + head];
  const map = heatMap({
    name: `${measure} of every head by layer`,
    columns: Array.from({ length: run.heads }, (_, h) => (wide && h % 4 ? "" : `H${h}`)),
    rows: layers.map((layer) => ({ label: `L${layer}`, cells: Array.from({ length: run.heads }, (_, head) => cell(of(layer, head))) })),
    onPoint: (y, x) => point(of(layers[y], x))
  });
  if (wide) map.querySelector("table").classList.add("small");
  return map;
}

export async function showHeads(context) {
  const { root, run, query, signal } = context;
  const group = query.get("group"),
    measure = measureOf(query, Object.keys(MEASURES));
  fill(root, pageTitle("Heads"));
  const rows = rowsOf(await get("heads", { group }, { signal }));
  if (rows.length === 0 || rows[0].n === 0) {
    showNoGraph(root);
    return;
  }
  const value = MEASURES[measure];
  const sorted = [...rows].sort((a, b) => b[value] - a[value] || a.layer - b.layer || a.head - b.head);
  const active = sorted.filter((row) => row.n_active > 0),
    all = query.get("all") === "1";
  const pointed = element("p.pointed");
  const point = (row) =>
    refill(
      pointed,
      headLink(row.layer, row.head, { group }),
      ` ${measure} `,
      estimate(row, value),
      row.n_active
        ? [
            `, in ${percent(row.frequency)} of ${plural(row.n, "graph")}; largest importance ${number(row.max)} in `,
            promptLink(row.example_prompt),
            ". ",
            pageLink("Its prompts", ["prompts"], headPrompts(row, group))
          ]
        : ", in no graph"
    );
  point(sorted[0]);
  const shown = all ? active : active.slice(0, HEADS_SHOWN);
  fill(
    root,
    measureControls(context, Object.keys(MEASURES).map((name) => [name, name]), measure),
    element(
      "div.two",
      element(
        "section",
        headsMap(rows, run, measure, group, point),
        pointed,
        element(
          "p.soft",
          `${groupName(run, group)}, ${plural(rows[0].n, "graph")}. ${HEAT_LEGEND}A cell opens its prompts.`
        )
      ),
      element(
        "section",
        dotChart({
          name: `Heads by ${measure}`,
          head: ["head", measure],
          rows: shown.map((row) => ({
            label: headLink(row.layer, row.head, { group }),
            ...intervalOf(row, value)
          }))
        }),
        element(
          "p.soft",
          `${count(shown.length)} of ${count(active.length)} active heads; ${count(rows.length - active.length)} of ${count(rows.length)} are in no graph. `,
          active.length > HEADS_SHOWN &&
            button(all ? "The first ones" : "All", () => writeAddress({ all: all ? null : 1 }))
        )
      )
    ),
    commandLine(
      group
        ? queryCommand("heads_by_group", { group: groupName(run, group), by: measure, limit: rows.length })
        : queryCommand("top_heads", { by: measure, limit: rows.length })
    )
  );
}
