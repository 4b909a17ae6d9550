#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets with clang and runs each from its seeds: those of seeds.py, and what was found before (tests/fuzz/seeds/NAME).
#   sh tests/fuzz/run.sh BUILD_FOLDER SECONDS [NAME]
# Exit 77 where clang has no fuzzer. What is found is left in BUILD_FOLDER/found/NAME: keep it in tests/fuzz/seeds/NAME.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1 seconds=$2 only=${3:-}
mkdir -p "$build"
build=$(cd "$build" && pwd)
echo 'int LLVMFuzzerTestOneInput(const char *data, unsigned long size); int LLVMFuzzerTestOneInput(const char *data, unsigned long size) { (void)data; return size > 1 ? 0 : 0; }' >"$build/probe.c"
clang -fsanitize=fuzzer "$build/probe.c" -o "$build/probe" 2>/dev/null || { echo "skipped: no clang with a fuzzer"; exit 77; }
CC=clang cmake -S "$here/../.." -B "$build" -DHEADWATER_FUZZ=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
cmake --build "$build" --target help | sed -n 's/^\.\.\. \(fuzz_.*\)/\1/p' | xargs cmake --build "$build" -j2 --target >/dev/null
/usr/bin/python3 "$here/seeds.py" "$build/seeds"
failed=0
for program in "$build"/tests/fuzz_*; do
  name=${program##*/fuzz_}
  [ -z "$only" ] || [ "$only" = "$name" ] || continue
  mkdir -p "$build/corpus/$name" "$build/found/$name" "$build/seeds/$name"
  kept=$here/seeds/$name
  [ -d "$kept" ] || kept=$build/seeds/$name
  if "$program" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=10 -max_len=65536 -artifact_prefix="$build/found/$name/" "$build/corpus/$name" "$build/seeds/$name" "$kept" \
    >"$build/$name.log" 2>&1; then
    echo "$name: $(tail -1 "$build/$name.log")"
  else
    echo "FAIL $name:"
    tail -40 "$build/$name.log"
    failed=1
  fi
done
exit $failed
