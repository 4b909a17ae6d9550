/* SPDX-License-Identifier: Apache-2.0
 * Every head of the model: a heat map, and the largest with their intervals. */
import { count, element, fill, number, percent, plural } from "./dom.mjs";
import { addressOf, writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { dotChart, heatMap } from "./chart.mjs";
import { choiceButtons, commandLine, estimate, groupName, groupSelect, headLink, headName, pageTitle, queryCommand, rowsOf } from "./lists.mjs";
import { showEmpty } from "./states.mjs";
import { promptAddress } from "./walk.mjs";

/* Address -> columns of value and interval. */
const HEADS_MEASURES = {
  importance: ["mean", "ci_lo", "ci_hi"],
  flow: ["flow_mean", "flow_ci_lo", "flow_ci_hi"],
  frequency: ["frequency", "frequency_lo", "frequency_hi"]
};
const HEADS_SHOWN = 20,
  HEADS_WIDE = 20; /* dots at first; columns past which cells have no digits */

function headsMap(rows, run, measure, group, point) {
  const [value, lo, hi] = HEADS_MEASURES[measure];
  const wide = run.heads > HEADS_WIDE;
  const cell = (row) => {
    const query = { head: headName(row.layer, row.head), group, sort: "importance", order: "down" };
    return {
      value: row[value],
      text: row.n_active ? number(row[value]).replace(/^0(?=\.)/, "") : "0",
      href: addressOf(["prompts"], query),
      mark: row.n_active > 0 && (row[hi] - row[lo]) / 2 > row[value] / 4,
      title: `${headName(row.layer, row.head)}: ${number(row[value])} [${number(row[lo])}, ${number(row[hi])}]`
    };
  };
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
    measure = query.get("by") in HEADS_MEASURES ? query.get("by") : "importance";
  fill(root, pageTitle("Heads"));
  const rows = rowsOf(await get("heads", { group }, { signal }));
  if (rows.length === 0 || rows[0].n === 0) {
    showEmpty(root, "No graph is stored yet.", "headwater run --model DIR --data FILE --db DB");
    return {};
  }
  const [value, lo, hi] = HEADS_MEASURES[measure];
  const sorted = [...rows].sort((a, b) => b[value] - a[value] || a.layer - b.layer || a.head - b.head);
  const active = sorted.filter((row) => row.n_active > 0),
    all = query.get("all") === "1";
  const pointed = element("p", { class: "pointed" });
  const point = (row) =>
    pointed.replaceChildren(
      headLink(row.layer, row.head, { group }),
      ` ${measure} `,
      estimate(row[value], row[lo], row[hi]),
      ...(row.n_active
        ? [
            `, in ${percent(row.frequency)} of ${plural(row.n, "graph")}; largest importance ${number(row.max)} in `,
            element("a", { href: promptAddress(row.example_prompt, null, "") }, `prompt ${row.example_prompt}`),
            ". ",
            element(
              "a",
              { href: addressOf(["prompts"], { head: headName(row.layer, row.head), group, sort: "importance", order: "down" }) },
              "Its prompts"
            )
          ]
        : [", in no graph"])
    );
  point(sorted[0]);
  const shown = all ? active : active.slice(0, HEADS_SHOWN);
  fill(
    root,
    element(
      "div",
      { class: "controls" },
      choiceButtons(
        "Measure",
        Object.keys(HEADS_MEASURES).map((name) => [name, name]),
        measure,
        (name) => writeAddress({ by: name === "importance" ? null : name })
      ),
      groupSelect(run, group, (id) => writeAddress({ group: id }))
    ),
    element(
      "div",
      { class: "two" },
      element(
        "section",
        {},
        headsMap(rows, run, measure, group, point),
        pointed,
        element(
          "p",
          { class: "soft" },
          `${groupName(run, group)}, ${plural(rows[0].n, "graph")}${rows[0].n < 2 ? " (one has no interval)" : ""}. Colour: square root of the value. ` +
            "A “?” in a cell: half of the 95 % interval is more than a quarter of the value. A cell opens the prompts that have the head."
        )
      ),
      element(
        "section",
        {},
        dotChart({
          name: `Heads by ${measure}`,
          head: ["head", measure],
          rows: shown.map((row) => ({
            label: headLink(row.layer, row.head, { group }),
            value: row[value],
            lo: row[lo],
            hi: row[hi]
          }))
        }),
        element(
          "p",
          { class: "soft" },
          `${count(shown.length)} of ${count(active.length)} active heads; ${count(rows.length - active.length)} of ${count(rows.length)} are in no graph. `,
          active.length > HEADS_SHOWN &&
            element("button", { type: "button", onclick: () => writeAddress({ all: all ? null : 1 }) }, all ? "The first ones" : "All")
        )
      )
    ),
    commandLine(
      group
        ? queryCommand("heads_by_group", { group: groupName(run, group), by: measure, limit: rows.length })
        : queryCommand("top_heads", { by: measure, limit: rows.length })
    )
  );
  return {};
}
