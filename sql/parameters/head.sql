-- SPDX-License-Identifier: Apache-2.0
SELECT :given, '0 to ' || (n_heads - 1) FROM run WHERE :given IS NULL OR :given < n_heads
