-- SPDX-License-Identifier: Apache-2.0
SELECT coalesce(max(mining_id), 0) + 1 FROM mining
