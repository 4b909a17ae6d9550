-- SPDX-License-Identifier: Apache-2.0
SELECT coalesce(max(token_id), -1) AS last_token FROM token
