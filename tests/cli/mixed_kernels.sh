# SPDX-License-Identifier: Apache-2.0
# A run that another kernel of OpenBLAS began is not continued, since bits may differ.
# shellcheck disable=SC2086
few="--model gpt2 --data ioi.csv --limit 12 --chunk-tokens 64 --neuron-projections none --quiet --gemm openblas"
OPENBLAS_CORETYPE=Nehalem "$HW" run $few --db one.db
OPENBLAS_CORETYPE=Prescott "$HW" run $few --db one.db
OPENBLAS_CORETYPE=Prescott "$HW" run $few --db one.db --allow-mixed-kernels && echo "asked for: continued"
OPENBLAS_CORETYPE=Nehalem "$HW" run $few --db two.db && OPENBLAS_CORETYPE=Nehalem "$HW" run $few --db two.db && echo "the same kernel goes on"
