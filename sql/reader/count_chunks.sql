-- SPDX-License-Identifier: Apache-2.0
SELECT coalesce(max(chunk_id), -1) + 1 AS n_chunks FROM chunk
