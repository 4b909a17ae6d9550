-- SPDX-License-Identifier: Apache-2.0
-- The earlier mining that these parameters replace.
SELECT mining_id FROM mining WHERE parameters = :parameters
