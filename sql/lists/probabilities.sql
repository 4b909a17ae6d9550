-- SPDX-License-Identifier: Apache-2.0
-- For hw_sort_value.
SELECT graph_id, predicted_probability FROM main.graph_info WHERE graph_id >= :from ORDER BY graph_id
