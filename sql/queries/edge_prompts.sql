-- SPDX-License-Identifier: Apache-2.0
-- Prompts where a head carries an edge from one role to another, the most important ones first.
-- :layer <layer>                  layer of the head
-- :head <head>                    its number
-- :source <role>                  role that it looks at
-- :target <role>                  role that it writes to
-- :counterfactuals <no|yes> = no  yes: the counterfactuals as well
-- :limit <count> = 20             rows, 0 for all
SELECT $prompt_of(l.graph_id) AS prompt_id, $target_of(l.graph_id) AS target_pos, l.importance, g.name AS group_name, p.counterfactual_of, p.text
FROM (
  SELECT l.graph_id, l.importance FROM item_graph i JOIN hw_item_graphs(i.graphs) l
  WHERE i.item_id = $item_id(:layer, :head, :source, :target) AND (l.graph_id < $own_graphs_end OR hw_choice(:counterfactuals, 'no', 'yes'))
  ORDER BY l.importance DESC, l.graph_id LIMIT $limit_or_all) l
JOIN prompt p ON p.prompt_id = $prompt_of(l.graph_id) JOIN prompt_group g USING(group_id)
ORDER BY l.importance DESC, l.graph_id
