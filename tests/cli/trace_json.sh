# SPDX-License-Identifier: Apache-2.0
prompt="When Mary and John went to the store, John gave a drink to"
check() { # name, flags of the check, arguments
  name=$1
  flags=$2
  shift 2
  "$HW" trace --json "$@" >trace.json || echo "exit $?"
  # shellcheck disable=SC2086
  echo "$name: $("$PY" "$LIB/check_trace.py" trace.json $flags)"
}
check "gpt2" "" --model gpt2 --prompt "$prompt"
check "llama" "" --model llama --prompt "$prompt"
check "all targets, raw" "raw" --model gpt2 --prompt "$prompt" --targets all --raw
check "llama, two targets, raw" "raw" --model llama --prompt "$prompt" --targets 0,5 --raw
check "low threshold" "" --model gpt2 --prompt "$prompt" --threshold 0.01 --floor 0.005
check "high threshold" "" --model llama --prompt "$prompt" --threshold 0.6
check "characters in pieces" "" --model gpt2 --prompt 'naïve 👍 "quoted" \ é'
check "ids" "" --model gpt2 --tokens 686,1300,272
cp -rL gpt2 bare && rm bare/tokenizer.json bare/vocab.json bare/merges.txt
check "ids, no tokenizer" "ids" --model bare --tokens 686,1300,272 2>warning
cat warning
cp -rL gpt2 odd && printf '{"model":{"type":"WordSalad","vocab":[]}}' >odd/tokenizer.json
check "ids, tokenizer of an unknown kind" "ids" --model odd --tokens 686,1300,272 2>warning
cat warning
echo "--- ids are taken as they are, no BOS"
"$HW" trace --json --model llama --tokens 1371,370 >ids.json
"$PY" -c 'import json; print([t["id"] for t in json.load(open("ids.json"))["tokens"]])'
echo "--- the same text twice, and the numbers read back"
"$HW" trace --json --model gpt2 --prompt "$prompt" --raw >one.json
"$HW" trace --json --model gpt2 --prompt "$prompt" --raw | cmp - one.json && echo same
"$PY" - <<'END'
import json, math, struct
t = json.load(open("one.json"))
floats = [p["logit"] for p in t["targets"][0]["prediction"]] + [n["activation"] for n in t["targets"][0]["neurons"]]
def shortest_float(x):
    single = struct.unpack("f", struct.pack("f", x))[0]
    return math.isclose(single, x, rel_tol=1e-7)
print("floats round-trip:", all(map(shortest_float, floats)))
print("more than 6 digits kept:", any(len(repr(x)) > 9 for layer in t["raw"]["ffn"] for x in layer))
END
