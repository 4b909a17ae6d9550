# SPDX-License-Identifier: Apache-2.0
# Parameters have types: names that tables print are taken, other values refused, and what the database lacks is an error.
"$HW" run --model gpt2 --data ioi.csv --db ioi.db --limit 40 --group-by group --relevance answer --quiet
"$HW" mine ioi.db >mined
"$HW" compare ioi.db --by group=ABBA,BABA --top 1 >compared 2>&1
"$HW" certify ioi.db --model gpt2 --graph routes --baseline zero --pairs 2 --curve set --limit 2 --quiet >certified 2>&1
echo "--- every parameter of every query"
"$PY" "$LIB/parameters.py" "$HW" ioi.db
echo "--- a name sets both parameters"
edge=$("$HW" sql ioi.db "SELECT '--layer ' || layer || ' --head ' || head || ' --source ' || source_role || ' --target ' || target_role
  FROM edge_frequency WHERE kind = 'attention' ORDER BY n_active DESC, item_id LIMIT 1" --format csv | tail -n 1 | tr -d '\r')
"$HW" query ioi.db edge_prompts --limit 20 $edge >numbers
"$HW" query ioi.db edge_prompts --limit 20 $(echo "$edge" | sed 's/--layer \([0-9]*\) --head /--head L\1H/') >name
cmp numbers name && wc -l <name
"$HW" query ioi.db edge_prompts --limit 20 $(echo "$edge" | sed 's/--layer \([0-9]*\) --head /--layer L\1 --head L\1H/') | cmp - name
"$HW" query ioi.db heads_by_group --group 1 --limit 3 >number
"$HW" query ioi.db heads_by_group --group "$("$HW" sql ioi.db "SELECT name FROM prompt_group WHERE group_id = 1" --format csv | tail -n 1 | tr -d '\r')" --limit 3 >name
cmp number name && wc -l <name
echo "--- messages"
fails "$HW" query ioi.db edge_prompts --layer 2 --head L0H1 --source END --target END
fails "$HW" query ioi.db edge_prompts --head 1 --source END --target END
fails "$HW" query ioi.db edge_prompts --head x7 --source END --target END
fails "$HW" query ioi.db edge_prompts --head L99H1 --source END --target END
fails "$HW" query ioi.db edge_prompts --head L0H1 --source EN --target END
fails "$HW" query ioi.db graph --prompt "The nurse"
fails "$HW" query ioi.db graph --prompt 7x
fails "$HW" query ioi.db graph --prompt 40
fails "$HW" query ioi.db graph --prompt 0 --target 3
fails "$HW" query ioi.db graph
fails "$HW" query ioi.db heads_by_group --group ABBA
fails "$HW" query ioi.db logit_lens --group group=ABBB
fails "$HW" query ioi.db top_heads --by import
fails "$HW" query ioi.db top_heads --limit NULL
fails "$HW" query ioi.db circuits --mining 2
fails "$HW" compare ioi.db --by group=ABBA,BAB
fails "$HW" mine ioi.db --roles IO,S3
"$HW" run --model gpt2 --data ioi.csv --db one.db --limit 1 --quiet
fails "$HW" query one.db group_difference
echo "--- a type that is none"
mkdir mine
printf -- '-- A.\n-- :x <integer> = 1  a number\nSELECT :x\n' >mine/a.sql
fails "$HW" query ioi.db a --queries mine
