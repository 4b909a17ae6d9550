/* SPDX-License-Identifier: Apache-2.0
 * What is drawn of a prompt: its routes, or what its answer hangs on. */
import { button, element, signButton } from "./dom.mjs";

/* Buttons for the routes and each of the names; by: the one that is drawn, null for routes. Nothing where there are only routes. */
export function methodSwitch(names, by, choose) {
  return names.length > 0 && element("div.panel-switch", { role: "group", "aria-label": "What is drawn" }, [null, ...names].map((name) =>
    button(name ?? "routes", () => choose(name), { "aria-pressed": String(name === by), title: name ? `What the answer hangs on: ${name} relevance (r)` : "Routes of the information (r)" })));
}

/* The name after the one that is drawn, round and round. */
export function nextMethod(names, by) {
  const methods = [null, ...names];
  return methods[(methods.indexOf(by) + 1) % methods.length];
}

export function methodBoth(by, pair, toggle) {
  return signButton("both", by ? `Routes above ${by} (p)` : "Clean above counterfactual (p)", toggle, { "aria-pressed": String(pair) });
}

export function methodLack(text) {
  return element("span.soft", { role: "status" }, text);
}

/* The graph that is asked for by name, beside or in the place of the routes. ask(name): the JSON of the end point `relevance`; rest(): see
 * promptPane. -> {by, graphs, lack}: those that are drawn; by is null, and lack says why, where the name is none of them or the server cannot
 * compute it: the routes stay. */
export async function methodGraphs({ graph, names, wanted, pair, ask, rest }) {
  let lack = `No relevance "${wanted}" of this graph: it is of the last token's prediction, contrast needs a counterfactual.`;
  try {
    if (names.includes(wanted)) {
      const [{ relevanceGraph, relevancePanels }, data] = await Promise.all([rest(), ask(wanted)]), related = relevanceGraph(graph, data, relevancePanels);
      return { by: wanted, graphs: pair ? [graph, related] : [related] };
    }
  } catch (error) {
    if (!error.status) throw error; /* the server did not answer, or was not asked any more */
    lack = error.message;
  }
  return { by: null, graphs: [graph], lack: wanted && methodLack(lack) };
}
