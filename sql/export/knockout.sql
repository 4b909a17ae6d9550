-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM knockout ORDER BY certificate_id, graph_id, kind, layer, number
