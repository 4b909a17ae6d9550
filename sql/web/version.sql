-- SPDX-License-Identifier: Apache-2.0
-- The run and how much of it is stored, as a text that changes with them.
SELECT json_quote(fingerprint || '-' || (SELECT count(*) FROM chunk)) FROM run
