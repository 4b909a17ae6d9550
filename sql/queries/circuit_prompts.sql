-- SPDX-License-Identifier: Apache-2.0
-- Prompts that show a recurring circuit, those first whose weakest edge is the most important.
-- needs mining: headwater mine DB
-- :mining <mining> = NULL  number of a mining, NULL for the latest
-- :circuit <circuit> = 1   rank of the circuit
-- :limit <count> = 20      rows, 0 for all
SELECT $prompt_of(g.graph_id) AS prompt_id, $target_of(g.graph_id) AS target_pos, g.importance AS weakest_edge, p.text
FROM mining m JOIN circuit c ON c.mining_id = m.mining_id JOIN hw_item_graphs(c.graphs) g JOIN prompt p ON p.prompt_id = $prompt_of(g.graph_id)
WHERE m.mining_id = coalesce(:mining, (SELECT max(mining_id) FROM mining)) AND c.rank = :circuit
ORDER BY g.importance DESC, g.graph_id LIMIT $limit_or_all
