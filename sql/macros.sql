-- SPDX-License-Identifier: Apache-2.0
-- Texts that other files of sql/ name, put in their place when the program is built (src/sqlite/embed.cmake), so that each formula is
-- written once and the stored views are plain SQL that every SQLite program reads, without our functions.
-- "-- $name $PARAMETER ..." begins a definition, which goes on to the next comment. It is used as $name(a, b), or $name when it has no
-- parameters. An argument may hold parentheses, but none within them. A definition may use those above it. No parentheses are added.

-- Identifiers. Every prompt_id is below $past_prompts.
-- $past_prompts
(1 << 42)
-- $graph_id $PROMPT $TARGET
$PROMPT << 20 | $TARGET
-- $prompt_of $GRAPH
$GRAPH >> 20
-- $target_of $GRAPH
$GRAPH & 1048575
-- $is_graph_between $GRAPH $FIRST $LAST
$GRAPH BETWEEN $FIRST << 20 AND $LAST << 20 | 1048575
-- $is_graph_of $GRAPH $PROMPT
$is_graph_between($GRAPH, $PROMPT, $PROMPT)
-- The plus keeps SQLite from reading the table up to the first counterfactual: the index prompt_counterfactual has them all.
-- $own_graphs_end
(SELECT coalesce(min(+prompt_id), $past_prompts) FROM prompt WHERE counterfactual_of IS NOT NULL) << 20
-- The data set's own prompts that are stored, from the chunks and an index: no pass over the table of prompts.
-- $own_prompts
(SELECT coalesce(sum(n_prompts - n_failed), 0) - (SELECT count(*) FROM prompt WHERE counterfactual_of IS NOT NULL) FROM chunk)
-- A prompt in how many is looked at, for a sample of about so many; 1 takes all.
-- $sample_step $SAMPLE
max(1, $own_prompts / coalesce(nullif($SAMPLE, 0), $past_prompts))
-- Is the prompt in the sample of one in EVERY? Its number times the golden ratio, modulo 1: even over any run of prompts, and over any
-- rows that come in turn (pairs, groups), which every n-th prompt is not.
-- $is_sampled $ID $EVERY
((($ID) & 4294967295) * 1640531527 & 4294967295) * $EVERY < 4294967296

-- The parameter :limit of a query, 0 for all: after LIMIT, and for the places 1, 2, 3, ... within each group.
-- $limit_or_all
coalesce(nullif(:limit, 0), -1)
-- $is_within_limit $PLACE
(:limit = 0 OR $PLACE <= :limit)

-- Thresholds of relevances, NULL where the run has none: a row with threshold and floor.
-- $relevance_thresholds
SELECT max(CASE name WHEN 'relevance-threshold' THEN CAST(value AS REAL) END) AS threshold, max(CASE name WHEN 'relevance-floor' THEN CAST(value AS REAL) END) AS floor
FROM setting

-- Items: edges aligned by role (agg_item in schema.sql).
-- $item_id $LAYER $HEAD $SOURCE $TARGET
($LAYER << 22) + ($HEAD << 12) + ($SOURCE << 6) + $TARGET
-- $item_kind $ITEM
$ITEM >> 30
-- $item_layer $ITEM
($ITEM >> 22) & 255
-- $item_head $ITEM
($ITEM >> 12) & 1023
-- $item_source $ITEM
($ITEM >> 6) & 63
-- $item_target $ITEM
$ITEM & 63
-- $item_columns $ITEM
CASE $item_kind($ITEM) WHEN 0 THEN 'attention' ELSE 'ffn' END AS kind, $item_layer($ITEM) AS layer,
  CASE $item_kind($ITEM) WHEN 0 THEN $item_head($ITEM) END AS head,
  CASE $item_kind($ITEM) WHEN 0 THEN 'L' || ($item_layer($ITEM)) || 'H' || ($item_head($ITEM))
    ELSE 'FFN' || ($item_layer($ITEM)) END AS name
-- $component_key $LAYER $INDEX
$LAYER << 32 | $INDEX
-- $wide_sum $HIGH $LOW
$HIGH * 1099511627776.0 + $LOW

-- The 97.5% quantile of Student's t with N - 1 degrees of freedom: past 200 by its expansion in 1/df, whose error is below 3e-12.
-- $t975 $N
CASE WHEN $N < 2 THEN NULL
    WHEN $N <= 201 THEN (SELECT t975 FROM t_quantile WHERE df = $N - 1)
    ELSE 1.959963984540054 + (2.3722712302985628 + (2.8224986157396118 + (2.5558496795077233 + 1.5895340533938235
      / ($N - 1.0)) / ($N - 1.0)) / ($N - 1.0)) / ($N - 1.0)
  END
-- The 95% Wilson interval of a share F of N. Rounding may not leave F outside.
-- $wilson_lo $F $N
max(0.0, min($F, ($F + 1.9207294103470618 / $N - 1.959963984540054 * sqrt($F * (1 - $F) / $N + 0.9603647051735309 / $N / $N)) / (1 + 3.8414588206941236 / $N)))
-- $wilson_hi $F $N
min(1.0, max($F, ($F + 1.9207294103470618 / $N + 1.959963984540054 * sqrt($F * (1 - $F) / $N + 0.9603647051735309 / $N / $N)) / (1 + 3.8414588206941236 / $N)))
-- The effective number of a share F = K / n whose n items belong to P clusters: n / (variance clustered / variance of independent items), from the
-- sums kk of k * k and kn of k * n over the clusters, and n + w of n * n.
-- $effective_n $F $K $P
CASE WHEN $P = n THEN n * 1.0 WHEN $K IN (0, n) OR $P < 2 THEN $P * 1.0
      ELSE coalesce(max(1.0, min(n * 1.0, $F * (1 - $F) * n / (n - 1.0) * n * ($P - 1.0) / $P / max(0.0, kk - 2 * $F * kn + $F * $F * (n + w)) * n)), n * 1.0)
    END
-- P(X >= K) of the binomial distribution of N trials at 0.9, from the top down, at least the smallest number that doubles hold in full; NULL where K is.
-- $binomial_tail $K $N
(WITH RECURSIVE down(i, l) AS (SELECT $N, $N * ln(0.9) UNION ALL SELECT i - 1, l + ln(i * 0.1 / (($N - i + 1) * 0.9)) FROM down WHERE i > $K)
    SELECT max(2.2250738585072014e-308, min(1.0, sum(exp(l)))) FROM down WHERE $N > 0 AND $K IS NOT NULL)
-- The sum of (x - x / d * d)^2 over the clusters, from the columns of $ratio_sums and those of d; 0 where it is within the rounding of these sums.
-- $ratio_squares $X
CASE WHEN $X_x - 2 * ($X / d) * $X_d + ($X / d) * ($X / d) * d_d <= (n_clusters + 3) * 2.220446049250313e-16 * ($X_x + ($X / d) * ($X / d) * d_d) THEN 0.0
    ELSE $X_x - 2 * ($X / d) * $X_d + ($X / d) * ($X / d) * d_d END
-- Half of the t-interval of a ratio of sums (METHOD section 13), with the number of clusters.
-- $ratio_half $X
$t975(n_clusters) * sqrt(($ratio_squares($X)) * n_clusters / (n_clusters - 1.0)) / nullif(abs(d), 0)
-- The sums of a column X, for a denominator d, as the columns X, X_x and X_d.
-- $ratio_sums $X
sum($X) AS $X, sum($X * $X) AS $X_x, sum($X * d) AS $X_d
-- Certificates with numbers by all prompts or by groups, of :certificate, :by and :cluster: what is added up. A prompt without a value in
-- the column :cluster, or with an empty one, is a cluster of its own.
-- $certified
member AS (
  SELECT -1 AS group_id, NULL AS member_id, 'all' AS group_name WHERE hw_choice(:by, 'all', 'group') = 0
  UNION ALL SELECT m.group_id, m.member_id, g.name FROM group_member m JOIN prompt_group g USING(group_id) WHERE hw_choice(:by, 'all', 'group') = 1
), certified AS (
  SELECT c.*, u.n_random, x.group_id, x.group_name, m - none AS d, coalesce(nullif(coalesce(
      (SELECT value FROM group_value v WHERE v.group_id = p.group_id AND column_name = :cluster),
      (SELECT value FROM prompt_value v WHERE v.prompt_id = p.prompt_id AND key = :cluster)), ''), p.prompt_id) AS cluster
  FROM certificate_run u JOIN certificate c USING(certificate_id) JOIN prompt p ON p.prompt_id = $prompt_of(c.graph_id)
    JOIN member x ON x.member_id IS NULL OR x.member_id = p.group_id
  WHERE :certificate IS NULL OR u.certificate_id = :certificate
)
-- The relevances of :mode, :group and a sample of :sample prompts, by graph_id: the order of the rows of a table depends on which chunk ended first, and
-- last digits of sums on the order. SQLite leaves out an ORDER BY without a LIMIT here.
-- $taken_relevances $COLUMNS $JOINED
step AS (
  SELECT $sample_step(:sample) AS every
), taken AS MATERIALIZED (
  SELECT a.graph_id, a.parts, a.m - coalesce(a.m_reference, 0) AS whole, $COLUMNS
  FROM step, relevance a JOIN prompt p ON p.prompt_id = $prompt_of(a.graph_id)
    $JOINED
  WHERE a.mode = coalesce(:mode, (SELECT max(mode) FROM relevance)) AND a.parts IS NOT NULL AND $is_sampled($prompt_of(a.graph_id), step.every)
    AND (:group IS NULL OR p.group_id IN (SELECT member_id FROM group_member WHERE group_id = :group))
  ORDER BY a.graph_id LIMIT -1
)
-- The same of prompts that have a graph, with its heads.
-- $relevant_graphs
$taken_relevances(g.heads, JOIN graph g ON g.graph_id = a.graph_id)
-- Shares in 1e-3 at which curves are read.
-- $curve_steps
step(i, p) AS (VALUES(1, 1), (2, 2), (3, 5), (4, 10), (5, 20), (6, 50), (7, 100), (8, 200), (9, 500), (10, 1000))
-- Curves of the rows `certified`: what is kept at each share, and the areas below the curve and between it and 1.
-- $curve_points
$curve_steps, clustered AS (
  SELECT c.certificate_id, c.group_id, c.group_name, s.i, s.p, count(*) AS n, sum(v.n_kept) AS n_kept, sum(c.d) AS d, sum(v.kept - c.none) AS k
  FROM certified c JOIN step s JOIN certificate_curve v ON v.certificate_id = c.certificate_id AND v.graph_id = c.graph_id AND v.n_kept = v.n * s.p / 1000
  GROUP BY c.certificate_id, c.group_id, c.group_name, s.i, c.cluster
), sums AS (
  SELECT certificate_id, group_id, group_name, i, p * 0.001 AS p, sum(n_kept) * 1.0 / sum(n) AS n_kept, sum(n) AS n, count(*) AS n_clusters, sum(d) AS d, sum(d * d) AS d_d, $ratio_sums(k)
  FROM clustered GROUP BY certificate_id, group_id, group_name, i
), point AS (
  SELECT *, k / d AS f, (p - lag(p) OVER g) * (k / d + lag(k / d) OVER g) / 2 AS kept_area, (p - lag(p) OVER g) * (abs(1 - k / d) + abs(1 - lag(k / d) OVER g)) / 2 AS missing_area
  FROM sums WINDOW g AS (PARTITION BY certificate_id, group_id ORDER BY i)
), curve_point AS (
  SELECT certificate_id, group_id, group_name, p, n_kept, n, f, f - ($ratio_half(k)) AS f_lo, f + ($ratio_half(k)) AS f_hi,
    sum(kept_area) OVER w AS cpr, sum(missing_area) OVER w AS cmd
  FROM point WINDOW w AS (PARTITION BY certificate_id, group_id)
)
-- Prompts with numbers of a certificate `u`.
-- $n_certified
(SELECT count(m) FROM certificate c WHERE c.certificate_id = u.certificate_id)
-- What a file of certificates `u` is of, for MANIFEST.json.
-- $certificate_columns
certificate_id, graph, threshold, unit, baseline, $n_certified AS n_prompts, complete
-- The certificate whose ranking is exported: of the most prompts when it was made; of several the last. Its sums are over all of them, not over those
-- that have a certificate. :certificate, where it is not NULL, is the one that is taken here and below.
-- $ranked_certificate
(SELECT certificate_id FROM certificate_run u WHERE EXISTS (SELECT 1 FROM certificate_component k WHERE k.certificate_id = u.certificate_id)
    AND (:certificate IS NULL OR certificate_id = :certificate) ORDER BY n_prompts DESC, certificate_id DESC LIMIT 1)
-- The certificate whose knock-outs are drawn: of those with a relevance to compare the one with the most knock-outs; of several the last.
-- $chosen_knockouts
SELECT certificate_id, baseline, mode FROM certificate_run u
    JOIN (SELECT DISTINCT mode FROM relevance) ON mode = iif(baseline = 'counterfactual', 'contrast', 'answer')
  WHERE n_knockouts > 0 AND (:certificate IS NULL OR certificate_id = :certificate) ORDER BY (SELECT count(*) FROM knockout k WHERE k.certificate_id = u.certificate_id) DESC, certificate_id DESC LIMIT 1
-- The certificates whose curves are drawn: the last eight that have one.
-- $chosen_curves
SELECT certificate_id FROM certificate_run u WHERE curve <> 'none' AND EXISTS (SELECT 1 FROM certificate_curve v WHERE v.certificate_id = u.certificate_id)
    AND (:certificate IS NULL OR certificate_id = :certificate) ORDER BY certificate_id DESC LIMIT 8
-- The standard deviation of N values from their sum and the sum of their squares.
-- $std $SUM $SQUARES $N
sqrt(max(0.0, $SQUARES - $SUM * $SUM / $N) / ($N - 1.0))
-- Answers against foils: the mean of the differences, their squares about it, the t quantile; then columns from these.
-- $difference_sums
diff_sum * 1.0 / n_foil AS d, $wide_sum(diff_ssq_hi, diff_ssq_lo) - diff_sum * 1.0 * diff_sum / n_foil AS dv, $t975(n_foil) AS dt
-- $difference_std
sqrt(max(0.0, dv) / (n_foil - 1.0)) / 1e4
-- $difference_half
dt * sqrt(max(0.0, dv) / (n_foil - 1.0) / n_foil)
-- $share_beaten
n_beats * 1.0 / nullif(n_foil - n_ties, 0)
-- Half of the t-interval of a share f = sum r / sum d, from d and the sums of squares and products (METHOD section 13).
-- $half_of_share
t * sqrt(max(0.0, rr - 2 * f * rd + f * f * dd) * n / (n - 1.0)) / d
-- Half of the t-interval of a mean, clustered by prompt (schema.sql has the formula).
-- $half_interval $MEAN $PAIRS $OTHERS
t * sqrt(max(0.0, $PAIRS - 2 * $MEAN * $OTHERS + $MEAN * $MEAN * (n + w)) * p / (p - 1.0)) / n

-- The statistics of components in three steps: sums of the aggregates `a` and `c` of a group `s`; their spread; the columns.
-- $component_sums
s.n, s.n_prompts AS p, s.others AS w, s.t975 AS t,
    coalesce(a.n_on, 0) AS k, coalesce(a.n_on, 0) * 1.0 / s.n AS f, coalesce(a.max, 0) AS max, a.ex,
    coalesce(a.n_on, 0) + coalesce(c.on_pairs, 0) AS kk, coalesce(a.n_on, 0) + coalesce(c.on_others, 0) AS kn,
    coalesce(a.sum, 0) * 1.0 / s.n AS m, coalesce(a.sum, 0) * 1.0 AS x, coalesce(a.ssq, 0) * 1.0 AS xx,
    coalesce(a.ssq, 0) + coalesce($wide_sum(c.pairs_hi, c.pairs_lo), 0.0) AS cc,
    coalesce(a.sum, 0) + coalesce(c.others, 0) AS cn,
    coalesce(a.flow_sum, 0) * 1.0 / s.n AS fm, coalesce(a.flow_sum, 0) * 1.0 AS fx, coalesce(a.flow_ssq, 0) * 1.0 AS fxx,
    coalesce(a.flow_ssq, 0) + coalesce($wide_sum(c.flow_pairs_hi, c.flow_pairs_lo), 0.0) AS fcc,
    coalesce(a.flow_sum, 0) + coalesce(c.flow_others, 0) AS fcn
-- $component_spread
SELECT *,
    $effective_n(f, k, p) AS ne,
    $half_interval(m, cc, cn) AS half,
    $half_interval(fm, fcc, fcn) AS fhalf
  FROM raw
-- $component_columns
n, f AS frequency,
  $wilson_lo(f, ne) AS frequency_lo,
  $wilson_hi(f, ne) AS frequency_hi,
  m / 1e6 AS mean, $std(x, xx, n) / 1e6 AS std, (m - half) / 1e6 AS ci_lo, (m + half) / 1e6 AS ci_hi,
  fm / 1e6 AS flow_mean, $std(fx, fxx, n) / 1e6 AS flow_std,
  (fm - fhalf) / 1e6 AS flow_ci_lo, (fm + fhalf) / 1e6 AS flow_ci_hi,
  k AS n_active, max / 1e6 AS max, $prompt_of(ex) AS example_prompt, $target_of(ex) AS example_target

-- The sizes of graphs at other thresholds, of the parameters :thresholds and :sample (queries/size_curve.sql).
-- $size_curve
WITH RECURSIVE step AS (
  SELECT $sample_step(:sample) AS every, $own_graphs_end AS past
), doubling(threshold, i) AS (
  SELECT floor, 0 FROM run UNION ALL
  SELECT threshold * CASE i % 3 WHEN 0 THEN 1.25 WHEN 1 THEN 1.28 ELSE 1.25 END, i + 1 FROM doubling WHERE i < 11 AND threshold * 1.28 < 0.9
), wanted AS (
  SELECT threshold FROM doubling WHERE :thresholds IS NULL UNION
  SELECT CAST(value AS REAL) FROM json_each('[' || :thresholds || ']')
)
SELECT round(w.threshold, 9) AS threshold, count(*) AS graphs, avg(s.edges) AS edges, avg(s.nodes) AS nodes, avg(s.heads) AS heads,
  avg(s.ffn_nodes) AS ffn_nodes, min(s.edges) AS edges_min, max(s.edges) AS edges_max
FROM step CROSS JOIN graph_info i CROSS JOIN graph g ON g.graph_id = i.graph_id CROSS JOIN wanted w CROSS JOIN hw_graph_size(g.edges, w.threshold) s
WHERE i.graph_id < step.past AND $is_sampled($prompt_of(i.graph_id), step.every) GROUP BY w.threshold ORDER BY w.threshold

-- Of the page's lists of prompts: whether the list begins with all prompts, or the table of prompts is asked for a filter; filters of a row of it.
-- $lists_all $CIRCUIT
(:edge IS NULL AND NOT $CIRCUIT AND :head IS NULL)
-- $asks_prompts $CIRCUIT
($lists_all($CIRCUIT) OR coalesce(:q, :group) IS NOT NULL)
-- $is_bounded
prompt_id >= (SELECT lo >> 20 FROM bounds) AND prompt_id < (SELECT hi >> 20 FROM bounds)
-- $listed_prompt
(:q IS NULL OR hw_contains(text, :q)) AND (:group IS NULL OR group_id IN (SELECT member_id FROM group_member WHERE group_id = :group))
  AND $is_bounded
-- The graphs where a head is active, as a list.
-- $head_graphs
coalesce(hw_kept_list('head', :layer, :head), hw_keep_list((
      SELECT hw_merge_item_graphs(graphs) FROM item_graph WHERE item_id BETWEEN $item_id(:layer, :head, 0, 0) AND $item_id(:layer, :head, 63, 63)), 'head', :layer, :head))
-- The lists that the page's lists of prompts are made of, behind a WITH that has circuit_graphs(graphs); $CIRCUIT is 1 where they are about that
-- circuit. Without a filter that is about graphs a prompt is listed once, with the graph of its last position, which need not be stored. The
-- parameters are those of web/prompts.sql. At 100,000 prompts each step of SQLite counts: lists stay bytes (functions/lists.c), and what was made
-- once is kept (functions/kept.c) under all that decides it.
-- $listed_graphs $CIRCUIT
bounds AS MATERIALIZED (
  SELECT iif(:group IS NULL AND :counterfactuals = 'only', own_end, 0) AS lo,
    iif(:group IS NULL AND :counterfactuals = 'no', own_end, $past_prompts << 20) AS hi
  FROM (SELECT $own_graphs_end AS own_end)
), listed AS (
  SELECT iif(:edge IS NULL, NULL, coalesce(hw_kept_list('edge', :edge), hw_keep_list((
      SELECT hw_merge_item_graphs(graphs) FROM item_graph WHERE item_id = :edge), 'edge', :edge))) AS edge,
    (SELECT graphs FROM circuit_graphs) AS circuit,
    iif(:head IS NULL, NULL, $head_graphs) AS head,
    iif(NOT $asks_prompts($CIRCUIT) AND :answers = 'all', NULL, coalesce(
      hw_kept_list('prompts', $asks_prompts($CIRCUIT), :q, :group, :answers, :counterfactuals),
      hw_keep_list(CASE WHEN :answers = 'all' THEN (SELECT hw_graph_list(prompt_id, n_tokens) FROM prompt WHERE $listed_prompt)
          WHEN NOT $asks_prompts($CIRCUIT) THEN (SELECT hw_graph_list(prompt_id, 1) FROM answer WHERE (answer_rank = 1) = (:answers = 'right') AND $is_bounded)
          ELSE (SELECT hw_graph_list(prompt_id, n_tokens) FROM prompt JOIN answer USING(prompt_id)
            WHERE (answer_rank = 1) = (:answers = 'right') AND $listed_prompt) END,
        'prompts', $asks_prompts($CIRCUIT), :q, :group, :answers, :counterfactuals))) AS prompts
)
-- What hw_list_page and hw_list_way are given of them. The list is that of the edge, else of the circuit, else of the head; the others filter it.
-- $list_arguments $CIRCUIT
CASE WHEN :edge IS NOT NULL THEN edge WHEN $CIRCUIT THEN circuit WHEN :head IS NOT NULL THEN head ELSE prompts END, NOT $lists_all($CIRCUIT),
    iif(:edge IS NOT NULL AND $CIRCUIT, coalesce(circuit, x''), NULL), iif(:edge IS NOT NULL OR $CIRCUIT, head, NULL), iif($lists_all($CIRCUIT), NULL, prompts),
    (SELECT lo FROM bounds), (SELECT hi FROM bounds), :sort, :order = 'down'
-- A page of them as JSON, behind $listed_rows.
-- $listed_page
SELECT json_object('count', (SELECT list ->> 'count' FROM result), 'next', (SELECT list ->> 'next' FROM result),
  'columns', json_array('prompt_id', 'target_pos', 'group_id', 'text', 'predicted', 'probability', 'answer', 'rank', 'logit_diff', 'counterfactual_of',
    'importance', 'foil'),
  'rows', (SELECT json_group_array(json_array(prompt_id, target_pos, group_id, text, predicted, hw_json_number(predicted_probability), answer, answer_rank,
      hw_json_number(logit_diff), counterfactual_of, hw_json_number(importance), foil))
    FROM (
      SELECT p.prompt_id, nullif($target_of(m.graph_id), p.n_tokens - 1) AS target_pos, p.group_id, coalesce(p.text,
          (SELECT group_concat(coalesce(t.text, '#' || h.token_id), '') FROM hw_tokens(p.tokens) h LEFT JOIN token t USING(token_id))) AS text,
        t.text AS predicted, i.predicted_probability, x.text AS answer, a.answer_rank, a.logit_diff, p.counterfactual_of, m.importance, f.text AS foil
      FROM page m JOIN prompt p ON p.prompt_id = $prompt_of(m.graph_id)
      LEFT JOIN graph_info i ON i.graph_id = m.graph_id LEFT JOIN token t ON t.token_id = i.predicted_id
      LEFT JOIN answer a ON a.prompt_id = p.prompt_id AND $target_of(m.graph_id) = p.n_tokens - 1
      LEFT JOIN token x ON x.token_id = a.answer_id LEFT JOIN token f ON f.token_id = a.foil_id
      ORDER BY m.place)))
-- The same for the way through the list: what stands before and behind a prompt.
-- $listed_way
SELECT json_object('count', list ->> 'count', 'place', list ->> 'place',
  'previous', (SELECT json_array(p.prompt_id, nullif($target_of(list ->> 'previous'), p.n_tokens - 1)) FROM prompt p WHERE p.prompt_id = $prompt_of(list ->> 'previous')),
  'next', (SELECT json_array(p.prompt_id, nullif($target_of(list ->> 'next'), p.n_tokens - 1)) FROM prompt p WHERE p.prompt_id = $prompt_of(list ->> 'next')))
FROM result
-- The rows of a page.
-- $listed_rows $CIRCUIT
result AS MATERIALIZED (
  SELECT hw_list_page($list_arguments($CIRCUIT), :after, :limit) AS list FROM listed
), page AS MATERIALIZED (
  SELECT r.key AS place, r.value ->> 0 AS graph_id, r.value ->> 1 AS importance FROM result, json_each(list, '$.rows') r
)
-- Where the way is: at the prompt in the list, else at its place in the order of numbers.
-- $listed_at $CIRCUIT
result AS MATERIALIZED (
  SELECT hw_list_way($list_arguments($CIRCUIT), :prompt, :target) AS list FROM listed
)
-- Nothing, where the list is about no circuit.
-- $no_circuit
circuit_graphs(graphs) AS (SELECT NULL WHERE 0)
-- The graphs of a circuit.
-- $circuit_graphs
circuit_graphs AS (
  SELECT graphs FROM circuit WHERE mining_id = coalesce(:mining, (SELECT max(mining_id) FROM mining)) AND rank = :circuit
)
