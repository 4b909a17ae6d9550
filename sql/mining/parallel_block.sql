-- SPDX-License-Identifier: Apache-2.0
SELECT parallel_block FROM run
