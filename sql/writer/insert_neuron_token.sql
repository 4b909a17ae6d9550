-- SPDX-License-Identifier: Apache-2.0
INSERT INTO neuron_token (
  layer, neuron, sign, rank, token_id, score
) VALUES (
  :layer, :neuron, :sign, :rank, :token_id, :score
) ON CONFLICT DO NOTHING
