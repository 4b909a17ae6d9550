-- SPDX-License-Identifier: Apache-2.0
-- Where the time of a process went (run --profile): no part of the digest.
CREATE TABLE IF NOT EXISTS process_stage (
  process_id INTEGER NOT NULL REFERENCES process,
  stage TEXT NOT NULL,
  seconds REAL NOT NULL,          -- by the clock, summed over the workers
  PRIMARY KEY(process_id, stage)
) STRICT, WITHOUT ROWID;
