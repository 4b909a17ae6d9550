# SPDX-License-Identifier: Apache-2.0
# For cases of the loadable extension: $extension, and $preload, what a program that loads a sanitized one needs.
extension=$(dirname "$HW")/headwater_sqlite
[ -f "$extension.so" ] || skip "$extension.so is not built"
preload=$(ldd "$extension.so" | sed -n 's/.*=> \(.*\(libasan\|libubsan\)[^ ]*\) .*/\1/p' | tr '\n' ' ')
loading() { LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 "$@"; }
small_run ioi.db
edges="SELECT count(*) FROM graph g, hw_edges(g.edges)"
flows="SELECT printf('%.3f', sum(e.flow)) FROM graph g, hw_edges(g.edges) e WHERE e.layer = 0 AND e.kind IN ('ffn', 'ffn_residual')"
ours() { "$HW" sql ioi.db "$1" --format csv | tail -n 1 | tr -d '\r'; }
