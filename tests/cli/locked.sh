# SPDX-License-Identifier: Apache-2.0
# Another program that holds a database locked delays a command: a notice after five seconds. It ends the command after --lock-timeout: one
# that waited longer would find it free.
small_run run.db
"$HW" rethreshold run.db --threshold 0.1 --out again.db >/dev/null
for name in mine compare source waits free late late_waits late_mine late_compare late_source reserved late_reserved; do cp run.db $name.db; done
cp again.db late_again.db
mkfifo sqlite flock reserve
"$PY" "$LIB/hold.py" sqlite 7 run.db mine.db compare.db again.db source.db late.db late_mine.db late_compare.db late_again.db late_source.db >sqlite & read -r _ <sqlite
"$PY" "$LIB/hold.py" flock 7 waits.db late_waits.db >flock & read -r _ <flock
"$PY" "$LIB/hold.py" reserve 7 reserved.db late_reserved.db >reserve & read -r _ <reserve
small_run run.db >run.log 2>&1 &
small_run reserved.db >reserved.log 2>&1 &
small_run waits.db >waits.log 2>&1 &
"$HW" mine mine.db --top 1 >mine.log 2>&1 &
"$HW" compare compare.db --by group=ABBA,BABA --permutations 100 --top 1 >compare.log 2>&1 &
"$HW" rethreshold free.db --threshold 0.1 --out again.db >target.log 2>&1 &
"$HW" rethreshold source.db --threshold 0.1 --out new.db >source.log 2>&1 &
item "it gives up after --lock-timeout"
small_run late.db --lock-timeout 0.2; echo "exit $?"
small_run late_waits.db --lock-timeout 0.2; echo "exit $?"
small_run late_reserved.db --lock-timeout 0.2; echo "exit $?"
"$HW" mine late_mine.db --lock-timeout 0.2; echo "exit $?"
"$HW" compare late_compare.db --by group=ABBA,BABA --lock-timeout 0.2; echo "exit $?"
"$HW" rethreshold free.db --threshold 0.1 --out late_again.db --lock-timeout 0.2; echo "exit $?"
"$HW" rethreshold late_source.db --threshold 0.1 --out new2.db --lock-timeout 0.2; echo "exit $?"
wait
for name in run waits reserved mine compare target source; do
  item "$name"
  sed -E 's/waited [5-9] s/waited (n) s/' $name.log | grep -e locked -e "in work" -e saved -e mining -e "at threshold" -e headwater:
done
item "what was written"
"$HW" digest run.db >one; "$HW" digest waits.db | cmp one - && "$HW" digest reserved.db | cmp one - && echo "the runs are whole"
"$HW" digest again.db >one; "$HW" digest new.db | cmp one - && echo "and those at the other threshold"
