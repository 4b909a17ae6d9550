-- SPDX-License-Identifier: Apache-2.0
-- The first column is 1 where a reader keeps a part of the write-ahead log from being copied.
PRAGMA wal_checkpoint(TRUNCATE)
