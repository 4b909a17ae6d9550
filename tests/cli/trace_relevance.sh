# SPDX-License-Identifier: Apache-2.0
# What an answer depends on. The numbers are compared by tests/reference/relevance_parity.py; here is what is printed, and what is refused.
prompt="When Mary and John went to the store, John gave a drink to" other="When Mary and John went to the store, Mary gave a drink to"
echo "--- text"
"$HW" trace --model gpt2 --prompt "$prompt" --answer Mary --foil John --counterfactual "$other" --relevance both --certify --knockout counterfactual --project none --top-neurons 0 --threshold 0.04 |
  sed -n '/^ANSWER RELEVANCE/,$p' >page
short_numbers <page
echo "lines over 80 columns: $(grep -cE '^.{81}' page)"
echo "--- the same by token ids, as JSON"
ids=$("$HW" tokenize --model gpt2 --text "$prompt" --json | "$PY" -c 'import json, sys; print(",".join(map(str, json.load(sys.stdin)["ids"])))')
"$HW" trace --model gpt2 --tokens "$ids" --relevance answer --certify --json --project none | "$PY" -c '
import json, sys
found = json.load(sys.stdin)
r = found["relevance"]
print(sorted(r), "floor is that of the settings:", r["floor"] == found["settings"]["floor"] < min(abs(p["share"]) for p in r["answer"]["parts"]) < found["settings"]["threshold"])
print(r["contrast"], r["reason"], round(sum(r["answer"]["tokens"]) + r["answer"]["biases"] - r["m"], 4))
print([(c["graph"], c["unit"], c["baseline"]) for c in found["certificates"]])'
echo "--- reasons in the place of numbers"
"$HW" trace --model gpt2 --prompt "$prompt" --answer Mary --foil John --counterfactual "$prompt" --relevance contrast --project none | grep RELEVANCE
"$HW" trace --model gpt2 --prompt "$prompt" --answer Mary --foil John --counterfactual "When Mary" --relevance contrast --project none | grep RELEVANCE
echo "--- the tokens that are compared; where they are the same"
for options in "--answer Mary --foil John" "--answer Marzipan" "--foil Jonathan"; do
  # shellcheck disable=SC2086
  "$HW" trace --model gpt2 --prompt "$prompt" $options --relevance answer --project none | grep ASKED
done
"$HW" trace --model gpt2 --prompt "$prompt" --relevance answer --foil-token 5 --project none --json | "$PY" -c '
import json, sys
found = json.load(sys.stdin)["relevance"]
print(found["answer_token"], found["foil_token"])'
same="--relevance both --certify --knockout zero --project none --targets 3"
# shellcheck disable=SC2086
"$HW" trace --model gpt2 --prompt "$prompt" --answer "Mary and John" --foil "Mary and Victor" --counterfactual "$other" $same | sed -n '/^ASKED/,$p'
# shellcheck disable=SC2086
"$HW" trace --model gpt2 --prompt "$prompt" --answer "Mary and John" --foil "Mary and Victor" --counterfactual "$other" $same --json | "$PY" -c '
import json, sys
found = json.load(sys.stdin)
print(found["relevance"]["reason"], found["certificates"], found["knockouts"])'
echo "--- a graph of another position than the relevances"
other_target="--answer Mary --foil John --relevance answer --project none --top-neurons 0 --threshold 0.04 --certify --targets 2"
# shellcheck disable=SC2086
"$HW" trace --model gpt2 --prompt "$prompt" $other_target 2>said | sed -n '/^ANSWER RELEVANCE/,$p' | short_numbers
cat said
# shellcheck disable=SC2086
"$HW" trace --model gpt2 --prompt "$prompt" $other_target --json --html page.html 2>&1 >/dev/null
echo "--- refused"
fails() { "$HW" trace --model gpt2 "$@" 2>&1 | head -n 1; }
fails --prompt "$prompt" --answer Mary
fails --prompt "$prompt" --relevance contrast
fails --prompt "$prompt" --certify
fails --tokens 5,6 --answer Mary --relevance answer
fails --prompt "$prompt" --answer Mary --answer-token 5 --relevance answer
fails --prompt "$prompt" --foil Mary --foil-token 5 --relevance answer
fails --prompt "$prompt" --counterfactual "$other" --counterfactual-tokens 5 --relevance both
fails --prompt "$prompt" --tokens 5
fails --prompt "$prompt" --answer-token 5,6 --relevance answer
fails --prompt "$prompt" --answer-token 99999 --relevance answer
fails --prompt "$prompt" --relevance both --counterfactual-tokens 5,99999
fails --prompt "$prompt" --relevance answer --knockout mean
fails --prompt "$prompt" --relevance answer --knockout counterfactual
