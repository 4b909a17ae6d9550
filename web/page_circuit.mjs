/* SPDX-License-Identifier: Apache-2.0
 * One recurring circuit: drawn, by group, the prompts that have it, and those that lack one edge. */
import { listOf } from "./walk.mjs";
import { count, element, fill, number, pageLink, plural } from "./dom.mjs";
import { get } from "./api.mjs";
import { dotChart } from "./chart.mjs";
import { circuitDrawing } from "./circuit_drawing.mjs";
import { circuitWords, dataTable, digits, estimate, estimateShare, intervalOf, itemName, itemParts, pageTitle, promptLinks, queryLine, rowsOf, stepLinks } from "./lists.mjs";
import { promptsPart } from "./page_prompts.mjs";
import { showNotMined } from "./states.mjs";

function circuitEdgeLink(run, item) {
  const { kind, layer, head } = itemParts(run, item);
  return kind === "ffn"
    ? itemName(run, item)
    : pageLink(itemName(run, item), ["head", layer, head], { edge: item });
}

export async function showCircuit(context) {
  const { root, run, path, query, signal } = context;
  if (run.minings.length === 0) {
    fill(root, pageTitle("Circuit"));
    showNotMined(root);
    return;
  }
  const mining = query.get("mining"),
    rank = Number(path[1] || 1);
  const data = await get("circuit", { rank, mining }, { signal });
  const edges = rowsOf(data.edges),
    groups = rowsOf(data.groups),
    breaks = rowsOf(data.breaks);
  const step = (by) => rank + by >= 1 && rank + by <= data.circuits && ["circuit", rank + by];
  fill(
    root,
    pageTitle(`Circuit ${rank}`, stepLinks("circuit", "circuits", step, { mining })),
    element(
      "p",
      "All its edges are in ",
      estimateShare(data, "frequency"),
      ` of ${plural(data.graphs, "graph")} (${count(data.n_active)}); lift ${number(data.lift, 2)}.`
    ),
    element(
      "div.scroll",
      circuitDrawing(
        run,
        edges.map((edge) => edge.item_id),
        `Circuit ${rank}: ${data.path}`
      )
    ),
    element("p.soft", "Columns are roles of tokens, layers with an edge go upward. ", circuitWords(data.path))
  );
  if (groups.length > 1)
    fill(
      root,
      element("h2", "By group"),
      dotChart({
        name: `Circuit ${rank} by group`,
        head: ["group", "frequency", "graphs", "n"],
        rows: groups.map((row) => ({
          label: pageLink(row.group_name || "(no group)", ["prompts"], { circuit: rank, mining, group: row.group_id }),
          ...intervalOf(row, "frequency"),
          more: [count(row.n_active), count(row.n)]
        }))
      })
    );
  const broken = breaks.reduce((sum, row) => sum + row.n, 0);
  const left = new Map(breaks.map((row) => [row.item_id, row]));
  fill(
    root,
    element("h2", "Its edges, and prompts that lack one"),
    element(
      "p.soft",
      `${plural(broken, "graph")} ${broken === 1 ? "has" : "have"} all edges but one. Examples: the first five.`
    ),
    dataTable(
      "Edges of the circuit",
      [
        { title: "edge", class: "name", cell: (row) => circuitEdgeLink(run, row.item_id) },
        digits("in graphs", (row) => estimateShare(row, "frequency")),
        digits("importance", (row) => estimate(row, "mean")),
        digits("lacks only this", (row) => count(left.get(row.item_id)?.n ?? 0)),
        { title: "examples", cell: (row) => promptLinks(left.get(row.item_id)?.prompts ?? []) }
      ],
      edges
    ).node
  );
  const list = listOf(query, { circuit: rank, mining });
  const prompts = promptsPart("Prompts that have it", context, list, null, (limit) => queryLine("circuit_prompts", { mining, circuit: rank, limit }));
  fill(root, queryLine("circuit_breaks", { mining, circuit: rank }), prompts.section);
  return { shown: prompts.start };
}
