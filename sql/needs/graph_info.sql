-- SPDX-License-Identifier: Apache-2.0
-- Lists of promoted tokens of heads, FFNs and states.
SELECT EXISTS (SELECT 1 FROM graph_info WHERE n_projections > 0)
