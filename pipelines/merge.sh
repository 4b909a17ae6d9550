#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Merges what shard.sh made:
#   sh pipelines/merge.sh N OUT.db [options of headwater merge]
# The work is done on a disk of this machine, as in shard.sh; OUT.db takes its name when it is whole. Where it is there already it is compared
# with the shards. OUT.db.parts can be deleted after that.
set -u
[ $# -ge 2 ] || { echo "usage: merge.sh N OUT.db [options of headwater merge]" >&2; exit 2; }
n=$1 out=$2
shift 2
local=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/headwater.XXXXXX") || exit 1
child=''
trap 'rm -rf "$local"' EXIT
trap '[ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT
made=$local/$(basename "$out")
[ ! -e "$out" ] || made=$out
"${HEADWATER:-headwater}" merge "$made" "$out.parts"/*-of-"$n".db "$@" &
child=$!
code=130
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done
[ "$code" = 0 ] || exit "$code"
[ "$made" = "$out" ] || { cp "$made" "$out.copy" && mv "$out.copy" "$out"; }
