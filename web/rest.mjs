/* SPDX-License-Identifier: Apache-2.0
 * All that the first graph does not need: a script of its own, which main.mjs imports when it is wanted. */
import { showHelp } from "./help.mjs";
import { showRun } from "./page_run.mjs";
import { showFailed } from "./page_failed.mjs";
import { showPrompts } from "./page_prompts.mjs";
import { showHeads } from "./page_heads.mjs";
import { showHead } from "./page_head.mjs";
import { showNeurons } from "./page_neurons.mjs";
import { showNeuron } from "./page_neuron.mjs";
import { showCircuits } from "./page_circuits.mjs";
import { showCircuit } from "./page_circuit.mjs";
import { showCompare } from "./page_compare.mjs";
import { showLens } from "./page_lens.mjs";
import { showRoles } from "./page_roles.mjs";
import { showTrace } from "./page_trace.mjs";
import { liveRelevance } from "./source_live.mjs";
import { storedSource } from "./source_stored.mjs";
import { fileMenu } from "./graph_files.mjs";
import { graphTable } from "./graph_table.mjs";
import { panel } from "./panel.mjs";
import { relevanceGraph } from "./relevance_graph.mjs";
import { relevancePanels } from "./relevance_panel.mjs";

/* pages: first word of the address -> what shows it. */
export const rest = { showHelp, liveRelevance, storedSource, fileMenu, graphTable, panel, relevanceGraph, relevancePanels, pages: { "": showRun, failed: showFailed, prompts: showPrompts, heads: showHeads, head: showHead,
  neurons: showNeurons, neuron: showNeuron, circuits: showCircuits, circuit: showCircuit, compare: showCompare, lens: showLens, roles: showRoles, trace: showTrace } };
