-- SPDX-License-Identifier: Apache-2.0
-- Graphviz text of the six best circuits of the last mining: a node an edge of the circuit, fed by what wrote last into the state that
-- it reads. What no one has for the last writer goes to its next reader. The states before, within and after layer l are 2 l, 2 l + 1 and
-- 2 l + 2; a parallel block has none within.
WITH wanted AS (
  SELECT c.*, m.n_graphs FROM circuit c JOIN mining m USING(mining_id) WHERE mining_id = (SELECT max(mining_id) FROM mining) AND rank <= 6
), part AS (
  SELECT w.circuit_id, e.item_id, 2 * f.layer + (f.kind = 'ffn' AND NOT r.parallel_block) AS reads,
    2 * f.layer + 1 + (f.kind = 'ffn' OR r.parallel_block) AS writes, f.kind, f.name, f.source_role AS source, f.target_role AS target
  FROM wanted w JOIN circuit_edge e USING(circuit_id) JOIN edge_frequency f USING(item_id) JOIN run r
), feeder AS (
  SELECT p.circuit_id, p.item_id, p.source, (SELECT max(q.writes) FROM part q WHERE q.circuit_id = p.circuit_id AND q.target = p.source AND q.writes <= p.reads) AS state
  FROM part p
), unread AS (
  SELECT p.*, (SELECT min(r.reads) FROM part r WHERE r.circuit_id = p.circuit_id AND r.source = p.target AND r.reads >= p.writes) AS next
  FROM part p WHERE NOT EXISTS (SELECT 1 FROM feeder f WHERE f.circuit_id = p.circuit_id AND f.source = p.target AND f.state = p.writes)
), arrow AS (
  SELECT f.circuit_id, 'n' || q.item_id AS tail, 'n' || f.item_id AS tip
  FROM feeder f JOIN part q ON q.circuit_id = f.circuit_id AND q.target = f.source AND q.writes = f.state
  UNION ALL SELECT circuit_id, json_quote('in ' || source), 'n' || item_id FROM feeder WHERE state IS NULL
  UNION ALL SELECT circuit_id, 'n' || item_id, 'out' FROM unread WHERE target = 'END'
  UNION ALL SELECT u.circuit_id, 'n' || u.item_id, 'n' || r.item_id FROM unread u JOIN part r
    ON r.circuit_id = u.circuit_id AND r.source = u.target AND r.reads = u.next AND u.target <> 'END'
), line AS (
  SELECT circuit_id, 0 AS place, item_id AS part, 'n' || item_id || ' [label=' || iif(kind = 'ffn', json_quote(name || ' at ' || target),
      json_quote(name || char(10) || source || ' → ' || target)) || ', fillcolor="' || iif(kind = 'ffn', '#fdf0d5', '#dbe9f6') || '"];' AS text FROM part
  UNION ALL SELECT DISTINCT circuit_id, 1, 0, json_quote('in ' || source) || ' [shape=plaintext, style="", fontname="Helvetica-Bold", label=' ||
    json_quote(source) || '];' FROM feeder WHERE state IS NULL
  UNION ALL SELECT DISTINCT circuit_id, 2, 0, 'out [shape=plaintext, style="", fontname="Helvetica-Bold", label="prediction at END"];' FROM arrow WHERE tip = 'out'
  UNION ALL SELECT circuit_id, 3, reads, '{ rank=same; ' || group_concat('n' || item_id || ';', ' ') || ' }' FROM (SELECT * FROM part ORDER BY item_id)
    GROUP BY circuit_id, reads
  UNION ALL SELECT circuit_id, 4, 0, '{ rank=min; ' || group_concat(json_quote('in ' || source) || ';', ' ') || ' }'
    FROM (SELECT DISTINCT circuit_id, source FROM feeder WHERE state IS NULL ORDER BY source) GROUP BY circuit_id
  UNION ALL SELECT circuit_id, 5, 0, tail || ' -> ' || tip || ';' FROM arrow
)
SELECT 'figure_circuit_' || w.rank || '.dot' AS file, '// Circuit ' || w.rank || ' of mining ' || w.mining_id || '. Restyle and run again: dot -Tsvg figure_circuit_' || w.rank
  || '.dot -o figure_circuit_' || w.rank || '.svg' || char(10) || 'digraph circuit {' || char(10)
  || '  graph [rankdir=BT, nodesep=0.25, ranksep=0.35, fontname="Helvetica", fontsize=11, labelloc=b, label='
  || json_quote(printf('in %.1f %% of %d graphs, lift %.3g', 100.0 * w.support / w.n_graphs, w.n_graphs, w.lift)) || '];' || char(10)
  || '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11, margin="0.08,0.04", height=0.3, color="#4a4a4a"];' || char(10)
  || '  edge [color="#4a4a4a", arrowsize=0.7];' || char(10)
  || (SELECT group_concat('  ' || text, char(10)) FROM (SELECT text FROM line l WHERE l.circuit_id = w.circuit_id ORDER BY place, part, text))
  || char(10) || '}' || char(10) AS text
FROM wanted w ORDER BY w.rank
