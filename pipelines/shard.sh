#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One shard of a run:
#   sh pipelines/shard.sh K N JOB.ini OUT.db [options of headwater run]
#
# OUT.db.parts/K-of-N.db is the shard's database, OUT.db.parts/plan what all shards share. The shard is computed on a disk of this machine
# ($SLURM_TMPDIR, else $TMPDIR, else /tmp) and copied into OUT.db.parts when it is done, when it is stopped (SIGTERM, SIGINT), and every
# HEADWATER_SAVE_MINUTES (60): what is lost at most when the machine fails. Where it cannot be copied it stays on the disk of this machine, and its
# name is printed. The same command continues it, also on another machine. A program that a signal ended is started again, three times. HEADWATER
# is the program; without it build/headwater of this tree, else headwater of the PATH.
# Exit codes: 0 done (some prompts may have failed: they are in the table failed), 130 stopped, else those of headwater run.
set -u
[ $# -ge 4 ] || { echo "usage: shard.sh K N JOB.ini OUT.db [options of headwater run]" >&2; exit 2; }
k=$1 n=$2 job=$3 parts=$4.parts
shift 4
. "$(dirname "$0")/functions.sh"
mkdir -p "$parts" || exit 1
part=$parts/$k-of-$n.db
local=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/headwater.XXXXXX") || exit 1
restarts=0 ran=''
trap leave EXIT

leave() {
  if [ -n "$ran" ] && [ -s "$local/part.db" ] && { [ -s "$local/part.db-wal" ] || ! cmp -s "$local/part.db" "$part"; }; then
    fold=''
    [ ! -s "$local/part.db-wal" ] || fold="$(quoted "$HEADWATER") pack $(quoted "$local/part.db") && "
    echo "shard $k of $n: what is computed is not in $part, it is kept on this machine; to go on from it, before the same command: ${fold}mv $(quoted "$local/part.db") $(quoted "$part")" >&2
  else
    rm -rf "$local"
  fi
}

save() {
  [ ! -s "$local/part.db-wal" ] || { echo "shard $k of $n: the program ended before it had folded its log in; not saved" >&2; return 1; }
  [ ! -s "$local/part.db" ] || copy_whole "$local/part.db" "$part"
}

[ ! -e "$part" ] || cp "$part" "$local/part.db" || exit 1
while [ -z "$stop" ]; do
  ran=yes
  run_child exec timeout --preserve-status -s TERM "${HEADWATER_SAVE_MINUTES:-60}m" "$HEADWATER" run "$job" "$@" --shard "$k/$n" \
    --plan "$parts/plan" --db "$local/part.db" --failed-ok
  code=$?
  case $code in
    0)
      save || exit 1
      echo "shard $k of $n: saved as $part; $local/part.db is deleted" >&2
      exit 0
      ;;
    130) save || [ -z "$stop" ] || exit 1 ;; # a save that fails while it computes may succeed the next time
    126 | 127)
      echo "shard $k of $n: the program \"$HEADWATER\" cannot be started: build or install Headwater, or set HEADWATER to the program" >&2
      exit "$code"
      ;;
    *)
      [ "$code" -gt 128 ] || exit "$code" # no signal
      [ -z "$stop" ] || exit 130
      restarts=$((restarts + 1))
      [ "$restarts" -le 3 ] || exit "$code"
      echo "shard $k of $n: the program ended with $code, it is started again" >&2
      ;;
  esac
done
exit 130
