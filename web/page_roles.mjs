/* SPDX-License-Identifier: Apache-2.0
 * Through which roles of tokens the flow goes, layer by layer; one role by group. */
import { element, fill, number, plural } from "./dom.mjs";
import { addressOf, writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { heatMap, lineChart } from "./chart.mjs";
import { commandLine, dataTable, estimate, groupName, groupSelect, pageTitle, queryCommand, rowsOf } from "./lists.mjs";
import { drawnGroups } from "./page_lens.mjs";
import { showEmpty } from "./states.mjs";

export async function showRoles(context) {
  const { root, run, query, signal } = context;
  const group = query.get("group"),
    drawn = drawnGroups(run, group);
  const all = await Promise.all(drawn.map(async (id) => rowsOf(await get("roles", { group: id }, { signal }))));
  const rows = all[group ? 1 : 0];
  fill(root, pageTitle("Flow by role"));
  if (rows.length === 0) {
    showEmpty(root, "No graph is stored yet.", "headwater run --model DIR --data FILE --db DB");
    return {};
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
  const cell = (row) => ({
    value: row.mean,
    text: row.mean === 0 ? "0" : number(row.mean).replace(/^0(?=\.)/, ""),
    href: addressOf(["roles"], { group, role: row.role }),
    mark: row.mean > 0 && (row.ci_hi - row.ci_lo) / 2 > row.mean / 4,
    title: `${row.role}, ${layerName(row.layer)}: ${number(row.mean)} [${number(row.ci_lo)}, ${number(row.ci_hi)}]`
  });
  const series = drawn.map((id, i) => ({
    name: groupName(run, id),
    short: groupName(run, id).replace(/^variant=clean,/, ""),
    points: all[i].filter((row) => row.role === role).map((row) => ({ x: row.layer, y: row.mean, lo: row.ci_lo, hi: row.ci_hi }))
  }));
  fill(
    root,
    element(
      "div",
      { class: "controls" },
      groupSelect(run, group, (id) => writeAddress({ group: id }))
    ),
    element(
      "div",
      { class: "two" },
      element(
        "section",
        {},
        heatMap({
          name: "Flow by role and layer",
          columns: names.map((name) => (name === "-" ? "(none)" : name)),
          rows: layers.map((layer) => ({ label: layerName(layer), cells: names.map((name) => cell(of(layer, name))) })),
          selected: (y, x) => names[x] === role
        }),
        element(
          "p",
          { class: "soft" },
          `${groupName(run, group)}, ${plural(rows[0].n, "graph")}. Share of the flow to the target that enters a layer at positions of a role; each row sums to 1. ` +
            "(none): positions without a role. Colour: square root of the value. A “?” in a cell: half of the 95 % interval is more than a quarter of the value. A cell chooses its role."
        )
      ),
      element(
        "section",
        {},
        element("h2", {}, `${role === "-" ? "Positions without a role" : role} by layer`),
        layers.length > 1
          ? lineChart({
              name: `Flow at ${role} by layer`,
              x: "into layer (0: the input)",
              y: "flow",
              xTicks: [...layers].reverse(),
              series,
              yTo: 0.1
            })
          : element("p", { class: "soft" }, "The model has one layer.")
      )
    ),
    dataTable(
      `Flow at ${role}`,
      [
        { title: "", class: "name", cell: (row) => layerName(row.layer) },
        ...drawn.map((id, i) => ({
          title: groupName(run, id).replace(/^variant=clean,/, ""),
          number: true,
          cell: (row) => {
            const found = all[i].find((one) => one.role === role && one.layer === row.layer);
            return found ? estimate(found.mean, found.ci_lo, found.ci_hi) : "–";
          }
        }))
      ],
      rows.filter((row) => row.role === role)
    ).node,
    commandLine(queryCommand("role_flow", { group: group && groupName(run, group) }))
  );
  return {};
}
