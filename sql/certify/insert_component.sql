-- SPDX-License-Identifier: Apache-2.0
INSERT INTO certificate_component(certificate_id, kind, layer, number, rank, sum) VALUES(:certificate_id, :kind, :layer, :number, :rank, :sum)
