/* SPDX-License-Identifier: Apache-2.0
 * Through which roles of tokens the flow goes, layer by layer; one role by group. */
import { element, fill, plural } from "./dom.mjs";
import { addressOf, writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { heatMap, lineChart } from "./chart.mjs";
import { HEAT_LEGEND, dataTable, digits, estimate, groupName, groupSelect, groupShort, heatCell, pageTitle, queryLine, rowsOf } from "./lists.mjs";
import { drawnGroups, groupSeries } from "./page_lens.mjs";
import { showNoGraph } from "./states.mjs";

export async function showRoles(context) {
  const { root, run, query, signal } = context;
  const group = query.get("group"),
    drawn = drawnGroups(run, group);
  const all = await Promise.all(drawn.map(async (id) => rowsOf(await get("roles", { group: id }, { signal }))));
  const rows = all[group ? 1 : 0];
  fill(root, pageTitle("Flow by role"));
  if (rows.length === 0) {
    showNoGraph(root);
    return;
  }
  const names = [...new Set(rows.map((row) => row.role))],
    layers = [...new Set(rows.map((row) => row.layer))].sort((a, b) => b - a);
  const largest = names.reduce(
    (best, name) => {
      const sum = rows.filter((row) => row.role === name && row.layer > 0).reduce((total, row) => total + row.mean, 0);
      return sum > best.sum && name !== "-" ? { name, sum } : best;
    },
    { name: names[0], sum: -1 }
  );
  const role = names.includes(query.get("role")) ? query.get("role") : largest.name;
  const of = (layer, name) => rows.find((row) => row.layer === layer && row.role === name);
  const layerName = (layer) => (layer === 0 ? "input" : `into L${layer}`);
  const cell = (row) => heatCell(row, "mean", `${row.role}, ${layerName(row.layer)}`, addressOf(["roles"], { group, role: row.role }));
  const series = groupSeries(run, drawn, all.map((one) => one.filter((row) => row.role === role)), "mean");
  fill(
    root,
    element(
      "div.controls",
      groupSelect(run, group, (id) => writeAddress({ group: id }))
    ),
    element(
      "div.two",
      element(
        "section",
        heatMap({
          name: "Flow by role and layer",
          columns: names.map((name) => (name === "-" ? "(none)" : name)),
          rows: layers.map((layer) => ({ label: layerName(layer), cells: names.map((name) => cell(of(layer, name))) })),
          selected: (y, x) => names[x] === role
        }),
        element(
          "p.soft",
          `${groupName(run, group)}, ${plural(rows[0].n, "graph")}. Share of the flow that enters a layer at positions of a role; rows sum to 1. ` +
            `${HEAT_LEGEND}A cell chooses its role.`
        )
      ),
      element(
        "section",
        element("h2", `${role === "-" ? "Positions without a role" : role} by layer`),
        layers.length > 1
          ? lineChart({
              name: `Flow at ${role} by layer`,
              x: "into layer (0: the input)",
              y: "flow",
              xTicks: [...layers].reverse(),
              series,
              yTo: 0.1
            })
          : element("p.soft", "The model has one layer.")
      )
    ),
    dataTable(
      `Flow at ${role}`,
      [
        { title: "", class: "name", cell: (row) => layerName(row.layer) },
        ...drawn.map((id, i) => (digits(groupShort(run, id), (row) => {
            const found = all[i].find((one) => one.role === role && one.layer === row.layer);
            return found ? estimate(found, "mean") : "–";
          })))
      ],
      rows.filter((row) => row.role === role)
    ).node,
    queryLine("role_flow", { group: group && groupName(run, group) })
  );
}
