# SPDX-License-Identifier: Apache-2.0
# Help of one query, queries of the user's own, limits of time.
small_run ioi.db --limit 6
echo "--- help"
"$HW" query ioi.db --help top_heads
echo "--- the same, the other way round"
"$HW" query ioi.db --help top_heads >one
"$HW" query ioi.db top_heads --help >two
cmp one two && echo same
"$HW" query --help top_heads | sed 1d >three
sed 1d one | cmp - three && echo "without a database too"
"$HW" help query top_heads | sed 1d | cmp - three && echo "help query NAME"
"$HW" query >list; echo "exit $?"
"$HW" query ioi.db | sed 1d >four
sed 1d list | cmp - four && echo "the list without a database"
fails "$HW" query ioi.db --help top_head
"$HW" query ioi.db --help | head -n 1
echo "--- a folder of one's own"
mkdir mine
printf -- '-- Long prompts.\n-- :least = 3   tokens\n-- :prefix = '"''"'   of the text\nSELECT count(*) AS n FROM prompt WHERE n_tokens >= :least AND substr(text, 1, length(:prefix)) = :prefix\n' >mine/long_prompts.sql
printf -- '-- SPDX-License-Identifier: Apache-2.0\n-- Another one.\nSELECT 42 AS top\n' >mine/top_heads.sql
echo "not a query" >mine/notes.txt
"$HW" query ioi.db --queries mine | grep -E 'long_prompts|top_heads'
"$HW" query ioi.db long_prompts --queries mine --format csv | tr -d '\r'
"$HW" query ioi.db long_prompts --queries mine --least 1000 --format csv | tr -d '\r'
"$HW" query ioi.db top_heads --queries=mine --format csv | tr -d '\r'
"$HW" query ioi.db --queries mine --help long_prompts
fails "$HW" query ioi.db long_prompts
fails "$HW" query ioi.db top_heads --queries nowhere
echo "SELECT 1" >mine/bare.sql
fails "$HW" query ioi.db top_heads --queries mine
echo "--- limits of time"
echo "-- Never ends.
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c" >mine/bare.sql
fails "$HW" query ioi.db bare --queries mine --timeout 0.2
fails "$HW" sql ioi.db "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c" --timeout 0.2
fails "$HW" sql ioi.db "SELECT 1" --timeout -1
"$HW" sql ioi.db "SELECT 1 AS without_end" --timeout 0 --format csv | tr -d "\r"
fails "$HW" query ioi.db top_heads --timeout never
"$HW" sql ioi.db "SELECT 1 AS one" --timeout 100 --format csv | tr -d '\r'
echo "--- wrong parameters"
fails "$HW" query ioi.db top_heads --by size
fails "$HW" query ioi.db size_curve --thresholds 0.00001
fails "$HW" query ioi.db size_curve --thresholds "0.02 0.05"
fails "$HW" query ioi.db size_curve --thresholds "0.02, ,0.05"
for number in .05 5. +0.05 0x1p-4 00.5; do fails "$HW" query ioi.db size_curve --thresholds "0.04,$number"; done
"$HW" query ioi.db size_curve --thresholds "5e-2,1E-1,0.2" --format csv | cut -d, -f1 | tr -d '\r' | paste -sd ' '
"$HW" query ioi.db size_curve --thresholds "0.02,0.05,0.1" --format csv >plain.csv
for list in "0.02, 0.05, 0.1" " 0.02 , 0.05,  0.1 "; do "$HW" query ioi.db size_curve --thresholds "$list" --format csv | cmp - plain.csv && echo "blanks in a list: the same"; done
fails "$HW" query ioi.db edge_prompts --layer 1
echo "--- a name that is none"
"$HW" help query top_head
