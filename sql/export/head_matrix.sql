-- SPDX-License-Identifier: Apache-2.0
SELECT layer, head, mean FROM head_importance ORDER BY layer, head
