-- SPDX-License-Identifier: Apache-2.0
-- The last item whose lists are merged; NULL: none is.
SELECT max(item_id) FROM item_graph
