# SPDX-License-Identifier: Apache-2.0
# SQL that does not only read, or is none.
small_run ioi.db --limit 3
before=$("$HW" digest ioi.db)
for sql in "DELETE FROM prompt" "INSERT INTO role VALUES(9, 'x')" "UPDATE run SET threshold = 0.5" "DROP TABLE graph" "CREATE TABLE t(x)" \
  "CREATE TEMP TABLE t(x)" "VACUUM" "VACUUM INTO 'copy.db'" "ATTACH 'new.db' AS n" "PRAGMA journal_mode = WAL" "PRAGMA user_version = 7" \
  "PRAGMA writable_schema = 1" "BEGIN" "SELECT load_extension('x')" "SELECT 1; DELETE FROM prompt" "SELECT 1; SELECT 2" "" "/* nothing */" \
  "SELEC 1" "SELECT something FROM run" "SELECT * FROM nowhere" "SELECT :x" "SELECT ?" "SELECT hw_edges(1)" "SELECT * FROM hw_edges" \
  "SELECT * FROM hw_edges('abc')" "SELECT * FROM hw_edges(7)" "SELECT e.* FROM graph g, hw_edges(g.edges, 2) e" \
  "SELECT e.* FROM graph g, hw_edges(g.edges, 0.001) e" "SELECT hw_json_parts(edges, 0.001) FROM graph" \
  "SELECT hw_json_parts(edges, 1) FROM graph" "SELECT n.* FROM graph g, hw_neurons(g.neurons, 'x') n" \
  "SELECT p.* FROM graph g, hw_projections(g.projections, NULL, 2) p" "SELECT json('{')"; do
  item "$sql"
  fails "$HW" sql ioi.db "$sql"
done
same "the content is as it was" "$before" "$("$HW" digest ioi.db)"
item "query"
fails "$HW" query ioi.db top_head
fails "$HW" query ioi.db xyz
fails "$HW" query ioi.db top_heads --limits 3
fails "$HW" query ioi.db top_heads --limit
fails "$HW" query ioi.db top_heads --limit many
fails "$HW" query ioi.db top_heads --format xml
fails "$HW" query ioi.db top_heads more
fails "$HW" query ioi.db graph
fails "$HW" sql ioi.db
fails "$HW" sql ioi.db "SELECT 1" --format yaml
