-- SPDX-License-Identifier: Apache-2.0
-- One file = one run. Keys come from the data set (prompt_id = index of the row), so files of shards merge without
-- renumbering. Every number that is aggregated is an integer, so sums do not depend on the order of chunks.
-- page_size is set by the program before this runs.
-- What changes here goes into sql/migrate/N.sql too, for files of the version before.

CREATE TABLE run (
  run_id INTEGER PRIMARY KEY CHECK(run_id = 1), -- one row
  fingerprint TEXT NOT NULL,                    -- hash of all that decides the content, and of the size of chunks
  model_name TEXT NOT NULL,
  model_family TEXT NOT NULL,
  model_fingerprint TEXT NOT NULL,
  tokenizer_fingerprint TEXT NOT NULL,
  dataset_name TEXT NOT NULL,
  dataset_fingerprint TEXT NOT NULL,
  n_prompts INTEGER NOT NULL CHECK(n_prompts >= 0), -- rows of the data set that the run covers, and as many counterfactuals (run --counterfactual)
  n_layers INTEGER NOT NULL CHECK(n_layers BETWEEN 1 AND 255),
  n_heads INTEGER NOT NULL CHECK(n_heads BETWEEN 1 AND 1023),
  n_kv_heads INTEGER NOT NULL,
  d_model INTEGER NOT NULL,
  d_ffn INTEGER NOT NULL,
  vocab_size INTEGER NOT NULL,
  parallel_block INTEGER NOT NULL CHECK(parallel_block IN (0, 1)), -- attention and FFN in one node
  threshold REAL NOT NULL,                      -- parts above it are edges
  floor REAL NOT NULL,                          -- parts above it are stored
  neuron_threshold REAL NOT NULL                -- a neuron above it is active
) STRICT;

CREATE TABLE setting (
  name TEXT PRIMARY KEY NOT NULL, -- option that decides the content
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who worked on the file. No part of the digest.
CREATE TABLE process (
  process_id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started TEXT NOT NULL,          -- UTC
  threads INTEGER NOT NULL,
  model_path TEXT NOT NULL,
  dataset_path TEXT NOT NULL,
  program_version TEXT NOT NULL,
  blas_kernel TEXT NOT NULL,      -- of matrix products, with the instruction set of the other kernels
  batch_invariant INTEGER NOT NULL CHECK(batch_invariant IN (0, 1)), -- as tested at its start
  prompts_done INTEGER NOT NULL,  -- stored or failed
  shard INTEGER,                  -- run --shard K/N: K; NULL: all chunks
  n_shards INTEGER,               -- N
  shard_prompts INTEGER           -- prompts of the chunks of that shard
) STRICT;

-- A chunk is there as a whole or not at all. No part of the digest, which does not depend on how a run was cut.
CREATE TABLE chunk (
  chunk_id INTEGER PRIMARY KEY CHECK(chunk_id >= 0),
  first_prompt INTEGER NOT NULL,  -- prompt_id
  n_prompts INTEGER NOT NULL,     -- with the failed ones
  n_failed INTEGER NOT NULL,
  n_tokens INTEGER NOT NULL
) STRICT;

-- Prompts are grouped by the values of the --group-by columns: a group for each combination (group_id by first appearance in the data
-- set), and with several columns a marginal group for each value of each column, over all values of the others (but the variant). A column
-- whose values have one combination each has no marginal groups, as they would be the combinations again.
CREATE TABLE prompt_group (
  group_id INTEGER PRIMARY KEY CHECK(group_id >= 0),
  name TEXT NOT NULL,             -- "column=value,column=value"
  marginal INTEGER NOT NULL CHECK(marginal IN (0, 1))
) STRICT;
-- The groups that a marginal group is the sum of; any other has itself. prompt.group_id is a member_id.
CREATE TABLE group_member (
  group_id INTEGER NOT NULL REFERENCES prompt_group,
  member_id INTEGER NOT NULL REFERENCES prompt_group,
  PRIMARY KEY(group_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE group_value (
  group_id INTEGER NOT NULL REFERENCES prompt_group,
  column_id INTEGER NOT NULL,     -- order of the columns
  column_name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY(group_id, column_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE role (
  role_id INTEGER PRIMARY KEY CHECK(role_id BETWEEN 0 AND 63),
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE token (
  token_id INTEGER PRIMARY KEY CHECK(token_id >= 0),
  text TEXT NOT NULL,             -- bytes that are no UTF-8 shown as U+FFFD
  bytes BLOB                      -- where text does not tell them
) STRICT;

-- Every head of the model, so that views show those that never were active.
CREATE TABLE model_head (
  layer INTEGER NOT NULL,
  head INTEGER NOT NULL,
  PRIMARY KEY(layer, head)
) STRICT, WITHOUT ROWID;

CREATE TABLE prompt (
  prompt_id INTEGER PRIMARY KEY CHECK(prompt_id >= 0), -- index of the row in the data set
  group_id INTEGER NOT NULL REFERENCES prompt_group,
  n_tokens INTEGER NOT NULL,
  has_bos INTEGER NOT NULL CHECK(has_bos IN (0, 1)),   -- position 0 is a BOS
  text TEXT,                      -- NULL when token ids were given
  tokens BLOB NOT NULL,           -- a byte 2 or 4, then ids of that many bytes, little-endian: hw_tokens(tokens)
  roles BLOB NOT NULL,            -- a byte a position: role_id | 64 first | 128 last of a span
  counterfactual_of INTEGER       -- prompt_id that it is the counterfactual of; NULL for the data set's own prompts
) STRICT;
CREATE INDEX prompt_counterfactual ON prompt(counterfactual_of) WHERE counterfactual_of IS NOT NULL;

-- A prompt that could not be traced. In here or in prompt: nothing is lost silently.
CREATE TABLE failed (
  prompt_id INTEGER PRIMARY KEY CHECK(prompt_id >= 0),
  reason TEXT NOT NULL,
  text TEXT                       -- NULL when there is none or it is no UTF-8
) STRICT;

-- Further columns of the data set.
CREATE TABLE prompt_value (
  prompt_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY(prompt_id, key)
) STRICT, WITHOUT ROWID;

-- Given answers, measured at the last position. Of several tokens the first one counts, but for log_probability, greedy and the
-- differences.
CREATE TABLE answer (
  prompt_id INTEGER PRIMARY KEY REFERENCES prompt,
  answer_id INTEGER,              -- token_id; NULL when there is no answer
  answer_n_tokens INTEGER,
  answer_logit REAL,
  answer_probability REAL,
  answer_rank INTEGER,            -- 1 = the prediction itself
  answer_log_probability REAL,    -- summed over its tokens, nats; NULL: the answer is cut, answer_n_tokens are left
  answer_greedy INTEGER,          -- 1: each of its tokens is the most probable one after those before it; NULL: it is cut
  foil_id INTEGER,
  foil_n_tokens INTEGER,
  foil_logit REAL,
  foil_probability REAL,
  foil_rank INTEGER,
  foil_log_probability REAL,
  foil_greedy INTEGER,
  n_shared INTEGER,               -- tokens at the beginnings of answer and foil that are the same
  logit_diff REAL,                -- logit of the answer - logit of the foil, of the tokens after those; NULL: one begins with the other, or both are cut before they differ
  log_probability_diff REAL       -- answer_log_probability - foil_log_probability; NULL: the same, or one is cut
) STRICT;

-- One row per prompt and target position: compressed columns, read with the hw_* functions.
CREATE TABLE graph (
  graph_id INTEGER PRIMARY KEY,   -- prompt_id << 20 | target_pos
  prompt_id INTEGER GENERATED ALWAYS AS ($prompt_of(graph_id)) VIRTUAL,
  target_pos INTEGER GENERATED ALWAYS AS ($target_of(graph_id)) VIRTUAL,
  edges BLOB NOT NULL,            -- rows above the floor: hw_edges, hw_parts, hw_token_flow
  heads BLOB NOT NULL,            -- active heads: hw_heads
  neurons BLOB NOT NULL,          -- best neurons of every FFN node reached at the floor: hw_neurons
  projections BLOB NOT NULL       -- of the graphs of all thresholds from the floor on: hw_projections
) STRICT;
CREATE INDEX graph_prompt ON graph(prompt_id);

-- The same keys without the columns, narrow, so that scans over the data set stay fast.
CREATE TABLE graph_info (
  graph_id INTEGER PRIMARY KEY REFERENCES graph,
  prompt_id INTEGER GENERATED ALWAYS AS ($prompt_of(graph_id)) VIRTUAL,
  target_pos INTEGER GENERATED ALWAYS AS ($target_of(graph_id)) VIRTUAL,
  predicted_id INTEGER NOT NULL,  -- token_id of the most probable next token
  predicted_logit REAL NOT NULL,
  predicted_probability REAL NOT NULL,
  n_parts INTEGER NOT NULL,       -- stored rows
  n_edges INTEGER NOT NULL,       -- parts that survive the threshold (an edge with two heads counts twice)
  n_heads INTEGER NOT NULL,       -- active heads
  n_ffn_nodes INTEGER NOT NULL,   -- FFN nodes whose FFN part survives; of others only the residual does
  n_neurons INTEGER NOT NULL,     -- neuron rows in the graph
  n_projections INTEGER NOT NULL  -- in the graph: a component counts once for each convention
) STRICT;

-- ---- Aggregates, kept in the transaction that stores the graphs. group_id -1 = all groups together, without the
-- counterfactuals; -2 = all counterfactuals. ----
--
-- Intervals cluster by prompt. For prompt p with n_p graphs, s_p the sum of a quantity x over them, N = sum n_p graphs,
-- P prompts, mean m = sum s_p / N:  variance of m = P / (P-1) * sum_p (s_p - m n_p)^2 / N^2, t with P - 1 degrees of
-- freedom. What that needs beside sum x and sum x^2 is kept as the excess over one target a prompt:
--   pairs  = sum_p (s_p^2 - sum x^2) = pairs_hi * 2^40 + pairs_lo   (exact; a single integer could overflow)
--   others = sum_p s_p (n_p - 1);    agg_group.others = sum_p n_p (n_p - 1)
-- so sum s_p^2 = ssq + pairs, sum s_p n_p = sum + others, sum n_p^2 = n + others. With one target a prompt all are 0, the
-- variance is the ordinary std^2 / N with N - 1, and agg_cluster, which holds them, has no rows.
-- Sums of squares fit 63 bits up to HW_MOST_GRAPHS (store.h, 9,223,372) graphs; a plan with more is refused.

CREATE TABLE agg_group (
  group_id INTEGER PRIMARY KEY,   -- -1: all, -2: all counterfactuals
  n INTEGER NOT NULL,             -- graphs
  n_prompts INTEGER NOT NULL,     -- prompts that have graphs
  others INTEGER NOT NULL
) STRICT;

CREATE TABLE agg_head (
  group_id INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  head INTEGER NOT NULL,
  n_on INTEGER NOT NULL CHECK(n_on >= 0), -- graphs where it is active
  sum INTEGER NOT NULL,                   -- importance, 1e-6
  ssq INTEGER NOT NULL,                   -- its squares, 1e-12
  flow_sum INTEGER NOT NULL,              -- flow, 1e-6
  flow_ssq INTEGER NOT NULL,              -- its squares, 1e-12
  max INTEGER NOT NULL,                   -- largest importance, 1e-6
  ex INTEGER NOT NULL,                    -- graph_id where that is, the lowest of equals
  PRIMARY KEY(group_id, layer, head)
) STRICT, WITHOUT ROWID;

CREATE TABLE agg_neuron (
  group_id INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  neuron INTEGER NOT NULL,
  n_on INTEGER NOT NULL CHECK(n_on >= 0), -- graphs where it is active
  sum INTEGER NOT NULL,                   -- importance, 1e-6
  ssq INTEGER NOT NULL,                   -- its squares, 1e-12
  flow_sum INTEGER NOT NULL,              -- flow, 1e-6
  flow_ssq INTEGER NOT NULL,              -- its squares, 1e-12
  max INTEGER NOT NULL,                   -- largest importance, 1e-6
  ex INTEGER NOT NULL,                    -- graph_id where that is, the lowest of equals
  PRIMARY KEY(group_id, layer, neuron)
) STRICT, WITHOUT ROWID;

-- An item = an edge aligned by role: kind << 30 | layer << 22 | head << 12 | source role << 6 | target role; kind 0
-- attention, 1 ffn. Its importance in a graph is the largest of the edges that fall in it, its flow their sum.
CREATE TABLE agg_item (
  group_id INTEGER NOT NULL,
  item_id INTEGER NOT NULL,
  n_on INTEGER NOT NULL CHECK(n_on >= 0), -- graphs where it is active
  sum INTEGER NOT NULL,                   -- importance, 1e-6
  ssq INTEGER NOT NULL,                   -- its squares, 1e-12
  flow_sum INTEGER NOT NULL,              -- flow, 1e-6
  flow_ssq INTEGER NOT NULL,              -- its squares, 1e-12
  max INTEGER NOT NULL,                   -- largest importance, 1e-6
  ex INTEGER NOT NULL,                    -- graph_id where that is, the lowest of equals
  PRIMARY KEY(group_id, item_id)
) STRICT, WITHOUT ROWID;

-- The excess over one target a prompt, where it is not 0.
CREATE TABLE agg_cluster (
  kind INTEGER NOT NULL CHECK(kind BETWEEN 0 AND 3), -- of agg_head, agg_neuron, agg_item, agg_role
  group_id INTEGER NOT NULL,
  key INTEGER NOT NULL,           -- layer << 32 | head or neuron; item_id
  on_pairs INTEGER NOT NULL,      -- of the 0/1 quantity "active"
  on_others INTEGER NOT NULL,
  pairs_hi INTEGER NOT NULL,      -- of importance
  pairs_lo INTEGER NOT NULL,
  others INTEGER NOT NULL,
  flow_pairs_hi INTEGER NOT NULL, -- of flow
  flow_pairs_lo INTEGER NOT NULL,
  flow_others INTEGER NOT NULL,
  PRIMARY KEY(kind, group_id, key)
) STRICT, WITHOUT ROWID;

-- How the flow that enters a layer is shared among the roles of positions; layer 0 is the input. Over the roles of a graph and a
-- layer flows sum to 1. Clusters are kind 3, key layer << 32 | role.
CREATE TABLE agg_role (
  group_id INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  role_id INTEGER NOT NULL,
  n_on INTEGER NOT NULL CHECK(n_on >= 0), -- graphs where some flow goes through it
  sum INTEGER NOT NULL,                   -- flow, 1e-6
  ssq INTEGER NOT NULL,                   -- its squares, 1e-12
  max INTEGER NOT NULL,                   -- largest flow, 1e-6
  ex INTEGER NOT NULL,                    -- graph_id where that is, the lowest of equals
  PRIMARY KEY(group_id, layer, role_id)
) STRICT, WITHOUT ROWID;

-- Where heads look, over their edges: source 0 anywhere, 1 the first position (the BOS, where there is one), 2 its own position, 3 the
-- previous one, 4 an earlier copy of the token, 5 the token after an earlier copy (induction), but not its own
-- position. Else a position can be several of these.
CREATE TABLE agg_head_source (
  group_id INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  head INTEGER NOT NULL,
  source INTEGER NOT NULL CHECK(source BETWEEN 0 AND 5),
  n_on INTEGER NOT NULL CHECK(n_on >= 0), -- graphs with such an edge
  sum INTEGER NOT NULL,                   -- importance of such edges, together, 1e-6
  flow_sum INTEGER NOT NULL,              -- flow through them, 1e-6
  max INTEGER NOT NULL,                   -- largest importance in one graph, 1e-6
  ex INTEGER NOT NULL,                    -- graph_id where that is, the lowest of equals
  PRIMARY KEY(group_id, layer, head, source)
) STRICT, WITHOUT ROWID;

-- Answers by the state after each block (logit lens) at the last position; the last layer is the model's own prediction.
CREATE TABLE agg_answer (
  group_id INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  n INTEGER NOT NULL,                     -- prompts with an answer
  n_top INTEGER NOT NULL,                 -- where it is the prediction (rank 1)
  n_first INTEGER NOT NULL,               -- where it is so for the first time
  n_settled INTEGER NOT NULL,             -- where it is so from here to the end, and was not one layer before
  rank_sum INTEGER NOT NULL,
  probability_sum INTEGER NOT NULL,       -- 1e-6
  probability_ssq INTEGER NOT NULL,       -- 1e-12
  n_foil INTEGER NOT NULL,                -- prompts with an answer and a foil that can be compared (n_contained of agg_whole_answer)
  n_beats INTEGER NOT NULL,               -- where the answer's logit is the higher one
  n_ties INTEGER NOT NULL,                -- where both are equal, to 1e-4
  diff_sum INTEGER NOT NULL,              -- answer's logit - foil's where they part (table answer), 1e-4
  diff_ssq_hi INTEGER NOT NULL,           -- its squares, 1e-8: hi * 2^40 + lo
  diff_ssq_lo INTEGER NOT NULL,
  PRIMARY KEY(group_id, layer)
) STRICT, WITHOUT ROWID;

-- Whole answers, all their tokens.
CREATE TABLE agg_whole_answer (
  group_id INTEGER PRIMARY KEY,
  n INTEGER NOT NULL,                     -- prompts with an answer that is not cut
  n_several INTEGER NOT NULL,             -- of these, where it has several tokens
  n_greedy INTEGER NOT NULL,              -- of these, where each of its tokens is the most probable one after those before it
  n_shared INTEGER NOT NULL,              -- where answer and foil begin with the same token, cut ones too
  n_contained INTEGER NOT NULL,           -- where one begins with the other: no difference can be measured
  n_foil INTEGER NOT NULL,                -- prompts with an answer and a foil that can be compared, and of which none is cut
  n_beats INTEGER NOT NULL,               -- where the answer's log-probability is the higher one
  n_ties INTEGER NOT NULL,                -- where both are equal, to 1e-4
  diff_sum INTEGER NOT NULL,              -- answer's log-probability - foil's, 1e-4 nats
  diff_ssq_hi INTEGER NOT NULL,           -- its squares, 1e-8: hi * 2^40 + lo
  diff_ssq_lo INTEGER NOT NULL
) STRICT;

-- The same of one prompt, packed: hw_lens(lens).
CREATE TABLE answer_lens (
  prompt_id INTEGER PRIMARY KEY REFERENCES prompt,
  lens BLOB NOT NULL
) STRICT;

-- What the answer of a prompt depends on, at its last position; a row for each of the data set's own prompts and each mode of --relevance.
CREATE TABLE relevance (
  graph_id INTEGER NOT NULL,      -- prompt_id << 20 | last position
  mode TEXT NOT NULL CHECK(mode IN ('answer', 'contrast')),
  prompt_id INTEGER GENERATED ALWAYS AS ($prompt_of(graph_id)) VIRTUAL,
  m REAL,                         -- margin of the answer, logits; NULL: not known
  m_reference REAL,               -- the same in the counterfactual; NULL in mode answer
  reason TEXT,                    -- NULL, or why there are no numbers
  n_parts INTEGER NOT NULL,       -- stored parts
  parts BLOB,                     -- hw_relevance(parts); NULL: there is a reason
  PRIMARY KEY(graph_id, mode)
) STRICT;

-- Their sums over prompts that have numbers, in 1e-4 logits, exact as any. kind: margin (m - m_reference, or m), head with its value, key and
-- query (the way by which it is), ffn, neuron; neurons where an FFN part in the graph lists them.
CREATE TABLE agg_relevance (
  group_id INTEGER NOT NULL,
  mode TEXT NOT NULL,
  kind TEXT NOT NULL,
  layer INTEGER NOT NULL,
  idx INTEGER NOT NULL,           -- head or neuron, else 0
  n INTEGER NOT NULL,             -- prompts
  n_on INTEGER NOT NULL,          -- where it is active: one of its parts is in the graph (of a neuron and a way: its own share is above the threshold)
  sum INTEGER NOT NULL,           -- r, 1e-4
  ssq_hi INTEGER NOT NULL,        -- its squares, 1e-8: hi * 2^40 + lo
  ssq_lo INTEGER NOT NULL,
  product_hi INTEGER NOT NULL,    -- r times the margin of its prompt, the same way
  product_lo INTEGER NOT NULL,
  PRIMARY KEY(group_id, mode, kind, layer, idx)
) STRICT, WITHOUT ROWID;

-- Which graphs an item is in, those of counterfactuals too: a list per chunk, read with hw_item_graphs(graphs).
CREATE TABLE item_graph (
  item_id INTEGER NOT NULL,
  chunk_id INTEGER NOT NULL REFERENCES chunk,
  n INTEGER NOT NULL,             -- graphs in the list
  graphs BLOB NOT NULL,           -- varints: step to the graph_id, importance in 1e-6
  PRIMARY KEY(item_id, chunk_id)
) STRICT, WITHOUT ROWID;

-- What the W_out row of a neuron says in the vocabulary (convention alone). Facts of the model, not of a prompt.
CREATE TABLE neuron_token (
  layer INTEGER NOT NULL,
  neuron INTEGER NOT NULL,
  sign INTEGER NOT NULL CHECK(sign IN (1, -1)), -- 1 promotes, -1 suppresses (for a positive activation)
  rank INTEGER NOT NULL,          -- from 1
  token_id INTEGER NOT NULL,
  score INTEGER NOT NULL,         -- 1e-4
  PRIMARY KEY(layer, neuron, sign, rank)
) STRICT, WITHOUT ROWID;
CREATE INDEX neuron_token_token ON neuron_token(token_id, sign);

-- 97.5% quantiles of Student's t, to the last digit; views use an expansion past 200 whose error is below 3e-12.
CREATE TABLE t_quantile (
  df INTEGER PRIMARY KEY,
  t975 REAL NOT NULL
) STRICT;
INSERT INTO t_quantile(df, t975) VALUES
  (1,12.706204736174705), (2,4.302652729749464), (3,3.1824463052837095), (4,2.7764451051977943), (5,2.5705818356363155),
  (6,2.44691185114497), (7,2.3646242515927853), (8,2.3060041352041667), (9,2.2621571627982053), (10,2.228138851986275),
  (11,2.2009851600916397), (12,2.178812829667229), (13,2.1603686564627926), (14,2.144786687917804), (15,2.1314495455597755),
  (16,2.1199052992212546), (17,2.109815577833317), (18,2.1009220402410387), (19,2.0930240544083096), (20,2.085963447265865),
  (21,2.0796138447276804), (22,2.0738730679040263), (23,2.0686576104190486), (24,2.063898561628026), (25,2.0595385527532977),
  (26,2.055529438642873), (27,2.0518305164802855), (28,2.048407141795245), (29,2.0452296421327043), (30,2.042272456301238),
  (31,2.0395134463964086), (32,2.036933343460102), (33,2.034515297449339), (34,2.032244509317719), (35,2.0301079282503434),
  (36,2.028094000980451), (37,2.0261924630291097), (38,2.02439416391197), (39,2.0226909200367613), (40,2.0210753903062733),
  (41,2.0195409704413763), (42,2.018081702818445), (43,2.0166921992278244), (44,2.015367574443764), (45,2.0141033888808466),
  (46,2.012895598919429), (47,2.011740513729766), (48,2.0106347576242323), (49,2.0095752371292397), (50,2.008559112100761),
  (51,2.007583770315836), (52,2.0066468050616884), (53,2.005745995317869), (54,2.004879288188057), (55,2.004044783289146),
  (56,2.0032407188478722), (57,2.0024654592910074), (58,2.001717484145236), (59,2.000995378088268), (60,2.0002978220142604),
  (61,1.9996235849949398), (62,1.998971517033379), (63,1.9983405425207417), (64,1.997729654317693), (65,1.997137908392004),
  (66,1.996564418952312), (67,1.9960083540252966), (68,1.995468931429844), (69,1.994945415107238), (70,1.9944371117711865),
  (71,1.9939433678456258), (72,1.9934635666618723), (73,1.9929971258898551), (74,1.9925434951809327), (75,1.992102154002242),
  (76,1.9916726096446644), (77,1.991254395388385), (78,1.9908470688116908), (79,1.990450210230129), (80,1.9900634212544461),
  (81,1.9896863234569029), (82,1.9893185571365726), (83,1.9889597801751628), (84,1.9886096669757092), (85,1.988267907477222),
  (86,1.9879342062390206), (87,1.9876082815890712), (88,1.9872898648311697), (89,1.9869786995062815), (90,1.9866745407037683),
  (91,1.9863771544186182), (92,1.9860863169511305), (93,1.9858018143458234), (94,1.9855234418666043), (95,1.9852510035054982),
  (96,1.9849843115224575), (97,1.9847231860139847), (98,1.9844674545084817), (99,1.9842169515864174), (100,1.9839715185235522),
  (101,1.9837310029556061), (102,1.9834952585628798), (103,1.983264144773457), (104,1.9830375264837259), (105,1.9828152737950482),
  (106,1.9825972617655006), (107,1.9823833701756912), (108,1.9821734833077271), (109,1.9819674897364827), (110,1.9817652821323724),
  (111,1.981566757074901), (112,1.981371814876306), (113,1.981180359414661), (114,1.9809922979758574), (115,1.98080754110391),
  (116,1.98062600245909), (117,1.9804475986834027), (118,1.9802722492729745), (119,1.98009987645694), (120,1.979930405082441),
  (121,1.979763762505387), (122,1.9795998784866389), (123,1.9794386850933041), (124,1.9792801166048555), (125,1.979124109423798),
  (126,1.9789706019906288), (127,1.978819534702854), (128,1.9786708498378356), (129,1.978524491479258), (130,1.9783804054470224),
  (131,1.97823853923038), (132,1.9780988419241308), (133,1.9779612641677262), (134,1.9778257580871252), (135,1.9776922772392531),
  (136,1.9775607765589356), (137,1.977431212308175), (138,1.977303542027651), (139,1.9771777244903337), (140,1.9770537196570992),
  (141,1.976931488634253), (142,1.9768109936328604), (143,1.9766921979297984), (144,1.9765750658304437), (145,1.9764595626329182),
  (146,1.9763456545938134), (147,1.9762333088953274), (148,1.9761224936137447), (149,1.9760131776891925), (150,1.9759053308966206),
  (151,1.9757989238179396), (152,1.9756939278152708), (153,1.9755903150052494), (154,1.9754880582343406), (155,1.9753871310551159),
  (156,1.975287507703449), (157,1.9751891630765916), (158,1.975092072712085), (159,1.9749962127674763), (160,1.974901560000799),
  (161,1.9748080917517876), (162,1.9747157859237914), (163,1.9746246209663614), (164,1.9745345758584758), (165,1.974445630092383),
  (166,1.9743577636580298), (167,1.974270957028056), (168,1.9741851911433255), (169,1.9741004473989772), (170,1.9740167076309705),
  (171,1.9739339541031071), (172,1.9738521694945066), (173,1.9737713368875223), (174,1.9736914397560739), (175,1.9736124619543847),
  (176,1.9735343877061045), (177,1.9734572015938037), (178,1.9733808885488244), (179,1.973305433841474), (180,1.9732308230715458),
  (181,1.9731570421591598), (182,1.9730840773359035), (183,1.9730119151362673), (184,1.9729405423893605), (185,1.972869946210897),
  (186,1.9728001139954423), (187,1.9727310334089103), (188,1.9726626923813007), (189,1.9725950790996685), (190,1.9725281820013183),
  (191,1.972461989767211), (192,1.9723964913155811), (193,1.97233167579575), (194,1.9722675325821355), (195,1.9722040512684438),
  (196,1.972141221662042), (197,1.9720790337785028), (198,1.9720174778363146), (199,1.971956544251754), (200,1.9718962236339095);
