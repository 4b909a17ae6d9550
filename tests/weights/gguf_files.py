#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Models as GGUF files. Not quantised: the trace is that of the safetensors file with the same numbers. Quantised: it is, to the bit, that of
a float32 safetensors file with the numbers that the specification's formulas give for the blocks.

    /usr/bin/python3 tests/weights/gguf_files.py build/headwater
"""
import json
import os
import sys
import tempfile

import numpy as np

import folders
import gguf_format as gguf

BINARY = os.path.abspath(sys.argv[1])


def load(model):
    """(config.json, float32 arrays) of a model of the repository; what GGUF cannot say is made to what llama.cpp takes it to be."""
    with open(os.path.join(folders.source(model), "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    if "query_pre_attn_scalar" in config:
        config["query_pre_attn_scalar"] = config["head_dim"]
    if "rope_local_base_freq" in config:
        config["rope_local_base_freq"] = 10000.0
    tensors = folders.read(os.path.join(folders.source(model), "model.safetensors"))
    return config, {name: folders.widen(*tensor) for name, tensor in tensors.items()}


def random_llama():
    """A LLaMA whose rows are multiples of 256, as Q4_K and Q6_K want them."""
    draw = np.random.default_rng(13)
    config = {"model_type": "llama", "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_size": 256,
              "intermediate_size": 512, "max_position_embeddings": 64, "vocab_size": 61, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
              "tie_word_embeddings": False}
    arrays = {"model.embed_tokens.weight": draw.normal(size=(61, 256)), "model.norm.weight": draw.normal(1, 0.1, 256),
              "lm_head.weight": draw.normal(size=(61, 256))}
    for layer in range(2):
        for name, shape in (("self_attn.q_proj", (256, 256)), ("self_attn.k_proj", (128, 256)), ("self_attn.v_proj", (128, 256)),
                            ("self_attn.o_proj", (256, 256)), ("mlp.gate_proj", (512, 256)), ("mlp.up_proj", (512, 256)),
                            ("mlp.down_proj", (256, 512))):
            arrays[f"model.layers.{layer}.{name}.weight"] = draw.normal(0, 0.08, shape)
        for name in ("input_layernorm", "post_attention_layernorm"):
            arrays[f"model.layers.{layer}.{name}.weight"] = draw.normal(1, 0.1, 256)
    return config, {name: array.astype(np.float32) for name, array in arrays.items()}


def put_safetensors(folder, config, arrays):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    folders.write(os.path.join(folder, "model.safetensors"), {name: ("F32", array) for name, array in arrays.items()})


def main():
    checks = folders.Checks()
    with tempfile.TemporaryDirectory() as scratch:
        plain, path = os.path.join(scratch, "plain"), os.path.join(scratch, "model.gguf")

        def same(what, tolerance=0.0):
            wanted, found = folders.trace(BINARY, plain), folders.trace(BINARY, path)
            ok = not isinstance(wanted, str) and (folders.near(found, wanted, tolerance) if tolerance else found == wanted)
            checks.check(what, ok, f"{found if isinstance(found, str) else wanted if isinstance(wanted, str) else 'another trace'}")

        for model in ("headwater-llama", "headwater-gpt2", "llama-gqa", "llama-bias", "llama-rope3", "qwen2-odd", "qwen3-odd",
                      "gpt2-odd", "gemma-odd", "gemma2-odd", "gemma3-odd", "phi-odd", "phi3-odd"):
            config, exact = load(model)
            keys = gguf.metadata(config)
            for kind in ("F32", "F16", "BF16"):
                # llama.cpp keeps vectors in float32 whatever the type of the file.
                arrays = {name: gguf.decode(kind, gguf.encode(kind, array), array.shape) if array.ndim == 2 else array for name, array in exact.items()}
                made, _ = gguf.convert(config, arrays)
                if model == "llama-rope3":
                    scaling, half = config["rope_scaling"], config["head_dim"] // 2
                    turns = scaling["original_max_position_embeddings"] * config["rope_theta"] ** (-np.arange(half) / half) / (2 * np.pi)
                    kept = (turns - scaling["low_freq_factor"]) / (scaling["high_freq_factor"] - scaling["low_freq_factor"])
                    kept = np.clip(kept, 0, 1)
                    made["rope_freqs.weight"] = 1 / ((1 - kept) / scaling["factor"] + kept)
                kinds = {name: kind if array.ndim == 2 else "F32" for name, array in made.items()}
                data = {name: gguf.encode(kinds[name], array) for name, array in made.items()}
                put_safetensors(plain, config, arrays)
                gguf.write(path, keys, {name: (kinds[name], data[name], made[name].shape) for name in made}, version=2 if kind == "F16" else 3)
                # GPT-2's matrices lie the other way round, so that its products add in another order; rope3's factors are float32.
                same(f"{model} {kind}", 1e-5 if config["model_type"] in ("gpt2", "phi") or model == "llama-rope3" else 0.0)

        # Without head_count_kv there are as many as heads, whatever is the default of the family's config.json.
        config, arrays = load("qwen3-odd")
        heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
        for name, array in arrays.items():
            if ".k_proj." in name or ".v_proj." in name:
                arrays[name] = np.repeat(array.reshape(groups, -1, array.shape[-1]), heads // groups, 0).reshape(-1, array.shape[-1])
        config["num_key_value_heads"] = heads
        put_safetensors(plain, config, arrays)
        keys = {key: value for key, value in gguf.metadata(config).items() if not key.endswith("head_count_kv")}
        gguf.write(path, keys, {name: ("F32", gguf.encode("F32", array), array.shape) for name, array in gguf.convert(config, arrays)[0].items()})
        same("no head_count_kv")

        for model, make in (("random llama", random_llama), ("headwater-gpt2", lambda: load("headwater-gpt2"))):
            config, arrays = make()
            made, back = gguf.convert(config, arrays)
            for kind in ("Q8_0", "Q4_0", "Q4_K", "Q6_K"):
                if any(array.shape[-1] % gguf.BLOCKS[kind] for array in made.values() if array.ndim == 2):
                    continue
                kinds = {name: kind if array.ndim == 2 and not name.startswith("position") else "F32" for name, array in made.items()}
                data = {name: gguf.encode(kinds[name], array) for name, array in made.items()}
                numbers = {name: gguf.decode(kinds[name], data[name], array.shape) for name, array in made.items()}
                far = max(float(np.abs(numbers[name] - made[name]).max() / np.abs(made[name]).max()) for name in made)
                checks.check(f"{model} {kind} is a quantisation of the model", far < (0.01 if kind == "Q8_0" else 0.15), far)
                put_safetensors(plain, config, {back[name]: gguf.undo(config, name, array) for name, array in numbers.items()})
                gguf.write(path, gguf.metadata(config), {name: (kinds[name], data[name], made[name].shape) for name in made})
                same(f"{model} {kind}", 1e-5 if config["model_type"] == "gpt2" else 0.0)
                code, out, _ = folders.call(BINARY, "info", path)
                checks.check(f"{model} {kind} info", code == 0 and kind in out and "GGUF" in out, out)

        # A folder with one GGUF file is that model; with two, the user says which.
        folder = os.path.join(scratch, "folder")
        os.makedirs(folder)
        os.rename(path, os.path.join(folder, "a-Q8_0.gguf"))
        checks.check("a folder", not isinstance(folders.trace(BINARY, folder), str))
        with open(os.path.join(folder, "b.gguf"), "w", encoding="utf-8"):
            pass
        checks.check("two files", "2 GGUF files; --model" in folders.trace(BINARY, folder), folders.trace(BINARY, folder))
        checks.check("one of two", not isinstance(folders.trace(BINARY, os.path.join(folder, "a-Q8_0.gguf")), str))
    checks.end()


if __name__ == "__main__":
    main()
