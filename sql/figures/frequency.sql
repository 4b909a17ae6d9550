-- SPDX-License-Identifier: Apache-2.0
SELECT row_number() OVER (ORDER BY frequency DESC, mean DESC, layer, head) AS place, name, frequency, frequency_lo, frequency_hi, n
FROM head_importance WHERE n_active > 0 ORDER BY frequency DESC, mean DESC, layer, head LIMIT 24
