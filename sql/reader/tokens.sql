-- SPDX-License-Identifier: Apache-2.0
SELECT token_id, text, bytes FROM token ORDER BY token_id
