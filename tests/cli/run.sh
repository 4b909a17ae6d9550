#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Commands and their exact output.
#   sh tests/cli/run.sh [--update] BINARY [WORD]
# A case is NAME.sh beside NAME.out: what it prints on stdout and stderr together, and "exit CODE" as last line; the progress lines
# of a slow machine are left out. A case that speaks of $T runs with one thread and with four, against the same bytes; with four
# alone where HEADWATER_CLI_ONCE is set (the sanitizers' build); some cases take a smaller sample there. WORD: only cases where /NAME.sh
# contains it, so /sql.sh is the case sql alone.
# --update records instead of comparing; read the difference before you commit it.
#
# A case runs in a fresh folder with links gpt2 and llama to the embedded models and to datasets/*.csv, and gets
#   $HW the binary   $ROOT the repository   $T threads   $PY python3   $LIB tests/cli/lib   $TMPDIR a place for scratch
# and the functions of lib/helpers.sh. What it prints must not depend on paths, times, or the processor.
set -u
update=no
[ "${1:-}" = --update ] && { update=yes; shift; }
[ $# -ge 1 ] || { echo "usage: run.sh [--update] BINARY [WORD]" >&2; exit 2; }
HW=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
word=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$here/../.." && pwd)
LIB=$here/lib
PY=python3
[ -x /usr/bin/python3 ] && PY=/usr/bin/python3
[ -x "$HW" ] || { echo "$HW: no program" >&2; exit 2; }
for model in gpt2 llama; do
  [ -f "$ROOT/datasets/models/headwater-$model/model.safetensors" ] || { echo "datasets/models/headwater-$model: not there" >&2; exit 2; }
done
export HW ROOT LIB PY
LC_ALL=C.UTF-8
PYTHONDONTWRITEBYTECODE=1
export LC_ALL PYTHONDONTWRITEBYTECODE
unset HEADWATER_THREADS COLUMNS OMP_NUM_THREADS HUGGINGFACE_HUB_CACHE HF_HOME XDG_CACHE_HOME 2>/dev/null
HF_HUB_CACHE=hub # of the case's folder
export HF_HUB_CACHE
work=$(mktemp -d "${TMPDIR:-/tmp}/headwater-cli.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

passed=0 failed=0 skipped=0
[ -z "${HEADWATER_CLI_ONCE:-}" ] || echo "HEADWATER_CLI_ONCE is set: four threads alone, and smaller samples"

# Leaves what the case printed in $folder/actual.
run_case() { # name, threads
  folder=$work/$1.$2
  mkdir -p "$folder/files" "$folder/tmp"
  ln -s "$ROOT/datasets/models/headwater-gpt2" "$folder/files/gpt2"
  ln -s "$ROOT/datasets/models/headwater-llama" "$folder/files/llama"
  ln -s "$ROOT"/datasets/*.csv "$folder/files"
  (
    cd "$folder/files" || exit 2
    T=$2 TMPDIR=$folder/tmp CASE=$here/$1.sh timeout 600 sh -c '. "$LIB/helpers.sh"; . "$CASE"' </dev/null >"$folder/actual" 2>&1
    echo "exit $?" >>"$folder/actual"
    sed -i -E '/^([a-z]+( of [ab])? [0-9]+\/[0-9]+  [0-9.]+\/s.*|(preparing|searching|ranking)  [0-9hms]+)$/d' "$folder/actual"
  )
}

check_case() { # name, threads, label
  start=$(date +%s)
  run_case "$1" "$2"
  took=$(($(date +%s) - start))
  if [ -f "$folder/tmp/skipped" ]; then
    echo "skipped $3: $(cat "$folder/tmp/skipped")"
    skipped=$((skipped + 1))
  elif grep -q Traceback "$folder/actual"; then # a script that broke is no output to record or to compare
    echo "FAIL    $3: a script of the case broke"
    grep -A8 Traceback "$folder/actual" | head -20
    failed=$((failed + 1))
  elif [ $update = yes ] && [ "$2" = 1 ]; then
    cp "$folder/actual" "$here/$1.out"
    echo "recorded $3 (${took}s)"
  elif diff -u "$here/$1.out" "$folder/actual" >"$folder/diff"; then
    echo "ok      $3 (${took}s)"
    passed=$((passed + 1))
  else
    echo "FAIL    $3 (${took}s)"
    tail -n +3 "$folder/diff" | head -60
    failed=$((failed + 1))
  fi
  rm -rf "$folder"
}

for script in "$here"/*.sh; do
  name=$(basename "$script" .sh)
  [ "$name" = run ] && continue
  case /$name.sh in *"$word"*) ;; *) continue ;; esac
  if grep -q '\$T\>' "$script"; then
    [ -n "${HEADWATER_CLI_ONCE:-}" ] || check_case "$name" 1 "$name, 1 thread"
    check_case "$name" 4 "$name, 4 threads"
  else
    check_case "$name" 1 "$name"
  fi
done
[ $skipped = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ] && { [ $passed -gt 0 ] || [ $update = yes ] || [ $skipped -gt 0 ]; }
