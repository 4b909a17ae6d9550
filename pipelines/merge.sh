#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Merges what shard.sh made:
#   sh pipelines/merge.sh N OUT.db [options of headwater merge]
# The work is done on a disk of this machine, as in shard.sh; OUT.db takes its name when it is whole; where it cannot be
# copied it stays on that disk, and its name is printed. Where OUT.db is there already it is compared with the shards. OUT.db.parts can be deleted
# after that.
set -u
[ $# -ge 2 ] || { echo "usage: merge.sh N OUT.db [options of headwater merge]" >&2; exit 2; }
. "$(dirname "$0")/functions.sh"
n=$1 out=$(file_name "$2")
shift 2
local=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/headwater.XXXXXX") || exit 1
trap 'rm -rf "$local"' EXIT
made=$local/$(basename "$out")
[ ! -e "$out" ] || made=$out
run_child_to "$local/$(basename "$out").said" exec "$HEADWATER" merge "$made" "$out.parts"/*-of-"$n".db "$@" || {
  code=$?
  [ -z "$stop" ] || echo "merge of $n shards: stopped; the same command begins it again" >&2
  exit "$code"
}
[ "$made" != "$out" ] || exit 0
copy_whole "$made" "$out" || {
  trap - EXIT
  echo "merge of $n shards: it cannot be copied to $out, it is kept on this machine as $made" >&2
  exit 1
}
echo "merge of $n shards: saved as $out; $made is deleted" >&2
exit 0 # also where nobody reads it
