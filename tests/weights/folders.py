# SPDX-License-Identifier: Apache-2.0
"""What the tests of weight formats share: models of the repository as numpy arrays, folders with their config, and traces of them."""
import json
import os
import shutil
import struct
import subprocess
import sys

import numpy as np

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
NUMPY = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "F8_E4M3": "u1", "F8_E5M2": "u1", "U8": "u1"}


def source(model):
    """The folder of a model of the repository: embedded ones and fixtures."""
    for folder in ("datasets/models", "tests/golden/models"):
        path = os.path.join(ROOT, folder, model)
        if os.path.isdir(path):
            return path
    raise FileNotFoundError(model)


def read(path):
    """{name: (dtype, array)} of a safetensors file; BF16 as the 16 bits of each number."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: (entry["dtype"], np.frombuffer(data[slice(*entry["data_offsets"])], NUMPY[entry["dtype"]]).reshape(entry["shape"]))
            for name, entry in header.items()}


def write(path, tensors):
    """{name: (dtype, array)} as a safetensors file."""
    header, pieces, at = {}, [], 0
    for name, (dtype, array) in tensors.items():
        piece = np.ascontiguousarray(array).astype(NUMPY[dtype], copy=False).tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + len(piece)]}
        pieces.append(piece)
        at += len(piece)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(pieces))


def widen(dtype, array):
    """float32 of what a file holds."""
    return (array.astype(np.uint32) << 16).view(np.float32) if dtype == "BF16" else array.astype(np.float32)


def start(folder, model, *left_out):
    """A new folder with all files of a model but its weights."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in os.listdir(source(model)):
        if name != "model.safetensors" and name not in left_out:
            shutil.copy(os.path.join(source(model), name), folder)


def call(binary, *arguments):
    done = subprocess.run([binary, *arguments], capture_output=True, check=False, text=True)
    return done.returncode, done.stdout, done.stderr.strip()


def trace(binary, folder):
    """What a trace computes: all of its JSON but the names and the hash of the files. Text: an error."""
    code, out, err = call(binary, "trace", "--model", folder, "--tokens", "5,17,9,3,42,7,11,12", "--json", "--threshold", "0.01")
    if code:
        return err
    found = json.loads(out)
    for key in ("model", "path", "fingerprint", "name", "format"):
        found.pop(key, None)
    return found


def near(a, b, tolerance):
    """The same but for the last digits of numbers."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(near(a[key], b[key], tolerance) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(near(x, y, tolerance) for x, y in zip(a, b))
    if isinstance(a, float) or isinstance(b, float):
        return abs(a - b) <= tolerance * max(1, abs(a), abs(b))
    return a == b


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, ok, what=""):
        self.passed += bool(ok)
        self.failed += not ok
        if not ok:
            print(f"FAIL {name}: {str(what)[:300]}")

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)
