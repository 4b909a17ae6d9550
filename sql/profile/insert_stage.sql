-- SPDX-License-Identifier: Apache-2.0
INSERT INTO process_stage (process_id, stage, seconds) VALUES (:process_id, :stage, :seconds)
