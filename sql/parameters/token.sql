-- SPDX-License-Identifier: Apache-2.0
SELECT :given, text FROM token WHERE :given IS NULL OR text IN (:given, ' ' || :given) ORDER BY token_id
