# SPDX-License-Identifier: Apache-2.0
# SIGKILL at random moments, each time continued: the same content at the end.
run="run --model gpt2 --data pronoun.csv --limit 250 --commit-seconds 0 --chunk-tokens 48 --threads $T --quiet"
start=$(date +%s%N)
# shellcheck disable=SC2086
"$HW" $run --db whole.db
took=$((($(date +%s%N) - start) / 1000000))
moments=$("$PY" -c "import random; print(*(round(random.random() * $took / 1000 * 0.6, 3) for i in range(5)))")
for moment in $moments; do
  # shellcheck disable=SC2086
  "$PY" "$LIB/interrupt.py" SIGKILL seconds:"$moment" killed.db "$HW" $run --db killed.db || true
  [ ! -s killed.db ] || "$PY" -c 'import sqlite3; print(*sqlite3.connect("killed.db").execute("PRAGMA integrity_check").fetchone())'
done >integrity
grep -v '^ok$' integrity
# shellcheck disable=SC2086
"$HW" $run --db killed.db || echo "exit $?"
same "as an uninterrupted run" "$("$HW" digest killed.db)" "$("$HW" digest whole.db)" | grep -E 'yes$' || echo "NO: killed after $moments seconds of $took ms"
ls | grep killed
