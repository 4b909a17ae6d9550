/* SPDX-License-Identifier: Apache-2.0
 * What the pages of lists share: tables, estimates with their intervals, the choice of a group, the command that gives the same. */
import { announce, count, element, number, percent, tokenElement } from "./dom.mjs";
import { addressOf } from "./address.mjs";

/* {columns: [name], rows: [[value]]} as objects. */
export function rowsOf(data) {
  return data.rows.map((row) => Object.fromEntries(data.columns.map((name, i) => [name, row[i]])));
}

/* A table. columns: [{title, cell(row) -> node or text, number: true for digits, class,
 * help, head: node in the place of the title, order: aria-sort}]; a row for each of rows, with its `class`. add(rows) appends. */
export function dataTable(caption, columns, rows, attributes = {}) {
  const body = element("tbody");
  const add = (more) =>
    body.append(
      ...more.map((row) =>
        element(
          "tr",
          { class: row.class },
          columns.map((column) =>
            element("td", { class: [column.number && "number", column.class].filter(Boolean).join(" ") || null }, column.cell(row))
          )
        )
      )
    );
  add(rows);
  const table = element(
    "table",
    attributes,
    element("caption", { class: "unseen" }, caption),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        columns.map((column) =>
          element(
            "th",
            { scope: "col", class: column.number ? "number" : null, title: column.help, "aria-sort": column.order },
            column.head ?? column.title
          )
        )
      )
    ),
    body
  );
  return { node: element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table), add, body };
}

/* "0.280 [0.275, 0.285]"; without an interval the value alone. */
export function estimate(value, lo, hi, digits = 3) {
  return listsEstimate(value, lo, hi, (x) => number(x, digits));
}

/* "66.2 % [63.2, 69.1]" of shares. */
export function estimateShare(value, lo, hi) {
  return listsEstimate(value, lo, hi, (x, bare) => (bare ? number(x * 100, 1) : percent(x)));
}

function listsEstimate(value, lo, hi, form) {
  const known = Number.isFinite(value) && lo !== null && hi !== null && lo !== undefined && hi !== undefined;
  return element(
    "span",
    { class: "estimate" },
    form(value),
    known && element("span", { class: "interval" }, ` [${form(lo, true)}, ${form(hi, true)}]`)
  );
}

export function headName(layer, head) {
  return `L${layer}H${head}`;
}

export function headLink(layer, head, query = {}) {
  return element("a", { href: addressOf(["head", layer, head], query), class: "component" }, headName(layer, head));
}

/* "1, 4, 7" as links to prompts. */
export function promptLinks(ids, query = {}) {
  return ids.flatMap((id, i) => [i ? ", " : "", element("a", { href: addressOf(["prompt", id], query) }, String(id))]);
}

/* Tokens of a list in a row. */
export function tokenRow(tokens) {
  return element(
    "span",
    { class: "tokens" },
    tokens.map((text) => tokenElement(text))
  );
}

/* The name of a group for people: of one column the value alone would do, but names tell what they are. */
export function groupName(run, id) {
  if (id === null || id === undefined || id === "" || Number(id) === -1) return "all prompts";
  if (Number(id) === -2) return "all counterfactuals";
  return run.groups.find((group) => String(group.id) === String(id))?.name || `group ${id}`;
}

/* The groups that a choice is worth showing for: more than one. */
export function groupChoices(run) {
  return run.groups.length > 1 ? run.groups : [];
}

/* A select of groups; null when there is nothing to choose. */
export function groupSelect(run, chosen, change, all = "all prompts") {
  if (groupChoices(run).length === 0) return null;
  return listsSelect(
    "Group",
    [["", all], ...run.groups.map((group) => [String(group.id), `${group.name || "(no group)"} · ${count(group.prompts)}`])],
    String(chosen ?? ""),
    change
  );
}

/* A labelled select: choices [[value, text]]. */
export function listsSelect(label, choices, chosen, change) {
  return element(
    "label",
    { class: "field" },
    `${label} `,
    element(
      "select",
      { onchange: (event) => change(event.target.value) },
      choices.map(([value, text]) => element("option", { value, selected: value === chosen }, text))
    )
  );
}

/* Buttons of which one is pressed: choices [[value, text]]. */
export function choiceButtons(label, choices, chosen, change) {
  return element(
    "div",
    { class: "choice", role: "group", "aria-label": label },
    choices.map(([value, text]) =>
      element("button", { type: "button", "aria-pressed": String(value === chosen), onclick: () => change(value) }, text)
    )
  );
}

/* One word of a POSIX shell. */
export function shellWord(text) {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return text.includes("'") && !/[$`"\\!]/.test(text) ? `"${text}"` : `'${text.replace(/'/g, "'\\''")}'`;
}

/* "headwater query DB top_heads --by flow" from a query's name and its options. */
export function queryCommand(name, options = {}) {
  const given = Object.entries(options).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return ["headwater query DB", name, ...given.map(([option, value]) => `--${option} ${shellWord(String(value))}`)].join(" ");
}

/* A group of an address, number or name, as SQL. */
export function groupSql(group) {
  return /^\d+$/.test(group) ? group : `(SELECT group_id FROM prompt_group WHERE name = '${group.replace(/'/g, "''")}')`;
}

/* The command that gives the same numbers, and a button that copies it. */
export function commandLine(command) {
  const button = element(
    "button",
    {
      type: "button",
      onclick: async () => {
        try {
          await navigator.clipboard.writeText(command);
          button.textContent = "Copied";
          announce("The command is copied.");
        } catch {
          getSelection().selectAllChildren(code); /* no clipboard: ready to be copied by hand */
          announce("The command is selected.");
        }
      }
    },
    "Copy the command"
  );
  const code = element("code", {}, command);
  return element("div", { class: "command" }, code, button);
}

/* Title of a page, with what stands right of it. */
export function pageTitle(title, ...beside) {
  return element("div", { class: "bar" }, element("h1", {}, title), beside);
}

/* An edge aligned by role, unpacked: {kind, layer, head, source, target, name}. */
export function itemParts(run, item) {
  const id = Number(item),
    kind = id >= 2 ** 30 ? "ffn" : "attention",
    layer = (id >> 22) & 255,
    head = (id >> 12) & 1023;
  const role = (n) => run.roles[n] ?? `role ${n}`;
  return {
    kind,
    layer,
    head,
    source: role((id >> 6) & 63),
    target: role(id & 63),
    name: kind === "ffn" ? `FFN${layer}` : headName(layer, head)
  };
}

/* "L2H1 IO → END". */
export function itemName(run, item) {
  const { kind, name, source, target } = itemParts(run, item);
  return kind === "ffn" ? `${name} at ${target}` : `${name} ${source} → ${target}`;
}
