# SPDX-License-Identifier: Apache-2.0
# The extension in Python's sqlite3.
"$PY" -c 'import sqlite3; sqlite3.connect(":memory:").enable_load_extension(True)' 2>/dev/null || skip "this python3 cannot load extensions"
. "$LIB/extension.sh"
loading "$PY" - "$extension" "$edges" "$flows" >python <<'END'
import sqlite3, sys
c = sqlite3.connect("ioi.db")
c.enable_load_extension(True)
c.load_extension(sys.argv[1])
print(*(c.execute(sql).fetchone()[0] for sql in sys.argv[2:4]))
print(*(c.execute(f"SELECT count(*) FROM {v}").fetchone()[0] for v in ("edge", "head", "neuron", "projection")))
try:
    c.execute("SELECT * FROM hw_edges('abc')").fetchall()
except sqlite3.Error as error:
    print(error)
END
same "edges, flows" "$(sed -n 1p python)" "$(ours "$edges") $(ours "$flows")"
same "views" "$(sed -n 2p python)" "$(for v in edge head neuron projection; do ours "SELECT count(*) FROM $v"; done | tr '\n' ' ' | sed 's/ $//')"
sed -n '3,$p' python
