-- SPDX-License-Identifier: Apache-2.0
DELETE FROM item_graph
