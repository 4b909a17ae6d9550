-- SPDX-License-Identifier: Apache-2.0
SELECT comparison_id, comparison_id FROM comparison WHERE :given IS NULL OR comparison_id = :given ORDER BY comparison_id
