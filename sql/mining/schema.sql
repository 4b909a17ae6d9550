-- SPDX-License-Identifier: Apache-2.0
-- What `headwater mine` writes, made when it first runs. Found from the run, so no part of its digest.

CREATE TABLE IF NOT EXISTS mining (
  mining_id INTEGER PRIMARY KEY,  -- the latest has the highest
  parameters TEXT NOT NULL UNIQUE, -- what decides the circuits; the same ones replace
  min_support REAL NOT NULL,      -- asked for: share of the graphs (by group: of one group's)
  complete_support REAL,          -- every closed set with this share was found; NULL: nothing is sure
  n_graphs INTEGER NOT NULL,      -- in the file when it was mined
  n_items INTEGER NOT NULL,       -- frequent edges among the chosen ones
  n_items_cut INTEGER NOT NULL,   -- of these, left out because memory was short
  n_sets INTEGER NOT NULL,        -- closed frequent sets, before the ranking
  complete INTEGER NOT NULL CHECK(complete IN (0, 1)), -- nothing was cut
  note TEXT NOT NULL              -- what was cut, and why; '' when nothing was
) STRICT;

-- The best sets of a mining by greedy tiling.
CREATE TABLE IF NOT EXISTS circuit (
  circuit_id INTEGER PRIMARY KEY, -- mining_id << 20 | rank
  mining_id INTEGER NOT NULL REFERENCES mining,
  rank INTEGER NOT NULL,          -- from 1
  path TEXT NOT NULL,             -- its edges along the flow, for people
  n_edges INTEGER NOT NULL,
  support INTEGER NOT NULL,       -- graphs that have all its edges
  lift REAL NOT NULL,             -- support / (n_graphs * product of the edges' shares)
  new_cells INTEGER NOT NULL,     -- (edge, graph) pairs that no circuit before it covers
  graphs BLOB NOT NULL,           -- the graphs that have it and the importance of its weakest edge there: hw_item_graphs(graphs)
  UNIQUE(mining_id, rank)
) STRICT;

CREATE TABLE IF NOT EXISTS circuit_edge (
  circuit_id INTEGER NOT NULL REFERENCES circuit,
  item_id INTEGER NOT NULL,       -- agg_item
  PRIMARY KEY(circuit_id, item_id)
) STRICT, WITHOUT ROWID;

-- Groups that have graphs, also those that never show the circuit.
CREATE TABLE IF NOT EXISTS circuit_group (
  circuit_id INTEGER NOT NULL REFERENCES circuit,
  group_id INTEGER NOT NULL,
  support INTEGER NOT NULL,       -- graphs of the group that have all its edges
  n INTEGER NOT NULL,             -- graphs of the group
  PRIMARY KEY(circuit_id, group_id)
) STRICT, WITHOUT ROWID;

-- Graphs that break the pattern: they have all edges of the circuit but this one. No row: there are none.
CREATE TABLE IF NOT EXISTS circuit_break (
  circuit_id INTEGER NOT NULL REFERENCES circuit,
  item_id INTEGER NOT NULL,       -- the missing edge
  n INTEGER NOT NULL CHECK(n > 0), -- graphs
  prompts TEXT NOT NULL,          -- the lowest five prompt_ids, as a JSON array
  PRIMARY KEY(circuit_id, item_id)
) STRICT, WITHOUT ROWID;
