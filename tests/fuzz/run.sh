#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets with clang and runs each from its seeds: those of seeds.py and blob_seeds.c, and what was found before
# (tests/fuzz/seeds/NAME).
#   sh tests/fuzz/run.sh BUILD_FOLDER SECONDS [NAME]...
# Exit 77 where clang has no fuzzer. What is found is left in BUILD_FOLDER/found/NAME: keep it in tests/fuzz/seeds/NAME.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1 seconds=$2
shift 2
mkdir -p "$build"
build=$(cd "$build" && pwd)
echo 'int LLVMFuzzerTestOneInput(const char *data, unsigned long size); int LLVMFuzzerTestOneInput(const char *data, unsigned long size) { (void)data; return size > 1 ? 0 : 0; }' >"$build/probe.c"
clang -fsanitize=fuzzer "$build/probe.c" -o "$build/probe" 2>/dev/null || { echo "skipped: no clang with a fuzzer"; exit 77; }
# Little optimisation, no variables for a debugger: half of the time of clang.
CC=clang cmake -S "$here/../.." -B "$build" -DHEADWATER_FUZZ=ON -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-O1 -gline-tables-only" >/dev/null
cmake --build "$build" -j2 --target fuzz -- -s --no-print-directory >"$build/build.log" || { tail -40 "$build/build.log"; exit 1; }
/usr/bin/python3 "$here/seeds.py" "$build/seeds"
mkdir -p "$build/seeds/blob"
"$build/tests/blob_seeds" "$build/seeds/blob"
# A small quarantine of freed memory and one thread of BLAS: fresh pages, and telling another core that they are gone, were half of a run.
export ASAN_OPTIONS=quarantine_size_mb=4:malloc_context_size=8 OPENBLAS_NUM_THREADS=1
[ -w /dev/shm ] && base=/dev/shm || base=${TMPDIR:-/tmp}
TMPDIR=$(mktemp -d "$base/hw_fuzz_XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
failed=0
for program in "$build"/tests/fuzz_*; do
  name=${program##*/fuzz_}
  case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
  mkdir -p "$build/corpus/$name" "$build/found/$name" "$build/seeds/$name"
  kept=$here/seeds/$name dict=
  [ -d "$kept" ] || kept=$build/seeds/$name
  [ ! -f "$build/seeds/$name.dict" ] || dict=-dict=$build/seeds/$name.dict
  if "$program" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=25 -print_funcs=0 -max_len=4096 ${dict:+"$dict"} -artifact_prefix="$build/found/$name/" \
    "$build/corpus/$name" "$build/seeds/$name" "$kept" >"$build/$name.log" 2>&1; then
    echo "$name: $(sed -n 's/^#[0-9]*[[:space:]]*DONE *//p' "$build/$name.log"); $(tail -1 "$build/$name.log")"
  else
    echo "FAIL $name:"
    tail -40 "$build/$name.log"
    failed=1
  fi
done
exit $failed
