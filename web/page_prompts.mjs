/* SPDX-License-Identifier: Apache-2.0
 * The list of prompts: filters that combine, each a chip that can be taken away; 100 at a time; rows open prompts, and the way there is
 * through this list. */
import { announce, button, count, element, fill, number, pageLink, percent, plural, refill, tokenElement } from "./dom.mjs";
import { readAddress, writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { commandLine, dataTable, groupChoices, groupName, groupSelect, groupShort, groupSql, itemName, itemOf, itemParts, keepFocus, laterPart, listsSelect, pageTitle, queryCommand, rowsOf, shellWord } from "./lists.mjs";
import { showError, showNoPrompt, showNotMined, skeletonAfter } from "./states.mjs";
import { listPoint, listText, promptAddress } from "./walk.mjs";

const PROMPTS_PAGE = 100,
  PROMPTS_MOST = 1000, /* rows asked for at once */
  PROMPTS_FEW = 20; /* rows of one thing at first */
const PROMPTS_COUNTERFACTUALS = [
  ["", "without counterfactuals"],
  ["yes", "with counterfactuals"],
  ["only", "only counterfactuals"]
];

/* A select of what is shown beside clean prompts; null where there is nothing to choose. */
function counterfactualSelect(run, query, change) {
  if (!run.counterfactuals || query.get("group")) return null;
  return listsSelect("Show", PROMPTS_COUNTERFACTUALS, query.get("counterfactuals") ?? "", change);
}

function promptsEdge(run, item) {
  try {
    return itemName(run, item);
  } catch {
    return `edge ${item}`; /* the page says why there is none */
  }
}

/* A part of the list's query -> its chip's text. */
function promptsChips(run, query) {
  const text = {
    q: (value) => `“${value}”`,
    group: (value) => groupName(run, value),
    head: (value) => `has ${value}`,
    edge: (value) => `has ${promptsEdge(run, value)}`,
    circuit: (value) => `has circuit ${value}${query.get("mining") ? ` of mining ${query.get("mining")}` : ""}`,
    answers: (value) => (value === "wrong" ? "answer not first" : value === "right" ? "answer first" : null),
    counterfactuals: (value) => PROMPTS_COUNTERFACTUALS.find(([name]) => name === value)?.[1]
  };
  return Object.entries(text)
    .map(([name, show]) => [name, query.get(name) && show(query.get(name))])
    .filter(([, shown]) => shown);
}

/* The statement that gives the same prompts. */
function promptsCommand(query) {
  const get = (name) => query.get(name),
    text = (value) => `'${value.replace(/'/g, "''")}'`;
  const like = (value) => text(`%${value.replace(/[!%_]/g, "!$&")}%`);
  if (!["q", "head", "edge", "circuit", "sort", "order"].some(get) && get("counterfactuals") !== "only")
    return queryCommand("prompts", {
      group: get("group"),
      answers: get("answers"),
      counterfactuals: get("group") ? "yes" : get("counterfactuals"),
      limit: 0
    });
  const head = /^L(\d+)H(\d+)$/i.exec(get("head") ?? ""),
    circuit = Number(get("circuit")),
    edge = Number(get("edge"));
  const where = [
    get("group") && `group_id IN (SELECT member_id FROM group_member WHERE group_id = ${groupSql(get("group"))})`,
    !get("group") && { no: "counterfactual_of IS NULL", only: "counterfactual_of IS NOT NULL" }[get("counterfactuals") ?? "no"],
    get("q") && `text LIKE ${like(get("q"))} ESCAPE '!'`,
    get("answers") === "wrong" && "NOT correct",
    get("answers") === "right" && "correct",
  ].filter(Boolean);
  /* What is in the graph, with its importance; the first one is sorted by. */
  const parts = [
    get("edge") && `item_prompt WHERE item_id = ${edge}`,
    get("circuit") &&
      `(SELECT g.graph_id >> 20 AS prompt_id, g.graph_id & 1048575 AS target_pos, g.importance FROM circuit c, hw_item_graphs(c.graphs) g WHERE c.rank = ${circuit} AND c.mining_id = ${
        get("mining") ? Number(get("mining")) : "(SELECT max(mining_id) FROM mining)"
      })`,
    head && `item_prompt WHERE item_id BETWEEN ${itemOf(head[1], head[2], 0)} AND ${itemOf(head[1], head[2], 4095)}`
  ].filter(Boolean);
  const target = parts.length ? ", target_pos" : ""; /* of a prompt with several targets each graph is a row */
  const joins = parts.map((part, i) => ` JOIN (SELECT prompt_id, target_pos, max(importance) AS importance_${i} FROM ${part} GROUP BY 1, 2) USING (prompt_id${i ? target : ""})`);
  const by = get("sort") ?? "number", order = { number: "prompt_id", probability: "predicted_probability", rank: "answer_rank", logit_diff: "logit_diff", importance: parts.length && "importance_0" }[by];
  const down = get("order") === "down" ? " DESC" : "", rest = by === "number" ? down : "";
  return `headwater sql DB ${shellWord(
    `SELECT prompt_id${target}, text, predicted, predicted_probability, answer_rank, logit_diff${order === "importance_0" ? `, ${order}` : ""} FROM prompt_wide${joins.join("")}${
      where.length ? ` WHERE ${where.join(" AND ")}` : ""
    } ORDER BY ${order ? `${order}${down} NULLS LAST, ` : ""}prompt_id${rest}${target && target + rest}`
  )}`;
}

function promptsColumns(run, query) {
  const sorted = query.get("sort") ?? "number",
    order = query.get("order") ?? "up";
  const sorter = (title, sort, first = "up") => ({
    title,
    number: true,
    order: sorted === sort ? (order === "up" ? "ascending" : "descending") : null,
    head: button([title, sorted === sort ? (order === "up" ? " ▲" : " ▼") : ""], () => {
          const next = sorted === sort ? (order === "up" ? "down" : "up") : first;
          writeAddress({ sort: sort === "number" ? null : sort, order: next === "up" ? null : next, rows: null });
        }, { title: "sort", "data-key": sort })
  });
  const from = listText(query),
    parts = ["head", "edge", "circuit"].some((name) => query.get(name));
  const measure = query.get("edge") ? "edge" : query.get("circuit") ? "weakest edge" : "strongest edge";
  return [
    {
      ...sorter("prompt", "number"),
      cell: (row) => element("a", { href: promptAddress(row.prompt_id, row.target_pos, from) }, String(row.prompt_id))
    },
    {
      title: "text",
      class: "text",
      cell: (row) => [
        element("a", { href: promptAddress(row.prompt_id, row.target_pos, from), tabindex: -1 }, row.text),
        row.target_pos !== null && element("span.badge", `target ${row.target_pos}`),
        row.counterfactual_of !== null &&
          element(
            "a.badge",
            { href: promptAddress(row.counterfactual_of) },
            `counterfactual of ${row.counterfactual_of}`
          )
      ]
    },
    groupChoices(run).length > 0 && !query.get("group") && { title: "group", cell: (row) => groupShort(run, row.group_id) },
    { title: "predicted", cell: (row) => (row.predicted === null ? "–" : tokenElement(row.predicted)) },
    { ...sorter("probability", "probability"), cell: (row) => percent(row.probability) },
    { title: "answer", cell: (row) => (row.answer === null ? "–" : tokenElement(row.answer)) },
    { ...sorter("rank", "rank", "down"), cell: (row) => (row.rank === null ? "–" : count(row.rank)) },
    { ...sorter("logit diff.", "logit_diff"), cell: (row) => number(row.logit_diff, 2) },
    parts && { ...sorter(measure, "importance", "down"), cell: (row) => number(row.importance) }
  ].filter(Boolean);
}

/* The rows of the list that `query` names, with the button for more. Also for the pages that show the prompts of one thing. */
export async function promptsTable(root, run, query, { signal, rows = PROMPTS_PAGE, onRows = () => {} }) {
  const { path, parameters } = listPoint("prompts", query);
  const data = await get(path, { ...parameters, limit: Math.min(PROMPTS_MOST, rows) }, { signal });
  let shown = data.rows.length,
    { next } = data;
  const mark = (list) => list.map((row) => Object.assign(row, { class: row.rank === null ? null : row.rank === 1 ? "right" : "wrong" }));
  const table = dataTable("Prompts", promptsColumns(run, query), mark(rowsOf(data)), { class: "prompts" });
  const said = element("span.soft");
  const more = button("More", async () => {
        more.disabled = true;
        try {
          const page = await get(path, { ...parameters, after: next, limit: PROMPTS_PAGE }, { signal });
          table.add(mark(rowsOf({ columns: data.columns, rows: page.rows })));
          shown += page.rows.length;
          next = page.next;
          onRows(shown);
          say();
          announce(`${count(shown)} rows`);
        } catch (error) {
          if (error.name !== "AbortError") said.textContent = ` ${error.message}`;
        }
        more.disabled = false;
        (next === null ? table.node : more).focus();
      });
  function say() {
    said.textContent = next === null ? "" : ` ${count(shown)} of ${count(data.count)} are shown`;
    more.hidden = next === null;
  }
  say();
  fill(root, table.node, element("p.more", more, said));
  return data;
}

/* The prompts of one thing, as a part of its page; its own links stand behind the number of them. -> laterPart */
export function promptsPart(title, { run, query, signal }, list, links, after = () => null) {
  const load = async () => {
    const body = element("div"),
      { count: found } = await promptsTable(body, run, list, { signal, rows: PROMPTS_FEW });
    const choice = list.get("circuit") ? null : counterfactualSelect(run, query, (value) => writeAddress({ counterfactuals: value }));
    return [element("div.controls", element("span", plural(found, "prompt")), choice, links, pageLink("filter further", ["prompts"], list)), body, after(found)];
  };
  return laterPart(title, load, { signal });
}

export async function showPrompts(context) {
  const { root, run, signal } = context;
  if (run.done === 0) {
    fill(root, pageTitle("Prompts"));
    showNoPrompt(root, run);
    return;
  }
  let query = context.query,
    stop = null,
    typed = 0;
  const set = (changes) => writeAddress({ ...changes, rows: null });
  const search = element("input", {
    type: "search",
    placeholder: "search the texts",
    "aria-label": "Search the texts",
    oninput: () => {
      clearTimeout(typed);
      typed = setTimeout(() => { /* unless another page is on its way */
        if (readAddress().path[0] === "prompts") writeAddress({ q: search.value, rows: null }, { replace: true });
      }, 250);
    }
  });
  const head = element("input", {
    type: "text",
    size: 6,
    placeholder: "L1H5",
    onchange: () => set({ head: head.value.trim().toUpperCase() || null })
  });
  const choices = element("span", { style: { display: "contents" } }), body = element("div");
  const total = element("span.soft", { role: "status" });

  function fillControls() {
    if (document.activeElement !== search) search.value = query.get("q") ?? "";
    if (document.activeElement !== head) head.value = query.get("head") ?? "";
    const focused = [...choices.querySelectorAll("select")].indexOf(document.activeElement); /* fields stay: one may be writing there */
    refill(
      choices,
        groupSelect(run, query.get("group"), (value) => set({ group: value, counterfactuals: null })),
        listsSelect(
          "Answer",
          [
            ["", "any"],
            ["right", "first"],
            ["wrong", "not first"]
          ],
          query.get("answers") ?? "",
          (value) => set({ answers: value })
        ),
        counterfactualSelect(run, query, (value) => set({ counterfactuals: value }))
    );
    choices.querySelectorAll("select")[focused]?.focus();
  }

  function chips() {
    const list = promptsChips(run, query);
    if (list.length === 0) return null;
    const gone = (name) => (name === "circuit" ? { circuit: null, mining: null } : { [name]: null });
    return element(
      "div.chips",
      { role: "group", "aria-label": "Filters" },
      list.map(([name, text]) =>
        element(
          "span.chip",
          text,
          button("×", () => set(gone(name)), { "aria-label": `Remove the filter ${text}`, "data-key": name })
        )
      ),
      list.length > 1 &&
        button("Remove all", () => set(Object.fromEntries(list.flatMap(([name]) => Object.entries(gone(name))))))
    );
  }

  async function load() {
    stop?.abort();
    const mine = (stop = new AbortController());
    signal.addEventListener("abort", () => mine.abort(), { once: true });
    const ready = skeletonAfter(body),
      fresh = element("div");
    try {
      if (query.get("edge")) itemParts(run, query.get("edge"));
      if (query.get("circuit") && run.minings.length === 0) {
        total.textContent = "";
        showNotMined(refill(body, chips()));
        return;
      }
      const rows = Number(query.get("rows")) || PROMPTS_PAGE;
      const data = await promptsTable(fresh, run, query, {
        signal: mine.signal,
        rows,
        onRows: (n) => writeAddress({ rows: n }, { replace: true, silent: true })
      });
      if (mine.signal.aborted) return;
      total.textContent = plural(data.count, promptsGraphs(run, query) ? "graph" : "prompt");
      announce(total.textContent);
      if (data.count === 0) refill(fresh, element("p.state", "No prompt has all of this."));
      const asked =
        /^\d+$/.test(query.get("q") ?? "") &&
        element("p", pageLink(`Open prompt ${query.get("q")}`, ["prompt", query.get("q")]));
      const refocus = keepFocus(body);
      refill(body, chips(), asked, fresh, commandLine(promptsCommand(query)));
      refocus();
    } catch (error) {
      if (error.name === "AbortError") return;
      total.textContent = "";
      showError(refill(body, chips()), error, load);
    } finally {
      ready();
    }
  }

  fill(root, pageTitle("Prompts", total), element("div.controls", search, choices, element("label.field", "Head ", head)), body);
  fillControls();
  await load();
  return {
    update(now) {
      query = now.query;
      fillControls();
      load();
    },
    shown() {
      if (query.get("focus")) {
        search.focus();
        writeAddress({ focus: null }, { replace: true, silent: true });
        query = readAddress().query;
      }
    },
    close: () => stop?.abort()
  };
}

/* With several targets a prompt, a filter that is about graphs lists graphs. */
function promptsGraphs(run, query) {
  return (
    run.settings.targets !== undefined && run.settings.targets !== "last" && ["head", "edge", "circuit"].some((name) => query.get(name))
  );
}
