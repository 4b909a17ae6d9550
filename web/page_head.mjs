/* SPDX-License-Identifier: Apache-2.0
 * One head: how much it matters and to whom, where it looks, what it says, its edges by role, its prompts. */
import { count, element, fill, number, percent, plural, tokenElement } from "./dom.mjs";
import { addressOf, writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { dotChart } from "./chart.mjs";
import { choiceButtons, commandLine, dataTable, estimate, estimateShare, groupName, headName, itemName, itemParts, listsSelect, pageTitle, queryCommand, rowsOf } from "./lists.mjs";
import { showEmpty, showError, skeletonAfter } from "./states.mjs";
import { promptsTable } from "./page_prompts.mjs";

const HEAD_SOURCES = [
  ["first", "the first position", "importance_first"],
  ["self", "its own position", "importance_self"],
  ["previous", "the position before", "importance_previous"],
  ["same_token", "an earlier copy of the token", "importance_same_token"],
  ["induction", "the token after an earlier copy", "importance_induction"]
];
const HEAD_PROMPTS = 20; /* rows at first */

/* Rows of one thing in all prompts and in every group. */
export function groupDots(run, rows, name, measures = [["mean", "ci_lo", "ci_hi", "importance"]]) {
  const label = (row) => (row.group_id >= 0 ? row.group_name || "(no group)" : groupName(run, row.group_id));
  const known = run.groups.length > 1 ? rows : rows.filter((row) => row.group_id < 0);
  const [value, lo, hi, title] = measures[0];
  return dotChart({
    name,
    head: ["", title, "frequency", "n"],
    rows: known.map((row) => ({
      label: label(row),
      value: row[value],
      lo: row[lo],
      hi: row[hi],
      dim: row.group_id === -2,
      more: [estimateShare(row.frequency, row.frequency_lo, row.frequency_hi), count(row.n)]
    }))
  });
}

/* A part of a page that is asked for by itself, when the page stands. */
export function laterPart(title, load, { signal }) {
  const body = element("div"),
    section = element("section", {}, title && element("h2", {}, title), body);
  const start = async () => {
    const ready = skeletonAfter(body);
    try {
      const nodes = await load();
      ready();
      body.replaceChildren(...[nodes].flat(Infinity).filter(Boolean));
    } catch (error) {
      ready();
      if (error.name === "AbortError" || signal.aborted) return;
      body.replaceChildren();
      showError(body, error, () => {
        body.replaceChildren();
        start();
      });
    }
  };
  return { section, start };
}

function headSources(rows, run, group) {
  const row = rows.find((one) => String(one.group_id) === String(group || -1));
  if (!row || !row.flow) return element("p", { class: "soft" }, "It has no edge in these graphs.");
  return [
    dataTable(
      "Where it looks",
      [
        { title: "its edges come from", cell: ([, text]) => text },
        { title: "share of their flow", number: true, cell: ([name]) => percent(row[name]) },
        { title: "of their importance", number: true, cell: ([, , name]) => percent(row[name]) }
      ],
      HEAD_SOURCES
    ).node,
    element(
      "p",
      { class: "soft" },
      `${groupName(run, row.group_id)}, ${count(row.n_active)} graphs. A position can be several of these, so that shares need not sum to 100 %. ` +
        "Shares of a sum over all graphs: they have no interval."
    )
  ];
}

function headTokens(data, convention) {
  const rows = rowsOf(data);
  if (rows.length === 0)
    return element(
      "p",
      { class: "soft" },
      data.graphs === 0
        ? "It is in no graph."
        : "No such list of it is stored: headwater run --project all stores one for every head of a graph, --convention both those of both kinds."
    );
  const table = (list, title) =>
    element(
      "div",
      {},
      dataTable(
        title,
        [
          { title, cell: (row) => tokenElement(row.token) },
          { title: "lists", number: true, cell: (row) => count(row.graphs) },
          { title: "mean score", number: true, cell: (row) => number(row.score, 2) },
          { title: "mean rank", number: true, cell: (row) => number(row.rank, 1) }
        ],
        rows.filter((row) => row.list === list)
      ).node
    );
  return [
    element("div", { class: "two" }, table("promotes", "promotes"), table("suppresses", "suppresses")),
    element(
      "p",
      { class: "soft" },
      `${plural(data.with_list, "list")} in ${count(data.graphs)} of the ${count(data.of)} graphs that have the head, evenly chosen. ` +
        (convention === "alone" ? "What its output says by itself." : "What it adds to the logits, with the last norm as it was.")
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
    return to >= 0 && to < run.layers * run.heads ? [Math.floor(to / run.heads), to % run.heads] : null;
  };
  const arrow = (by, sign, label) =>
    step(by) &&
    element("a", { class: "button", href: addressOf(["head", ...step(by)], { group }), "aria-label": label, title: label }, sign);
  fill(
    root,
    pageTitle(
      `Head ${name}`,
      element(
        "span",
        {},
        element("a", { href: addressOf(["heads"], { group }) }, "all heads"),
        " ",
        arrow(-1, "‹", "the head before"),
        " ",
        arrow(1, "›", "the next head")
      )
    )
  );
  const all = of(-1);
  if (!all) {
    showEmpty(root, "No graph is stored yet.", "headwater run --model DIR --data FILE --db DB");
    return {};
  }
  fill(
    root,
    element(
      "p",
      {},
      "Importance ",
      estimate(all.mean, all.ci_lo, all.ci_hi),
      ", flow ",
      estimate(all.flow_mean, all.flow_ci_lo, all.flow_ci_hi),
      ", active in ",
      estimateShare(all.frequency, all.frequency_lo, all.frequency_hi),
      ` of ${count(all.n)} graphs`,
      ...(all.n_active
        ? [
            `; largest importance ${number(all.max)} in `,
            element("a", { href: addressOf(["prompt", all.example_prompt]) }, `prompt ${all.example_prompt}`)
          ]
        : []),
      "."
    )
  );
  const link = (row) =>
    element(
      "a",
      {
        href: addressOf(["head", layer, head], { group, edge: String(row.item_id) === edge ? null : row.item_id }),
        "aria-current": String(row.item_id) === edge ? "true" : null
      },
      `${row.source_role} → ${row.target_role}`
    );
  fill(
    root,
    element("section", {}, element("h2", {}, "By group"), groupDots(run, groups, `Importance of ${name} by group`)),
    element("section", {}, element("h2", {}, "Where it looks"), headSources(rowsOf(data.sources), run, group))
  );
  fill(
    root,
    element(
      "section",
      {},
      element("h2", {}, "Its edges by role"),
      edges.length
        ? dotChart({
            name: `Edges of ${name} by role`,
            head: ["edge", "importance", "frequency", "flow", "example"],
            rows: edges.slice(0, 30).map((row) => ({
              label: link(row),
              value: row.mean,
              lo: row.ci_lo,
              hi: row.ci_hi,
              more: [
                estimateShare(row.frequency, row.frequency_lo, row.frequency_hi),
                number(row.flow_mean),
                element("a", { href: addressOf(["prompt", row.example_prompt]) }, String(row.example_prompt))
              ]
            }))
          })
        : element("p", { class: "soft" }, "It has none."),
      edges.length > 30 && element("p", { class: "soft" }, `The 30 largest of ${count(edges.length)}.`),
      edges.length > 0 &&
        element(
          "p",
          { class: "soft" },
          "An edge chooses the prompts below. Its importance is that of its strongest instance in a graph, over all graphs, 0 where it is absent."
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
        [
          ["frozen", "share of the logits"],
          ["alone", "by itself"]
        ],
        convention,
        (value) => writeAddress({ convention: value === "frozen" ? null : value })
      )
    );
  const list = new URLSearchParams(
    Object.entries({
      head: wanted ? null : name,
      edge,
      group,
      counterfactuals: query.get("counterfactuals"),
      sort: query.get("sort") ?? "importance",
      order: query.get("order") ?? (query.get("sort") ? "up" : "down")
    }).filter(([, value]) => value)
  );
  const prompts = laterPart(
    wanted ? `Prompts with ${itemName(run, edge)}` : "Prompts",
    async () => {
      const body = element("div"),
        found = await promptsTable(body, run, list, { signal, rows: HEAD_PROMPTS });
      return [
        element(
          "div",
          { class: "controls" },
          element("span", {}, plural(found.count, "prompt")),
          run.counterfactuals > 0 &&
            !group &&
            listsSelect(
              "Show",
              [
                ["", "without counterfactuals"],
                ["yes", "with counterfactuals"],
                ["only", "only counterfactuals"]
              ],
              query.get("counterfactuals") ?? "",
              (value) => writeAddress({ counterfactuals: value })
            ),
          wanted && element("a", { href: addressOf(["head", layer, head], { group }) }, `all prompts of ${name}`),
          element("a", { href: addressOf(["prompts"], list) }, "filter further")
        ),
        body
      ];
    },
    context
  );
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
