-- SPDX-License-Identifier: Apache-2.0
INSERT INTO process (
  host, pid, started, threads, model_path, dataset_path, program_version, blas_kernel, batch_invariant, prompts_done, shard, n_shards, shard_prompts
) VALUES (
  :host, :pid, :started, :threads, :model_path, :dataset_path, :program_version, :blas_kernel, :batch_invariant, :prompts_done, :shard, :n_shards, :shard_prompts
)
