/* SPDX-License-Identifier: Apache-2.0
 * The saved page: the graph whose data lies in the document. Nothing is asked of a server. */
import { element } from "./dom.mjs";
import { readAddress, writeAddress } from "./address.mjs";
import { methodBoth, methodGraphs, methodSwitch, nextMethod } from "./methods.mjs";
import { paneKeys, promptPane } from "./prompt_pane.mjs";
import { sourceMissing } from "./source_stored.mjs";
import { fileMenu } from "./graph_files.mjs";
import { graphTable } from "./graph_table.mjs";
import { panel } from "./panel.mjs";
import { relevanceGraph } from "./relevance_graph.mjs";
import { relevancePanels } from "./relevance_panel.mjs";

/* data: {run, database, graph, lists, neurons: {nodes: {"LAYER.POSITION": [[neuron, share, activation]]},
 * lists: {"LAYER.NEURON": [promotes, suppresses]}, tokens}, relevance: {answer, contrast}, each what the end point `relevance` gives or null} */
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
  const root = element("div.page.page-prompt"), names = graph.relevance;
  document.getElementById("page").append(root);
  document.getElementById("saved").append(element("b.brand", "Headwater"), element("span.soft",
    [run.model, run.dataset, Number.isInteger(graph.prompt) && `prompt ${graph.prompt}`, "a saved page"].filter(Boolean).join(" · ")));
  const rest = async () => ({ fileMenu, graphTable, panel, relevanceGraph, relevancePanels }), choose = (by) => writeAddress({ by, side: null });
  let shown = null; /* {drawn, pane, by, togglePair} */

  async function show() {
    const { query } = readAddress(), pair = query.get("pair") === "1", drawn = [query.get("by"), pair].join(" ");
    if (shown?.drawn === drawn) {
      shown.pane.update(query);
      return;
    }
    const { by, graphs, lack } = await methodGraphs({ graph, names, wanted: query.get("by"), pair, ask: async (name) => data.relevance[name], rest });
    const togglePair = () => by && writeAddress({ pair: pair ? null : "1", side: null });
    shown?.pane.close();
    root.replaceChildren();
    const pane = promptPane({ root, run, rest, entries: graphs.map((of) => ({ graph: of, source: () => savedSource(data), name: of.method?.mode ?? (by ? "routes" : "Graph") })),
      title: document.title, query, beside: [savedChips(graph), methodSwitch(names, by, choose), by && methodBoth(by, pair, togglePair), lack],
      onState: (changes, options) => writeAddress(changes, { ...options, silent: true }) });
    shown = { drawn, pane, by, togglePair };
    pane.shown();
  }

  addEventListener("hashchange", show);
  paneKeys(() => shown?.pane, { r: () => choose(nextMethod(names, shown.by)), p: () => shown.togglePair() });
  show();
}

savedShow();
