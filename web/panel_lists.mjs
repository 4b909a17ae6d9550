/* SPDX-License-Identifier: Apache-2.0
 * Lists of promoted and suppressed tokens, under the two conventions. */
import { button, element, tokenElement } from "./dom.mjs";
import { CONVENTIONS, conventionWords } from "./lists.mjs";
import { panelMissing, panelNote, panelTag, panelTokenAt, panelWords } from "./panel_parts.mjs";

const PANEL_LISTS_SHOWN = 10; /* rows before "more" is asked for */

/* "+3.86", with a real minus. */
export function signed(x) {
  return `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(2)}`;
}

/* A table of both lists, [[id, score]]; turned: the component has a negative activation, so that what its row promotes is suppressed. */
export function panelListsTable(graph, tokens, promotes, suppresses, turned) {
  const [up, down] = turned ? [suppresses, promotes] : [promotes, suppresses];
  const sign = turned ? -1 : 1;
  const cells = (row) => row
    ? [element("td", tokenElement(tokens[row[0]]), panelTag(graph, row[0])), element("td.number", signed(sign * row[1]))]
    : [element("td"), element("td")];
  const rows = Array.from({ length: Math.max(up.length, down.length) }, (_, i) => element("tr", cells(up[i]), cells(down[i])));
  const rest = element("tbody", { hidden: true }, rows.slice(PANEL_LISTS_SHOWN));
  const table = element("table.panel-lists",
    element("thead", element("tr", [["panel-up", "promotes"], ["panel-down", "suppresses"]].map(([name, title]) =>
      [element("th", { scope: "col", class: name }, title), element("th", { scope: "col" }, element("span.unseen", "score"))]))),
    element("tbody", rows.slice(0, PANEL_LISTS_SHOWN)), rest);
  const more = rows.length > PANEL_LISTS_SHOWN && button(`${rows.length - PANEL_LISTS_SHOWN} more`, () => {
    rest.hidden = false;
    more.remove();
  }, { class: "panel-more" });
  return [table, more];
}

/* Buttons for the two conventions; given: those that are there. */
function panelListsSwitch(view, given) {
  return element("div.panel-switch", { role: "group", "aria-label": "Convention of the final norm" },
    CONVENTIONS.map(([name, label, title]) => button(label, () => view.setConvention(name), { "data-key": `convention.${name}`, title, "aria-pressed": String(name === view.convention), disabled: !given.has(name) })));
}

/* {rows: {frozen, alone}, position, tokens}: at the position that is wanted, else at the one that is stored. */
function panelListsPick({ lists, tokens }, kind, layer, position, index) {
  const found = lists.filter((row) => row[0] === kind && row[2] === layer && (kind !== "head" || row[4] === index));
  const here = found.filter((row) => row[3] === position);
  const at = here.length ? position : found[0]?.[3];
  return { rows: new Map(found.filter((row) => row[3] === at).map((row) => [row[1], row])), position: at, tokens };
}

/* What lists() has of a component; where it is not stored at the position, or not under the convention that is wanted, what list() computes. */
export async function panelListsFind(source, kind, layer, position, index = 0, convention = null) {
  const stored = source.lists ? panelListsPick(await source.lists(), kind, layer, position, index) : { rows: new Map() };
  const here = stored.rows.size && stored.position === position;
  if (!source.list || (here && (!convention || stored.rows.has(convention)))) return stored;
  return panelListsPick(await source.list(kind, layer, position, index), kind, layer, position, index);
}

/* The lists of a component at a position; those of another position are marked, and only heads have such. */
export function panelLists(view, kind, layer, position, index = 0) {
  const { graph, source } = view;
  return view.later(panelListsFind(source, kind, layer, position, index, view.convention), (found) => {
    if (!found.rows.size || (found.position !== position && kind !== "head"))
      return panelMissing(source, "lists");
    const name = found.rows.has(view.convention) ? view.convention : [...found.rows.keys()][0];
    view.onListed(name);
    const row = found.rows.get(name);
    const other = name === "frozen" ? "alone" : "frozen";
    const given = new Set(source.list ? CONVENTIONS.map(([convention]) => convention) : found.rows.keys());
    return [panelListsSwitch({ ...view, convention: name }, given),
      panelNote(conventionWords(name),
        !given.has(other) && [" ", panelWords(source.missing(other))]),
      found.position !== position && element("p.panel-mark", "These lists are of another position, ", panelTokenAt(graph, found.position),
        ` (${found.position}): `, panelWords(source.missing("position"))),
      panelListsTable(graph, found.tokens, row[5], row[6], false)];
  });
}
