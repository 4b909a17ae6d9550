-- SPDX-License-Identifier: Apache-2.0
SELECT coalesce(max(token_id), -1) FROM token
