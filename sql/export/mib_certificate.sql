-- SPDX-License-Identifier: Apache-2.0
-- n_stored: prompts that were stored then, counterfactuals among them; the sums are over all of the data set's own that have numbers.
SELECT certificate_id, graph, threshold, unit, baseline, n_prompts AS n_stored FROM certificate_run WHERE certificate_id = $ranked_certificate
