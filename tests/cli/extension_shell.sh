# SPDX-License-Identifier: Apache-2.0
# The extension in the sqlite3 shell.
command -v sqlite3 >/dev/null || skip "no sqlite3 shell"
. "$LIB/extension.sh"
shell() { loading sqlite3 ioi.db ".load $extension" "$1"; }
sqlite3 :memory: ".load /dev/null/x" 2>&1 | grep -q 'unknown command' && skip "this sqlite3 shell cannot load extensions"
same "edges" "$(shell "$edges")" "$(ours "$edges")"
same "flows" "$(shell "$flows")" "$(ours "$flows")"
for view in edge head neuron projection; do
  same "view $view" "$(shell "SELECT count(*) FROM $view")" "$(ours "SELECT count(*) FROM $view")"
done
shell "SELECT count(*) > 0 FROM head_importance"
echo "--- a database of somebody else"
loading sqlite3 foreign.db "CREATE TABLE t(x)" ".load $extension" "SELECT count(*) FROM t" 2>&1
loading sqlite3 :memory: ".load $extension" "SELECT * FROM hw_edges(x'00')" 2>&1 | sed 's/^.*stepping, //; s/^Runtime error: //; s/^Error: //; s/near line 1: //'
