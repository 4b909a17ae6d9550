-- SPDX-License-Identifier: Apache-2.0
DELETE FROM comparison_component WHERE comparison_id = :id
