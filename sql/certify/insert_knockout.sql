-- SPDX-License-Identifier: Apache-2.0
INSERT INTO knockout(certificate_id, graph_id, kind, layer, number, effect) VALUES(:certificate_id, :graph_id, :kind, :layer, :number, :effect)
