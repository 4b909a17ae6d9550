# SPDX-License-Identifier: Apache-2.0
# Help fits in 80 columns, without blanks at the ends of lines, and every command has an example.
"$HW" --help >all
for command in $(sed -n 's/^  \([a-z]*\) .*/\1/p' all); do
  "$HW" "$command" --help >one
  grep -q '^example:' one || echo "$command: no example"
  grep -q "^usage: headwater $command " one || echo "$command: no usage"
  grep -q "^exit codes: 0 done, 1 failed, 2 wrong arguments" one || echo "$command: no exit codes"
  cat one >>all
done
"$HW" query >list
for query in $(sed -n 's/^  \([a-z_]*\)  .*/\1/p' list); do
  "$HW" help query "$query" | sed '/^Its SQL/q' >>all
  echo "$query" >>queries
done
echo "queries: $(($(wc -l <queries) > 40))"
cat list >>all
"$HW" help query certificates | grep -A 1 '^  certificate'
echo "lines over 80 columns: $(grep -cE '^.{81}' all)"
grep -E '^.{81}' all
echo "lines with blanks at the end: $(grep -c ' $' all)"
