#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same model as torch.save writes it, in both of its layouts, and in shards: the trace is that of model.safetensors.

    /usr/bin/python3 tests/weights/torch_files.py build/headwater
"""
import collections
import json
import os
import sys
import tempfile

import folders

try:
    import torch
except ImportError:
    print("skipped: no torch")
    sys.exit(77)

BINARY = os.path.abspath(sys.argv[1])
TORCH = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def as_torch(tensors):
    return collections.OrderedDict((name, torch.from_numpy(array.astype("<i2", copy=True)).view(torch.bfloat16) if dtype == "BF16" else
                                    torch.from_numpy(array.copy())) for name, (dtype, array) in tensors.items())


def transposed(values):
    """Each matrix as a view of its transpose in memory."""
    return {name: tensor.t().contiguous().t() if tensor.dim() == 2 else tensor for name, tensor in values.items()}


def with_gaps(values):
    """Each tensor as every second element, from an odd place, of a larger one."""
    made = {}
    for name, tensor in values.items():
        large = torch.full([2 * n + 3 for n in tensor.shape], float("nan"), dtype=tensor.dtype)
        view = large[tuple(slice(1, 1 + 2 * n, 2) for n in tensor.shape)]
        view.copy_(tensor)
        made[name] = view
    return made


def one_storage(values):
    """All tensors as views of one storage, in an order that is not theirs."""
    names = sorted(values, key=lambda name: name[::-1])
    flat = torch.cat([values[name].reshape(-1) for name in names])
    made, at = {}, 0
    for name in names:
        n = values[name].numel()
        made[name] = flat[at:at + n].view(values[name].shape)
        at += n
    return made


def parameters(values):
    return {name: torch.nn.Parameter(tensor) for name, tensor in values.items()}


def with_state(values):
    state = collections.OrderedDict(values)
    state._metadata = collections.OrderedDict([("", {"version": 1})])
    return state


def main():
    checks = folders.Checks()
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.join(scratch, "model")
        for model in ("headwater-gpt2", "headwater-llama", "opt-odd", "phi-odd"):
            tensors = folders.read(os.path.join(folders.source(model), "model.safetensors"))
            values = as_torch(tensors)
            wanted = folders.trace(BINARY, folders.source(model))
            checks.check(model, not isinstance(wanted, str), wanted)

            def same(what, reference=wanted):
                found = folders.trace(BINARY, folder)
                # A transposed matrix is used where it lies; its products add in another order.
                ok = folders.near(found, reference, 1e-5) if "transposed" in what else found == reference
                checks.check(f"{model} {what}", ok, found if isinstance(found, str) else "another trace")

            folders.start(folder, model)
            for what, change in (("plain", dict), ("transposed", transposed), ("gaps", with_gaps), ("one storage", one_storage),
                                 ("parameters", parameters), ("state", with_state)):
                for new in (True, False):
                    torch.save(change(values), os.path.join(folder, "pytorch_model.bin"), _use_new_zipfile_serialization=new)
                    same(f"{what}, {'zip' if new else 'old'}")
            torch.save({name: tensor.to(torch.float32) for name, tensor in values.items()}, os.path.join(folder, "pytorch_model.bin"))
            code, out, _ = folders.call(BINARY, "info", folder)
            checks.check(f"{model} info", code == 0 and "PyTorch" in out, out)
            same("float32")
            for protocol in (3, 4, 5):
                torch.save(values, os.path.join(folder, "pytorch_model.bin"), pickle_protocol=protocol)
                same(f"pickle protocol {protocol}")

            names = list(values)
            shards = {f"pytorch_model-0000{i + 1}-of-00003.bin": names[i::3] for i in range(3)}
            folders.start(folder, model)
            for shard, those in shards.items():
                torch.save({name: values[name].clone() for name in those}, os.path.join(folder, shard))
            with open(os.path.join(folder, "pytorch_model.bin.index.json"), "w", encoding="utf-8") as file:
                json.dump({"metadata": {"total_size": 1}, "weight_map": {name: shard for shard, those in shards.items() for name in those}}, file)
            same("PyTorch shards")

            folders.start(folder, model)
            shards = {shard.replace("pytorch_model", "model").replace(".bin", ".safetensors"): those for shard, those in shards.items()}
            for shard, those in shards.items():
                folders.write(os.path.join(folder, shard), {name: tensors[name] for name in those})
            with open(os.path.join(folder, "model.safetensors.index.json"), "w", encoding="utf-8") as file:
                json.dump({"metadata": {}, "weight_map": {name: shard for shard, those in shards.items() for name in those}}, file)
            same("safetensors shards")

        # What official repositories of OPT call their tensors: with model.decoder., decoder., or nothing in front.
        tensors = folders.read(os.path.join(folders.source("opt-odd"), "model.safetensors"))
        wanted = folders.trace(BINARY, folders.source("opt-odd"))
        bare = {name.split("decoder.")[-1]: tensor for name, tensor in as_torch(tensors).items()}
        for prefix in ("model.decoder.", "decoder.", ""):
            folders.start(folder, "opt-odd")
            torch.save({name if name.startswith("lm_head") else prefix + name: tensor for name, tensor in bare.items()},
                       os.path.join(folder, "pytorch_model.bin"))
            found = folders.trace(BINARY, folder)
            checks.check(f"OPT behind {prefix!r}", found == wanted, found if isinstance(found, str) else "another trace")
    checks.end()


if __name__ == "__main__":
    main()
