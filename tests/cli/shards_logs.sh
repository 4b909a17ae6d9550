# SPDX-License-Identifier: Apache-2.0
# Shards whose database has a log beside it, as a program leaves it that was killed while it wrote there: what is in the log is not lost, and no new
# file is put beside an old log.
HEADWATER=$HW
export HEADWATER
pipelines=$ROOT/pipelines
printf 'model = gpt2\ndata = ioi.csv\nlimit = 40\nchunk-tokens = 64\nneuron-projections = none\nthreads = 1\nquiet = yes\n' >job.ini
hide() { sed "s|$TMPDIR/headwater\.[A-Za-z0-9]*|LOCAL|g; s|$HW|headwater|g; s/cp: .*: /cp: /"; }
shard() { sh "$pipelines/shard.sh" 1 2 job.ini "$1" >stdout 2>stderr; code=$?; cat stdout stderr | hide; echo "exit $code"; }
digest() { "$HW" digest "$1" 2>/dev/null; }
left() { ls "$1.parts"; (cd "$TMPDIR" && ls | sed 's/headwater\..*/LOCAL/'); }
full() { ln -s /dev/full "$1.copy"; } # a disk without room for it
cat >instead <<'END'
#!/bin/sh
# Says how many prompts of its database are those of the log, and is refused.
while [ "$1" != --db ]; do shift; done
rm -rf seen && mkdir seen && cp "$2"* seen
"$HW" sql seen/part.db "SELECT count(*) AS prompts FROM prompt WHERE text LIKE '% and more'" --format csv 2>/dev/null
exit 3
END
chmod +x instead
shard complete.db
for kind in log journal; do
  echo "--- $kind"
  part=$kind.db.parts/1-of-2.db
  mkdir $kind.db.parts
  cp complete.db.parts/1-of-2.db $part
  "$PY" "$LIB/hot.py" $kind $part
  for file in $part*; do cp "$file" "wanted$(echo "$file" | sed 's/.*db//')"; done
  wanted=$(digest wanted)
  HEADWATER=./instead shard $kind.db
  left $kind.db
  full $part
  shard $kind.db
  cp $part* .
  sh -c "$(sed -n 's/.*before the same command: //p' stderr)" && rmdir "$TMPDIR"/headwater.*
  left $kind.db
  same "digest of what was kept" "$(digest $part)" "$wanted"
  rm $part && mv 1-of-2.db* $kind.db.parts
  shard $kind.db
  left $kind.db
  same "digest of what was saved" "$(digest $part)" "$wanted"
  rm wanted*
done
echo "--- the log of a merged database that is gone"
shards() { sh "$pipelines/shards.sh" 2 job.ini complete.db >/dev/null 2>stderr; echo "exit $?"; }
shards
"$PY" "$LIB/hot.py" log complete.db && rm complete.db
shards
ls complete.db*
