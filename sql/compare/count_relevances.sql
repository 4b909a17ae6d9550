-- SPDX-License-Identifier: Apache-2.0
-- Prompts with relevances of a mode, and those with a reason in their place.
SELECT count(parts), count(*) - count(parts) FROM relevance WHERE mode = :mode
