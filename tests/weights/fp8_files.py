#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Models in F8_E4M3 with scales, in the layouts that repositories have. The trace is, to the bit, that of a float32 file with the numbers
that E4M3's definition and the scales give in float64, each rounded once.

    /usr/bin/python3 tests/weights/fp8_files.py build/headwater
"""
import json
import os
import sys
import tempfile

import numpy as np

import folders

BINARY = os.path.abspath(sys.argv[1])

# Sign, exponent with bias 7, mantissa of 3 bits; without infinities, 127 and 255 are NaN.
VALUES = np.array([(-1 if code & 128 else 1) * (2.0 ** ((code >> 3 & 15) - 7) * (1 + (code & 7) / 8) if code >> 3 & 15 else (code & 7) * 2.0 ** -9)
                   for code in range(256)])
VALUES[[127, 255]] = np.nan


def encode(numbers):
    """The codes of the nearest values; ties go to the lower one."""
    positive = VALUES[:127]
    above = np.clip(np.searchsorted(positive, np.abs(numbers)), 1, 126)
    codes = np.where(np.abs(numbers) - positive[above - 1] <= positive[above] - np.abs(numbers), above - 1, above)
    return (codes + 128 * (numbers < 0)).astype(np.uint8)


def bfloat(numbers):
    """The 16 upper bits of float32, cut."""
    return (numbers.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


def expand(scales, shape, block):
    """A scale for each number."""
    return np.repeat(np.repeat(scales, block[0], 0), block[1], 1)[:shape[0], :shape[1]]


def quantise(weight, block, kind):
    """(codes, scales in the file's dtype, the numbers that the two say)."""
    rows, columns = -(-weight.shape[0] // block[0]), -(-weight.shape[1] // block[1])
    largest = np.array([[np.abs(weight[r * block[0]:(r + 1) * block[0], c * block[1]:(c + 1) * block[1]]).max() for c in range(columns)] for r in range(rows)])
    scales = (largest / 448).astype(np.float32)
    stored = bfloat(scales) if kind == "BF16" else scales
    scales = folders.widen(kind, stored)
    each = expand(scales, weight.shape, block).astype(np.float64)
    codes = encode(weight / each)
    return codes, stored, (VALUES[codes] * each).astype(np.float32)


def is_linear(name):
    return name.endswith("proj.weight")


def make(model, layout, ending, kind, block, squeeze=None, extra=lambda name: {}):
    """Tensors in FP8 and in float32. layout: "blocks", "rows" or "tensor"."""
    stored, plain = {}, {}
    for name, (dtype, array) in folders.read(os.path.join(folders.source(model), "model.safetensors")).items():
        if not is_linear(name):
            stored[name] = plain[name] = (dtype, array)
            continue
        weight = folders.widen(dtype, array).astype(np.float64)
        codes, scales, numbers = quantise(weight, {"blocks": block, "rows": (1, weight.shape[1]), "tensor": weight.shape}[layout], kind)
        stored[name] = ("F8_E4M3", codes)
        stored[name + ending] = (kind, scales if squeeze is None else scales.reshape(squeeze))
        plain[name] = ("F32", numbers)
        stored.update(extra(name))
    return stored, plain


def static(name):
    return {name.replace(".weight", ".input_scale"): ("F32", np.array([0.5], np.float32))}


def group(**weights):
    return {"config_groups": {"group_0": {"input_activations": {"num_bits": 8, "type": "float", "strategy": "token", "dynamic": True}, "output_activations": None,
                                          "targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "symmetric": True, "dynamic": False, "group_size": None,
                                                                             "actorder": None, "block_structure": None, "observer": "minmax",
                                                                             "observer_kwargs": {}, **weights}}},
            "format": "float-quantized", "ignore": ["lm_head"], "kv_cache_scheme": None, "quant_method": "compressed-tensors",
            "quantization_status": "compressed"}


def without_status(settings):
    return {key: value for key, value in settings.items() if key != "quantization_status"}


def sparse(kind):
    return {"format": kind, "global_sparsity": 0.146, "ignore": [], "registry_requires_subclass": False, "sparsity_structure": "unstructured", "targets": []}


BLOCKS = {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [128, 128], "modules_to_not_convert": ["lm_head"]}

LAYOUTS = {  # name: (quantization_config, arguments of make)
    "DeepSeek's, 128 x 128": (BLOCKS, ("blocks", "_scale_inv", "F32", (128, 128))),
    "blocks that divide nothing": ({**BLOCKS, "weight_block_size": [5, 7]}, ("blocks", "_scale_inv", "BF16", (5, 7))),
    "one number, static": ({"quant_method": "fp8", "activation_scheme": "static", "weight_block_size": None}, ("tensor", "_scale_inv", "BF16", None, (), static)),
    "FBGEMM's rows": ({"quant_method": "fbgemm_fp8", "activation_scale_ub": 1200.0, "modules_to_not_convert": ["lm_head"]}, ("rows", "_scale", "F32", None)),
    "llm-compressor's rows": (group(strategy="channel"), ("rows", "_scale", "BF16", None)),
    "rows in one dimension": (group(strategy="channel"), ("rows", "_scale", "F32", None, (-1,))),
    "llm-compressor's tensors": (group(strategy="tensor"), ("tensor", "_scale", "BF16", None, (1,), static)),
    "llm-compressor's frozen tensors": ({**group(strategy="tensor"), "format": "naive-quantized", "quantization_status": "frozen"},
                                        ("tensor", "_scale", "BF16", None, (1,), static)),
    "without status, dense": ({**without_status(group(strategy="channel")), "sparsity_config": sparse("dense")}, ("rows", "_scale", "BF16", None)),
    "llm-compressor's blocks": (group(strategy="block", block_structure=[16, 8]), ("blocks", "_scale", "F32", (16, 8))),
}


def put(folder, model, tensors, quantization):
    folders.start(folder, model)
    folders.write(os.path.join(folder, "model.safetensors"), tensors)
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    if quantization:
        config["quantization_config"] = quantization
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)


def check_layouts(checks, scratch):
    plain_folder, folder = os.path.join(scratch, "plain"), os.path.join(scratch, "fp8")
    for model in ("headwater-llama", "llama-gqa", "qwen3-odd", "phi3-odd", "qwen3_moe-odd", "gpt2-odd"):
        for name, (settings, arguments) in LAYOUTS.items():
            stored, plain = make(model, *arguments)
            put(folder, model, stored, settings)
            put(plain_folder, model, plain, None)
            found, wanted = folders.trace(BINARY, folder), folders.trace(BINARY, plain_folder)
            checks.check(f"{model}, {name}", found == wanted and not isinstance(wanted, str), found if isinstance(found, str) else "another trace")
            out = folders.call(BINARY, "info", folder)[1]
            n = sum(dtype == "F8_E4M3" for dtype, _ in stored.values())
            said = f"{n} weights of F8_E4M3 are multiplied with their scales; activations are not rounded to 8 bits"
            if "static" in name or "tensors" in name:
                said += f" ({n} tensors with scales for that are not used)"
            checks.check(f"{model}, {name}: info", said in out and "weights      F8_E4M3" in out, out)


def check_shards(checks, scratch):
    """Scales may lie in another file than their weights."""
    model, folder, plain_folder = "qwen3-odd", os.path.join(scratch, "shards"), os.path.join(scratch, "plain")
    stored, plain = make(model, "blocks", "_scale_inv", "F32", (5, 7))
    put(folder, model, {}, {**BLOCKS, "weight_block_size": [5, 7]})
    put(plain_folder, model, plain, None)
    os.remove(os.path.join(folder, "model.safetensors"))
    parts = {"model-1.safetensors": {k: v for k, v in stored.items() if "scale" not in k}, "model-2.safetensors": {k: v for k, v in stored.items() if "scale" in k}}
    for name, tensors in parts.items():
        folders.write(os.path.join(folder, name), tensors)
    with open(os.path.join(folder, "model.safetensors.index.json"), "w", encoding="utf-8") as file:
        json.dump({"weight_map": {key: name for name, tensors in parts.items() for key in tensors}}, file)
    checks.check("shards", folders.trace(BINARY, folder) == folders.trace(BINARY, plain_folder), folders.trace(BINARY, folder))


def check_all_codes(checks, scratch):
    """All 254 numbers in one matrix; then one that is NaN."""
    model, folder, plain_folder = "llama-gqa", os.path.join(scratch, "codes"), os.path.join(scratch, "plain")
    stored, plain = make(model, "tensor", "_scale", "F32", None)
    name = next(key for key in stored if key.endswith("mlp.up_proj.weight"))
    codes = np.resize(np.array([code for code in range(256) if code not in (127, 255)], np.uint8), stored[name][1].shape)
    checks.check("the matrix has all codes", np.unique(codes).size == 254)
    stored[name] = ("F8_E4M3", codes)
    stored[name + "_scale"] = ("F32", np.float32([[0.37]]))
    plain[name] = ("F32", (VALUES[codes] * np.float64(np.float32(0.37))).astype(np.float32))
    put(folder, model, stored, group(strategy="tensor"))
    put(plain_folder, model, plain, None)
    checks.check("all codes", folders.trace(BINARY, folder) == folders.trace(BINARY, plain_folder), folders.trace(BINARY, folder))
    for code in (127, 255):
        broken = codes.copy()
        broken[3, 2] = code
        put(folder, model, {**stored, name: ("F8_E4M3", broken)}, group(strategy="tensor"))
        checks.check(f"code {code}", f"nan at element {3 * codes.shape[1] + 2}, want finite numbers" in folders.trace(BINARY, folder), folders.trace(BINARY, folder))


def check_refusals(checks, scratch):
    model, folder = "llama-gqa", os.path.join(scratch, "refused")
    stored, _ = make(model, "blocks", "_scale_inv", "F32", (16, 8))
    blocks = {**BLOCKS, "weight_block_size": [16, 8]}
    weight = "model.layers.1.mlp.down_proj.weight"
    scale = weight + "_scale_inv"
    put(folder, model, stored, blocks)
    checks.check("what the refusals start from", not isinstance(folders.trace(BINARY, folder), str), folders.trace(BINARY, folder))
    rows = stored[scale][1].shape[0]

    def without(*names):
        return {key: value for key, value in stored.items() if key not in names}

    files = {
        f"{weight} has dtype F8_E4M3, but there is no {weight}_scale or {weight}_scale_inv": without(scale),
        f"{weight} has scales under two names": {**stored, weight + "_scale": stored[scale]},
        f"{scale} has shape [{rows}, 1], want": {**stored, scale: ("F32", stored[scale][1][:, :1])},
        f"{scale} has shape [1], want": {**stored, scale: ("F32", np.float32([1]))},
        f"{scale} holds a number that is not finite": {**stored, scale: ("F32", stored[scale][1] * np.float32("inf"))},
        f"{scale} has dtype F8_E4M3, want F32, F16 or BF16": {**stored, scale: ("F8_E4M3", encode(stored[scale][1])), scale + "_scale": ("F32", np.ones_like(stored[scale][1]))},
        f"{weight} has dtype F8_E5M2, want": {**without(scale), weight: ("F8_E5M2", stored[weight][1])},
        "model.norm.weight of F8_E4M3 has shape": {**stored, "model.norm.weight": ("F8_E4M3", encode(np.ones(stored["model.norm.weight"][1].shape))),
                                                   "model.norm.weight_scale": ("F32", np.float32([1]))},
        f"tensor {weight}_zero_point has no place": {**stored, weight + "_zero_point": ("F32", np.float32([1]))},
        "tensor model.norm.weight_scale has no place": {**stored, "model.norm.weight_scale": ("F32", np.float32([1]))},
        "inf at element 0, want finite numbers": {**stored, scale: ("F32", np.full_like(stored[scale][1], 3e38))},
    }
    for message, tensors in files.items():
        put(folder, model, tensors, blocks)
        found = folders.trace(BINARY, folder)
        checks.check(message, isinstance(found, str) and message in found and "\n" not in found, found)
    channel = group(strategy="channel")
    channel["config_groups"]["group_1"] = group(strategy="block", block_structure=[16, 8])["config_groups"]["group_0"]
    settings = {
        "config.json has no quantization_config": None,
        "want null, or quant_method fp8, fbgemm_fp8 or compressed-tensors": {"quant_method": "gptq", "bits": 4},
        'quantization_config.fmt is "e5m2"': {**blocks, "fmt": "e5m2"},
        "quantization_config.weight_block_size is [16], want [rows, columns]": {**blocks, "weight_block_size": [16]},
        "quantization_config.weight_block_size is [16,0], want [rows, columns]": {**blocks, "weight_block_size": [16, 0]},
        "quantization_config.rotation is not a setting that is understood": {**blocks, "rotation": True},
        'quantization_config.format is "pack-quantized"': {**group(strategy="channel"), "format": "pack-quantized"},
        "quantization_config.kv_cache_scheme is {": {**group(strategy="channel"), "kv_cache_scheme": {"num_bits": 8}},
        "quantization_config.transform_config is {": {**group(strategy="channel"), "transform_config": {"R1": {}}},
        'quantization_config.quantization_status is "calibration"': {**group(strategy="channel"), "quantization_status": "calibration"},
        'quantization_config.sparsity_config.format is "sparse-24-bitmask"': {**group(strategy="channel"), "sparsity_config": sparse("sparse-24-bitmask")},
        "no quantization_config.sparsity_config.format": {**group(strategy="channel"), "sparsity_config": {"targets": []}},
        'group_0.weights.strategy is "group"': group(strategy="group"),
        "group_0.weights.num_bits is 4": group(strategy="channel", num_bits=4),
        'group_0.weights.type is "int"': group(strategy="channel", type="int"),
        "group_0.weights.symmetric is false": group(strategy="channel", symmetric=False),
        "group_0.weights.group_size is 128": group(strategy="channel", group_size=128),
        'group_0.weights.strategy is "block", want another one': group(strategy="block"),
        'group_0.weights.strategy is "channel", want "block"': group(strategy="channel", block_structure=[16, 8]),
        "group_1.weights.block_structure is not that of the group before": channel,
        "want one number, or one for each row": {**blocks, "weight_block_size": None},
    }
    for message, quantization in settings.items():
        put(folder, model, stored, quantization)
        found = folders.trace(BINARY, folder)
        checks.check(message, isinstance(found, str) and message in found and "\n" not in found, found)


def main():
    checks = folders.Checks()
    with tempfile.TemporaryDirectory() as scratch:
        check_layouts(checks, scratch)
        check_shards(checks, scratch)
        check_all_codes(checks, scratch)
        check_refusals(checks, scratch)
    checks.end()


if __name__ == "__main__":
    main()
