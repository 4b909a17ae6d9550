#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One shard of a run:
#   sh pipelines/shard.sh K N JOB.ini OUT.db [options of headwater run]
#
# OUT.db.parts/K-of-N.db is the shard's database, OUT.db.parts/plan what all shards share. The shard is computed on a disk of this machine
# ($SLURM_TMPDIR, else $TMPDIR, else /tmp) and copied into OUT.db.parts when it is done, when it is stopped (SIGTERM, SIGINT), and every
# HEADWATER_SAVE_MINUTES (60): what is lost at most when the machine fails. The same command continues it, also on another machine. A program
# that a signal ended is started again, three times. HEADWATER is the program (headwater).
# Exit codes: 0 done (some prompts may have failed: they are in the table failed), 130 stopped, else those of headwater run.
set -u
[ $# -ge 4 ] || { echo "usage: shard.sh K N JOB.ini OUT.db [options of headwater run]" >&2; exit 2; }
k=$1 n=$2 job=$3 parts=$4.parts
shift 4
mkdir -p "$parts" || exit 1
part=$parts/$k-of-$n.db
local=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/headwater.XXXXXX") || exit 1
child='' stop='' restarts=0
trap 'rm -rf "$local"' EXIT
trap 'stop=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT

save() { # the copy takes its name when it is whole
  [ ! -e "$local/part.db-wal" ] || { echo "shard $k of $n: the program ended before it had folded its log in; not saved" >&2; return 1; }
  [ ! -s "$local/part.db" ] || { cp "$local/part.db" "$part.copy" && mv "$part.copy" "$part"; }
}

[ ! -e "$part" ] || cp "$part" "$local/part.db" || exit 1
while [ -z "$stop" ]; do
  timeout --preserve-status -s TERM "${HEADWATER_SAVE_MINUTES:-60}m" "${HEADWATER:-headwater}" run "$job" "$@" --shard "$k/$n" --plan "$parts/plan" \
    --db "$local/part.db" --failed-ok &
  child=$!
  code=130
  while kill -0 "$child" 2>/dev/null; do # a signal to this shell ends wait, not the program
    wait "$child"
    code=$?
  done
  child=''
  case $code in
    0) save && exit 0 || exit 1 ;;
    130) save || exit 1 ;;
    1 | 2) exit "$code" ;;
    *)
      restarts=$((restarts + 1))
      [ "$restarts" -le 3 ] || exit "$code"
      echo "shard $k of $n: the program ended with $code, it is started again" >&2
      ;;
  esac
done
exit 130
