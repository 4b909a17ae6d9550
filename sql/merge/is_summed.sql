-- SPDX-License-Identifier: Apache-2.0
-- Processes are taken over in the last transaction, with the sums.
SELECT EXISTS (SELECT 1 FROM process)
