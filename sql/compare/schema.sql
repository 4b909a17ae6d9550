-- SPDX-License-Identifier: Apache-2.0
-- Results of `headwater compare`. Made when the first one is saved; no part of the digest.
CREATE TABLE IF NOT EXISTS comparison (
  comparison_id INTEGER PRIMARY KEY,
  components TEXT NOT NULL CHECK(components IN ('heads', 'neurons', 'items', 'answers', 'relevance', 'relevance_neurons')),
  measure TEXT NOT NULL CHECK(measure IN ('importance', 'flow', 'measures', 'answer', 'contrast')), -- mean over a prompt's graphs, absent = 0; of answers their measures; mode of relevance
  column_name TEXT,               -- the groups are two of its values; NULL: two databases, or conditions
  a TEXT NOT NULL,                -- value, condition; two databases: name of the model
  b TEXT NOT NULL,
  other_database TEXT,            -- b, as it was given; NULL: one database
  other_fingerprint TEXT,         -- of its run
  n_a INTEGER NOT NULL,           -- prompts compared; paired: of each side
  n_b INTEGER NOT NULL,
  left_out_a INTEGER NOT NULL,    -- prompts in no pair
  left_out_b INTEGER NOT NULL,
  paired INTEGER NOT NULL CHECK(paired IN (0, 1)),
  pair_column TEXT,
  cluster_column TEXT,            -- standard errors and permutations are by its values
  n_clusters INTEGER NOT NULL,    -- 0: none
  unit TEXT NOT NULL CHECK(unit IN ('prompt', 'pair', 'cluster')), -- what changes places in a permutation
  exchange TEXT NOT NULL CHECK(exchange IN ('labels', 'signs')),   -- and how
  n_units INTEGER NOT NULL,
  n_permutations INTEGER NOT NULL, -- drawn; all that there are where least_p is above 1 / (n_permutations + 1): p is exact then
  seed INTEGER NOT NULL,
  least_p REAL NOT NULL,          -- no smaller p was possible
  min_active INTEGER NOT NULL,
  n_components INTEGER NOT NULL,  -- compared: q is over these
  n_rare INTEGER NOT NULL,        -- left out: not 0 in fewer than min_active prompts
  n_prompts INTEGER               -- stored when it was made, counterfactuals among them; NULL: not known
) STRICT;
CREATE TABLE IF NOT EXISTS comparison_component (
  comparison_id INTEGER NOT NULL,
  rank INTEGER NOT NULL,          -- from 1, by p, then size of the effect (NULL with a difference: the largest), then size of the difference
  name TEXT NOT NULL,
  layer INTEGER,                  -- NULL of answers
  head INTEGER,
  neuron INTEGER,
  kind TEXT,                      -- items: attention, ffn
  source_role TEXT,
  target_role TEXT,
  mean_a REAL NOT NULL,
  mean_b REAL NOT NULL,
  difference REAL NOT NULL,       -- a - b
  ci_lo REAL,                     -- its 95% interval
  ci_hi REAL,
  effect REAL,                    -- Hedges' g; paired: d_z; NULL: no spread to measure the difference by
  standard_error REAL,            -- of the difference
  df REAL,
  p REAL NOT NULL,                -- permutation test, two-sided
  q REAL NOT NULL,                -- Benjamini-Hochberg over the components
  active_a INTEGER NOT NULL,      -- prompts where it is not 0
  active_b INTEGER NOT NULL,
  PRIMARY KEY(comparison_id, rank)
) STRICT, WITHOUT ROWID;
