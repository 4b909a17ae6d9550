/* SPDX-License-Identifier: Apache-2.0
 * The neurons that matter most. */
import { button, count, element, fill, pageLink, plural } from "./dom.mjs";
import { writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { dotChart } from "./chart.mjs";
import { MEASURES, commandLine, estimateShare, groupName, groupSql, intervalOf, measureControls, measureOf, pageTitle, promptLink, queryCommand, rowsOf, shellWord, tokenRow } from "./lists.mjs";
import { showEmpty } from "./states.mjs";

const NEURONS_SHOWN = 50,
  NEURONS_MOST = 1000;

export async function showNeurons(context) {
  const { root, run, query, signal } = context;
  const group = query.get("group"),
    by = measureOf(query, Object.keys(MEASURES));
  const limit = Math.min(NEURONS_MOST, Number(query.get("rows")) || NEURONS_SHOWN);
  const data = await get("top_neurons", { group, by, limit }, { signal }),
    rows = rowsOf(data);
  fill(root, pageTitle("Neurons"));
  if (rows.length === 0) {
    showEmpty(
      root,
      run.done ? "No neuron is stored (--top-neurons 0)." : "No graph is stored yet.",
      "headwater run --model DIR --data FILE --db DB --top-neurons 10"
    );
    return;
  }
  const value = MEASURES[by];
  fill(
    root,
    measureControls(context, Object.keys(MEASURES).map((name) => [name, name]), by),
    dotChart({
      name: `Neurons by ${by}`,
      head: ["neuron", by, by === "frequency" ? "importance" : "frequency", "example", "promotes"],
      places: by === "frequency" ? 3 : 4,
      rows: rows.map((row) => ({
        label: pageLink(`L${row.layer}N${row.neuron}`, ["neuron", row.layer, row.neuron], {}, { class: "component" }),
        ...intervalOf(row, value),
        more: [
          by === "frequency" ? row.mean.toFixed(4) : estimateShare(row, "frequency"),
          row.example_prompt === null ? "–" : promptLink(row.example_prompt, ""),
          tokenRow(row.promotes)
        ]
      }))
    }),
    element(
      "p.soft",
      `${groupName(run, group)}, ${plural(rows[0].n, "graph")}. ${count(rows.length)} of ${plural(data.count, "neuron")} of ${count(data.of)} that were among the best of an FFN node. Example: where its importance is largest. `,
      rows.length < data.count &&
        limit < NEURONS_MOST &&
        button("More", () => writeAddress({ rows: Math.min(NEURONS_MOST, limit * 4) }))
    ),
    commandLine(
      group
        ? `headwater sql DB ${shellWord(`SELECT * FROM neuron_importance_by_group WHERE group_id = ${groupSql(group)} ORDER BY ${value} DESC LIMIT ${limit}`)}`
        : queryCommand("top_neurons", { by, limit })
    )
  );
}
