-- SPDX-License-Identifier: Apache-2.0
-- A row a head; a column is empty where its mode was not computed.
WITH mode AS (
  SELECT max(n) FILTER (WHERE mode = 'answer') AS n_answer, max(n) FILTER (WHERE mode = 'contrast') AS n_contrast FROM head_relevance
)
SELECT h.layer, h.head, 'L' || h.layer || 'H' || h.head AS name, coalesce(n_answer, 0) AS n_answer, coalesce(n_contrast, 0) AS n_contrast,
  iif(n_answer > 0, coalesce(a.share, 0), NULL) AS answer, iif(n_contrast > 0, coalesce(c.share, 0), NULL) AS contrast,
  iif(n_contrast > 0, coalesce(c.value, 0), NULL) AS value, iif(n_contrast > 0, coalesce(c.key, 0), NULL) AS key, iif(n_contrast > 0, coalesce(c.query, 0), NULL) AS query
FROM model_head h JOIN mode LEFT JOIN head_relevance a ON a.mode = 'answer' AND a.layer = h.layer AND a.head = h.head
  LEFT JOIN head_relevance c ON c.mode = 'contrast' AND c.layer = h.layer AND c.head = h.head
WHERE n_answer > 0 OR n_contrast > 0 ORDER BY h.layer, h.head
