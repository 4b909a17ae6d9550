#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shards whose index names tensors that no file has: the model is read where it can do without them, and a notice names them.

    /usr/bin/python3 tests/weights/shard_files.py build/headwater
"""
import json
import os
import sys
import tempfile

import folders

BINARY = os.path.abspath(sys.argv[1])


def put(folder, model, more, left_out=()):
    """Two shards, and an index that names `more` tensors, and those left out, as well."""
    folders.start(folder, model)
    tensors = folders.read(os.path.join(folders.source(model), "model.safetensors"))
    names = list(tensors)
    shards = {f"model-0000{i + 1}-of-00002.safetensors": names[i::2] for i in range(2)}
    for shard, those in shards.items():
        folders.write(os.path.join(folder, shard), {name: tensors[name] for name in those if name not in left_out})
    weight_map = {name: shard for shard, those in shards.items() for name in those}
    weight_map.update(dict.fromkeys(more, "model-00001-of-00002.safetensors"))
    with open(os.path.join(folder, "model.safetensors.index.json"), "w", encoding="utf-8") as file:
        json.dump({"metadata": {}, "weight_map": weight_map}, file)


def main():
    checks = folders.Checks()
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.join(scratch, "model")
        # llama-gqa is tied, llama-odd is not
        buffers = [f"model.layers.{layer}.self_attn.rotary_emb.inv_freq" for layer in range(5)]
        for more in (["lm_head.weight"], buffers, ["lm_head.weight", *buffers[:2]]):
            put(folder, "llama-gqa", more)
            found = folders.trace(BINARY, folder)
            checks.check(f"{more} in the index alone", found == folders.trace(BINARY, folders.source("llama-gqa")), found)
            said = "in the index and in no file: " + ", ".join(more[:4]) + (" and 1 more" if len(more) > 4 else "")
            _, out, _ = folders.call(BINARY, "info", folder)
            checks.check(said, said + "\n" in out, out)
        put(folder, "llama-gqa", ["\x1b[31m\nheadwater: error.rotary_emb.inv_freq" + ".rotary_emb.inv_freq" * 500])
        _, out, _ = folders.call(BINARY, "info", folder)
        line = next((line for line in out.split("\n") if "in the index and in no file" in line), "")
        checks.check("control characters and a long name are not shown", "\x1b" not in out and "headwater: error" in line and len(line) < 500, out[:2000])
        weight, bias = "model.layers.1.mlp.up_proj.weight", "model.layers.1.self_attn.q_proj.bias"
        for model, more, left_out in (("llama-odd", [], ["lm_head.weight"]), ("llama-gqa", [], [weight]), ("llama-gqa", [bias], []), ("llama-gqa", ["x"], [])):
            put(folder, model, more, left_out)
            name = [*more, *left_out][0]
            found, wanted = folders.trace(BINARY, folder), f"weight_map: {name} lies in model-0000"
            checks.check(f"{model} without {name}", isinstance(found, str) and wanted in found and "has no such tensor" in found, found)
            code, out, err = folders.call(BINARY, "info", folder, "--tensors")
            checks.check(f"{model} without {name}: info", code == 1 and "NOT THERE" in out and wanted in out, out + err)
    checks.end()


if __name__ == "__main__":
    main()
