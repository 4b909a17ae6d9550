#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A run in N shards on this machine, and their merge:
#   sh pipelines/shards.sh [--jobs J] N JOB.ini OUT.db [options of headwater run]
# One shard after the other, or J at a time with GNU parallel. On a cluster: pipelines/slurm/submit.sh. The same command continues.
# SIGTERM, SIGINT, SIGQUIT and SIGHUP (the terminal is closed) stop it: it waits until the shards in work are saved.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
. "$folder/functions.sh"
wrong() { # what
  echo "$1" >&2
  exit 2
}
usage="usage: shards.sh [--jobs J] N JOB.ini OUT.db [options of headwater run]"
is_count() { # word
  case $1 in '' | *[!0-9]* | 0*) return 1 ;; esac
}
jobs=''
if [ "${1:-}" = --jobs ]; then
  [ $# -ge 5 ] || wrong "$usage"
  jobs=$2
  shift 2
  is_count "$jobs" || wrong "shards.sh: --jobs is \"$jobs\", want a whole number from 1"
fi
[ $# -ge 3 ] || wrong "$usage"
n=$1 job=$(file_name "$2") out=$(file_name "$3")
is_count "$n" || wrong "shards.sh: the number of shards is \"$n\", want a whole number from 1"
shift 3

# The command is in a variable: parallel would replace {} and its like in names of files. --termseq: the shards of a stopped parallel have an hour to
# save what they have. --ungroup: what they say then is seen. setsid: parallel ends at a SIGHUP of the terminal also where nohup has it ignored.
in_parallel() {
  HEADWATER_SHARD="exec sh $(quoted "$folder/shard.sh") \"\$1\""
  for word in "$n" "$job" "$out" "$@"; do HEADWATER_SHARD="$HEADWATER_SHARD $(quoted "$word")"; done
  export HEADWATER_SHARD
  # shellcheck disable=SC2016
  exec setsid parallel --will-cite --quote --jobs "$jobs" --ungroup --termseq TERM,3600000 sh -c 'eval "$HEADWATER_SHARD"' sh {} <<END
$(seq "$n")
END
}

if [ -n "$jobs" ]; then
  command -v parallel >/dev/null || wrong "--jobs needs GNU parallel"
  command -v setsid >/dev/null || wrong "--jobs needs setsid of util-linux"
  run_child in_parallel "$@" || { code=$?; [ -z "$stop" ] || code=130; exit "$code"; }
else
  k=1
  while [ "$k" -le "$n" ]; do
    run_child exec sh "$folder/shard.sh" "$k" "$n" "$job" "$out" "$@" || exit $?
    k=$((k + 1))
  done
fi
run_child exec sh "$folder/merge.sh" "$n" "$out" || exit $?
