-- SPDX-License-Identifier: Apache-2.0
INSERT INTO knockout_pair(certificate_id, graph_id, kind_a, layer_a, number_a, kind_b, layer_b, number_b, effect, interaction)
VALUES(:certificate_id, :graph_id, :kind_a, :layer_a, :number_a, :kind_b, :layer_b, :number_b, :effect, :interaction)
