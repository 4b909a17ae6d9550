-- SPDX-License-Identifier: Apache-2.0
DELETE FROM comparison WHERE comparison_id = :id
