-- SPDX-License-Identifier: Apache-2.0
SELECT heads FROM graph WHERE $is_graph_of(graph_id, :prompt_id) ORDER BY graph_id
