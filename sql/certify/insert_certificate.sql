-- SPDX-License-Identifier: Apache-2.0
INSERT INTO certificate(certificate_id, graph_id, reason, answer_id, foil_id, n_attention, n_ffn, m, m_reference, none, kept, removed, kept_kl, removed_kl,
  predicted_id, kept_id, removed_id, kept_rank, removed_rank, random_kept, random_removed, kept_closer, removed_farther)
VALUES(:certificate_id, :graph_id, :reason, :answer_id, :foil_id, :n_attention, :n_ffn, :m, :m_reference, :none, :kept, :removed, :kept_kl, :removed_kl,
  :predicted_id, :kept_id, :removed_id, :kept_rank, :removed_rank, :random_kept, :random_removed, :kept_closer, :removed_farther)
