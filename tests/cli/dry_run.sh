# SPDX-License-Identifier: Apache-2.0
# The plan, and nothing else.
list_files >"$TMPDIR/files"
plan() { sed -E 's/^(tokens       )[0-9]{5}/\1N/; s/[0-9.]+ MiB/(N) MiB/g; s/about [0-9hms]+ on [0-9]+ threads/about (time)/; s/, *[0-9]+ x/ (threads) x/; s/and [0-9]+ x/and (threads) x/; s/^(BLAS kernel).*/\1  (name)/'; }
"$HW" run --model gpt2 --data ioi.csv --db ioi.db --dry-run --threads "$T" | plan
echo "--- without a database; some rows cannot be traced"
{ echo prompt; echo Mary and John; echo '""'; "$PY" -c 'print("and " * 200)'; } >rows.csv
"$HW" run --model llama --data rows.csv --dry-run --threads "$T" | plan
echo "exit $?"
rm rows.csv
list_files | diff "$TMPDIR/files" - && echo "nothing left here"
find "$TMPDIR" -name '*headwater*'
echo "--- a database that is there stays as it is"
small_run there.db --limit 3
list_files >"$TMPDIR/files"
small_run there.db --limit 3 --dry-run >/dev/null
list_files | diff "$TMPDIR/files" - && echo "it does"
echo "--- it needs no place for files"
TMPDIR=/nowhere "$HW" run --model gpt2 --data ioi.csv --limit 3 --dry-run --threads "$T" 2>&1 | plan
