-- SPDX-License-Identifier: Apache-2.0
INSERT INTO certificate_curve(certificate_id, graph_id, n_kept, n, kept) VALUES(:certificate_id, :graph_id, :n_kept, :n, :kept)
