/* SPDX-License-Identifier: Apache-2.0
 * One head: how much it matters and to whom, where it looks, what it says, its edges by role, its prompts. */
import { listOf } from "./walk.mjs";
import { count, element, fill, number, pageLink, percent, plural, tokenElement } from "./dom.mjs";
import { writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { dotChart } from "./chart.mjs";
import { CONVENTIONS, choiceButtons, commandLine, conventionWords, dataTable, digits, estimate, estimateShare, groupName, headName, intervalOf, itemName, itemParts, laterPart, pageTitle, promptLink, queryCommand, rowsOf, stepLinks } from "./lists.mjs";
import { showNoGraph } from "./states.mjs";
import { promptsPart } from "./page_prompts.mjs";

const HEAD_SOURCES = [
  ["first", "the first position"],
  ["self", "its own position"],
  ["previous", "the position before"],
  ["same_token", "an earlier copy of the token"],
  ["induction", "the token after an earlier copy"]
];

/* Rows of one thing in all prompts and in every group. */
export function groupDots(run, rows, name) {
  const label = (row) => (row.group_id >= 0 ? row.group_name || "(no group)" : groupName(run, row.group_id));
  const known = run.groups.length > 1 ? rows : rows.filter((row) => row.group_id < 0);
  return dotChart({
    name,
    head: ["", "importance", "frequency", "n"],
    rows: known.map((row) => ({
      label: label(row),
      ...intervalOf(row, "mean"),
      class: row.group_id === -2 ? "dim" : null,
      more: [estimateShare(row, "frequency"), count(row.n)]
    }))
  });
}

/* What is said of one thing in all prompts. */
export function groupSummary(all, digits) {
  return element(
    "p",
    "Importance ",
    estimate(all, "mean", digits),
    ", flow ",
    estimate(all, "flow_mean", digits),
    ", active in ",
    estimateShare(all, "frequency"),
    ` of ${plural(all.n, "graph")}`,
    all.n_active !== 0 && [`; largest importance ${number(all.max)} in `, promptLink(all.example_prompt)],
    "."
  );
}

function headSources(rows, run, group) {
  const row = rows.find((one) => String(one.group_id) === String(group || -1));
  if (!row || !row.flow) return element("p.soft", "It has no edge in these graphs.");
  return [
    dataTable(
      "Where it looks",
      [
        { title: "its edges come from", cell: ([, text]) => text },
        digits("share of their flow", ([name]) => percent(row[name])),
        digits("of their importance", ([name]) => percent(row[`importance_${name}`]))
      ],
      HEAD_SOURCES
    ).node,
    element(
      "p.soft",
      `${groupName(run, row.group_id)}, ${plural(row.n_active, "graph")}. A position can be several of these: shares need not sum to 100 %. ` +
        "Shares of a sum over all graphs: they have no interval."
    )
  ];
}

function headTokens(data, convention) {
  const rows = rowsOf(data);
  if (rows.length === 0)
    return element(
      "p.soft",
      data.graphs === 0
        ? "It is in no graph."
        : "No such list of it is stored: --project all stores all, --convention both those of both kinds."
    );
  const table = (list, title) =>
    element(
      "div",
      dataTable(
        title,
        [
          { title, cell: (row) => tokenElement(row.token) },
          digits("lists", (row) => count(row.graphs)),
          digits("mean score", (row) => number(row.score, 2)),
          digits("mean rank", (row) => number(row.rank, 1))
        ],
        rows.filter((row) => row.list === list)
      ).node
    );
  return [
    element("div.two", table("promotes", "promotes"), table("suppresses", "suppresses")),
    element(
      "p.soft",
      `${plural(data.with_list, "list")} in ${count(data.graphs)} of the ${count(data.of)} graphs that have the head, evenly chosen. ` +
        conventionWords(convention)
    )
  ];
}

export async function showHead(context) {
  const { root, run, path, query, signal } = context;
  const [, layer, head] = path,
    edge = query.get("edge"),
    group = query.get("group");
  const name = headName(layer, head),
    wanted = edge && itemParts(run, edge);
  const data = await get("head", { layer, head }, { signal });
  const groups = rowsOf(data.groups),
    edges = rowsOf(data.edges);
  const of = (id) => groups.find((row) => String(row.group_id) === String(id));
  const step = (by) => {
    const to = Number(layer) * run.heads + Number(head) + by;
    return to >= 0 && to < run.layers * run.heads && ["head", Math.floor(to / run.heads), to % run.heads];
  };
  fill(root, pageTitle(`Head ${name}`, stepLinks("head", "heads", step, { group })));
  const all = of(-1);
  if (!all) {
    showNoGraph(root);
    return;
  }
  fill(root, groupSummary(all));
  const link = (row) =>
    pageLink(`${row.source_role} → ${row.target_role}`, ["head", layer, head], { group, edge: String(row.item_id) === edge ? null : row.item_id }, { "aria-current": String(row.item_id) === edge ? "true" : null });
  fill(
    root,
    element("section", element("h2", "By group"), groupDots(run, groups, `Importance of ${name} by group`)),
    element("section", element("h2", "Where it looks"), headSources(rowsOf(data.sources), run, group))
  );
  fill(
    root,
    element(
      "section",
      element("h2", "Its edges by role"),
      edges.length
        ? dotChart({
            name: `Edges of ${name} by role`,
            head: ["edge", "importance", "frequency", "flow", "example"],
            rows: edges.slice(0, 30).map((row) => ({
              label: link(row),
              ...intervalOf(row, "mean"),
              more: [
                estimateShare(row, "frequency"),
                number(row.flow_mean),
                promptLink(row.example_prompt, "")
              ]
            }))
          })
        : element("p.soft", "It has none."),
      edges.length > 30 && element("p.soft", `The 30 largest of ${count(edges.length)}.`),
      edges.length > 0 &&
        element(
          "p.soft",
          "An edge chooses the prompts below. Importance: of its strongest instance in a graph."
        )
    )
  );

  const stored = run.settings.convention ?? "auto"; /* auto: heads frozen */
  const convention = (query.get("convention") ?? stored) === "alone" ? "alone" : "frozen";
  const tokens = laterPart(
    "What it promotes and suppresses",
    async () => headTokens(await get("head_tokens", { layer, head, convention }, { signal }), convention),
    context
  );
  if (stored === "both")
    tokens.section.children[0].after(
      choiceButtons(
        "Convention",
        CONVENTIONS,
        convention,
        (value) => writeAddress({ convention: value === "frozen" ? null : value })
      )
    );
  const list = listOf(query, { head: wanted ? null : name, edge, group, counterfactuals: query.get("counterfactuals") });
  const links = wanted && pageLink(`all prompts of ${name}`, ["head", layer, head], { group });
  const prompts = promptsPart(wanted ? `Prompts with ${itemName(run, edge)}` : "Prompts", context, list, links);
  const byGroup =
    wanted &&
    laterPart(
      `${itemName(run, edge)} by group`,
      async () => groupDots(run, rowsOf(await get("edge", { item: edge }, { signal })), `${itemName(run, edge)} by group`),
      context
    );
  fill(
    root,
    byGroup?.section,
    tokens.section,
    prompts.section,
    commandLine(
      wanted
        ? queryCommand("edge_prompts", { layer, head, source: wanted.source, target: wanted.target })
        : `headwater sql DB "SELECT * FROM head_importance_by_group WHERE layer = ${Number(layer)} AND head = ${Number(head)}"`
    )
  );
  return {
    shown() {
      for (const part of [byGroup, prompts, tokens]) part?.start();
    }
  };
}
