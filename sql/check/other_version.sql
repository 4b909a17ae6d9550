-- SPDX-License-Identifier: Apache-2.0
-- A row: the process that began the run was another version, and the fingerprint holds that.
SELECT 1 FROM process WHERE process_id = (SELECT min(process_id) FROM process) AND program_version <> :version
