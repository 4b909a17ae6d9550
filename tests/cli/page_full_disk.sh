# SPDX-License-Identifier: Apache-2.0
# A saved page that does not fit on the disk: one line, and the older file stays.
unshare -m true 2>/dev/null || skip "no private mounts here (needs root)"
printf 'prompt\n"When Mary and John went to the store"\n' >one.csv
"$HW" run --model gpt2 --data one.csv --db one.db --quiet
cat >inside.sh <<'END'
mount -t tmpfs -o size=64k tmpfs disk || exit 77
echo older >disk/page.html
"$HW" page one.db --prompt 0 --out disk/page.html
echo "exit $?"
ls disk && cat disk/page.html
END
mkdir disk
unshare -m --propagation private sh inside.sh
[ $? != 77 ] || skip "tmpfs cannot be mounted here"
