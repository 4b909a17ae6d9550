# SPDX-License-Identifier: Apache-2.0
# A database where nothing can be written: runs are refused, questions answered. For root a read-only mount, else permissions.
mkdir disk
small_run disk/ioi.db
for kind in journal log; do
  cp disk/ioi.db disk/$kind.db
  "$PY" "$LIB/hot.py" $kind disk/$kind.db
done
cat >inside.sh <<'END'
if [ "$(id -u)" = 0 ]; then
  mount --bind disk disk && mount -o remount,bind,ro disk || exit 77
else
  chmod a-w disk/ioi.db disk
fi
. "$LIB/helpers.sh"
mask() { sed -E 's/(Read-only file system|Permission denied)/(why)/'; }
fails "$HW" run --model gpt2 --data ioi.csv --limit 24 --neuron-projections none --quiet --db disk/ioi.db
fails "$HW" run --model gpt2 --data ioi.csv --db disk/new.db
fails "$HW" export disk/ioi.db --out disk/out
"$HW" digest disk/ioi.db >digest && echo "digest: yes"
"$HW" query disk/ioi.db top_heads --limit 1 | wc -l
"$HW" sql disk/ioi.db "SELECT count(*) > 0 AS edges FROM graph g, hw_edges(g.edges)"
"$HW" export disk/ioi.db --out out && ls out | wc -l
for kind in journal log; do fails "$HW" digest disk/$kind.db; done
ls disk
chmod u+w disk 2>/dev/null || true
END
if [ "$(id -u)" != 0 ]; then
  sh inside.sh
elif unshare -m true 2>/dev/null; then
  unshare -m --propagation private sh inside.sh
  [ $? != 77 ] || skip "nothing can be mounted here"
else
  skip "no private mounts here"
fi
