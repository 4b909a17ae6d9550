-- SPDX-License-Identifier: Apache-2.0
-- Tokens that a head promotes and suppresses most often: in how many of its lists, and with which mean score. Of the lists that are stored
-- (--project) in :sample graphs that have the head, evenly chosen; graphs: those looked at, with_list: those of them that have a list.
-- :layer <layer>                        its layer
-- :head <head>                          its number, or its name
-- :convention <frozen|alone> = frozen   what the head adds to the logits, or what its output says by itself
-- :sample <count> = 100                 graphs
WITH result AS MATERIALIZED (
  SELECT hw_list_page($head_graphs, 0, NULL, NULL, NULL, 0, $own_graphs_end, 'mixed', 0, NULL, :sample) AS list
), chosen AS MATERIALIZED (
  SELECT c.value ->> 0 AS graph_id FROM result, json_each(list, '$.rows') c
), found AS MATERIALIZED (
  SELECT c.graph_id, p.list, p.rank, p.token_id, p.score FROM chosen c JOIN graph g USING(graph_id) JOIN hw_projections(g.projections) p
  WHERE p.kind = 'head' AND p.layer = :layer AND p.head = :head AND p.convention = :convention
), best AS (
  SELECT list, token_id, count(*) AS n, avg(score) AS score, avg(rank) AS rank,
    row_number() OVER (PARTITION BY list ORDER BY count(*) DESC, sum(rank), token_id) AS place FROM found GROUP BY list, token_id
)
SELECT json_object('graphs', (SELECT count(*) FROM chosen), 'of', (SELECT list ->> 'count' FROM result),
  'with_list', (SELECT count(DISTINCT graph_id) FROM found),
  'columns', json_array('list', 'token', 'graphs', 'score', 'rank'),
  'rows', (SELECT json_group_array(json_array(list, text, n, hw_json_number(score), hw_json_number(rank)))
    FROM (SELECT b.*, t.text FROM best b LEFT JOIN token t USING(token_id) WHERE b.place <= 10 ORDER BY list, place)))
