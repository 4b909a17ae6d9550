# SPDX-License-Identifier: Apache-2.0
# A data set on standard input, or in a pipe: the run is that of the file, also when it goes on later.
run_stdin() { "$HW" run --model gpt2 --data - --db "$1" --limit 24 --neuron-projections none --threads "$T" --counterfactual "$2" "$3" 2>&1 | sed -E 's/, ([0-9]+m)?[0-9]+s, [0-9]+ threads/, (time and threads)/; s/[0-9a-f]{32}/(32 digits)/g'; }
small_run file.db --counterfactual --threads "$T"
cat ioi.csv | run_stdin piped.db --format csv
gzip -c ioi.csv | run_stdin zipped.db --format csv
run_stdin from_file.db --format csv <ioi.csv
for db in piped zipped from_file; do same "$db.db has the file's graphs" "$("$HW" sql file.db "SELECT prompt_id, hex(edges) FROM graph" --format csv | cksum)" "$("$HW" sql $db.db "SELECT prompt_id, hex(edges) FROM graph" --format csv | cksum)"; done
fingerprint() { "$HW" sql "$1" "SELECT dataset_fingerprint FROM run" --format csv; }
same "the hash of the file" "$(fingerprint file.db)" "$(fingerprint piped.db)"
"$HW" sql piped.db "SELECT dataset_name FROM run"
item "a file from where standard input stands: the rest, as from a pipe"
{ printf '# a line that the shell reads\n'; cat ioi.csv; } >headed.csv
{ read -r line; run_stdin rest.db --format csv; } <headed.csv
same "the hash of the rest" "$(fingerprint file.db)" "$(fingerprint rest.db)"
{ printf 'no gzip data\n'; gzip -c ioi.csv; } >headed.gz
{ read -r line; run_stdin rest_zipped.db --format csv; } <headed.gz
item "the same again, and another data set"
cat ioi.csv | run_stdin piped.db --format csv
cat pronoun.csv | run_stdin piped.db --format csv
item "a pipe with a name"
mkfifo pipe.csv
cat ioi.csv >pipe.csv & small_run pipe.db --data pipe.csv --counterfactual --threads "$T"
same "the same content" "$(fingerprint file.db)" "$(fingerprint pipe.db)"
item "without a format, empty, and where the copy cannot be kept"
cat ioi.csv | run_stdin no.db --threads "$T"
: | run_stdin no.db --format csv
cat ioi.csv | TMPDIR=nowhere run_stdin no.db --format csv
ls "$TMPDIR" | grep headwater-data
