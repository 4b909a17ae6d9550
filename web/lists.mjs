/* SPDX-License-Identifier: Apache-2.0
 * What the pages of lists share: tables, estimates with their intervals, the choice of a group, the command that gives the same. */
import { notFound, showError, skeletonAfter } from "./states.mjs";
import { announce, button, count, element, number, pageLink, percent, refill, tokenElement } from "./dom.mjs";
import { writeAddress } from "./address.mjs";

/* {columns: [name], rows: [[value]]} as objects. */
export function rowsOf(data) {
  return data.rows.map((row) => Object.fromEntries(data.columns.map((name, i) => [name, row[i]])));
}

function columnClass(column) {
  return [column.number && "number", column.class].filter(Boolean).join(" ") || null;
}

/* A table. columns: [{title, cell(row) -> node or text, number: true for digits, heads: true for names of rows, class,
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
            element(column.heads ? "th" : "td", { class: columnClass(column), scope: column.heads && "row" }, column.cell(row))
          )
        )
      )
    );
  add(rows);
  const table = element(
    "table",
    attributes,
    element("caption.unseen", caption),
    element(
      "thead",
      element(
        "tr",
        columns.map((column) =>
          element(
            "th",
            { scope: "col", class: columnClass(column), title: column.help, "aria-sort": column.order },
            column.head ?? column.title
          )
        )
      )
    ),
    body
  );
  return { node: element("div.scroll", { tabindex: "0", role: "region", "aria-label": caption }, table), add, body };
}

/* A column of digits. */
export function digits(title, cell, help) {
  return { title, cell, help, number: true };
}

/* {value, lo, hi} of the column `name` of a row. */
export function intervalOf(row, name) {
  const ends = { mean: "ci", difference: "ci", flow_mean: "flow_ci" }[name] ?? name;
  return { value: row[name], lo: row[`${ends}_lo`], hi: row[`${ends}_hi`] };
}

/* "0.280 [0.275, 0.285]"; without an interval the value alone. */
export function estimate(row, name, digits = 3) {
  return listsEstimate(intervalOf(row, name), (x) => number(x, digits));
}

/* "66.2 % [63.2, 69.1]" of shares. */
export function estimateShare(row, name) {
  return listsEstimate(intervalOf(row, name), (x, bare) => (bare ? number(x * 100, 1) : percent(x)));
}

function listsEstimate({ value, lo, hi }, form) {
  const known = Number.isFinite(value) && lo != null && hi != null;
  return element("span.estimate", form(value), known && element("span.interval", ` [${form(lo, true)}, ${form(hi, true)}]`));
}

export function headName(layer, head) {
  return `L${layer}H${head}`;
}

export function headLink(layer, head, query) {
  return pageLink(headName(layer, head), ["head", layer, head], query, { class: "component" });
}

/* "prompt 17", or the number alone. */
export function promptLink(id, what = "prompt ") {
  return pageLink(`${what}${id}`, ["prompt", id]);
}

/* "1, 4, 7" as links to prompts. */
export function promptLinks(ids) {
  return ids.flatMap((id, i) => [i ? ", " : "", promptLink(id, "")]);
}

/* Tokens of a list in a row. */
export function tokenRow(tokens) {
  return element(
    "span.tokens",
    tokens.map((text) => tokenElement(text))
  );
}

/* The name of a group for people: of one column the value alone would do, but names tell what they are. */
export function groupName(run, id) {
  if (id == null || id === "" || Number(id) === -1) return "all prompts";
  if (Number(id) === -2) return "all counterfactuals";
  return run.groups.find((group) => String(group.id) === String(id))?.name || `group ${id}`;
}

/* The same beside others of clean prompts. */
export function groupShort(run, id) {
  return groupName(run, id).replace(/^variant=(clean|counterfactual),?/, "");
}

/* The groups with a stored prompt, where there are several to choose from. */
export function groupChoices(run) {
  return run.groups.length > 1 ? run.groups.filter((group) => group.prompts) : [];
}

/* A select of groups; null when there is nothing to choose. */
export function groupSelect(run, chosen, change) {
  if (groupChoices(run).length === 0) return null;
  return listsSelect(
    "Group",
    [["", "all prompts"], ...groupChoices(run).map((group) => [String(group.id), `${group.name || "(no group)"} · ${count(group.prompts)}`])],
    String(chosen ?? ""),
    change
  );
}

/* What heads and neurons are sorted by -> its column. */
export const MEASURES = { importance: "mean", flow: "flow_mean", frequency: "frequency" };

/* The measure that the address chooses, else the first. */
export function measureOf(query, names) {
  return names.find((name) => name === query.get("by")) ?? names[0];
}

/* The choices above a list: of the measure, [[word of the address, text]], the first one where the address has none, and of the group. */
export function measureControls({ run, query }, measures, chosen) {
  const [[first]] = measures;
  return element(
    "div.controls",
    choiceButtons("Measure", measures, chosen, (name) => writeAddress({ by: name === first ? null : name, rows: null })),
    groupSelect(run, query.get("group"), (id) => writeAddress({ group: id }))
  );
}

/* The cell of a heat map for a value with an interval. */
export function heatCell(row, column, name, href) {
  const { value, lo, hi } = intervalOf(row, column);
  return {
    value,
    href,
    text: value ? number(value).replace(/^0(?=\.)/, "") : "0",
    mark: value > 0 && (hi - lo) / 2 > value / 4,
    title: `${name}: ${number(value)} [${number(lo)}, ${number(hi)}]`
  };
}

export const HEAT_LEGEND = "Colour: square root of the value. “?”: half of the 95 % interval is more than a quarter of the value. ";

/* Links to the things before and after this one and to all of them; step(by) -> path of an address, or false. */
export function stepLinks(all, path, step, query) {
  const arrow = (by, sign, label) => step(by) && pageLink(sign, step(by), query, { class: "button", "aria-label": label, title: label });
  return element("span", pageLink(`all ${path}`, [path], query), " ", arrow(-1, "‹", `the ${all} before`), " ", arrow(1, "›", `the next ${all}`));
}

/* A labelled select: choices [[value, text]]. */
export function listsSelect(label, choices, chosen, change) {
  return element(
    "label.field",
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
    "div.choice",
    { role: "group", "aria-label": label },
    choices.map(([value, text]) =>
      button(text, () => change(value), { "aria-pressed": String(value === chosen) })
    )
  );
}

/* Conventions of the final norm: [word of the address, text, what lists under it say]. */
export const CONVENTIONS = [
  ["frozen", "share of the logits", "What it adds to the logits: the final norm has the scale of the target's own state."],
  ["alone", "by itself", "What it says by itself: the final norm is applied to it alone."]
];

export function conventionWords(name) {
  return CONVENTIONS.find(([word]) => word === name)[2];
}

/* One word of a POSIX shell. */
export function shellWord(text) {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return text.includes("'") && !/[$`"\\!]/.test(text) ? `"${text}"` : `'${text.replace(/'/g, "'\\''")}'`;
}

/* "headwater query DB top_heads --by flow" from a query's name and its options. */
export function queryCommand(name, options = {}) {
  const given = Object.entries(options).filter(([, value]) => value != null && value !== "");
  return ["headwater query DB", name, ...given.map(([option, value]) => `--${option} ${shellWord(String(value))}`)].join(" ");
}

/* A group of an address, number or name, as SQL. */
export function groupSql(group) {
  return /^\d+$/.test(group) ? group : `(SELECT group_id FROM prompt_group WHERE name = '${group.replace(/'/g, "''")}')`;
}

export function queryLine(name, options) {
  return commandLine(queryCommand(name, options));
}

/* The command that gives the same numbers, and a button that copies it. */
export function commandLine(command) {
  const copy = button("Copy the command", async () => {
        try {
          await navigator.clipboard.writeText(command);
          copy.textContent = "Copied";
          announce("The command is copied.");
        } catch {
          getSelection().selectAllChildren(code); /* no clipboard: ready to be copied by hand */
          announce("The command is selected.");
        }
      });
  const code = element("code", command);
  return element("div.command", code, copy);
}

/* Said of what a command saved before the run had all of its prompts. */
export function staleNotice({ stale }, command) {
  return stale && element("p.notice", `Made before the last prompts were stored: run headwater ${command} DB again.`);
}

/* Title of a page, with what stands right of it. */
export function pageTitle(title, ...beside) {
  return element("div.bar", element("h1", title), beside);
}

/* Call what it gives when the children of root are others: what had the focus has it again, by its data-key, else the first button. */
export function keepFocus(root, options) {
  const key = root.contains(document.activeElement) && document.activeElement.dataset.key;
  return () => {
    const first = root.querySelector("button");
    if (key && (!root.contains(document.activeElement) || document.activeElement === first))
      (root.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? first)?.focus(options);
  };
}

/* A part of a page that is asked for by itself, when the page stands. */
export function laterPart(title, load, { signal }) {
  const body = element("div"),
    section = element("section", title && element("h2", title), body);
  const start = async () => {
    const ready = skeletonAfter(refill(body));
    try {
      refill(body, await load());
    } catch (error) {
      if (error.name !== "AbortError" && !signal.aborted) showError(refill(body), error, start);
    } finally {
      ready();
    }
  };
  return { section, start };
}

/* The number of an attention edge aligned by role; roles: source << 6 | target. */
export function itemOf(layer, head, roles) {
  return (layer << 22) | (head << 12) | roles;
}

/* An edge aligned by role, unpacked: {kind, layer, head, source, target, name}. Throws when the run has no such thing. */
export function itemParts(run, item) {
  const id = Number(item),
    kind = id >= 2 ** 30 ? "ffn" : "attention",
    layer = (id >> 22) & 255,
    head = (id >> 12) & 1023;
  const [source, target] = [(id >> 6) & 63, id & 63];
  if (!(id >= 0 && id < 2 ** 31)) throw notFound(`There is no edge ${item}: edges have numbers from 0 to ${2 ** 31 - 1}.`);
  for (const [what, i, n] of [
    ["layer", layer, run.layers],
    ["head", kind === "ffn" ? 0 : head, run.heads],
    ["role", source, run.roles.length],
    ["role", target, run.roles.length]
  ])
    if (i >= n) throw notFound(`There is no ${what} ${i}: there are ${what}s 0 to ${n - 1}.`);
  return {
    kind,
    layer,
    head,
    source: run.roles[source],
    target: run.roles[target],
    name: kind === "ffn" ? `FFN${layer}` : headName(layer, head)
  };
}

/* "S1 -L0H0-> S2" with no line broken within an arrow. */
export function circuitWords(path) {
  return path.split(/(-\S+->)/).map((part, i) => (i % 2 ? element("span.name", part) : part));
}

/* "L2H1 IO → END". */
export function itemName(run, item) {
  const { kind, name, source, target } = itemParts(run, item);
  return kind === "ffn" ? `${name} at ${target}` : `${name} ${source} → ${target}`;
}
