-- SPDX-License-Identifier: Apache-2.0
SELECT count(DISTINCT item_id) FROM agg_item
