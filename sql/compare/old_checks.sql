-- SPDX-License-Identifier: Apache-2.0
-- 1: there is a table comparison that does not take relevances.
SELECT EXISTS(SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'comparison' AND sql NOT LIKE '%relevance_neurons%')
