-- SPDX-License-Identifier: Apache-2.0
SELECT :given, '0 to ' || (d_ffn - 1) FROM run WHERE :given IS NULL OR :given < d_ffn
