# SPDX-License-Identifier: Apache-2.0
# The scripts of shards: what cannot be copied is kept and named, a stop reaches the program, the log ends with the names of files that stay.
HEADWATER=$HW
export HEADWATER
pipelines=$ROOT/pipelines
printf 'model = gpt2\ndata = ioi.csv\nlimit = 40\nchunk-tokens = 64\nneuron-projections = none\nthreads = 1\nquiet = yes\n' >job.ini
hide() { sed "s|$TMPDIR/headwater\.[A-Za-z0-9]*|LOCAL|g; s|$HW|headwater|g; s/cp: .*: /cp: /"; }
shard() { sh "$pipelines/shard.sh" "$@" >stdout 2>stderr; code=$?; cat stdout stderr | hide; echo "exit $code"; }
left() { ls o.db.parts; (cd "$TMPDIR" && ls | sed 's/headwater\..*/LOCAL/'); }
full() { ln -s /dev/full "$1.copy"; } # a disk without room for it
echo "--- a shard that cannot be copied"
mkdir o.db.parts
full o.db.parts/1-of-2.db
shard 1 2 job.ini o.db
left
kept=$(echo "$TMPDIR"/headwater.*/part.db)
"$HW" sql "$kept" "SELECT count(*) AS prompts FROM prompt" 2>/dev/null
mv "$kept" o.db.parts/1-of-2.db && rmdir "$TMPDIR"/headwater.*
shard 1 2 job.ini o.db
shard 2 2 job.ini o.db
left
echo "--- a shard that is refused leaves nothing"
shard 2 2 job.ini o.db --threshold 0.05
left
echo "--- a program that a signal ends again and again"
cat >killed <<'END'
#!/bin/sh
"$HW" "$@" --commit-seconds 0 --chunk-tokens 16 &
until [ -s "$(echo "$TMPDIR"/headwater.*/part.db-wal)" ]; do sleep 0.02; done
sleep 0.2
kill -KILL $!
kill -KILL $$
END
chmod +x killed
printf 'model = gpt2\ndata = ioi.csv\nlimit = 1000\nneuron-projections = none\nthreads = 1\nquiet = yes\n' >long.ini
HEADWATER=./killed sh "$pipelines/shard.sh" 1 2 long.ini k.db 2>&1 | hide | sed 's|\./killed|headwater|' | grep '^shard'
kept=$(echo "$TMPDIR"/headwater.*/part.db)
"$HW" pack "$kept" >/dev/null 2>&1 && ls "$(dirname "$kept")"
rm -r "$TMPDIR"/headwater.* k.db.parts
echo "--- a merge that cannot be copied"
merge() { sh "$pipelines/merge.sh" 2 o.db >stdout 2>stderr; code=$?; cat stdout stderr | hide; echo "exit $code"; ls o.db*; }
full o.db
merge
"$HW" digest "$TMPDIR"/headwater.*/o.db >kept
rm -r "$TMPDIR"/headwater.*
merge
same "digest of what was kept" "$(cat kept)" "$("$HW" digest o.db)"
echo "--- a stop"
printf 'model = gpt2\ndata = ioi.csv\ncounterfactual = yes\nchunk-tokens = 64\nneuron-projections = none\nthreads = 1\nquiet = yes\n' >long.ini
for signal in SIGTERM SIGINT; do
  "$PY" "$LIB/interrupt.py" $signal exists "$signal.db.parts/plan" sh "$pipelines/shards.sh" 2 long.ini $signal.db >stdout 2>stderr
  echo "exit $?"
  grep -a -l "$TMPDIR/[h]eadwater" /proc/[0-9]*/cmdline 2>/dev/null # programs that are left
  ls "$TMPDIR"
done
