-- SPDX-License-Identifier: Apache-2.0
-- For hw_list_page and hw_list_way: all rows at once. The table is read in the order of its key.
SELECT hw_list_column(graph_id, predicted_probability) FROM main.graph_info WHERE graph_id BETWEEN :first AND :last
