# SPDX-License-Identifier: Apache-2.0
# A limit of the address space. Where OpenBLAS's work space does not fit, one line says so; before, a thread that it starts when it is loaded
# asked for 134 MB again and again, for ever, also with the built-in products.
[ -z "${HEADWATER_CLI_ONCE:-}" ] || skip "the sanitizers reserve more address space than the limit"
few="--model gpt2 --data ioi.csv --limit 4 --neuron-projections none --quiet --threads 1"
little() { (ulimit -v 120000; timeout -s KILL 20 "$@"); }
item "little memory: built-in products"
# shellcheck disable=SC2086
little "$HW" run $few --db run.db
echo "exit $?"
item "a small stack"
small_stack() { (ulimit -s 128; "$@"); }
# shellcheck disable=SC2086
fails small_stack "$HW" run $few --db out.db
item "little memory: OpenBLAS"
# shellcheck disable=SC2086
fails little "$HW" run $few --db out.db --gemm openblas
fails little "$HW" bench --model gpt2 --tokens 4 --threads 2 --gemm openblas
