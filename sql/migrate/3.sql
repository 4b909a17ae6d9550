-- SPDX-License-Identifier: Apache-2.0
-- From schema version 2 to 3: what schema.sql has beside version 2. Columns are added at the end of their table here and there, so that both
-- give the same schema (tests/cli/migrate.sh compares them). The views are made anew after the last step.
ALTER TABLE process ADD COLUMN shard INTEGER;
ALTER TABLE process ADD COLUMN n_shards INTEGER;
ALTER TABLE process ADD COLUMN shard_prompts INTEGER;

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
