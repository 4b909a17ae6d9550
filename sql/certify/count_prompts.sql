-- SPDX-License-Identifier: Apache-2.0
-- Prompts that are stored, counterfactuals among them.
SELECT coalesce(sum(n_prompts - n_failed), 0) FROM chunk
