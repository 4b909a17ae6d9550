#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# House rules as a test: sh tests/rules/check.sh LIBRARY.a
#   layers include only what they may; nothing outside src/cli prints or exits; cblas.h and sqlite3.h stay in their places;
#   no file over 600 lines; every source has its SPDX line; the library has no mutable globals and no symbol twice.
set -u
library=$1
failed=0
complain() {
  echo "RULE: $*"
  failed=1
}

layer_may() { # folders that a folder's files may include
  case $1 in
    base) echo "base" ;;
    tensor) echo "base tensor" ;;
    weights) echo "base tensor weights" ;;
    graph) echo "base graph" ;;
    tokenizer) echo "base tokenizer" ;;
    model) echo "base tensor weights tokenizer model" ;;
    engine) echo "base tensor model engine" ;;
    flow) echo "base tensor graph model engine flow" ;;
    dataset) echo "base dataset" ;;
    codec) echo "base graph codec" ;;
    sqlite) echo "base sqlite" ;;
    functions) echo "base graph codec sqlite functions" ;;
    store) echo "base graph codec sqlite functions store" ;;
    query) echo "base sqlite functions store query" ;;
    mine) echo "base mine" ;;
    stats) echo "base stats" ;;
    study) echo "base graph codec sqlite store query mine stats study" ;;
    report) echo "base graph tokenizer model engine flow sqlite store query run report" ;;
    run) echo "base tensor graph tokenizer model engine flow dataset store query run" ;;
    cli) echo "base tensor graph tokenizer model engine flow dataset store query mine stats study report run cli" ;;
    *) echo "" ;;
  esac
}
header_layer() { # which layer a public header belongs to
  case $1 in
    arena | buffer | error) echo base ;;
    tensor) echo tensor ;;
    graph) echo graph ;;
    tokenizer) echo tokenizer ;;
    model) echo model ;;
    flow) echo flow ;;
    dataset) echo dataset ;;
    stats) echo stats ;;
    sql) echo sqlite ;;
    store) echo store ;;
    query) echo query ;;
    mining | comparison) echo study ;;
    export) echo report ;;
    run) echo run ;;
    *) echo "unknown" ;;
  esac
}

for file in $(find src -name '*.c' -o -name '*.h'); do
  folder=$(echo "$file" | cut -d/ -f2)
  allowed=" $(layer_may "$folder") "
  for include in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
    case $include in
      headwater/*) layer=$(header_layer "$(basename "$include" .h)") ;;
      */*) layer=${include%%/*} ;;
      *) layer=$folder ;;
    esac
    case $allowed in
      *" $layer "*) ;;
      *) complain "$file includes $include: $folder may include$allowed" ;;
    esac
  done
done

for header in include/headwater/*.h; do
  [ "$(header_layer "$(basename "$header" .h)")" = unknown ] && complain "$header: its layer is not in tests/rules/check.sh"
done

grep -nE '(^|[^a-zA-Z_])(exit|_exit|abort|printf|puts|putchar|perror|fprintf|vprintf) *\(' -r src --include='*.c' |
  grep -v '^src/cli/' | while read -r line; do echo "RULE: prints or exits outside src/cli: $line"; done | grep . && failed=1
grep -nE '(^|[^_a-z])(strto(d|f|ld)|atof|vsnprintf|snprintf[^"]*"[^"]*%[-+ #0-9.*]*[efgEFG]) *\(?' -r src --include='*.c' |
  grep -vE '^src/(cli/|base/number.c:)' | grep . && complain "numbers as text depend on the locale: base/number.h"
grep -ln 'cblas.h' -r src include | grep -v '^src/tensor/gemm.c$' | grep . && complain "cblas.h outside of src/tensor/gemm.c"
grep -lnE '<sqlite3(ext)?\.h>' -r src include | grep -v '^src/sqlite/sqlite.h$' | grep . && complain "sqlite3.h outside of src/sqlite/sqlite.h"

for file in $(git ls-files '*.c' '*.h' '*.py' '*.sh' '*.sql' '*.mjs' 2>/dev/null || find src include tests sql -type f -name '*.[ch]'); do
  [ -f "$file" ] || continue
  lines=$(wc -l <"$file")
  [ "$lines" -gt 600 ] && complain "$file has $lines lines, at most 600"
  head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || complain "$file has no SPDX line"
done

if [ "${HEADWATER_SANITIZED:-}" != 1 ]; then
  # Constants that hold addresses lie in .data.rel.ro; what lies in .data, .bss or a thread's own data can be written.
  objdump -t "$library" 2>/dev/null | awk '{for (i = 2; i < NF; i++) if ($i ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)$/ && $NF != $i) print $NF}' |
    grep . && complain "mutable globals in the library"
fi
nm --defined-only -g "$library" 2>/dev/null | awk '$2 ~ /^[TRDBi]$/ {print $3}' | sort | uniq -d | grep . && complain "a symbol is defined twice in the library"

[ "$failed" = 0 ] && echo "rules hold"
exit $failed
