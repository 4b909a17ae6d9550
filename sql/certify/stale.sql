-- SPDX-License-Identifier: Apache-2.0
-- Certificates that were last made while fewer prompts were stored than now.
SELECT certificate_id FROM certificate_run WHERE n_prompts <> (SELECT coalesce(sum(n_prompts - n_failed), 0) FROM chunk) ORDER BY certificate_id
