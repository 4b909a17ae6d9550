-- SPDX-License-Identifier: Apache-2.0
INSERT INTO certificate_run(graph, threshold, unit, baseline, n_random, n_knockouts, n_pairs, curve, n_prompts, complete)
VALUES(:graph, :threshold, :unit, :baseline, :n_random, :n_knockouts, :n_pairs, :curve, :n_prompts, 0)
