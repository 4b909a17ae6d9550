/* SPDX-License-Identifier: Apache-2.0
 * The command line that gives what is shown. */
import { shellWord } from "./lists.mjs";

function commandWords(...words) {
  return ["headwater", ...words].map((word) => shellWord(String(word))).join(" ");
}

/* A statement over the stored columns of one graph. */
function commandSql({ graph, run }, columns, from, where) {
  return commandWords("sql", run.database, `SELECT ${columns} FROM graph, ${from} WHERE prompt_id = ${graph.prompt} AND target_pos = ${graph.target} AND ${where}`);
}

function commandLists(state, kind, layer, where, convention) {
  return commandSql(state, "list, rank, text AS token, score", "hw_projections(projections, NULL, 1) LEFT JOIN token USING(token_id)",
    `kind = '${kind}' AND convention = '${convention}' AND layer = ${layer} AND ${where}`);
}

/* Of what is selected, else of the graph. state: {graph, threshold, selection (parsed or null), convention, run}. A trace has no
 * database: its command traces again. */
export function shellCommand(state) {
  const { graph, threshold, selection: s, convention, run } = state;
  const options = graph.method?.data.options ?? []; /* of relevances that were computed */
  if (!run.database || options.length)
    return commandWords("trace", ...run.live_model.words, ...(Number.isInteger(graph.prompt) || graph.text === null ? ["--tokens", graph.ids.join(",")] : ["--prompt", graph.text]),
      ...(graph.target === graph.tokens.length - 1 ? [] : ["--targets", graph.target]), "--threshold", threshold, ...options);
  if (graph.method)
    return commandWords("sql", run.database, `SELECT r.* FROM relevance, hw_relevance(parts, ${threshold}) r WHERE prompt_id = ${graph.prompt} AND mode = '${graph.method.mode}' AND kind IN ('attention', 'ffn')`);
  const prompt = ["--prompt", graph.prompt], target = ["--target", graph.target];
  switch (s?.kind) {
    case "edge":
      if (s.head !== undefined) return commandLists(state, "head", s.layer, `head = ${s.head}`, convention);
      return commandSql(state, "e.*", `hw_edges(edges, ${threshold}) e`,
        `kind = 'attention' AND layer = ${s.layer} AND source = ${s.source} AND target = ${s.target} ORDER BY flow DESC`);
    case "ffn":
      if (s.neuron !== undefined) return commandWords("query", run.database, "neuron_tokens", "--layer", s.layer, "--neuron", s.neuron);
      return commandSql(state, "n.*", "hw_neurons(neurons, 1) n", `layer = ${s.layer} AND position = ${s.position}`);
    case "state": return commandLists(state, s.after === "mid" ? "resid_mid" : "resid_post", s.layer, `position = ${s.position}`, "alone");
    case "token": return commandWords("query", run.database, "prompt_input", ...prompt, ...target);
    default: return commandWords("query", run.database, "graph", ...prompt, ...target, "--threshold", threshold);
  }
}
