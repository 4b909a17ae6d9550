#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""config.json and headwater.json with absurd sizes, wrong types and broken JSON: one clear error line, exit 1, in at most 10 seconds and 1 GB.

    python3 tests/hostile/config.py build/headwater [WORD]     WORD: only rows whose name has it
"""
import json
import os
import sys
import tempfile

import other_formats
import weights

MANY = 100000
GPT2 = {"model_type": "gpt2", "n_embd": 8, "n_head": 2, "n_layer": 2, "n_positions": 16, "vocab_size": 11}
LLAMA = {"model_type": "llama", "hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 2, "intermediate_size": 16, "max_position_embeddings": 16,
         "vocab_size": 11, "rms_norm_eps": 1e-5, "rope_theta": 10000.0}
MIXTURE = {**LLAMA, "model_type": "mixtral", "num_local_experts": 4, "num_experts_per_tok": 2}
NEO = {"model_type": "gpt_neo", "hidden_size": 8, "num_heads": 2, "num_layers": 2, "max_position_embeddings": 16, "vocab_size": 11, "window_size": 4}
QWEN = {**LLAMA, "model_type": "qwen3", "head_dim": 4, "num_key_value_heads": 2}
CUSTOM = {"layers": 2, "heads": 2, "d_model": 8, "d_ffn": 16, "vocabulary": 11, "context": 16, "norm": "none", "positions": "learned", "tensors": {}}


class Raw(str):
    """JSON as it is written: what Python's json cannot say."""


def dump(config):
    return "{" + ", ".join(f"{json.dumps(key)}: {value if isinstance(value, Raw) else json.dumps(value)}" for key, value in config.items()) + "}"


def change(base, key, *values):
    """Rows with one key set to each of the values, given with the words of the error."""
    for value, words in values:
        text = value if isinstance(value, Raw) else json.dumps(value)
        yield f"{base['model_type']}-{key}={text[:24]}", words, {"config.json": dump({**base, key: value}).encode()}


def nested(open_, close, n=MANY):
    return Raw(open_ * n + close * n)


def custom(name, words, text):
    return name, words, {"config.json": dump(GPT2).encode(), "headwater.json": text.encode()}


def rows():
    count = "n_layer is"
    yield from change(GPT2, "n_layer", (2**31, "want at most"), (2**62, count), (Raw(str(10**30)), count), (0, count), (-1, count), (2.5, count), ("2", count),
                      (True, count), ([2], count), ({}, count), (Raw("1e999"), "real number overflow"), (Raw("-Infinity"), count), (Raw("NaN"), count), (256, "layers"))
    yield from change(GPT2, "n_embd", (0, "n_embd is"), (-8, "n_embd is"), (2**31, "n_embd is"), (7, "no multiple"), (2**28, "larger than"), ("8", "n_embd is"))
    yield from change(GPT2, "n_head", (0, "n_head is"), (2**40, "n_head is"), (2048, "2048"), (3, "no multiple"))
    yield from change(GPT2, "n_inner", (2**60, "n_inner is"), (-1, "n_inner is"), (2**28, "larger than"), ("16", "n_inner is"))
    yield from change(GPT2, "n_positions", (0, "n_positions is"), (-16, "n_positions is"), (2**62, "n_positions is"), (Raw("1e400"), "real number overflow"))
    yield from change(GPT2, "vocab_size", (2**40, "vocab_size is"), (0, "vocab_size is"), (-11, "vocab_size is"), ("11", "vocab_size is"), (None, "vocab_size"))
    yield from change(GPT2, "layer_norm_epsilon", (Raw("NaN"), "layer_norm_epsilon"), ("1e-5", "layer_norm_epsilon"), (Raw("1e999"), "real number overflow"), ([], "layer_norm_epsilon"),
                      (-1, "layer_norm_epsilon"))
    yield from change(GPT2, "activation_function", ("x" * 1000000, "activation_function"), (7, "activation_function"), ({}, "activation_function"))
    yield from change(GPT2, "tie_word_embeddings", ("yes", "tie_word_embeddings"), (2, "tie_word_embeddings"))
    yield from change(GPT2, "model_type", (["gpt2"], "model_type"), ("gpt2\n\u001b[31m", "model_type"), ("x" * 1000000, "model_type"), (None, "model_type"))
    yield from change(GPT2, "unknown", (nested("[", "]"), "not valid JSON"), (nested('{"a":', "1}"), "not valid JSON"))
    yield from change(LLAMA, "rope_theta", (0, "rope_theta"), (-1.0, "rope_theta"), (Raw("NaN"), "rope_theta"), ("x", "rope_theta"))
    yield from change(LLAMA, "rope_scaling", ({"rope_type": "linear", "factor": 0}, "factor"), ({"rope_type": "linear", "factor": -1}, "factor"), ({"rope_type": "linear"}, "factor"),
                      ({"rope_type": "nothing", "factor": 2}, "nothing"), ("linear", "rope_scaling"), ({"rope_type": "yarn", "factor": "2"}, "factor"))
    yield from change({**LLAMA, "model_type": "phi3"}, "rope_scaling", ({"type": "longrope", "short_factor": [1.0] * MANY, "long_factor": [1.0] * MANY}, "short_factor"),
                      ({"type": "longrope", "short_factor": ["a"], "long_factor": [1]}, "short_factor"), ({"type": "longrope"}, "short_factor"))
    yield from change(LLAMA, "num_key_value_heads", (0, "num_key_value_heads"), (3, "cannot share"), (2**40, "num_key_value_heads"))
    yield from change(QWEN, "head_dim", (0, "head_dim"), (3, "even head size"), (2**28, "larger than"), (2**40, "head_dim"))
    yield from change(MIXTURE, "num_local_experts", (2**40, "num_local_experts"), (4096, "experts, at most"), (0, "num_local_experts"), (-1, "num_local_experts"))
    yield from change(MIXTURE, "num_experts_per_tok", (5, "num_experts_per_tok"), (0, "num_experts_per_tok"), (2**31, "num_experts_per_tok"))
    yield from change(NEO, "attention_types", ([[["global", "local"], 2**60]], "attention_types"), ([[["global"], 1]], "attention_types"), ([[[], 2]], "attention_types"),
                      ([[["global", "local"]] * MANY], "attention_types"), ("global", "attention_types"))
    yield from change({**QWEN, "model_type": "gemma3_text"}, "layer_types", (["full_attention"] * MANY, "layer_types"), ([1, 2], "layer_types"), (["x", "y"], "layer_types"))
    yield "key-twice", "duplicate", {"config.json": b'{"model_type": "gpt2", "n_layer": 1, "n_layer": 2}'}
    for name, words, data in (("empty", "empty", b""), ("number", "expected near '7'", b"7"), ("array", "want an object", b"[]"), ("open", "not valid JSON", b"{"),
                              ("blanks", "not valid JSON", b" " * 1000000), ("nul", "not valid JSON", b'{"model_type\0": "gpt2"}'), ("bytes", "not valid JSON", b'{"a": "\xff\xfe"}'),
                              ("utf-16", "not valid JSON", dump(GPT2).encode("utf-16")), ("digits", "no model_type", b'{"a": ' + b"9" * 1000000 + b"}"),
                              ("surrogate", "not valid JSON", b'{"a": "\\ud800"}'), ("keys", "no model_type", dump({str(i): i for i in range(60000)}).encode())):
        yield "json-" + name, words, {"config.json": data}
    yield custom("custom-empty", "empty", "")
    yield custom("custom-deep", "not valid JSON", '{"tensors": ' + nested("[", "]") + "}")
    yield custom("custom-twice", "duplicate", '{"layers": 1, "layers": 2}')
    yield custom("custom-unknown", "unknown", '{"unknown": 1}')
    for key in list(CUSTOM)[:6]:
        for value in (Raw("-1"), Raw('"2"'), Raw("[]"), Raw(str(2**40))):
            yield custom(f"custom-{key}={value}", f"{key} is", dump({**CUSTOM, key: value}))


def main():
    binary, word = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for number, (name, words, files) in enumerate(rows()):
            if word not in name:
                continue
            folder = os.path.join(scratch, str(number))
            os.makedirs(folder)
            for file_name, data in {"model.safetensors": other_formats.ONE, **files}.items():
                with open(os.path.join(folder, file_name), "wb") as file:
                    file.write(data)
            found = list(weights.problems(binary, folder, words, always_small=True))
            passed += not found
            failed += bool(found)
            for problem in found:
                print(f"FAIL {name}: {problem[:400]}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
