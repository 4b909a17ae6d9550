# SPDX-License-Identifier: Apache-2.0
# Without a command, and every --help.
"$HW"
echo "exit $?"
"$HW" --help >"$TMPDIR/list" && "$HW" help | cmp - "$TMPDIR/list" && "$HW" -h | cmp - "$TMPDIR/list" && echo "--help, -h, help: the same list"
"$HW" --version
"$HW" version; "$HW" -V
"$HW" help run | grep -c "^usage: headwater run"
"$HW" --help run | grep -c "^usage: headwater run"
"$HW" help nothing; echo "exit $?"
"$HW" help run extra; echo "exit $?"
"$HW" version extra; echo "exit $?"
"$HW" help version extra; echo "exit $?"
"$HW" --help --help | cmp - "$TMPDIR/list" && "$HW" help -h | cmp - "$TMPDIR/list" && echo "help of help: the same list"
"$HW" help run --help | grep -c "^usage: headwater run"
commands=$(sed -n 's/^  \([a-z]*\) .*/\1/p' "$TMPDIR/list")
for command in $commands; do
  echo "--- $command"
  "$HW" help "$command" >"$TMPDIR/$command"
  "$HW" "$command" --help || echo "exit $?"
  "$HW" "$command" -h anything --else | cmp - "$TMPDIR/$command" 2>/dev/null
done | sed 's/ *$//'
