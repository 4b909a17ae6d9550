-- SPDX-License-Identifier: Apache-2.0
-- The latest comparison; one that replaces it under its number has mostly other counts, where another database has grown.
-- needs comparison: headwater compare DB --by COLUMN=A,B
SELECT json_quote(coalesce(max(comparison_id) || '_' || sum(n_a + n_b + n_components), '0')) FROM comparison
