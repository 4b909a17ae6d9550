/* SPDX-License-Identifier: Apache-2.0
 * Saved comparisons, and one of them: what differs, how surely. */
import { button, count, element, fill, number, pageLink, plural } from "./dom.mjs";
import { writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { dotChart } from "./chart.mjs";
import { choiceButtons, dataTable, digits, estimate, headLink, intervalOf, pageTitle, queryLine, rowsOf, staleNotice } from "./lists.mjs";
import { showEmpty } from "./states.mjs";

const COMPARE_Q = 0.05,
  COMPARE_SHOWN = 40;

function compareSides(row) {
  return row.column ? `${row.column}: ${row.a} – ${row.b}` : `${row.a} – ${row.b}${row.other_database ? ` (${row.other_database})` : ""}`;
}

/* 0.0012 as "0.0012", smaller ones as "1.0e-4". */
function comparePText(p) {
  return p === null ? "–" : p < 0.001 ? p.toExponential(1) : p.toFixed(4).replace(/0$/, "");
}

function compareComponent(row) {
  const edge = row.source_role ? ` ${row.source_role} → ${row.target_role}` : "";
  if (row.head !== null && row.layer !== null)
    return edge
      ? pageLink(row.name + edge, ["head", row.layer, row.head], { edge: row.item_id })
      : headLink(row.layer, row.head);
  if (row.neuron !== null) return pageLink(row.name, ["neuron", row.layer, row.neuron]);
  return row.name + (edge && ` at ${row.target_role}`);
}

function comparePrompts(row, group) {
  const what = row.item_id !== null ? { edge: row.item_id } : row.head !== null ? { head: row.name } : null;
  if (group === null) return null;
  return pageLink("prompts", ["prompts"], what ? { ...what, group, sort: "importance", order: "down" } : { group });
}

async function compareList(root, context) {
  const rows = rowsOf(await get("comparisons", {}, { signal: context.signal }));
  fill(
    root,
    pageTitle("Comparisons"),
    dataTable(
      "Comparisons",
      [
        {
          title: "comparison",
          cell: (row) => pageLink(`${row.comparison_id}: ${compareSides(row)}`, ["compare", row.comparison_id])
        },
        { title: "of", cell: (row) => `${row.components}${row.measure === "measures" ? "" : `, ${row.measure}`}` },
        digits("n", (row) => (row.n_a === row.n_b ? count(row.n_a) : `${count(row.n_a)}, ${count(row.n_b)}`)),
        { title: "paired", cell: (row) => (row.paired ? "yes" : "no") },
        digits(`q ≤ ${COMPARE_Q}`, (row) => `${count(row.n_significant)} of ${count(row.n_components)}`),
        {
          title: "surest",
          cell: (row) => (row.name === null ? "–" : `${row.name}${row.source_role ? ` ${row.source_role} → ${row.target_role}` : ""}`)
        },
        digits("its difference", (row) => estimate(row, "difference")),
        digits("q", (row) => comparePText(row.q))
      ],
      rows
    ).node,
    queryLine("comparisons")
  );
}

function compareFacts(data) {
  const who = (name, n, left, group) =>
    element(
      "li",
      element("b", name),
      ", ",
      group === null ? plural(n, "prompt") : pageLink(plural(n, "prompt"), ["prompts"], { group }),
      `${left ? `, ${count(left)} in no pair` : ""}`
    );
  return [
    element(
      "ul",
      who(`a: ${data.a}`, data.n_a, data.left_out_a, data.group_a),
      who(`b: ${data.b}${data.other_database ? ` in ${data.other_database}` : ""}`, data.n_b, data.left_out_b, data.group_b)
    ),
    element(
      "p.soft",
      `${data.components}${data.measure === "measures" ? "" : `, ${data.measure}`}; difference: a - b; ` +
        `${data.paired ? `paired by ${data.pairs}` : "not paired"}${data.clusters ? `, ${plural(data.n_clusters, "cluster")} by ${data.clusters}` : ""}. ` +
        `p: ${data.exchange} of ${plural(data.n_units, data.unit)} exchanged ${count(data.permutations)} times (seed ${data.seed}; least p ${comparePText(data.least_p)}). ` +
        `Effect: ${data.paired ? "d_z" : "Hedges' g"}. q: Benjamini-Hochberg over ${plural(data.n_components, "component")}${data.n_rare ? `; ${count(data.n_rare)} rarer ones left out` : ""}. Grey: q over ${COMPARE_Q}.`
    ),
    staleNotice(data, "compare")
  ];
}

export async function showCompare(context) {
  const { root, run, path, query, signal } = context;
  if (run.comparisons.length === 0) {
    fill(root, pageTitle("Comparisons"));
    showEmpty(
      root,
      "Nothing is compared yet. This compares two groups:",
      "headwater compare DB --by COLUMN=A,B"
    );
    return;
  }
  if (!path[1]) {
    await compareList(root, context);
    return;
  }
  const data = await get("comparison", { id: path[1] }, { signal });
  const rows = rowsOf(data),
    by = query.get("by") === "size" ? "size" : "p",
    all = query.get("all") === "1";
  const sorted = by === "size" ? [...rows].sort((a, b) => b.difference - a.difference) : rows;
  const shown = all ? sorted : by === "size" ? sorted.filter((row) => row.rank <= COMPARE_SHOWN) : sorted.slice(0, COMPARE_SHOWN);
  const significant = rows.filter((row) => row.q <= COMPARE_Q).length;
  const links = data.group_a !== null || data.group_b !== null;
  fill(
    root,
    pageTitle(`Comparison ${data.id}: ${compareSides(data)}`, element("a", { href: "#/compare" }, "all comparisons")),
    ...compareFacts(data),
    element(
      "div.controls",
      choiceButtons(
        "Order",
        [
          ["p", "surest first"],
          ["size", "by difference"]
        ],
        by,
        (name) => writeAddress({ by: name === "p" ? null : name })
      ),
      element("span", `${count(significant)} of ${count(rows.length)} with q ≤ ${COMPARE_Q}`)
    ),
    dotChart({
      name: `Differences of ${data.components}`,
      head: ["component", "a - b", "a", "b", "effect", "p", "q", ...(links ? ["in a", "in b"] : [])],
      rows: shown.map((row) => ({
        label: compareComponent(row),
        ...intervalOf(row, "difference"),
        class: row.q > COMPARE_Q ? "dim" : null,
        more: [
          number(row.mean_a),
          number(row.mean_b),
          number(row.effect, 2),
          comparePText(row.p),
          comparePText(row.q),
          ...(links ? [comparePrompts(row, data.group_a), comparePrompts(row, data.group_b)] : [])
        ]
      }))
    }),
    element(
      "p.soft",
      `${count(shown.length)} of ${count(data.n_components)} components. `,
      rows.length > COMPARE_SHOWN &&
        button(all ? "The surest" : rows.length < data.n_components ? `The ${count(rows.length)} surest` : "All", () => writeAddress({ all: all ? null : 1 }))
    ),
    queryLine("comparisons", { comparison: data.id, limit: data.n_components })
  );
}
