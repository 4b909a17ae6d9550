#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The installed tree, in a folder of its own: sh tests/install/check.sh BUILD_DIR
#   which files are there, that nothing names the build folder, that the shared library exports what the headers promise, and that a
#   C and a C++ program outside of the source build against it and trace a prompt.
set -u
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/headwater-install.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
prefix=$work/usr
failed=0
complain() {
  echo "FAIL $*"
  failed=1
}

cmake --install "$build" --prefix "$prefix" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
lib=$(dirname "$(find "$prefix" -name libheadwater.a)")
version=$("$prefix/bin/headwater" --version) || complain "headwater --version"
[ "$version" = "headwater $(sed -n 's/^project(headwater VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")" ] || complain "version: $version"
grep -q "^version: ${version#headwater }$" "$root/CITATION.cff" || complain "CITATION.cff has another version than $version"

# ---- files ----
(cd "$prefix" && find . -type f -o -type l) | sed "s#^\./${lib#"$prefix"/}/#LIB/#; s#^\./##" | LC_ALL=C sort >"$work/found"
for header in "$root"/include/headwater/*.h; do echo "include/headwater/$(basename "$header")"; done >"$work/wanted"
cat >>"$work/wanted" <<END
LIB/headwater/headwater_sqlite.so
LIB/libheadwater.a
LIB/libheadwater.so
LIB/libheadwater.so.${version#headwater }
LIB/libheadwater.so.$(echo "${version#headwater }" | cut -d. -f1,2)
LIB/pkgconfig/headwater.pc
bin/headwater
END
for command in $("$prefix/bin/headwater" | sed -n 's/^  \([a-z]*\) .*/\1/p'); do echo "share/man/man1/headwater-$command.1"; done >>"$work/wanted"
cat >>"$work/wanted" <<END
share/bash-completion/completions/headwater
share/man/man1/headwater.1
share/man/man5/headwater-database.5
share/man/man5/headwater-model.5
share/zsh/site-functions/_headwater
END
LC_ALL=C sort -o "$work/wanted" "$work/wanted"
diff "$work/wanted" "$work/found" || complain "installed files: < wanted, > found"

grep -rlaF "$build" "$prefix" && complain "these files name the build folder"
for file in "$prefix/bin/headwater" "$lib/libheadwater.so" "$lib/headwater/headwater_sqlite.so"; do
  objdump -p "$file" | grep -E 'RPATH|RUNPATH' && complain "$file has a path of its own to libraries"
done

if command -v man >/dev/null; then
  MANPATH=$prefix/share/man MANWIDTH=80 man headwater-run 2>/dev/null | grep -q threshold || complain "man headwater-run finds no page"
else
  echo "skipped man: it is not there"
fi

# ---- symbols ----
sed -n 's/^HW_API [^(;[]*[ *]\(hw_[a-z0-9_]*\)[(;[].*/\1/p' "$root"/include/headwater/*.h | LC_ALL=C sort >"$work/declared"
nm -D --defined-only "$lib/libheadwater.so" | awk '{print $3}' | LC_ALL=C sort >"$work/exported"
diff "$work/declared" "$work/exported" || complain "symbols: < declared with HW_API, > exported"
grep -c . "$work/exported" | grep -q '^[0-9][0-9]' || complain "libheadwater.so exports next to nothing"

nm -D --defined-only "$lib/headwater/headwater_sqlite.so" | awk '{print $3}' | LC_ALL=C sort | tr '\n' ' ' >"$work/exported"
[ "$(cat "$work/exported")" = "sqlite3_extension_init sqlite3_headwatersqlite_init " ] || complain "headwater_sqlite.so exports $(cat "$work/exported")"

# ---- what a packager sets ----
cmake -S "$root" -B "$work/packager" -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR=/opt/hw/lib -DCMAKE_INSTALL_INCLUDEDIR=/opt/hw/include \
  -DCMAKE_C_FLAGS_RELEASE="-O2 -DPACKAGER" >"$work/log" 2>&1 || { cat "$work/log"; complain "folders as absolute paths: does not configure"; }
sed '/^$/,$d' "$work/packager/headwater.pc" | tr '\n' ' ' >"$work/folders"
[ "$(cat "$work/folders")" = "prefix=/usr libdir=/opt/hw/lib includedir=/opt/hw/include " ] || complain "headwater.pc of absolute folders: $(cat "$work/folders")"
grep '"command"' "$work/packager/compile_commands.json" | grep -vc -e '-O2 -DPACKAGER' | grep -qx 0 || complain "files are compiled without the packager's CMAKE_C_FLAGS_RELEASE"

# ---- programs ----
export PKG_CONFIG_LIBDIR="$lib/pkgconfig" # no other package is known: the shared library needs none
model=$root/datasets/models/headwater-gpt2
prompt="When Mary and John went to the store, John gave a drink to"
build_and_run() { # compiler, language, label
  # shellcheck disable=SC2046
  $1 -Wall -Wextra -Werror -x "$2" "$root/examples/trace_prompt.c" -x none $(pkg-config --cflags --libs headwater) -o "$work/trace" 2>"$work/errors" ||
    { cat "$work/errors"; complain "$3: does not build"; return; }
  LD_LIBRARY_PATH=$lib "$work/trace" "$model" "$prompt" >"$work/output" 2>&1 || complain "$3: exit $?"
  ldd "$work/trace" 2>/dev/null | grep -q libheadwater.so || complain "$3: is not linked with the shared library"
  grep -q '^prediction " Mary" probability 0.9' "$work/output" && grep -q '^head L1H5 importance 0.3' "$work/output" ||
    { cat "$work/output"; complain "$3: prints something else"; }
  LD_LIBRARY_PATH=$lib "$work/trace" "$model" "" >"$work/output" 2>&1 && complain "$3: an empty prompt is no error"
  grep -q "the prompt is empty" "$work/output" || complain "$3: no message for an empty prompt"
}
build_and_run "${CC:-cc} -std=c11" c "C"
if command -v g++ >/dev/null; then build_and_run "g++ -std=c++17" c++ "C++"; else echo "skipped C++: g++ is not there"; fi
unset PKG_CONFIG_LIBDIR
# shellcheck disable=SC2046
${CC:-cc} "$root/examples/trace_prompt.c" $(PKG_CONFIG_PATH="$lib/pkgconfig" pkg-config --static --cflags --libs headwater |
  sed "s#-lheadwater#$lib/libheadwater.a#") -o "$work/static" 2>"$work/errors" || { cat "$work/errors"; complain "the archive does not link"; }
"$work/static" "$model" "$prompt" 2>&1 | grep -q '^prediction " Mary"' || complain "the archive's program prints something else"

[ $failed = 0 ] && echo "the installed tree is whole"
exit $failed
