-- SPDX-License-Identifier: Apache-2.0
SELECT sign, rank, token_id, score FROM neuron_token WHERE layer = :layer AND neuron = :neuron ORDER BY sign DESC, rank
