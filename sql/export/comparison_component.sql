-- SPDX-License-Identifier: Apache-2.0
SELECT * FROM comparison_component ORDER BY comparison_id, rank
