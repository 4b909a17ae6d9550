# SPDX-License-Identifier: Apache-2.0
# The name of a merged file: a log that a database left there is no part of it, and a database that came there while the files were merged stays.
for k in 1 2; do small_run s$k.db --shard $k/2 & done
wait
small_run whole.db
small_run other.db --threshold 0.05
digest=$("$HW" digest whole.db)
item "the log of a database that is gone"
cp whole.db all.db && "$PY" "$LIB/hot.py" log all.db && rm all.db && ls all.db*
"$HW" merge all.db s1.db s2.db --quiet
same "digest" "$("$HW" digest all.db)" "$digest"
ls all.db* && rm all.db
item "what is beside it cannot be removed"
mkdir all.db-shm
"$HW" merge all.db s1.db s2.db --quiet; echo "exit $?"
ls -d all.db* && rmdir all.db-shm
"$HW" merge all.db s1.db s2.db --quiet && rm all.db
item "a database that came while the files were merged"
merge_beside() { # database that comes
  : >all.db
  mkfifo held
  "$PY" "$LIB/hold.py" flock 3 all.db >held & read -r _ <held
  "$HW" merge all.db s1.db s2.db --quiet >stdout 2>stderr &
  merging=$!
  until [ -e all.db.merging ]; do sleep 0.01; done
  cp "$1" all.db
  wait $merging; echo "exit $?"
  cat stdout stderr
  cmp "$1" all.db && ls all.db*
  rm -f all.db* held
}
merge_beside other.db
merge_beside whole.db
item "links"
ln -s target.db all.db
fails "$HW" merge all.db s1.db s2.db --quiet
