/* SPDX-License-Identifier: Apache-2.0
 * Recurring circuits, best first. */
import { count, element, fill, number, pageLink, plural } from "./dom.mjs";
import { writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { circuitWords, dataTable, digits, estimateShare, listsSelect, pageTitle, queryLine, rowsOf, staleNotice } from "./lists.mjs";
import { showEmpty, showNotMined } from "./states.mjs";

export async function showCircuits(context) {
  const { root, run, query, signal } = context;
  fill(root, pageTitle("Circuits"));
  if (run.minings.length === 0) {
    showNotMined(root);
    return;
  }
  const mining = query.get("mining") || String(run.minings[0].id);
  const data = await get("circuits", { mining: query.get("mining") }, { signal }),
    rows = rowsOf(data);
  if (run.minings.length > 1)
    fill(
      root,
      element(
        "div.controls",
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
      `${plural(data.graphs, "graph")}, ${plural(data.edges, "edge")} frequent enough, ${count(data.sets)} closed connected sets of them${data.complete ? ", complete" : ""}. `,
      element("span.soft", data.parameters)
    ),
    data.note && element("p.notice", data.note),
    staleNotice(data, "mine")
  );
  const link = (row, text) => pageLink(text, ["circuit", row.rank], { mining: query.get("mining") });
  if (rows.length === 0) showEmpty(root, "No set of edges is frequent enough.", "headwater mine DB --min-support 0.05");
  else
    fill(
      root,
      dataTable(
        "Circuits",
        [
          digits("circuit", (row) => link(row, String(row.rank))),
          { title: "path", class: "circuit", cell: (row) => link(row, circuitWords(row.circuit)) },
          digits("in graphs", (row) => estimateShare(row, "frequency"), "share of the graphs that have all its edges"),
          digits("n", (row) => count(row.n_active)),
          digits("lift", (row) => number(row.lift, 2), "how much more often than independent edges"),
          digits("edges", (row) => String(row.n_edges)),
          digits("new", (row) => count(row.new_cells), "edges in graphs that no circuit above covers"),
          digits("broken", (row) => count(row.n_broken), "graphs that have all its edges but one")
        ],
        rows
      ).node,
      rows.length < data.count && element("p.soft", `The first ${rows.length} of ${count(data.count)}.`)
    );
  fill(root, queryLine("circuits", { mining: query.get("mining"), limit: data.count || null }));
}
