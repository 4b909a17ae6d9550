/* SPDX-License-Identifier: Apache-2.0
 * The command line that gives what is shown. */
import { shellWord } from "./lists.mjs";

function commandWords(...words) {
  return ["headwater", ...words].map((word) => shellWord(String(word))).join(" ");
}

/* A statement over the stored columns of one graph. */
function commandSql({ graph, run }, columns, from, where) {
  return commandWords("sql", run.database,
    `SELECT ${columns} FROM graph g, ${from} WHERE g.prompt_id = ${graph.prompt} AND g.target_pos = ${graph.target} AND ${where}`);
}

function commandLists(state, kind, layer, position, convention, more = "") {
  return commandSql(state, "p.list, p.rank, t.text AS token, p.score",
    "hw_projections(g.projections, NULL, 1) p LEFT JOIN token t ON t.token_id = p.token_id",
    `p.kind = '${kind}' AND p.convention = '${convention}' AND p.layer = ${layer}${position === null ? "" : ` AND p.position = ${position}`}${more}`);
}

/* Of what is selected, else of the graph. state: {graph, threshold, selection (parsed or null), convention, run}. A trace has no
 * database: its command traces again. */
export function shellCommand(state) {
  const { graph, threshold, selection: s, convention = "frozen", run } = state;
  if (!run.database) return commandWords("trace", "--model", run.model, ...(graph.text === null ? ["--tokens", graph.ids.join(",")] : ["--prompt", graph.text]),
    ...(graph.target === graph.tokens.length - 1 ? [] : ["--targets", graph.target]), "--threshold", threshold);
  if (graph.method) return commandWords("query", run.database, "prompt_relevance", "--prompt", graph.prompt, "--mode", graph.method.mode, "--threshold", threshold);
  const prompt = ["--prompt", graph.prompt], target = ["--target", graph.target];
  switch (s?.kind) {
    case "edge":
      if (s.head !== undefined) return commandLists(state, "head", s.layer, null, convention, ` AND p.head = ${s.head}`);
      return commandSql(state, "e.*", `hw_edges(g.edges, ${threshold}) e`,
        `e.kind = 'attention' AND e.layer = ${s.layer} AND e.source = ${s.source} AND e.target = ${s.target} ORDER BY e.flow DESC`);
    case "ffn":
      if (s.neuron !== undefined) return commandWords("query", run.database, "neuron_tokens", "--layer", s.layer, "--neuron", s.neuron);
      return commandSql(state, "n.*", "hw_neurons(g.neurons, 1) n", `n.layer = ${s.layer} AND n.position = ${s.position}`);
    case "state": return commandLists(state, s.after === "mid" ? "resid_mid" : "resid_post", s.layer, s.position, "alone");
    case "token": return commandWords("query", run.database, "prompt_input", ...prompt, ...target);
    default: return commandWords("query", run.database, "graph", ...prompt, ...target, "--threshold", threshold);
  }
}
