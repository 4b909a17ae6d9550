# SPDX-License-Identifier: Apache-2.0
# How the scripts of shards end, with a program that does as it is told by its name: a stop between two programs, and what is saved or kept.
pipelines=$ROOT/pipelines
cat >stub <<'STUB'
#!/bin/sh
command=$1 db=$2
echo "$1" >>calls
while [ $# -gt 1 ]; do
  [ "$1" != --db ] || db=$2
  shift
done
case $command/$0 in
  */*talks) echo rows >"$db"; echo done || exit 1; exit 0 ;;
  merge/*) echo rows >"$db"; exit 0 ;;
  run/*late) echo rows >"$db" ;;
  run/*short) : >begun; sleep 0.5; exit 0 ;;
  pack/*) rm "$db-wal"; exit 0 ;;
  run/*empty) echo rows >"$db"; : >"$db-wal"; exit 0 ;;
  run/*log) echo rows >"$db"; echo more >"$db-wal"; exit 1 ;;
esac
[ ! -e begun ] || exit 0
trap 'stopped=yes; echo stop >>stops' TERM
: >begun
until [ -n "${stopped:-}" ]; do sleep 0.02; done
echo "finishing" >&2
exit 0 # a sleep that was stopped ends with 143
STUB
chmod +x stub
for name in late talks short empty "with a log"; do cp stub "$name"; done
echo "--- a program that ends with 0 after a stop"
for n in 1 2; do
  HEADWATER=./late "$PY" "$LIB/interrupt.py" SIGTERM exists begun sh "$pipelines/shards.sh" $n job.ini late.db 2>/dev/null
  echo "exit $?; programs: $(cat calls)"
  rm -f begun calls stops
done
echo "--- the terminal is closed, other signals, and nobody reads what is said"
gone() { echo "exit $?, $(wc -l <stops) stop, saved: $(cat $1.db.parts/1-of-1.db), kept: $(ls "$TMPDIR")"; rm -f begun stops; }
HEADWATER=./late "$PY" "$LIB/hang_up.py" begun sh "$pipelines/shards.sh" 1 job.ini closed.db
gone closed
for signal in SIGHUP SIGQUIT; do
  HEADWATER=./late "$PY" "$LIB/interrupt.py" $signal exists begun sh "$pipelines/shards.sh" 1 job.ini $signal.db 2>/dev/null
  gone $signal
done
{
  HEADWATER=./late "$PY" "$LIB/interrupt.py" SIGTERM exists begun sh "$pipelines/shards.sh" 1 job.ini unread.db
  gone unread >unread
} 2>&1 | :
cat unread
(trap '' HUP; HEADWATER=./short "$PY" "$LIB/interrupt.py" SIGHUP exists begun sh "$pipelines/shards.sh" 1 job.ini nohup.db 2>/dev/null)
echo "with nohup: exit $?"
rm begun calls
echo "--- nobody reads what a program says on stdout"
talks() { HEADWATER=./talks sh "$pipelines/shards.sh" 2 job.ini "$1"; echo "exit $?" >ended; }
seen() { echo "$(cat ended), kept: $(ls "$TMPDIR")"; ls "$1" "$1.parts"; }
talks said 2>/dev/null # where the name of the merged file is that of what is said, too
seen said
talks stdout.db 2>unread | :
seen stdout.db
talks both.db 2>&1 | :
seen both.db
echo "--- a stop while a program is started"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
  sh -c '. "$0"; (kill -TERM $$) & run_child exec sleep 1; echo "exit $?"' "$pipelines/functions.sh" 2>/dev/null
done | sort -u
echo "--- an empty log is no reason not to save"
HEADWATER=./empty sh "$pipelines/shard.sh" 1 2 job.ini empty.db 2>&1 | sed "s|$TMPDIR/headwater\.[A-Za-z0-9]*|LOCAL|"
cat empty.db.parts/1-of-2.db
echo "--- which ends start a program again"
for code in 3 64 126 127 139; do
  printf '#!/bin/sh\necho run >>runs\nexit %s\n' "$code" >ends
  chmod +x ends
  HEADWATER=./ends sh "$pipelines/shard.sh" 1 2 job.ini ends.db 2>said
  echo "exit $?, $(wc -l <runs) runs; $(tail -n 1 said)"
  rm runs
done
HEADWATER=./nowhere sh "$pipelines/shard.sh" 1 2 job.ini ends.db 2>&1 | tail -n 1
echo "--- the program that is built in the tree of the scripts"
mkdir -p tree/build
cp -r "$pipelines" tree/pipelines
printf '#!/bin/sh\necho "it runs $1"\n' >tree/build/headwater
chmod +x tree/build/headwater
env -u HEADWATER sh tree/pipelines/shards.sh 1 job.ini tree.db 2>&1 | grep "it runs"
echo "--- the command that is printed, with blanks and quotes in names"
mkdir "$TMPDIR/it's one"
TMPDIR="$TMPDIR/it's one" HEADWATER="./with a log" sh "$pipelines/shard.sh" 1 2 job.ini "your b.db" 2>kept
sh -c "$(sed 's/.*before the same command: //' kept)" && cat "your b.db.parts/1-of-2.db"
