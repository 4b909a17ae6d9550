/* SPDX-License-Identifier: Apache-2.0
 * The graph of what an answer hangs on: a script of its own, which main.mjs imports when it is wanted. */
import { relevanceGraph } from "./relevance_graph.mjs";
import { relevancePanels } from "./relevance_panel.mjs";

/* As relevanceGraph. */
export const relevance = { graph: (graph, data) => relevanceGraph(graph, data, relevancePanels) };
