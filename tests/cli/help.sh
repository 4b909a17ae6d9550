# SPDX-License-Identifier: Apache-2.0
# Without a command, and every --help.
"$HW"
echo "exit $?"
"$HW" --help >"$TMPDIR/list" && "$HW" help | cmp - "$TMPDIR/list" && "$HW" -h | cmp - "$TMPDIR/list" && echo "--help, -h, help: the same list"
"$HW" --version
commands=$(sed -n 's/^  \([a-z]*\) .*/\1/p' "$TMPDIR/list")
for command in $commands; do
  echo "--- $command"
  "$HW" "$command" --help || echo "exit $?"
  "$HW" "$command" -h anything --else | cmp - "$TMPDIR/$command" 2>/dev/null
done | sed 's/ *$//'
