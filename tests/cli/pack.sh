# SPDX-License-Identifier: Apache-2.0
# pack: free pages are given back, what takes the room is told, the content stays. info of a database.
small_run run.db --limit 12 --threads 1
"$HW" mine run.db --min-support 0.2 --top 200 --roles all >/dev/null
"$HW" mine run.db --delete 1
before=$("$HW" digest run.db)
numbers() { sed -E 's/ +[0-9]+(\.[0-9]+)?%?/ N/g'; }
"$HW" info run.db | grep -E '^(model|data set|prompts|threshold|table|graph|free pages|all) ' | numbers
"$HW" info run.db --json | "$PY" -c '
import json, os, sys
told = json.load(sys.stdin)
print("file:", told["bytes"] == os.path.getsize("run.db"), "pages:", sum(t["bytes"] for t in told["tables"]) + told["free_bytes"] == told["bytes"])
print("free pages:", told["free_bytes"] > 0, "a prompt:", all(abs(t["bytes_a_prompt"] * told["stored"] - t["bytes"]) < 1e-6 for t in told["tables"]))'
"$HW" pack run.db >packed
echo "exit $?"
head -2 packed | numbers; tail -1 packed | numbers
same "digest" "$before" "$("$HW" digest run.db)"
"$HW" info run.db --json | "$PY" -c 'import json, sys; print("free pages:", json.load(sys.stdin)["free_bytes"])'
check_database run.db
item "views of an earlier program"
"$PY" -c 'import sqlite3; c = sqlite3.connect("run.db"); c.executescript("DROP VIEW head_importance; CREATE VIEW head_importance AS SELECT 1 AS old; DROP VIEW prompt_wide")'
"$HW" check run.db | grep "differs"
"$HW" pack run.db >packed
"$HW" check run.db | grep "difference"
"$HW" sql run.db "SELECT count(*) FROM prompt_wide"
same "digest" "$before" "$("$HW" digest run.db)"
item "an older file"
gunzip -c "$ROOT/tests/migrate/v2.db.gz" >v2.db
"$HW" pack v2.db | tail -1 | numbers
"$HW" digest v2.db
item "what cannot be packed"
fails "$HW" pack nowhere.db
fails "$HW" pack ioi.csv
fails "$HW" info run.db --tensors
fails flock run.db "$HW" pack run.db --lock-timeout 0.1
