-- SPDX-License-Identifier: Apache-2.0
SELECT certificate_id, n_prompts FROM certificate_run
WHERE graph = :graph AND threshold = :threshold AND unit = :unit AND baseline = :baseline AND n_random = :n_random AND n_knockouts = :n_knockouts
  AND n_pairs = :n_pairs AND curve = :curve
ORDER BY certificate_id LIMIT 1
