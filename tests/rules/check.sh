#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# House rules as a test: sh tests/rules/check.sh LIBRARY.a...
#   rooms include only what they may, without circles, and none is too large (includes.py); nothing outside src/cli and src/manual prints or exits;
#   the page's modules can be put together, and make no markup of text (web.py);
#   cblas, sqlite3.h and microhttpd.h stay in their places; no file over 500 lines; every source has its SPDX line; the libraries have no mutable
#   globals, no symbol twice, and no global name that does not begin with hw_.
set -u
failed=0
complain() {
  echo "RULE: $*"
  failed=1
}

python3 tests/rules/includes.py || failed=1
python3 tests/rules/web.py || failed=1

grep -nE '(^|[^a-zA-Z_])(exit|_exit|abort|printf|puts|putchar|perror|fprintf|vprintf) *\(' -r src --include='*.c' |
  grep -v -e '^src/cli/' -e '^src/manual/' | while read -r line; do echo "RULE: prints or exits in the library: $line"; done | grep . && failed=1
grep -nE '(^|[^_a-z])(strto(d|f|ld)|atof|vsnprintf|snprintf[^"]*"[^"]*%[-+ #0-9.*]*[efgEFG]) *\(?' -r src --include='*.c' |
  grep -vE '^src/(cli/|manual/|base/number.c:)' | grep . && complain "numbers as text depend on the locale: base/number.h"
grep -lnE 'cblas|dlopen' -r src include | grep -vE '^src/tensor/(blas.c|CMakeLists.txt)$' | grep . && complain "cblas or dlopen outside of src/tensor/blas.c"
grep -lnE '<sqlite3(ext)?\.h>' -r src include | grep -v '^src/sqlite/sqlite.h$' | grep . && complain "sqlite3.h outside of src/sqlite/sqlite.h"

grep -ln 'microhttpd.h' -r src include | grep -v '^src/web/server.c$' | grep . && complain "microhttpd.h outside of src/web/server.c"

for file in $(git ls-files '*.c' '*.h' '*.py' '*.sh' '*.sql' '*.mjs' 'web/*' 2>/dev/null || find src include tests sql -type f -name '*.[ch]'); do
  [ -f "$file" ] && echo "$file"
done | xargs awk '
  {lines[FILENAME] = FNR}
  FNR <= 3 && /SPDX-License-Identifier: Apache-2.0/ {spdx[FILENAME] = 1}
  END {
    for (file in lines) {
      if (lines[file] > 500) {print "RULE: " file " has " lines[file] " lines, at most 500"; bad = 1}
      if (!spdx[file]) {print "RULE: " file " has no SPDX line"; bad = 1}
    }
    exit bad
  }' || failed=1

for library in "$@"; do
  [ -f "$library" ] || complain "$library: not there"
  if [ "${HEADWATER_SANITIZED:-}" != 1 ]; then
    # Constants that hold addresses lie in .data.rel.ro; what lies in .data, .bss or a thread's own data can be written.
    objdump -t "$library" 2>/dev/null | awk '{for (i = 2; i < NF; i++) if ($i ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)$/ && $NF != $i) print $NF}' |
      grep . && complain "mutable globals in $library"
    nm --defined-only -g "$library" 2>/dev/null | awk '$2 ~ /^[A-Zi]$/ && $3 !~ /^hw_/ {print $3}' | sort -u | grep . && complain "a global name without hw_ in $library"
  fi
  nm --defined-only -g "$library" 2>/dev/null | awk '$2 ~ /^[TRDBi]$/ {print $3}' | sort | uniq -d | grep . && complain "a symbol is defined twice in $library"
done

# A declaration without HW_API is not exported; without the two macros C++ looks for another name.
grep -nE '^[a-z].*\bhw_[a-z0-9_]+ *\(|^extern ' include/headwater/*.h | grep -vE ':(typedef|struct|enum|static) ' | grep . && complain "declared without HW_API"
for header in include/headwater/*.h; do
  [ "$header" = include/headwater/headwater.h ] && continue
  grep -q '^HW_BEGIN_C$' "$header" && grep -q '^HW_END_C$' "$header" || complain "$header: HW_BEGIN_C and HW_END_C around the declarations"
done

[ "$failed" = 0 ] && echo "rules hold"
exit $failed
