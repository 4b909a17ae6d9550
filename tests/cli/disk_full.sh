# SPDX-License-Identifier: Apache-2.0
# A full disk: one line, what was stored stays, the same command continues once there is room.
unshare -m true 2>/dev/null || skip "no private mounts here (needs root)"
mkdir disk
cat >inside.sh <<'END'
mount -t tmpfs -o size=1m tmpfs disk || exit 77
run="run --model gpt2 --data ioi.csv --commit-seconds 0 --chunk-tokens 64 --limit 250 --neuron-projections none --threads $T --quiet"
. "$LIB/helpers.sh"
"$HW" $run --db disk/ioi.db >stdout 2>stderr
echo "exit $?, $(wc -c <stdout) bytes on stdout, $(wc -l <stderr) line on stderr"
sed 's/: cannot [a-z ]*:/: cannot (do):/' stderr
check_database disk/ioi.db
"$HW" sql disk/ioi.db "SELECT count(*) BETWEEN 1 AND 245 AS part_of_it FROM prompt" --format csv 2>/dev/null | tail -n 1 | tr -d '\r'
mount -o remount,size=64m disk
"$HW" $run --db disk/ioi.db
echo "exit $?"
"$HW" $run --db whole.db
same "as an uninterrupted run" "$("$HW" digest disk/ioi.db)" "$("$HW" digest whole.db)"
END
unshare -m --propagation private sh inside.sh
[ $? != 77 ] || skip "tmpfs cannot be mounted here"
