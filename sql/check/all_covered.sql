-- SPDX-License-Identifier: Apache-2.0
-- Rows outside of every chunk, and prompts that are both stored and failed.
SELECT 'prompts and failed prompts', n_found, n_covered || ', as in the chunks'
FROM (SELECT (SELECT count(*) FROM prompt) + (SELECT count(*) FROM failed) AS n_found, (SELECT coalesce(sum(n_prompts), 0) FROM chunk) AS n_covered)
WHERE n_found <> n_covered
UNION ALL
SELECT 'prompt ' || prompt_id || ': in prompt and in failed', 2, 1 FROM prompt JOIN failed USING(prompt_id)
UNION ALL
SELECT 'chunks reach to prompt', last, 'at most ' || n_prompts FROM (SELECT max(first_prompt + n_prompts) AS last FROM chunk), run WHERE last > n_prompts
UNION ALL
SELECT 'graphs without graph_info, or the other way round', n_graphs, n_infos
FROM (SELECT (SELECT count(*) FROM graph) AS n_graphs, (SELECT count(*) FROM graph_info) AS n_infos) WHERE n_graphs <> n_infos
UNION ALL
SELECT 'graph ' || g.graph_id || ': its prompt', 'none', $prompt_of(g.graph_id)
FROM graph_info g LEFT JOIN prompt p ON p.prompt_id = $prompt_of(g.graph_id) WHERE p.prompt_id IS NULL OR $target_of(g.graph_id) >= p.n_tokens
UNION ALL
SELECT 'values of prompt ' || v.prompt_id || ', which is not there', 'there', 'none'
FROM (SELECT DISTINCT prompt_id FROM prompt_value) v LEFT JOIN prompt p USING(prompt_id) LEFT JOIN failed f USING(prompt_id)
WHERE p.prompt_id IS NULL AND f.prompt_id IS NULL
UNION ALL
SELECT 'graphs in the lists of the items of chunk ' || chunk_id || ', which is not there', n, 'none'
FROM (SELECT chunk_id, count(*) AS n FROM item_graph GROUP BY chunk_id) LEFT JOIN chunk c USING(chunk_id) WHERE c.chunk_id IS NULL
