-- SPDX-License-Identifier: Apache-2.0
-- For hw_list_page and hw_list_way.
SELECT graph_id, predicted_probability FROM main.graph_info WHERE graph_id >= :from ORDER BY graph_id
