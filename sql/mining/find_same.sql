-- SPDX-License-Identifier: Apache-2.0
-- The earlier mining of these parameters, which a new one replaces, and whether it knows more: it is as old as the prompts are, and complete, or down to a
-- lower support. :complete_support NULL: the new one finished no level.
SELECT mining_id, n_graphs = :n_graphs AND NOT :complete
  AND (complete OR (complete_support IS NOT NULL AND (:complete_support IS NULL OR complete_support < :complete_support)))
FROM mining WHERE parameters = :parameters
