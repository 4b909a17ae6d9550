-- SPDX-License-Identifier: Apache-2.0
-- A name goes before a number.
SELECT group_id, name FROM prompt_group WHERE :given IS NULL OR name = :given OR CAST(group_id AS TEXT) = :given
ORDER BY name = :given DESC, group_id
