/* SPDX-License-Identifier: Apache-2.0
 * One recurring circuit: drawn, by group, the prompts that have it, and those that lack one edge. */
import { count, element, fill, number, plural } from "./dom.mjs";
import { addressOf } from "./address.mjs";
import { get } from "./api.mjs";
import { dotChart } from "./chart.mjs";
import { circuitDrawing } from "./circuit_drawing.mjs";
import { commandLine, dataTable, estimate, estimateShare, itemName, itemParts, pageTitle, promptLinks, queryCommand, rowsOf } from "./lists.mjs";
import { laterPart } from "./page_head.mjs";
import { promptsTable } from "./page_prompts.mjs";
import { showEmpty } from "./states.mjs";

const CIRCUIT_PROMPTS = 20; /* rows at first */

function circuitEdgeLink(run, item) {
  const { kind, layer, head } = itemParts(run, item);
  return kind === "ffn"
    ? itemName(run, item)
    : element("a", { href: addressOf(["head", layer, head], { edge: item }) }, itemName(run, item));
}

export async function showCircuit(context) {
  const { root, run, path, query, signal } = context;
  if (run.minings.length === 0) {
    fill(root, pageTitle("Circuit"));
    showEmpty(root, "Nothing is mined yet. This finds edges that recur together:", "headwater mine DB");
    return {};
  }
  const mining = query.get("mining"),
    rank = Number(path[1] || 1);
  const data = await get("circuit", { rank, mining }, { signal });
  const edges = rowsOf(data.edges),
    groups = rowsOf(data.groups),
    breaks = rowsOf(data.breaks);
  const arrow = (to, sign, label) =>
    to >= 1 &&
    to <= data.circuits &&
    element("a", { class: "button", href: addressOf(["circuit", to], { mining }), "aria-label": label, title: label }, sign);
  fill(
    root,
    pageTitle(
      `Circuit ${rank}`,
      element(
        "span",
        {},
        element("a", { href: addressOf(["circuits"], { mining }) }, "all circuits"),
        " ",
        arrow(rank - 1, "‹", "the circuit before"),
        " ",
        arrow(rank + 1, "›", "the next circuit")
      )
    ),
    element(
      "p",
      {},
      "All its edges are in ",
      estimateShare(data.frequency, data.frequency_lo, data.frequency_hi),
      ` of ${count(data.graphs)} graphs (${count(data.n_active)}); lift ${number(data.lift, 2)}.`
    ),
    element(
      "div",
      { class: "scroll" },
      circuitDrawing(
        run,
        edges.map((edge) => edge.item_id),
        `Circuit ${rank}: ${data.path}`
      )
    ),
    element("p", { class: "soft" }, "Columns are roles of tokens, layers go upward; layers without an edge of it are left out. ", data.path)
  );
  if (groups.length > 1)
    fill(
      root,
      element("h2", {}, "By group"),
      dotChart({
        name: `Circuit ${rank} by group`,
        head: ["group", "frequency", "graphs", "n"],
        rows: groups.map((row) => ({
          label: element(
            "a",
            { href: addressOf(["prompts"], { circuit: rank, mining, group: row.group_id }) },
            row.group_name || "(no group)"
          ),
          value: row.frequency,
          lo: row.frequency_lo,
          hi: row.frequency_hi,
          more: [count(row.n_active), count(row.n)]
        }))
      })
    );
  const broken = breaks.reduce((sum, row) => sum + row.n, 0);
  const left = new Map(breaks.map((row) => [row.item_id, row]));
  fill(
    root,
    element("h2", {}, "Its edges, and prompts that lack one"),
    element(
      "p",
      { class: "soft" },
      `${plural(broken, "graph")} ${broken === 1 ? "has" : "have"} all edges but one. Examples: the first five of each edge.`
    ),
    dataTable(
      "Edges of the circuit",
      [
        { title: "edge", cell: (row) => circuitEdgeLink(run, row.item_id) },
        { title: "in graphs", number: true, cell: (row) => estimateShare(row.frequency, row.frequency_lo, row.frequency_hi) },
        { title: "importance", number: true, cell: (row) => estimate(row.mean, row.ci_lo, row.ci_hi) },
        { title: "lacks only this", number: true, cell: (row) => count(left.get(row.item_id)?.n ?? 0) },
        { title: "examples", cell: (row) => promptLinks(left.get(row.item_id)?.prompts ?? []) }
      ],
      edges
    ).node
  );
  const list = new URLSearchParams(
    Object.entries({
      circuit: rank,
      mining,
      sort: query.get("sort") ?? "importance",
      order: query.get("order") ?? (query.get("sort") ? "up" : "down")
    }).filter(([, value]) => value)
  );
  const prompts = laterPart(
    "Prompts that have it",
    async () => {
      const body = element("div"),
        found = await promptsTable(body, run, list, { signal, rows: CIRCUIT_PROMPTS });
      return [
        element(
          "div",
          { class: "controls" },
          plural(found.count, "prompt"),
          element("a", { href: addressOf(["prompts"], list) }, "filter further")
        ),
        body,
        commandLine(queryCommand("circuit_prompts", { mining, circuit: rank, limit: found.count }))
      ];
    },
    context
  );
  fill(root, commandLine(queryCommand("circuit_breaks", { mining, circuit: rank })), prompts.section);
  return { shown: prompts.start };
}
