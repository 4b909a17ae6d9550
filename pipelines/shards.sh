#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A run in N shards on this machine, and their merge:
#   sh pipelines/shards.sh [--jobs J] N JOB.ini OUT.db [options of headwater run]
# One shard after the other, or J at a time with GNU parallel. On a cluster: pipelines/slurm/submit.sh. The same command continues.
# SIGTERM and SIGINT stop it: it waits until the shards in work are saved.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
jobs=''
[ "${1:-}" != --jobs ] || { jobs=$2; shift 2; }
[ $# -ge 3 ] || { echo "usage: shards.sh [--jobs J] N JOB.ini OUT.db [options of headwater run]" >&2; exit 2; }
n=$1 job=$2 out=$3
case $n in '' | *[!0-9]* | 0*) echo "shards.sh: the number of shards is \"$n\", want a whole number from 1" >&2; exit 2 ;; esac
shift 3
. "$folder/functions.sh"

# --quote: file names reach the shards as they are. --termseq: the shards of a stopped parallel have an hour to save what they have.
# --ungroup: what they say then is seen.
in_parallel() {
  exec parallel --will-cite --quote --jobs "$jobs" --ungroup --termseq TERM,3600000 sh "$folder/shard.sh" {} "$n" "$job" "$out" "$@" <<END
$(seq "$n")
END
}

if [ -n "$jobs" ]; then
  command -v parallel >/dev/null || { echo "--jobs needs GNU parallel" >&2; exit 2; }
  run_child in_parallel "$@" || { code=$?; [ -z "$stop" ] || code=130; exit "$code"; }
else
  k=1
  while [ "$k" -le "$n" ]; do
    run_child exec sh "$folder/shard.sh" "$k" "$n" "$job" "$out" "$@" || exit $?
    k=$((k + 1))
  done
fi
run_child exec sh "$folder/merge.sh" "$n" "$out" || exit $?
