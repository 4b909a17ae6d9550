-- SPDX-License-Identifier: Apache-2.0
SELECT key, value FROM prompt_value WHERE prompt_id = :prompt ORDER BY key
