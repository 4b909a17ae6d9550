-- SPDX-License-Identifier: Apache-2.0
-- Another kernel of matrix products that computed some of the prompts. What stands behind a comma does not matter.
SELECT substr(blas_kernel, 1, instr(blas_kernel || ',', ',') - 1)
FROM process
WHERE prompts_done > 0
  AND substr(blas_kernel, 1, instr(blas_kernel || ',', ',') - 1) <> substr(:kernel, 1, instr(:kernel || ',', ',') - 1)
LIMIT 1;
