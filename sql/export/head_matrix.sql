-- SPDX-License-Identifier: Apache-2.0
SELECT layer, 'H' || head AS head, mean FROM head_importance ORDER BY layer, head_importance.head
