/* SPDX-License-Identifier: Apache-2.0
 * The saved page: the graph whose data lies in the document. Nothing is asked of a server. */
import { element } from "./dom.mjs";
import { readAddress, writeAddress } from "./address.mjs";
import { paneKeys, promptPane } from "./prompt_pane.mjs";
import { sourceMissing } from "./source_stored.mjs";
import { fileMenu } from "./graph_files.mjs";
import { graphTable } from "./graph_table.mjs";
import { panel } from "./panel.mjs";

/* data: {run, database, graph, lists, neurons: {nodes: {"LAYER.POSITION": [[neuron, share, activation]]},
 * lists: {"LAYER.NEURON": [promotes, suppresses]}, tokens}} */
function savedSource({ run, lists, neurons }) {
  return {
    lists: async () => lists,
    neurons: async (layer, position) => ({ tokens: neurons.tokens,
      neurons: (neurons.nodes[`${layer}.${position}`] ?? []).map((row) => [...row, ...(neurons.lists[`${layer}.${row[0]}`] ?? [[], []])]) }),
    missing: sourceMissing(run.project),
  };
}

function savedChips(graph) {
  const texts = [graph.group_name, Number.isInteger(graph.counterfactual_of) && `counterfactual of ${graph.counterfactual_of}`];
  return texts.filter(Boolean).map((text) => element("span.prompt-chip", text));
}

function savedShow() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { graph } = data, run = { ...data.run, database: data.database };
  const root = element("div.page.page-prompt");
  document.getElementById("page").append(root);
  document.getElementById("saved").append(element("b.brand", "Headwater"), element("span.soft",
    [run.model, run.dataset, Number.isInteger(graph.prompt) && `prompt ${graph.prompt}`, "a saved page"].filter(Boolean).join(" · ")));
  const pane = promptPane({ root, run, rest: async () => ({ fileMenu, graphTable, panel }), entries: [{ graph, source: () => savedSource(data), name: "Graph" }], title: document.title, query: readAddress().query,
    beside: savedChips(graph), onState: (changes, options) => writeAddress(changes, { ...options, silent: true }) });
  pane.shown();
  addEventListener("hashchange", () => pane.update(readAddress().query));
  paneKeys(() => pane);
}

savedShow();
