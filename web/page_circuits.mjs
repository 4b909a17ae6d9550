/* SPDX-License-Identifier: Apache-2.0
 * Recurring circuits, best first. */
import { count, element, fill, number, plural } from "./dom.mjs";
import { addressOf, writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { commandLine, dataTable, estimateShare, listsSelect, pageTitle, queryCommand, rowsOf } from "./lists.mjs";
import { showEmpty } from "./states.mjs";

export async function showCircuits(context) {
  const { root, run, query, signal } = context;
  fill(root, pageTitle("Circuits"));
  if (run.minings.length === 0) {
    showEmpty(root, "Nothing is mined yet. This finds edges that recur together:", "headwater mine DB");
    return {};
  }
  const mining = query.get("mining") || String(run.minings[0].id);
  const data = await get("circuits", { mining: query.get("mining") }, { signal }),
    rows = rowsOf(data);
  if (run.minings.length > 1)
    fill(
      root,
      element(
        "div",
        { class: "controls" },
        listsSelect(
          "Mining",
          run.minings.map((one) => [String(one.id), `${one.id}: ${one.parameters}`]),
          mining,
          (id) => writeAddress({ mining: id })
        )
      )
    );
  fill(
    root,
    element(
      "p",
      {},
      `${plural(data.graphs, "graph")}, ${plural(data.edges, "edge")} frequent enough, ${count(data.sets)} closed connected sets of them${data.complete ? ", complete" : ""}. `,
      element("span", { class: "soft" }, data.parameters)
    ),
    data.note && element("p", { class: "notice" }, data.note)
  );
  const link = (row, text) => element("a", { href: addressOf(["circuit", row.rank], { mining: query.get("mining") }) }, text);
  if (rows.length === 0) showEmpty(root, "No set of edges is frequent enough.", "headwater mine DB --min-support 0.05");
  else
    fill(
      root,
      dataTable(
        "Circuits",
        [
          { title: "circuit", number: true, cell: (row) => link(row, String(row.rank)) },
          { title: "path", class: "circuit", cell: (row) => link(row, row.circuit) },
          {
            title: "in graphs",
            number: true,
            help: "share of the graphs that have all its edges",
            cell: (row) => estimateShare(row.frequency, row.frequency_lo, row.frequency_hi)
          },
          { title: "n", number: true, cell: (row) => count(row.n_active) },
          {
            title: "lift",
            number: true,
            help: "how many times more often than independent edges would come together",
            cell: (row) => number(row.lift, 2)
          },
          { title: "edges", number: true, cell: (row) => String(row.n_edges) },
          { title: "new", number: true, help: "edges in graphs that no circuit above covers", cell: (row) => count(row.new_cells) },
          { title: "broken", number: true, help: "graphs that have all its edges but one", cell: (row) => count(row.n_broken) }
        ],
        rows
      ).node,
      rows.length < data.count && element("p", { class: "soft" }, `The first ${rows.length} of ${count(data.count)}.`)
    );
  fill(root, commandLine(queryCommand("circuits", { mining: query.get("mining"), limit: data.count || null })));
  return {};
}
