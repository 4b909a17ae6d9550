/* SPDX-License-Identifier: Apache-2.0
 * The neurons that matter most. */
import { count, element, fill, plural } from "./dom.mjs";
import { addressOf, writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { dotChart } from "./chart.mjs";
import { choiceButtons, commandLine, estimateShare, groupName, groupSelect, groupSql, pageTitle, queryCommand, rowsOf, shellWord, tokenRow } from "./lists.mjs";
import { showEmpty } from "./states.mjs";

const NEURONS_MEASURES = {
  importance: ["mean", "ci_lo", "ci_hi"],
  flow: ["flow_mean", "flow_ci_lo", "flow_ci_hi"],
  frequency: ["frequency", "frequency_lo", "frequency_hi"]
};
const NEURONS_SHOWN = 50,
  NEURONS_MOST = 1000;

export async function showNeurons(context) {
  const { root, run, query, signal } = context;
  const group = query.get("group"),
    by = query.get("by") in NEURONS_MEASURES ? query.get("by") : "importance";
  const limit = Math.min(NEURONS_MOST, Number(query.get("rows")) || NEURONS_SHOWN);
  const data = await get("top_neurons", { group, by, limit }, { signal }),
    rows = rowsOf(data);
  fill(root, pageTitle("Neurons"));
  if (rows.length === 0) {
    showEmpty(
      root,
      run.done ? "No neuron is stored: the run was made with --top-neurons 0." : "No graph is stored yet.",
      "headwater run --model DIR --data FILE --db DB --top-neurons 10"
    );
    return {};
  }
  const [value, lo, hi] = NEURONS_MEASURES[by];
  const example = (row) =>
    row.example_prompt === null ? "–" : element("a", { href: addressOf(["prompt", row.example_prompt]) }, String(row.example_prompt));
  fill(
    root,
    element(
      "div",
      { class: "controls" },
      choiceButtons(
        "Measure",
        Object.keys(NEURONS_MEASURES).map((name) => [name, name]),
        by,
        (name) => writeAddress({ by: name === "importance" ? null : name, rows: null })
      ),
      groupSelect(run, group, (id) => writeAddress({ group: id }))
    ),
    dotChart({
      name: `Neurons by ${by}`,
      head: ["neuron", by, by === "frequency" ? "importance" : "frequency", "example", "promotes"],
      digits: by === "frequency" ? 3 : 4,
      rows: rows.map((row) => ({
        label: element("a", { href: addressOf(["neuron", row.layer, row.neuron]), class: "component" }, `L${row.layer}N${row.neuron}`),
        value: row[value],
        lo: row[lo],
        hi: row[hi],
        more: [
          by === "frequency" ? row.mean.toFixed(4) : estimateShare(row.frequency, row.frequency_lo, row.frequency_hi),
          example(row),
          tokenRow(row.promotes)
        ]
      }))
    }),
    element(
      "p",
      { class: "soft" },
      `${groupName(run, group)}, ${plural(rows[0].n, "graph")}. ${count(rows.length)} of ${plural(data.count, "neuron")} that entered a list of the best of an FFN node; ` +
        `${count(data.of - data.count)} of ${count(data.of)} never did. Example: the prompt where its importance is largest. `,
      rows.length < data.count &&
        limit < NEURONS_MOST &&
        element("button", { type: "button", onclick: () => writeAddress({ rows: Math.min(NEURONS_MOST, limit * 4) }) }, "More")
    ),
    commandLine(
      group
        ? `headwater sql DB ${shellWord(`SELECT * FROM neuron_importance_by_group WHERE group_id = ${groupSql(group)} ORDER BY ${value} DESC LIMIT ${limit}`)}`
        : queryCommand("top_neurons", { by, limit })
    )
  );
  return {};
}
