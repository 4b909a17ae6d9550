# SPDX-License-Identifier: Apache-2.0
# OpenBLAS is loaded for --gemm openblas alone. Where it is not there one line says so.
few="--model gpt2 --data ioi.csv --limit 4 --neuron-projections none --quiet --threads 1"
item "not there"
mkdir libraries; : >libraries/libopenblas.so.0
# shellcheck disable=SC2086
fails env LD_LIBRARY_PATH=libraries "$HW" run $few --db out.db --gemm openblas
item "one thread of its own for each of the program's"
# shellcheck disable=SC2086
"$HW" run $few --db blas.db --gemm openblas && "$HW" sql blas.db "SELECT blas_kernel LIKE 'OpenBLAS %' AS named FROM process" --format csv
item "a neuron's list of two shards differs in the last digit: that of the first file stays"
for k in 1 2; do
  "$HW" run --model gpt2 --data ioi.csv --limit 4 --chunk-tokens 20 --top-neurons 2 --top-tokens 2 --quiet --threads 1 --gemm openblas --shard $k/2 --db s$k.db
done
"$PY" -c 'import sqlite3; c = sqlite3.connect("s2.db"); c.execute("UPDATE neuron_token SET score = score + 1"); c.commit()'
"$HW" merge all.db s1.db s2.db
"$HW" check all.db | tail -n 1
item "no file"
fails "$HW" run --model gpt2 --data ioi.csv --db :memory:
