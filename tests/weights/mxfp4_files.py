#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GPT-OSS with experts in MXFP4: the same trace as with the same numbers in float32, and files whose blocks or scales are wrong.

    python3 tests/weights/mxfp4_files.py build/headwater

The numbers are those of the OCP Microscaling specification: sign, two bits of exponent, one of mantissa, times 2^(scale - 127).
"""
import json
import os
import sys
import tempfile

import numpy as np

import folders

BINARY, MODEL = os.path.abspath(sys.argv[1]), "gpt_oss-mxfp4"
VALUES = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6])


def put(folder, tensors, quantized=True):
    folders.start(folder, MODEL)
    folders.write(os.path.join(folder, "model.safetensors"), tensors)
    path = os.path.join(folder, "config.json")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    if not quantized:
        del config["quantization_config"]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)


def widened(tensors):
    """The experts as float32 [expert, in, out]."""
    plain = dict(tensors)
    for name in [name for name in tensors if name.endswith("_blocks")]:
        blocks, scales = plain.pop(name)[1], plain.pop(name.replace("_blocks", "_scales"))[1]
        numbers = VALUES[np.stack([blocks & 15, blocks >> 4], -1)].reshape(*scales.shape, 32) * 2.0 ** (scales[..., None].astype(int) - 127)
        plain[name.removesuffix("_blocks")] = ("F32", numbers.reshape(*scales.shape[:2], -1).transpose(0, 2, 1).astype(np.float32))
    return plain


def main():
    checks = folders.Checks()
    tensors = folders.read(os.path.join(folders.source(MODEL), "model.safetensors"))
    blocks = "model.layers.0.mlp.experts.gate_up_proj_blocks"
    scales, base = blocks.replace("_blocks", "_scales"), blocks.removesuffix("_blocks")
    codes, exponents = tensors[blocks][1], tensors[scales][1]
    checks.check("the blocks have all codes", np.unique(np.concatenate([codes & 15, codes >> 4])).size == 16)
    with tempfile.TemporaryDirectory() as scratch:
        folder, plain = os.path.join(scratch, "mxfp4"), os.path.join(scratch, "plain")
        small = {**tensors, scales: ("U8", np.where(np.arange(exponents.size).reshape(exponents.shape) % 5 == 0, 0, exponents).astype(np.uint8))}
        for name, those in (("as they are", tensors), ("some exponents 0", small)):
            put(folder, those)
            put(plain, widened(those), False)
            found, wanted = folders.trace(BINARY, folder), folders.trace(BINARY, plain)
            checks.check(name, not isinstance(found, str) and folders.near(found, wanted, 1e-5), found if isinstance(found, str) else "another trace")
        put(folder, tensors)
        code, out, err = folders.call(BINARY, "info", folder, "--tensors")
        checks.check("info --tensors", code == 0 and "NO PLACE" not in out and "MISSING" not in out and "F4_E2M1" in out, out + err)

        def without(*names):
            return {key: value for key, value in tensors.items() if key not in names}

        broken = exponents.copy()
        broken[1, 2, 0] = 255
        norm = "model.norm.weight"
        files = {
            f"{blocks} is there, but no {scales}": without(scales),
            f"{scales} has shape [{exponents.shape[0]}, {exponents.shape[1]}, 1] of U8, want one U8 for each 16 bytes": {
                **tensors, scales: ("U8", exponents[:, :, :1])},
            "of F32, want one U8 for each 16 bytes": {**tensors, scales: ("F32", exponents)},
            f"{scales} holds the exponent 255": {**tensors, scales: ("U8", broken)},
            f"{base} has shape [3, 32, 64], want [3, 64, 64]": {**tensors, blocks: ("U8", codes[:, :32]), scales: ("U8", exponents[:, :32])},
            f"tensor {base} is there twice": {**tensors, base: ("F32", np.ones((3, 64, 64)))},
            f"no tensor {base}": {**without(blocks, scales), blocks: ("U8", codes[..., :8]), scales: ("U8", exponents)},
            f"{norm} is of MXFP4": {**without(norm), norm + "_blocks": ("U8", codes), norm + "_scales": ("U8", exponents)},
        }
        for message, those in files.items():
            put(folder, those)
            found = folders.trace(BINARY, folder)
            checks.check(message, isinstance(found, str) and message in found and "\n" not in found, found)
        put(folder, tensors, False)
        found = folders.trace(BINARY, folder)
        checks.check("without quantization_config", isinstance(found, str) and f"no tensor {base}" in found, found)
    checks.end()


if __name__ == "__main__":
    main()
