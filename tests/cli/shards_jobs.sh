# SPDX-License-Identifier: Apache-2.0
# shards.sh with GNU parallel, which knows {} and more in its arguments: names of files and options reach the shards as they are. With nohup a SIGHUP of the
# terminal, which goes to all programs of the process group, does not end it.
command -v parallel >/dev/null || skip "GNU parallel is not there"
cat >stub <<'STUB'
#!/bin/sh
db=$2 said=$1
for word in "$@"; do
  case $word in *.ini | *=* | */2 | *plan) said="$said [$word]" ;; esac
done
[ "$1" != run ] || echo "$said" >>calls
while [ $# -gt 1 ]; do
  [ "$1" != --db ] || db=$2
  shift
done
case $0 in */slow) : >begun; sleep 0.5 ;; esac
echo rows >"$db"
STUB
chmod +x stub && cp stub slow
for name in 'p%{}.db' "{.} {#} {1} {= 5 =} it's.db"; do
  HEADWATER=./stub sh "$ROOT/pipelines/shards.sh" --jobs 2 2 'j{}.ini' "$name" "--where=group='{/}' \$x" 2>/dev/null
  echo "exit $?"
  sort calls
  ls "$name" "$name.parts"
  rm calls
done
echo "--- nohup"
(trap '' HUP; export HEADWATER=./slow; exec setsid sh "$ROOT/pipelines/shards.sh" --jobs 1 3 job.ini nohup.db 2>/dev/null) &
until [ -e begun ]; do sleep 0.02; done
kill -s HUP -- "-$!"
wait $!
echo "exit $?"
ls nohup.db nohup.db.parts
