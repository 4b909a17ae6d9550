-- SPDX-License-Identifier: Apache-2.0
SELECT prompt_id, NULL FROM prompt WHERE prompt_id = :given UNION ALL
SELECT NULL, (SELECT min(prompt_id) || ' to ' || max(prompt_id) FROM prompt) ||
  coalesce((SELECT ', but for ' || nullif(count(*), 0) || ' that failed (headwater query DB failed)' FROM failed), '')
WHERE :given IS NULL
