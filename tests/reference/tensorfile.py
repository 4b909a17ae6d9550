# SPDX-License-Identifier: Apache-2.0
"""Read and write safetensors files without the safetensors library.

Layout: 8 bytes little-endian header length n, n bytes of JSON
{name: {"dtype", "shape", "data_offsets": [start, end]}}, then the data; offsets count from the end of the header.
Everything is read into float64: F32, F16 and BF16 values are exact in it, so the reference computes on the very
numbers that are stored. U8 stays as it is: packed numbers.
"""
import json
import struct

import numpy as np
import torch

NUMPY_DTYPE = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "U8": "u1"}
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "U8": 1}


def bf16_to_float32(words):
    """A BF16 number is the upper half of the float32 with the same bits and 16 zero bits below."""
    return (words.astype("<u4") << 16).view("<f4")


def float32_to_bf16(values):
    """Round to nearest, ties to even, on the bits; finite values only."""
    bits = np.ascontiguousarray(values, dtype="<f4").view("<u4").astype(np.uint64)
    bits = bits + 0x7FFF + ((bits >> 16) & 1)
    return (bits >> 16).astype("<u2")


def read(path):
    """{name: float64 torch tensor} of one safetensors file; other integer and boolean tensors are left out."""
    with open(path, "rb") as file:
        header_length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(header_length))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] not in BYTES:
            continue
        start, end = entry["data_offsets"]
        count = int(np.prod(entry["shape"], dtype=np.int64))
        if end - start != count * BYTES[entry["dtype"]] or end > len(data):
            raise ValueError(f"{path}: {name} has {end - start} bytes at {start}, shape {entry['shape']}")
        piece = data[start:end]
        if entry["dtype"] == "BF16":
            values = bf16_to_float32(np.frombuffer(piece, "<u2"))
        else:
            values = np.frombuffer(piece, NUMPY_DTYPE[entry["dtype"]])
        wanted = np.uint8 if entry["dtype"] == "U8" else np.float64
        tensors[name] = torch.from_numpy(values.astype(wanted).reshape(entry["shape"]))
    return tensors


def write(path, arrays, dtype):
    """Write {name: numpy array} as one file; every tensor in the same dtype, bytes as U8, in the order of the names."""
    header = {"__metadata__": {"format": "pt"}}
    pieces = []
    offset = 0
    for name in sorted(arrays):
        values = np.asarray(arrays[name])
        own = "U8" if values.dtype == np.uint8 else dtype
        if own == "BF16":
            piece = float32_to_bf16(values).tobytes()
        else:
            piece = np.ascontiguousarray(values, dtype=NUMPY_DTYPE[own]).tobytes()
        header[name] = {"dtype": own, "shape": list(values.shape), "data_offsets": [offset, offset + len(piece)]}
        pieces.append(piece)
        offset += len(piece)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(pieces))
