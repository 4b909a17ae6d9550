#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same digest of a run from every instruction set, with projections screened and not: programs that use no more than AVX2 (x86-64-v3) and no more than SSE2 (plain; NEON on
# arm64) beside the program itself.
#   sh tests/isa/check.sh [--limit N] PROGRAM...
# OTHER_PROGRAM in the environment: one more, for example of another compiler.
set -eu
limit=0
[ "$1" = --limit ] && { limit=$2; shift 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# Name, program, --screen, other arguments of run
one() {
  name=$1 program=$2 screen=$3
  shift 3
  rm -f "$work/x.db"
  "$program" run "$@" --screen "$screen" --db "$work/x.db" --limit "$limit" --quiet
  digest=$("$program" digest "$work/x.db" | cut -d ' ' -f 1)
  set_of=$("$program" sql "$work/x.db" "SELECT blas_kernel FROM process" --format csv | tail -n 1)
  echo "$name  $digest  $set_of, screen $screen"
  [ "${first:=$digest}" = "$digest" ] || { echo "FAILED: $name: $program with --screen $screen has another digest"; failed=1; }
}

# Name, arguments of run
compare() {
  what=$1 first=
  shift
  for program in $programs; do one "$what" "$program" always "$@"; done
  one "$what" "${programs%% *}" never "$@"
}

programs="$* ${OTHER_PROGRAM:-}"
for pipeline in pipelines/*.ini; do compare "$(basename "$pipeline")" "$pipeline"; done
compare llama --model datasets/models/headwater-llama --data datasets/ioi.csv --project all
for model in gpt2 llama; do compare "$model, relevances" --model datasets/models/headwater-$model --data datasets/induction.csv --counterfactual --relevance both --project none; done
compare years --model datasets/models/headwater-gpt2 --data datasets/greater_than.csv
for model in gpt2 llama; do compare "$model, BF16" --model datasets/models/headwater-$model --data datasets/ioi.csv --precision bf16; done
exit $failed
