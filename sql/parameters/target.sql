-- SPDX-License-Identifier: Apache-2.0
SELECT target_pos, target_pos FROM graph WHERE prompt_id = :prompt AND (:given IS NULL OR target_pos = :given) ORDER BY graph_id
