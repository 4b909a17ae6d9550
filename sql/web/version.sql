-- SPDX-License-Identifier: Apache-2.0
SELECT json_quote(fingerprint || '-' || (SELECT count(*) FROM chunk)) FROM run
