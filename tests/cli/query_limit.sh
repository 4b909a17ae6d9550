# SPDX-License-Identifier: Apache-2.0
# Rows that the default of --limit may have cut are said on stderr, in every format; --limit 0 gives all.
small_run ioi.db --group-by group
lines() { tr -d '\r' <rows | wc -l; }
echo "--- the default is reached"
for format in table csv json; do
  "$HW" query ioi.db frequent_edges --format $format >rows 2>said
  echo "$format: $(lines) lines; $(cat said)"
done
"$HW" query ioi.db heads_by_group >rows # of each group
"$HW" query ioi.db prompts >rows # 100 rows, and there are 24
echo "--- --limit is given"
"$HW" query ioi.db frequent_edges --limit 20 --format csv >rows
echo "$(lines) lines"
"$HW" query ioi.db frequent_edges --limit 0 --format csv >rows
same "all of the view" "$(($(lines) - 1))" "$("$HW" sql ioi.db "SELECT count(*) FROM edge_frequency" --format csv | tail -n 1 | tr -d '\r')"
"$HW" query ioi.db heads_by_group --limit 0 --format csv >rows
same "all of each group" "$(($(lines) - 1))" "$("$HW" sql ioi.db "SELECT count(*) FROM head_importance_by_group" --format csv | tail -n 1 | tr -d '\r')"
echo "--- queries of one's own"
mkdir own
printf -- '-- Layers.\n-- :limit <count> = 2  layers\nSELECT DISTINCT layer FROM head_importance ORDER BY layer LIMIT :limit\n' >own/layers.sql
printf -- '-- Layers.\n-- :limit <count>  layers\nSELECT DISTINCT layer FROM head_importance ORDER BY layer LIMIT :limit\n' >own/given.sql
printf -- '-- Layers.\n-- :limit <count> = 1\nSELECT DISTINCT layer FROM head_importance ORDER BY layer LIMIT :limit\n' >own/wordless.sql
"$HW" query ioi.db layers --queries own
"$HW" query ioi.db wordless --queries own --format json
"$HW" query ioi.db given --queries own --limit 2
