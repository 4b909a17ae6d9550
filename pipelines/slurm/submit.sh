#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A run in N shards under Slurm, and their merge when all have ended:
#   sh pipelines/slurm/submit.sh N JOB.ini OUT.db [options of headwater run]
# SBATCH_OPTIONS holds options of sbatch for the shards ("--partition=main --cpus-per-task=8 --mem=16G --time=4:00:00"), SBATCH_MERGE_OPTIONS those for
# the merge, HEADWATER the program. Paths must be seen by all nodes. Prints the numbers of both jobs.
#
# A task that is requeued (preemption, a failed node, scontrol requeue) continues what it had saved. SIGTERM stops it within the time of one chunk,
# which is to be shorter than KillWait: --chunk-tokens. Before its time limit a task is told 120 s ahead. The merge runs whatever the tasks came to
# (afterany), since it checks itself that all prompts are there; when it says what is missing, the same command submits what is left.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 3 ] || { echo "usage: submit.sh N JOB.ini OUT.db [options of headwater run]" >&2; exit 2; }
n=$1 job=$2 out=$3
shift 3
case $out in /*) ;; *) out=$PWD/$out ;; esac
mkdir -p "$out.parts"
name=$(basename "$out")
logs=$(printf '%s' "$out.parts" | sed 's/%/%%/g') # sbatch would replace % and a letter in a name
# shellcheck disable=SC2086
shards=$(sbatch --parsable --job-name="$name" --array="1-$n" --requeue --signal=B:TERM@120 --open-mode=append --output="$logs/%a.log" \
  ${SBATCH_OPTIONS:-} "$folder/shard.sbatch" "$folder/.." "$n" "$job" "$out" "$@")
shards=${shards%%;*}
# shellcheck disable=SC2086
merge=$(sbatch --parsable --job-name="$name-merge" --dependency="afterany:$shards" --requeue --open-mode=append --output="$logs/merge.log" \
  ${SBATCH_MERGE_OPTIONS:-} "$folder/merge.sbatch" "$folder/.." "$n" "$out")
echo "$shards ${merge%%;*}"
