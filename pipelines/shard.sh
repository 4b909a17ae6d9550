#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One shard of a run:
#   sh pipelines/shard.sh K N JOB.ini OUT.db [options of headwater run]
#
# OUT.db.parts/K-of-N.db is the shard's database, OUT.db.parts/plan what all shards share. The shard is computed on a disk of this machine
# ($SLURM_TMPDIR, else $TMPDIR, else /tmp) and copied into OUT.db.parts when it is done, when it is stopped (SIGTERM, SIGINT, SIGQUIT, SIGHUP), and every
# HEADWATER_SAVE_MINUTES (60): what is lost at most when the machine fails. Where it cannot be copied it stays on the disk of this machine, and its
# name is printed. The same command continues it, also on another machine. A program that a signal ended is started again, three times. HEADWATER
# is the program; without it build/headwater of this tree, else headwater of the PATH.
# Exit codes: 0 done (some prompts may have failed: they are in the table failed), 130 stopped, else those of headwater run.
set -u
[ $# -ge 4 ] || { echo "usage: shard.sh K N JOB.ini OUT.db [options of headwater run]" >&2; exit 2; }
. "$(dirname "$0")/functions.sh"
k=$1 n=$2 job=$(file_name "$3") parts=$(file_name "$4").parts minutes=${HEADWATER_SAVE_MINUTES:-60}
shift 4
case $minutes in
  *[!0-9.]* | *.*.* | .) echo "shard.sh: HEADWATER_SAVE_MINUTES is \"$minutes\", want a number of minutes" >&2; exit 2 ;;
esac
mkdir -p "$parts" || exit 1
part=$parts/$k-of-$n.db
local=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/headwater.XXXXXX") || exit 1
restarts=0 ran='' copied=''
trap leave EXIT

# Whether the database here and its logs are those of $part.
is_saved() {
  for log in '' -wal -journal; do
    if [ -s "$local/part.db$log" ] || [ -s "$part$log" ]; then cmp -s "$local/part.db$log" "$part$log" || return 1; fi
  done
}

has_log() { # database
  [ -s "$1-wal" ] || [ -s "$1-journal" ]
}

leave() {
  if [ -n "$ran" ] && [ -s "$local/part.db" ] && ! is_saved; then
    first=''
    ! has_log "$local/part.db" || first="$(quoted "$HEADWATER") pack $(quoted "$local/part.db") && "
    ! has_log "$part" || first="${first}rm -f $(quoted "$part-wal") $(quoted "$part-shm") $(quoted "$part-journal") && "
    echo "shard $k of $n: what is computed is not in $part, it is kept on this machine; to go on from it, before the same command: ${first}mv $(quoted "$local/part.db") $(quoted "$part")" >&2
  else
    rm -rf "$local"
  fi
}

save() {
  ! is_saved || return 0
  ! has_log "$local/part.db" || { echo "shard $k of $n: the program ended before it had folded its log in; not saved" >&2; return 1; }
  [ ! -s "$local/part.db" ] || copy_whole "$local/part.db" "$part"
}

if [ -e "$part" ]; then # with the log of a program that ended while it wrote: the file is whole only together with it
  for log in '' -wal -journal; do
    [ ! -e "$part$log" ] || cp "$part$log" "$local/part.db$log" || exit 1
  done
  copied=yes
fi
while [ -z "$stop" ]; do
  ran=yes
  run_child_to "$local/said" exec timeout --preserve-status -s TERM "${minutes}m" "$HEADWATER" run "$job" "$@" --shard "$k/$n" \
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
      if [ "$code" -le 128 ]; then # no signal
        [ -z "$copied" ] || echo "shard $k of $n: $local/part.db was a copy of $part" >&2
        exit "$code"
      fi
      [ -z "$stop" ] || exit 130
      restarts=$((restarts + 1))
      [ "$restarts" -le 3 ] || exit "$code"
      echo "shard $k of $n: the program ended with $code, it is started again" >&2
      ;;
  esac
done
exit 130
