# SPDX-License-Identifier: Apache-2.0
# Output that cannot be written is an error, and never lands in a file of ours.
small_run ioi.db
before=$("$HW" digest ioi.db)
full() { # command...
  "$@" >/dev/full 2>stderr
  echo "$? $(sed 's/^headwater: //' stderr)"
}
item "a full place"
full "$HW" --help
full "$HW" --version
full "$HW" run --help
full "$HW" info gpt2
full "$HW" tokenize --model gpt2 --text Mary
full "$HW" trace --model gpt2 --prompt Mary
full "$HW" trace --model gpt2 --prompt Mary --json
full "$HW" query ioi.db
full "$HW" query ioi.db top_heads
full "$HW" sql ioi.db "SELECT * FROM edge"
full "$HW" digest ioi.db
full "$HW" run --model gpt2 --data ioi.csv --limit 24 --neuron-projections none --db ioi.db
full "$HW" run --model gpt2 --data ioi.csv --limit 24 --neuron-projections none --dry-run
item "closed"
for command in "info gpt2" "digest ioi.db" "query ioi.db top_heads" "trace --model gpt2 --prompt Mary"; do
  # shellcheck disable=SC2086
  "$HW" $command 2>stderr >&-
  echo "$? $(sed 's/^headwater: //' stderr)"
done
"$HW" run --model gpt2 --data ioi.csv --limit 24 --db new.db 2>stderr >&-
echo "$? $(cat stderr)"
check_database new.db
item "a reader that goes away"
("$HW" sql ioi.db "SELECT a.* FROM edge a, role b"; echo "$?" >code) 2>stderr | head -n 1 >first
[ "$(cat code)" != 0 ] && echo "not 0, $(wc -l <stderr) lines on stderr"
same "the database is as it was" "$before" "$("$HW" digest ioi.db)"
item "stderr closed: its place is not taken by the database"
"$HW" run --model gpt2 --data ioi.csv --chunk-tokens 64 --limit 200 --db open.db --threads 1 >/dev/null 2>&- &
until [ -s open.db ]; do sleep 0.01; done
echo "written there: $(readlink /proc/$!/fd/2 | grep -c 'open\.db')"
wait $! || echo "exit $?"
check_database open.db
