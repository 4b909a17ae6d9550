-- SPDX-License-Identifier: Apache-2.0
-- What `headwater certify` writes, made when it first runs. Found from the run and the model, so no part of the digest of the run.

-- The settings of certificates that belong together; the same settings go on with the same number.
CREATE TABLE IF NOT EXISTS certificate_run (
  certificate_id INTEGER PRIMARY KEY,
  graph TEXT NOT NULL CHECK(graph IN ('routes', 'answer', 'contrast')),
  threshold REAL NOT NULL,        -- parts above it are the graph
  unit TEXT NOT NULL CHECK(unit IN ('edge', 'node')),
  baseline TEXT NOT NULL CHECK(baseline IN ('counterfactual', 'zero', 'mean')), -- in the place of what is replaced
  n_random INTEGER NOT NULL CHECK(n_random >= 0),     -- random graphs for each prompt
  n_knockouts INTEGER NOT NULL CHECK(n_knockouts >= 0), -- heads and FFNs that are knocked out one by one
  n_pairs INTEGER NOT NULL CHECK(n_pairs >= 0),       -- of them, two by two as well
  curve TEXT NOT NULL CHECK(curve IN ('none', 'components', 'set', 'parts')),
  n_prompts INTEGER NOT NULL,     -- stored when certify last ran, counterfactuals among them
  complete INTEGER NOT NULL CHECK(complete IN (0, 1)) -- all of them have a certificate or a reason
) STRICT;

-- A graph of one prompt (METHOD section 13). Margins m, none, kept, removed are those of METHOD section 7, in logits.
CREATE TABLE IF NOT EXISTS certificate (
  certificate_id INTEGER NOT NULL REFERENCES certificate_run,
  graph_id INTEGER NOT NULL,      -- of the prompt's last position
  reason TEXT,                    -- why there are no numbers; NULL: they are there
  answer_id INTEGER,              -- token_id: the answer, or the prediction where the prompt has none
  foil_id INTEGER,                -- NULL: the mean of all tokens
  n_attention INTEGER,            -- parts of the graph
  n_ffn INTEGER,
  m REAL,                         -- of the model
  m_reference REAL,               -- of the counterfactual, where it was used
  none REAL,                      -- with all parts replaced
  kept REAL,                      -- with all replaced but the graph
  removed REAL,                   -- with the graph replaced
  kept_kl REAL,                   -- KL(model || ablated), nats
  removed_kl REAL,
  predicted_id INTEGER,           -- token_id of the most probable token: of the model
  kept_id INTEGER,
  removed_id INTEGER,
  kept_rank INTEGER,              -- of the answer, from 1
  removed_rank INTEGER,
  random_kept REAL,               -- kept and removed of random graphs of this size, or smaller (METHOD section 13), their mean
  random_removed REAL,
  kept_closer INTEGER,            -- random graphs whose kept is farther from m than the graph's
  removed_farther INTEGER,        -- random graphs whose removed is closer to m than the graph's
  PRIMARY KEY(certificate_id, graph_id)
) STRICT, WITHOUT ROWID;

-- Heads and FFNs in the order of what they do to the answers of the whole set.
CREATE TABLE IF NOT EXISTS certificate_component (
  certificate_id INTEGER NOT NULL REFERENCES certificate_run,
  kind TEXT NOT NULL CHECK(kind IN ('head', 'ffn')),
  layer INTEGER NOT NULL,
  number INTEGER NOT NULL,       -- of the head; 0 of an FFN
  rank INTEGER NOT NULL,          -- from 1
  sum INTEGER NOT NULL,           -- of the relevances of all prompts that have numbers, 1e-6 logits; routes: of importances, 1e-6
  PRIMARY KEY(certificate_id, kind, layer, number)
) STRICT, WITHOUT ROWID;

-- A head or an FFN replaced at all positions: effect = m - the margin without it.
CREATE TABLE IF NOT EXISTS knockout (
  certificate_id INTEGER NOT NULL REFERENCES certificate_run,
  graph_id INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK(kind IN ('head', 'ffn')),
  layer INTEGER NOT NULL,
  number INTEGER NOT NULL,
  effect REAL NOT NULL,
  PRIMARY KEY(certificate_id, graph_id, kind, layer, number)
) STRICT, WITHOUT ROWID;

-- Two of them together.
CREATE TABLE IF NOT EXISTS knockout_pair (
  certificate_id INTEGER NOT NULL REFERENCES certificate_run,
  graph_id INTEGER NOT NULL,
  kind_a TEXT NOT NULL CHECK(kind_a IN ('head', 'ffn')),
  layer_a INTEGER NOT NULL,
  number_a INTEGER NOT NULL,
  kind_b TEXT NOT NULL CHECK(kind_b IN ('head', 'ffn')),
  layer_b INTEGER NOT NULL,
  number_b INTEGER NOT NULL,
  effect REAL NOT NULL,           -- of both
  interaction REAL NOT NULL,      -- effect of both - the effects of each
  PRIMARY KEY(certificate_id, graph_id, kind_a, layer_a, number_a, kind_b, layer_b, number_b)
) STRICT, WITHOUT ROWID;

-- The margin with the first n_kept components (or parts) kept (METHOD section 13).
CREATE TABLE IF NOT EXISTS certificate_curve (
  certificate_id INTEGER NOT NULL REFERENCES certificate_run,
  graph_id INTEGER NOT NULL,
  n_kept INTEGER NOT NULL,
  n INTEGER NOT NULL,             -- there are so many
  kept REAL NOT NULL,
  PRIMARY KEY(certificate_id, graph_id, n_kept)
) STRICT, WITHOUT ROWID;
