-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM edge_frequency ORDER BY item_id
