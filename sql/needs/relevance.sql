-- SPDX-License-Identifier: Apache-2.0
-- Every file here says of the table of its name whether it has what a query or an export needs.
SELECT EXISTS (SELECT 1 FROM relevance)
