# SPDX-License-Identifier: Apache-2.0
# On a terminal a table that has no room in a line comes in parts, each with the first column; nothing else changes.
needs_terminal
small_run x.db
on() { "$PY" "$LIB/on_terminal.py" "$@"; }
on 300 "$HW" query x.db top_heads --limit 20 >wide
"$HW" query x.db top_heads --limit 20 >piped
cmp wide piped && echo "room enough: as in a pipe"
on 80 "$HW" query x.db top_heads --limit 20 >folded
echo "lines over 80 columns: $(grep -cE '^.{81}' folded), parts: $(grep -c '^head ' folded)"
# Side by side again, the first column only once: the table of the pipe.
"$PY" -c '
parts = [part.splitlines() for part in open("folded").read().split("\n\n")]
rows = [line.split() + sum((part[i].split()[1:] for part in parts[1:]), []) for i, line in enumerate(parts[0])]
print("the same cells:", rows == [line.split() for line in open("piped")])'
numbers="WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT i, i * 1000000007 AS a, i * 1000000009 AS b, i * 1000000021 AS c, i * 1000000033 AS d, i * 1000000087 AS e FROM n"
on 60 "$HW" sql x.db "$numbers" >pages
echo "pages: lines over 60 columns: $(grep -cE '^.{61}' pages), rows: $(grep -cE '^ *[0-9]' pages)"
on 60 "$HW" sql x.db "$numbers" --format csv >csv
echo "csv: $(wc -l <csv) lines of $(head -n 1 csv | tr ',' '\n' | wc -l) columns"
on 80 "$HW" compare x.db --by group=ABBA,BABA --save no --permutations 100 >compared
"$HW" compare x.db --by group=ABBA,BABA --save no --permutations 100 2>notes >piped
echo "compare: lines of its table over 80 columns: $(sed "1,/^effect/d; /^note:/d" compared | grep -cE '^.{81}'), parts: $(grep -c '^component ' compared), in a pipe: $(grep -c '^component ' piped)"
on 80 "$HW" certify x.db --model gpt2 --graph routes --baseline zero --random 0 --limit 2 >certified
echo "certify: lines of its table over 80 columns: $(sed '1,/: 2 prompts/d' certified | grep -cE '^.{81}'), parts: $(grep -c '^certificate_id ' certified)"
