-- SPDX-License-Identifier: Apache-2.0
-- What papers read. The manual (headwater-database) takes its list of columns from here: names, then what they are. Everywhere:
--   n   graphs (prompt, target) that the row is about; in answer_by_layer prompts with an answer, in whole_answer with one that is not cut
--   n_active   graphs where the component is active
--   frequency, frequency_lo, frequency_hi   share of graphs where the component is active, with its 95% Wilson interval
--   mean, std, ci_lo, ci_hi   importance over ALL graphs, absent = 0: mean, standard deviation, 95% t interval clustered by prompt
--   flow_mean, flow_std, flow_ci_lo, flow_ci_hi   the same for flow; role_flow has flow in mean, std, ci_lo and ci_hi
--   max   largest importance in a graph (role_flow: flow)
--   example_prompt, example_target   the graph where that is: prompt_id and target_pos
--   group_id, group_name   group of prompts and its name, column=value; -1: all together, -2: all counterfactuals
--   layer, head, neuron   numbers from 0
--   idx   of a row about a head or a neuron: its number
--   name   L1H5, L1N37, FFN1
--   prompt_id   row of the data set, from 0; a counterfactual has a number behind the last row
--   target_pos   position whose next token is predicted
--   graph_id   prompt_id * 2^20 + target_pos
--   position   of a token in the prompt, from 0
--   kind   of a part: attention, attention_residual, ffn, ffn_residual; of a projected component: head, attention, ffn, resid_mid, resid_post; of a relevance attention, ffn, query, head, ffn_total (all positions), neuron, token, bias; in relevance_statistic head, value, key, query (of a head), ffn, neuron
--   source, target   positions that a part reads and writes
--   source_role, target_role   roles of these positions
--   role, role_id   name and number of a role
--   item_id   an edge aligned by role, packed (table agg_item)
--   importance   share of the part, head or neuron in its node; head_source_by_group: sum of importances
--   weight   share of the part among the kept parts of its node
--   flow   of the 1 put in at the target, what goes through; head_source_by_group: sum of flows
--   activation   what multiplies the output row of the neuron
--   first, self, previous, same_token, induction   share of a head's flow whose source is the first position, its own position, the previous one, an earlier copy of the token, the token after an earlier copy; the own position is no token after a copy, also where the token before it is the same one
--   importance_first, importance_self, importance_previous, importance_same_token, importance_induction   the same shares of importance
--   top1, top1_lo, top1_hi   share of prompts whose answer is the most probable token after this layer, with its Wilson interval
--   first_top1, settled   share of prompts where this is the first such layer; where it stays so to the end
--   mean_rank   mean rank of the answer, from 1
--   probability, probability_std, probability_lo, probability_hi   of the answer: mean, standard deviation, 95% t interval, cut at 0 and 1
--   n_foil, beats_foil, ties   prompts with an answer and a foil that can be compared (whole_answer: none of them cut); share of them where the answer has the higher logit (whole_answer: log-probability), those where both are equal left out; number of these
--   logit_diff, logit_diff_std, logit_diff_lo, logit_diff_hi   logit of the answer minus logit of the foil, of their first tokens; where they begin with the same tokens, of the first tokens that differ, after the prompt and the same ones; NULL where one begins with the other
--   n_several, n_shared, n_contained   prompts whose answer has several tokens and is not cut; whose answer and foil begin with the same token; where one begins with the other, so that they are not compared. In prompt_prediction n_shared is the number of such tokens
--   accuracy, accuracy_lo, accuracy_hi   share of prompts where greedy decoding writes the whole answer, with its Wilson interval
--   log_probability_diff, log_probability_diff_std, log_probability_diff_lo, log_probability_diff_hi   log-probability of the whole answer minus that of the whole foil (nats)
--   n_tokens, text, token_id, token   tokens of the prompt; its text; a token and its text
--   predicted_id, predicted, predicted_logit, predicted_probability   the most probable next token
--   answer_id, answer, answer_n_tokens, answer_logit, answer_probability, answer_rank, answer_log_probability, answer_greedy   the right answer; log_probability is summed over its tokens (nats), greedy is 1 when each of them is the most probable one after those before it, both are NULL where the answer is cut, the others are of its first token
--   foil_id, foil, foil_n_tokens, foil_logit, foil_probability, foil_rank, foil_log_probability, foil_greedy   the same of the wrong answer
--   convention, list, score   alone or frozen; promotes or suppresses; what the component adds to the token's logit
--   rank, logit   place in a list, or of the answer among all tokens, from 1; logit of the answer
--   counterfactual   of item_prompt: 1 where the prompt is the counterfactual of another
--   mode   answer (relevance by itself) or contrast (against the counterfactual); the views of relevance count prompts in n and n_active
--   share, share_lo, share_hi   sum of relevances over the sum of what they divide (the answer's margin, contrast: less that of the counterfactual), with its 95% t interval; may exceed 1
--   relevance   mean over the prompts, logits
--   r   relevance of a part, logits
--   value, key, query   shares of a head by way of what its sources' values, their keys and its queries differ in; of contrast alone
--   n_prompts, others, t975   of a group: prompts with graphs, sum of targets beside the first, t quantile of the intervals
-- Where a prompt has several targets the Wilson interval uses an effective number of graphs: n / (variance clustered by
-- prompt / variance of independent graphs), at most n, and the number of prompts when the frequency is 0 or 1.
-- Only functions of the plain sqlite3 shell in here.

-- Sizes of the groups, -1 = all.
CREATE VIEW group_size AS
SELECT group_id, n, n_prompts, others,
  $t975(n_prompts) AS t975
FROM agg_group;

-- Every head of the model in every group, -1 = all.
CREATE VIEW head_statistic AS
WITH raw AS (
  SELECT s.group_id, h.layer, h.head, $component_sums
  FROM group_size s CROSS JOIN model_head h LEFT JOIN agg_head a ON a.group_id = s.group_id AND a.layer = h.layer AND a.head = h.head
    LEFT JOIN agg_cluster c ON c.kind = 0 AND c.group_id = a.group_id AND c.key = $component_key(a.layer, a.head)
), spread AS (
  $component_spread
)
SELECT group_id, layer, head, $component_columns
FROM spread;

-- Every head of the model, over all prompts.
CREATE VIEW head_importance AS
SELECT layer, head, 'L' || layer || 'H' || head AS name, n, frequency, frequency_lo, frequency_hi, mean, std, ci_lo, ci_hi,
  flow_mean, flow_std, flow_ci_lo, flow_ci_hi, n_active, max, example_prompt, example_target
FROM head_statistic WHERE group_id = -1;

-- Every head in every group.
CREATE VIEW head_importance_by_group AS
SELECT group_id, g.name AS group_name, layer, head, 'L' || layer || 'H' || head AS name, n, frequency, frequency_lo,
  frequency_hi, mean, std, ci_lo, ci_hi, flow_mean, flow_std, flow_ci_lo, flow_ci_hi, n_active, max, example_prompt,
  example_target
FROM prompt_group g JOIN head_statistic USING(group_id);

-- Every neuron that entered a list of best neurons, in every group, -1 = all.
CREATE VIEW neuron_statistic AS
WITH raw AS (
  SELECT s.group_id, a.layer, a.neuron, $component_sums
  FROM agg_neuron a JOIN group_size s ON s.group_id = a.group_id
    LEFT JOIN agg_cluster c ON c.kind = 1 AND c.group_id = a.group_id AND c.key = $component_key(a.layer, a.neuron)
), spread AS (
  $component_spread
)
SELECT group_id, layer, neuron, $component_columns
FROM spread;

-- Neurons that entered a list of best neurons of an FFN node, over all prompts.
CREATE VIEW neuron_importance AS
SELECT layer, neuron, 'L' || layer || 'N' || neuron AS name, n, frequency, frequency_lo, frequency_hi, mean, std, ci_lo,
  ci_hi, flow_mean, flow_std, flow_ci_lo, flow_ci_hi, n_active, max, example_prompt, example_target
FROM neuron_statistic WHERE group_id = -1;

-- The same in every group.
CREATE VIEW neuron_importance_by_group AS
SELECT group_id, g.name AS group_name, layer, neuron, 'L' || layer || 'N' || neuron AS name, n, frequency, frequency_lo,
  frequency_hi, mean, std, ci_lo, ci_hi, flow_mean, flow_std, flow_ci_lo, flow_ci_hi, n_active, max, example_prompt,
  example_target
FROM prompt_group g JOIN neuron_statistic USING(group_id);

-- Every role-aligned edge in every group, -1 = all.
CREATE VIEW item_statistic AS
WITH raw AS (
  SELECT s.group_id, a.item_id, $component_sums
  FROM agg_item a JOIN group_size s ON s.group_id = a.group_id
    LEFT JOIN agg_cluster c ON c.kind = 2 AND c.group_id = a.group_id AND c.key = a.item_id
), spread AS (
  $component_spread
)
SELECT group_id, item_id, $component_columns
FROM spread;

-- Edges aligned by role, over all prompts: how often they occur.
CREATE VIEW edge_frequency AS
SELECT item_id, $item_columns(item_id),
  source.name AS source_role, target.name AS target_role,
  n, frequency, frequency_lo, frequency_hi, mean, std, ci_lo, ci_hi, flow_mean, flow_std, flow_ci_lo, flow_ci_hi, n_active,
  max, example_prompt, example_target
FROM item_statistic LEFT JOIN role source ON source.role_id = $item_source(item_id) LEFT JOIN role target ON target.role_id = $item_target(item_id)
WHERE group_id = -1;

-- The same in every group.
CREATE VIEW edge_frequency_by_group AS
SELECT group_id, g.name AS group_name, item_id, $item_columns(item_id),
  source.name AS source_role, target.name AS target_role,
  n, frequency, frequency_lo, frequency_hi, mean, std, ci_lo, ci_hi, flow_mean, flow_std, flow_ci_lo, flow_ci_hi, n_active,
  max, example_prompt, example_target
FROM prompt_group g JOIN item_statistic USING(group_id)
LEFT JOIN role source ON source.role_id = $item_source(item_id) LEFT JOIN role target ON target.role_id = $item_target(item_id);

-- The flow that enters a layer, by role of the position where it enters; layer 0 is the input. Columns as above, for flow.
CREATE VIEW role_flow_by_group AS
WITH raw AS (
  SELECT s.group_id, l.layer, r.role_id, r.name AS role, s.n, s.n_prompts AS p, s.others AS w, s.t975 AS t,
    coalesce(a.n_on, 0) AS k, coalesce(a.max, 0) AS max, a.ex,
    coalesce(a.sum, 0) * 1.0 / s.n AS m, coalesce(a.sum, 0) * 1.0 AS x, coalesce(a.ssq, 0) * 1.0 AS xx,
    coalesce(a.ssq, 0) + coalesce($wide_sum(c.pairs_hi, c.pairs_lo), 0.0) AS cc, coalesce(a.sum, 0) + coalesce(c.others, 0) AS cn
  FROM group_size s CROSS JOIN (SELECT DISTINCT layer FROM model_head) l CROSS JOIN role r
    LEFT JOIN agg_role a ON a.group_id = s.group_id AND a.layer = l.layer AND a.role_id = r.role_id
    LEFT JOIN agg_cluster c ON c.kind = 3 AND c.group_id = a.group_id AND c.key = $component_key(a.layer, a.role_id)
)
SELECT group_id, layer, role, n, k * 1.0 / n AS frequency, m / 1e6 AS mean, $std(x, xx, n) / 1e6 AS std,
  (m - $half_interval(m, cc, cn)) / 1e6 AS ci_lo,
  (m + $half_interval(m, cc, cn)) / 1e6 AS ci_hi,
  k AS n_active, max / 1e6 AS max, $prompt_of(ex) AS example_prompt, $target_of(ex) AS example_target, role_id
FROM raw;

-- The same over all prompts.
CREATE VIEW role_flow AS
SELECT layer, role, n, frequency, mean, std, ci_lo, ci_hi, n_active, max, example_prompt, example_target, role_id
FROM role_flow_by_group WHERE group_id = -1;

-- Where heads look: shares of the flow through a head's edges (importance_..: of their importance) by what their sources are.
CREATE VIEW head_source_by_group AS
SELECT group_id, layer, head, 'L' || layer || 'H' || head AS name, max(iif(source = 0, n_on, 0)) AS n_active,
  sum(iif(source = 0, flow_sum, 0)) / 1e6 AS flow, sum(iif(source = 0, sum, 0)) / 1e6 AS importance,
  sum(iif(source = 1, flow_sum, 0)) * 1.0 / sum(iif(source = 0, flow_sum, 0)) AS first,
  sum(iif(source = 2, flow_sum, 0)) * 1.0 / sum(iif(source = 0, flow_sum, 0)) AS self,
  sum(iif(source = 3, flow_sum, 0)) * 1.0 / sum(iif(source = 0, flow_sum, 0)) AS previous,
  sum(iif(source = 4, flow_sum, 0)) * 1.0 / sum(iif(source = 0, flow_sum, 0)) AS same_token,
  sum(iif(source = 5, flow_sum, 0)) * 1.0 / sum(iif(source = 0, flow_sum, 0)) AS induction,
  sum(iif(source = 1, sum, 0)) * 1.0 / sum(iif(source = 0, sum, 0)) AS importance_first,
  sum(iif(source = 2, sum, 0)) * 1.0 / sum(iif(source = 0, sum, 0)) AS importance_self,
  sum(iif(source = 3, sum, 0)) * 1.0 / sum(iif(source = 0, sum, 0)) AS importance_previous,
  sum(iif(source = 4, sum, 0)) * 1.0 / sum(iif(source = 0, sum, 0)) AS importance_same_token,
  sum(iif(source = 5, sum, 0)) * 1.0 / sum(iif(source = 0, sum, 0)) AS importance_induction
FROM agg_head_source GROUP BY group_id, layer, head;

-- How answers stand after each block (logit lens at the last position); the last layer is the prediction. n prompts with an answer;
-- top1 how often it is the prediction, first_top1 for the first time, settled from here to the end; logit_diff over n_foil prompts.
CREATE VIEW answer_by_layer AS
WITH raw AS (
  SELECT *, n_top * 1.0 / n AS f, probability_sum * 1.0 / n AS m,
    probability_ssq - probability_sum * 1.0 * probability_sum / n AS v, $t975(n) AS t, $difference_sums
  FROM agg_answer
)
SELECT group_id, layer, n, f AS top1,
  $wilson_lo(f, n) AS top1_lo,
  $wilson_hi(f, n) AS top1_hi,
  n_first * 1.0 / n AS first_top1, n_settled * 1.0 / n AS settled, rank_sum * 1.0 / n AS mean_rank,
  m / 1e6 AS probability, sqrt(max(0.0, v) / (n - 1.0)) / 1e6 AS probability_std,
  max(0.0, m - t * sqrt(max(0.0, v) / (n - 1.0) / n)) / 1e6 AS probability_lo,
  min(1000000.0, m + t * sqrt(max(0.0, v) / (n - 1.0) / n)) / 1e6 AS probability_hi,
  n_foil, $share_beaten AS beats_foil, n_ties AS ties, d / 1e4 AS logit_diff, $difference_std AS logit_diff_std,
  (d - $difference_half) / 1e4 AS logit_diff_lo, (d + $difference_half) / 1e4 AS logit_diff_hi
FROM raw;

-- Whole answers, all their tokens, in every group. n prompts with an answer that is not cut.
CREATE VIEW whole_answer AS
WITH raw AS (
  SELECT *, n_greedy * 1.0 / n AS f, $difference_sums
  FROM agg_whole_answer
)
SELECT group_id, n, n_several, n_shared, n_contained, f AS accuracy,
  $wilson_lo(f, n) AS accuracy_lo,
  $wilson_hi(f, n) AS accuracy_hi,
  n_foil, $share_beaten AS beats_foil, n_ties AS ties, d / 1e4 AS log_probability_diff, $difference_std AS log_probability_diff_std,
  (d - $difference_half) / 1e4 AS log_probability_diff_lo, (d + $difference_half) / 1e4 AS log_probability_diff_hi
FROM raw;

-- What was predicted, a row per prompt and target; answers are measured at the last position and stand there.
CREATE VIEW prompt_prediction AS
SELECT i.prompt_id, i.target_pos, p.group_id, g.name AS group_name, p.n_tokens, p.text,
  i.predicted_id, t.text AS predicted, i.predicted_logit, i.predicted_probability,
  a.answer_id, at.text AS answer, a.answer_n_tokens, a.answer_logit, a.answer_probability, a.answer_rank, a.answer_log_probability, a.answer_greedy,
  a.foil_id, ft.text AS foil, a.foil_n_tokens, a.foil_logit, a.foil_probability, a.foil_rank, a.foil_log_probability, a.foil_greedy,
  a.n_shared, a.logit_diff, a.log_probability_diff, i.graph_id
FROM graph_info i JOIN prompt p ON p.prompt_id = i.prompt_id JOIN prompt_group g ON g.group_id = p.group_id
LEFT JOIN token t ON t.token_id = i.predicted_id
LEFT JOIN answer a ON a.prompt_id = i.prompt_id AND i.target_pos = p.n_tokens - 1
LEFT JOIN token at ON at.token_id = a.answer_id LEFT JOIN token ft ON ft.token_id = a.foil_id;

-- Relevance of every component in every group, -1 = all (METHOD section 11): of heads and by their ways, of FFNs, and of neurons that an
-- FFN part in the graph lists. idx: head or neuron.
CREATE VIEW relevance_statistic AS
WITH raw AS (
  SELECT a.group_id, a.mode, a.kind, a.layer, a.idx, w.n, a.n_on, a.sum * 1.0 AS r, a.sum * 1.0 / nullif(w.sum, 0) AS f, abs(w.sum * 1.0) AS d,
    $wide_sum(a.ssq_hi, a.ssq_lo) AS rr, $wide_sum(a.product_hi, a.product_lo) AS rd, $wide_sum(w.ssq_hi, w.ssq_lo) AS dd, $t975(w.n) AS t
  FROM agg_relevance w JOIN agg_relevance a ON a.group_id = w.group_id AND a.mode = w.mode AND a.kind <> 'margin'
  WHERE w.kind = 'margin'
)
SELECT group_id, mode, kind, layer, idx, n, f AS share, f - $half_of_share AS share_lo, f + $half_of_share AS share_hi, r / n / 1e4 AS relevance, n_on AS n_active
FROM raw;

-- Every head in every group, -1 = all: what the answers depend on, and by which way.
CREATE VIEW head_relevance_by_group AS
SELECT h.group_id, h.mode, h.layer, h.idx AS head, 'L' || h.layer || 'H' || h.idx AS name, h.n, h.share, h.share_lo, h.share_hi, h.relevance, h.n_active,
  v.share AS value, k.share AS key, q.share AS query
FROM relevance_statistic h
  LEFT JOIN relevance_statistic v ON v.group_id = h.group_id AND v.mode = h.mode AND v.kind = 'value' AND v.layer = h.layer AND v.idx = h.idx
  LEFT JOIN relevance_statistic k ON k.group_id = h.group_id AND k.mode = h.mode AND k.kind = 'key' AND k.layer = h.layer AND k.idx = h.idx
  LEFT JOIN relevance_statistic q ON q.group_id = h.group_id AND q.mode = h.mode AND q.kind = 'query' AND q.layer = h.layer AND q.idx = h.idx
WHERE h.kind = 'head';

-- The same over all prompts.
CREATE VIEW head_relevance AS
SELECT mode, layer, head, name, n, share, share_lo, share_hi, relevance, n_active, value, key, query FROM head_relevance_by_group WHERE group_id = -1;

-- Every FFN in every group, -1 = all.
CREATE VIEW ffn_relevance AS
SELECT group_id, mode, layer, 'FFN' || layer AS name, n, share, share_lo, share_hi, relevance, n_active FROM relevance_statistic WHERE kind = 'ffn';

-- Neurons that were among the largest of an FFN part, in every group, -1 = all; where they were not, they count as 0.
CREATE VIEW neuron_relevance AS
SELECT group_id, mode, layer, idx AS neuron, 'L' || layer || 'N' || idx AS name, n, share, share_lo, share_hi, relevance, n_active
FROM relevance_statistic WHERE kind = 'neuron';
