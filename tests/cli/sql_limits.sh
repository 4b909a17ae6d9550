# SPDX-License-Identifier: Apache-2.0
# A statement of the user's ends at its time limit, also within one call of a function; one value has a limit; what somebody planted into a
# database is not run.
small_run run.db
fails "$HW" sql run.db "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c" --timeout 0.5
fails "$HW" sql run.db "SELECT instr(hex(zeroblob(2000000)), hex(zeroblob(1000000)) || '1')" --timeout 0.5
fails "$HW" sql run.db "SELECT length(zeroblob(900000000))"
"$HW" sql run.db "SELECT length(printf('%.*c', 900000000, 'x')) AS too_long, fts3_tokenizer('simple') AS tokenizer" --format json
"$HW" help sql | grep -A1 timeout
item "triggers"
"$PY" - <<'END'
import sqlite3
db = sqlite3.connect("run.db")
db.execute("CREATE TRIGGER planted AFTER UPDATE ON process BEGIN DELETE FROM prompt; END")
db.execute("CREATE TRIGGER planted_too AFTER INSERT ON process BEGIN DELETE FROM prompt; END")
db.commit()
END
"$HW" sql run.db "SELECT count(*) AS n FROM prompt"
small_run run.db
"$HW" sql run.db "SELECT count(*) AS n FROM prompt"
