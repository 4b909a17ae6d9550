-- SPDX-License-Identifier: Apache-2.0
SELECT heads FROM graph WHERE graph_id BETWEEN :prompt_id << 20 AND :prompt_id << 20 | 1048575 ORDER BY graph_id
