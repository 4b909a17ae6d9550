-- SPDX-License-Identifier: Apache-2.0
-- Plain views over the compressed columns, made in the temp schema of every connection that has the functions.
-- Edges of every graph at the threshold of the run.
CREATE TEMP VIEW IF NOT EXISTS edge AS
SELECT g.prompt_id, g.target_pos, e.kind, e.layer, e.head, e.source, e.target, e.importance, e.weight, e.flow
FROM graph g, hw_edges(g.edges) e;
-- All stored parts, also those below the threshold.
CREATE TEMP VIEW IF NOT EXISTS part AS
SELECT g.prompt_id, g.target_pos, e.kind, e.layer, e.head, e.source, e.target, e.importance
FROM graph g, hw_parts(g.edges) e;
-- Active heads of every graph.
CREATE TEMP VIEW IF NOT EXISTS head AS
SELECT g.prompt_id, g.target_pos, h.layer, h.head, h.importance, h.flow, h.position
FROM graph g, hw_heads(g.heads) h;
-- Best neurons of every FFN node of the graph; hw_neurons(neurons, 1) has all that are stored.
CREATE TEMP VIEW IF NOT EXISTS neuron AS
SELECT g.prompt_id, g.target_pos, n.layer, n.position, n.neuron, n.importance, n.activation, n.flow
FROM graph g, hw_neurons(g.neurons) n;
-- Tokens that components of the graph promote and suppress; hw_projections(projections, NULL, 1) has all that are stored. neuron is NULL:
-- what neurons promote is in the table neuron_token.
CREATE TEMP VIEW IF NOT EXISTS projection AS
SELECT g.prompt_id, g.target_pos, p.kind, p.convention, p.layer, p.position, p.head, p.neuron, p.list, p.rank, p.token_id,
  t.text AS token, p.score
FROM graph g, hw_projections(g.projections) p LEFT JOIN token t ON t.token_id = p.token_id;
-- Tokens of every prompt.
CREATE TEMP VIEW IF NOT EXISTS prompt_token AS
SELECT p.prompt_id, h.position, h.token_id, t.text AS token
FROM prompt p, hw_tokens(p.tokens) h LEFT JOIN token t ON t.token_id = h.token_id;
-- Share of the prediction that comes from each token.
CREATE TEMP VIEW IF NOT EXISTS token_flow AS
SELECT g.prompt_id, g.target_pos, f.position, f.flow
FROM graph g, hw_token_flow(g.edges) f;
-- Graphs that have an edge aligned by role; counterfactual is 1 for the graphs of counterfactual prompts, which no other view counts.
CREATE TEMP VIEW IF NOT EXISTS item_prompt AS
SELECT i.item_id, $prompt_of(l.graph_id) AS prompt_id, $target_of(l.graph_id) AS target_pos, l.importance, l.graph_id >= $own_graphs_end AS counterfactual
FROM item_graph i, hw_item_graphs(i.graphs) l;
-- Logit lens of every prompt with an answer: what the state after each layer says about it.
CREATE TEMP VIEW IF NOT EXISTS lens AS
SELECT a.prompt_id, l.layer, l.rank, l.logit, l.probability, l.foil_rank, l.foil_logit, l.foil_probability, l.logit_diff
FROM answer_lens a, hw_lens(a.lens) l;
-- What the answer of every prompt depends on: parts above the threshold of the run, neurons, and sums over positions.
CREATE TEMP VIEW IF NOT EXISTS relevance_part AS
SELECT a.prompt_id, a.mode, r.kind, r.layer, r.head, r.neuron, r.source, r.target, r.r, r.share, r.value, r.key, r.query
FROM relevance a, hw_relevance(a.parts) r;
