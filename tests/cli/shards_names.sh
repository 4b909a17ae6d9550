# SPDX-License-Identifier: Apache-2.0
# The scripts of shards: names of files that another program takes for an option or for a pattern, and wrong arguments.
pipelines=$ROOT/pipelines
cat >stub <<'STUB'
#!/bin/sh
db=$2
printf '%s' "$1"
for word in "$@"; do
  case $word in ./* | -d* | p*) printf ' [%s]' "$word" ;; esac
done
echo
while [ $# -gt 1 ]; do
  [ "$1" != --db ] || db=$2
  shift
done
echo rows >"$db"
STUB
chmod +x stub
HEADWATER=./stub
export HEADWATER
echo "--- names that begin with -"
sh "$pipelines/shards.sh" 2 -j.ini -d.db 2>/dev/null
echo "exit $?"
ls ./-d.db.parts ./-d.db
echo "--- wrong arguments"
fails sh "$pipelines/shards.sh" --jobs
fails sh "$pipelines/shards.sh" --jobs 3 job.ini out.db
fails sh "$pipelines/shards.sh" --jobs x 3 job.ini out.db
fails sh "$pipelines/shards.sh" 0 job.ini out.db
for minutes in abc 1h 1.2.3 .; do fails env HEADWATER_SAVE_MINUTES=$minutes sh "$pipelines/shards.sh" 2 job.ini out.db; done
HEADWATER_SAVE_MINUTES=0.5 sh "$pipelines/shard.sh" 1 2 job.ini half.db >/dev/null 2>&1
echo "half a minute: exit $?"
echo "--- names of logs, which sbatch takes for patterns"
mkdir bin
# shellcheck disable=SC2016
printf '#!/bin/sh\nfor word in "$@"; do case $word in --output=*) echo "$word" >>logs ;; esac; done\necho 7\n' >bin/sbatch
chmod +x bin/sbatch
PATH=$PWD/bin:$PATH sh "$pipelines/slurm/submit.sh" 2 job.ini "100%j.db"
sed 's|=.*/\([^/]*/[^/]*\)$|=\1|' logs
