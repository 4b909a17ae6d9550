#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real model that others trained, where it is at hand: HEADWATER_REAL_DATA names a folder with models/stories260K and datasets/.
#   sh tests/real/run.sh BINARY
# Skipped (exit 77) where the variable is not set.
set -u
binary=$1
data=${HEADWATER_REAL_DATA:-}
if [ -z "$data" ] || [ ! -d "$data/models/stories260K" ]; then
  echo "skipped: HEADWATER_REAL_DATA names no folder with models/stories260K"
  exit 77
fi
model=$data/models/stories260K
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0

# Both data sets run without a failed prompt.
for file in greater_than.csv ioi.json; do
  if "$binary" run --model "$model" --data "$data/datasets/$file" --db "$scratch/$file.db" --quiet; then
    echo "ok   $file: $("$binary" sql "$scratch/$file.db" "SELECT count(*) AS n FROM prompt" --format csv | tail -n 1) prompts"
  else
    echo "FAIL $file"
    failed=1
  fi
done

# Greedy continuation: 40 tokens, each the best of a trace's prediction.
/usr/bin/python3 - "$binary" "$model" >"$scratch/greedy" <<'END' || failed=1
import json, subprocess, sys
binary, model = sys.argv[1:]
def run(*arguments):
    return json.loads(subprocess.run([binary, *arguments, "--model", model], check=True, capture_output=True, text=True).stdout)
ids = run("tokenize", "--text", "Once upon a time", "--json")["ids"]
pieces = []
for _ in range(40):
    best = run("trace", "--tokens", ",".join(map(str, ids)), "--project", "none", "--json")["targets"][0]["prediction"][0]
    ids.append(best["id"])
    pieces.append(best["text"])
print("Once upon a time" + "".join(pieces))
END
sed 's/^/     greedy: /' "$scratch/greedy"
grep -q "Once upon a time, there was a little girl named Lily. She loved to play outside in the park" "$scratch/greedy" || {
  echo "FAIL the greedy continuation is not the documented one"
  failed=1
}

# Loss on a short story: the summed log-probability of the rest of the text as an answer of many tokens.
cat >"$scratch/story.csv" <<'END'
prompt,answer
"Once upon a time","there was a small frog who lived near a pond. The frog liked to jump from one leaf to another. One morning a strong wind came and blew the leaves away. The frog was scared and did not know where to go. A kind duck saw the frog and let him sit on her back. They swam to the other side of the pond, where there were many big leaves. The frog said thank you and gave the duck a shiny stone."
END
"$binary" run --model "$model" --data "$scratch/story.csv" --db "$scratch/story.db" --quiet || failed=1
loss=$("$binary" sql "$scratch/story.db" "SELECT round(-answer_log_probability / answer_n_tokens, 2) AS loss FROM answer" --format csv | tail -n 1)
echo "     loss on a short story: $loss nats per token"
/usr/bin/python3 -c "import sys; sys.exit(not 1.1 <= float(sys.argv[1]) <= 1.5)" "$loss" || {
  echo "FAIL the loss should be about 1.3"
  failed=1
}

# What answers depend on, against values of a prototype.
if [ -f "$data/method/values.json" ]; then
  /usr/bin/python3 "$(dirname "$0")/method_values.py" "$binary" "$data/method/values.json" || failed=1
fi

# GPT-2's own vocabulary, where it is at hand.
if [ -d "$data/tokenizers/gpt2" ]; then
  /usr/bin/python3 "$(dirname "$0")/byte_level.py" "$binary" "$data/tokenizers/gpt2" || failed=1
fi
exit $failed
