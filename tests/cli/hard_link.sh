# SPDX-License-Identifier: Apache-2.0
# A database with two names: what a killed run left lies beside one of them, and would be copied later over what was written by the other.
# Whoever writes refuses it, and does what it says to do otherwise.
long="run --model gpt2 --data ioi.csv --limit 60 --chunk-tokens 64 --commit-seconds 0 --neuron-projections none --threads 1 --quiet --db"
# shellcheck disable=SC2086
"$PY" "$LIB/interrupt.py" SIGKILL chunks:2 a.db "$HW" $long a.db
echo "exit $?"
ls a.db-wal
ln a.db b.db
item "who writes"
for db in a.db b.db; do
  # shellcheck disable=SC2086
  fails "$HW" $long $db
  for command in pack mine "compare --by group=ABBA,BABA" "certify --model gpt2 --graph routes --baseline zero"; do
    # shellcheck disable=SC2086
    "$HW" ${command%% *} $db $(echo "$command " | cut -d ' ' -f 2-) 2>&1 | tail -n 1 | cut -c 1-40
  done
done
item "who reads"
"$HW" digest a.db 2>/dev/null >digest && wc -l <digest
item "what the line says"
cp a.db new.db && mv new.db a.db
# shellcheck disable=SC2086
"$HW" $long a.db && "$HW" $long whole.db && "$HW" digest a.db >digest && "$HW" digest whole.db | cmp - digest && echo "the run is whole"
item "a symbolic link to one of the names: the line names the file"
mkdir data
cp a.db data/c.db
ln data/c.db data/d.db
ln -s data/c.db link.db
"$HW" pack link.db 2>&1 | sed "s:$PWD/::g"
