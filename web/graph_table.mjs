/* SPDX-License-Identifier: Apache-2.0
 * The edges of the graph as a table: what the drawing shows, for those who read or hear it. */
import { selectionOfPart } from "./graph_model.mjs";
import { button, count, element, plural, tokenElement } from "./dom.mjs";
import { keepFocus } from "./lists.mjs";
import { KIND_NAMES } from "./replay.mjs";
import { parseSelection, selectionText } from "./selection.mjs";

const TABLE_ROWS = 500; /* until all are asked for: a long table is slow to lay out */

/* name and title, what it is sorted by, whether it has digits, whether the largest come first */
const tablePlaces = [
  ["kind", (r, i) => r.kind[i]],
  ["layer", (r, i) => r.layer[i], true],
  ["head", (r, i) => r.head[i], true],
  ["source", (r, i) => r.source[i]],
  ["target", (r, i) => r.target[i]],
];
const tableAmounts = { importance: (r, i) => r.share[i] / 1e6, share: (r, i) => r.flow[i] * Math.sign(r.share[i]) }; /* others are columns of the edges */

/* The amounts of an edge: [name, what gives it of (replayed, i)]. */
export function edgeAmounts(graph) {
  return (graph.method?.amounts ?? ["importance", "weight", "flow"]).map((name) => [name, tableAmounts[name] ?? ((r, i) => r[name][i])]);
}

function tableColumns(graph) {
  return [...tablePlaces, ...edgeAmounts(graph).map(([name, amount]) => [name, amount, true, true])];
}

/* What an edge is when it is selected. */
function selectionOfEdge(replayed, i) {
  const of = selectionOfPart(replayed.kind[i], replayed.layer[i], replayed.source[i], replayed.target[i]);
  return of.kind === "edge" ? { ...of, head: replayed.head[i] } : of;
}

/* Is the edge the selected thing, or one of its heads? */
function tableMatches(chosen, of) {
  if (!chosen || chosen.kind !== of.kind) return false;
  return Object.entries(chosen).every(([name, value]) => name === "neuron" || value === undefined || of[name] === value);
}

/* order: "" as hw_edges, "flow" by a column, "-flow" the other way round; onOrder(order) when a reader chooses another.
 * show(graph, replayed, threshold, selection): selection is a text as in the address, or null. */
export function graphTable({ root, onSelect, order, onOrder }) {
  let shown = null;
  let all = false;

  function sorted(replayed) {
    const rows = Array.from({ length: replayed.n }, (_, i) => i);
    const column = tableColumns(shown.graph).find(([name]) => name === order.replace("-", ""));
    if (!column) return rows;
    const [, value, , descending] = column, sign = order.startsWith("-") === Boolean(descending) ? 1 : -1;
    return rows.sort((a, b) => sign * (value(replayed, a) - value(replayed, b)) || a - b);
  }

  function head([name, , digits, descending]) {
    const up = order === name, down = order === `-${name}`;
    const ascends = descending ? "descending" : "ascending", descends = descending ? "ascending" : "descending";
    const next = up ? `-${name}` : down ? "" : name;
    return element("th", { scope: "col", class: digits ? "number" : null, "aria-sort": up ? ascends : down ? descends : "none" },
      button([name, element("span", { "aria-hidden": "true" }, up || down ? ((up ? ascends : descends) === "ascending" ? " ▲" : " ▼") : "")], () => {
          order = next;
          onOrder(order);
          render();
        }, { "data-key": name, title: up ? "Turn round" : down ? "In the order of hw_edges" : `Sort by ${name}` }));
  }

  function row(graph, r, i, chosen) {
    const of = selectionOfEdge(r, i), name = KIND_NAMES[r.kind[i]].replace("_", " "), matches = tableMatches(chosen, of);
    const token = (position) => [element("span.soft", `${position} `), tokenElement(graph.tokens[position])];
    const digits = (x) => element("td.number", Number.isNaN(x) ? "" : x.toFixed(6));
    const select = () => onSelect(selectionText(of));
    return element("tr", { "aria-current": matches ? "true" : null, onclick: select },
      element("td", button(name, null, { class: "table-plain", "data-key": selectionText(of), "aria-label": `Select ${name} of layer ${r.layer[i]}, ${r.source[i]} to ${r.target[i]}${of.head === undefined ? "" : `, head ${of.head}`}` })),
      element("td.number", r.layer[i]), element("td.number", r.head[i] < 0 ? "" : r.head[i]),
      element("td", token(r.source[i])), element("td", token(r.target[i])), edgeAmounts(graph).map(([, amount]) => digits(amount(r, i))));
  }

  function render() {
    const { graph, replayed, threshold, selection } = shown;
    const refocus = keepFocus(root);
    const rows = sorted(replayed), some = all ? rows : rows.slice(0, TABLE_ROWS), chosen = parseSelection(selection);
    root.replaceChildren(element("div.graph-table", { role: "region", tabindex: "0", "aria-label": "Edges of the graph" },
      element("table", element("caption", `${plural(replayed.n, "edge")} `, graph.method?.caption(threshold) ??
        `at the threshold ${threshold}. Importance: share of the node; weight: among those kept; flow: of the 1 at the target.`),
        element("thead", element("tr", tableColumns(graph).map(head))),
        element("tbody", some.map((i) => row(graph, replayed, i, chosen)))),
      some.length < rows.length && button(`${count(some.length)} are shown: show all ${count(rows.length)}`, () => {
        all = true;
        render();
      })));
    refocus();
  }

  return {
    show(graph, replayed, threshold, selection) {
      shown = { graph, replayed, threshold, selection };
      render();
    },
    close() {
      root.replaceChildren();
    },
  };
}
