-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM certificate_curve ORDER BY certificate_id, graph_id, n_kept
