# SPDX-License-Identifier: Apache-2.0
# The plan, and nothing else.
list_files >"$TMPDIR/files"
plan() { sed -E 's/^(tokens       )[0-9]{5}/\1N/; s/[0-9.]+ MiB/(N) MiB/g; s/about [0-9hms]+ on [0-9]+ threads/about (time)/; s/, *[0-9]+ x/ (threads) x/; s/and [0-9]+ x/and (threads) x/; s/^(products    ).*/\1 (name)/'; }
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
echo "--- of a database that is partly done: what remains"
small_run part.db --chunk-tokens 64
"$PY" -c 'import sqlite3; c = sqlite3.connect("part.db"); c.execute("DELETE FROM chunk WHERE chunk_id >= 2"); c.commit()'
small_run part.db --chunk-tokens 64 --dry-run --threads "$T" | plan | grep -e prompts -e stored
echo "--- of a database with another run"
small_run part.db --chunk-tokens 64 --threshold 0.1 --dry-run
echo "exit $?"
echo "--- a database that the run could not write"
touch file
for db in nowhere/new.db file/new.db ""; do
  fails "$HW" run --model gpt2 --data ioi.csv --limit 2 --db "$db" --dry-run
  cp "$TMPDIR/stderr" "$TMPDIR/message"
  "$HW" run --model gpt2 --data ioi.csv --limit 2 --db "$db" --quiet 2>&1 | cmp - "$TMPDIR/message" && echo "as the run says"
done
echo "--- the lists of all neurons are counted"
lists="--limit 5 --neuron-projections all --top-tokens 50 --threads $T"
# shellcheck disable=SC2086
small_run lists.db $lists
# shellcheck disable=SC2086
"$HW" run --model gpt2 --data ioi.csv $lists --dry-run 2>/dev/null | "$PY" -c '
import os, re, sys
expected, found = float(re.search("disk +about ([0-9.]+) MiB", sys.stdin.read())[1]), os.path.getsize("lists.db") / 2**20
print("as the file, to a quarter" if abs(expected - found) < found / 4 else f"expected {expected} MiB, found {found:.1f}")'
echo "--- what it announces is enough"
cat >memory.py <<'END'
import os, re, resource, subprocess, sys
command = sys.argv[1:]
said = subprocess.run(command + ["--dry-run"], capture_output=True, text=True).stdout
weights, count, worker, *more = (int(n) for n in re.findall(r"(\d+)(?= MiB| x)", re.search("^memory.*", said, re.M)[0]))
subprocess.run(command + ["--db", "memory.db", "--quiet"], check=True)
announced, found = weights + count * worker + sum(more), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
sanitized = os.environ.get("HEADWATER_CLI_ONCE") # takes more
print("it is" if sanitized or found <= announced else f"announced {announced} MiB, found {found:.0f}")
END
limit=${HEADWATER_CLI_ONCE:+4}
"$PY" memory.py "$HW" run --model gpt2 --data ioi.csv --limit "${limit:-100}" --counterfactual --targets all --neuron-projections none --memory 64 --threads 1
