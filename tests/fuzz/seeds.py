#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds of the fuzz targets: the hostile files, and small valid ones; and a dictionary for each, of the texts in the source that reads it.

    /usr/bin/python3 tests/fuzz/seeds.py FOLDER     FOLDER/TARGET/NAME and FOLDER/TARGET.dict
"""
import glob
import gzip
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path[:0] = [os.path.join(HERE, "..", "hostile"), os.path.join(HERE, "..", "weights")]
import gguf_format  # noqa: E402
import other_formats  # noqa: E402
import zip_pickle  # noqa: E402

MOST = 4096  # bytes: small seeds are changed to more effect
SOURCES = {"safetensors": ["weights/safetensors.c"], "index": ["weights/shards.c", "weights/safetensors.c"], "torch": ["weights/torch.c", "weights/pickle.c"],
           "gguf": ["weights/gguf.c", "model/gguf.c"], "tokenizer_json": ["tokenizer/*.c"], "config": ["model/*.c"], "headwater_json": ["model/*.c"],
           "dataset": ["dataset/*.c"]}


def valid():
    yield "safetensors", "one", other_formats.ONE
    yield "safetensors", "three", other_formats.safetensors({"a": other_formats.entry(0, 8, [2, 2], "F16"), "b": other_formats.entry(8, 12, [2], "BF16"),
                                                              "__metadata__": {"format": "pt"}, "c": other_formats.entry(12, 20, [1], "I64")}, bytes(20))
    scaled = {"a.weight": other_formats.entry(0, 15, [3, 5], "F8_E4M3"), "a.weight_scale_inv": other_formats.entry(15, 31, [2, 2], "F32")}
    yield "safetensors", "fp8", other_formats.safetensors(scaled, bytes(15) + b"\0\0\x80?" * 4)
    packed = {"a_blocks": other_formats.entry(0, 32, [1, 2, 1, 16], "U8"), "a_scales": other_formats.entry(32, 34, [1, 2, 1], "U8")}
    yield "safetensors", "mxfp4", other_formats.safetensors(packed, bytes(range(32)) + b"\x7f\x80")
    yield "index", "two", json.dumps({"metadata": {"total_size": 8}, "weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}).encode()
    yield "torch", "zip", zip_pickle.archive(zip_pickle.GOOD)
    yield "torch", "old", zip_pickle.old()
    view = zip_pickle.tensor(shape=(2, 2), strides=(1, 2))
    yield "torch", "transposed", zip_pickle.with_data(zip_pickle.state(view))
    yield "torch", "gap", zip_pickle.with_data(zip_pickle.state(zip_pickle.tensor(shape=(2,), strides=(2,), offset=1)))
    for kind in gguf_format.TYPES:
        block = {"F32": 1024, "F16": 512, "BF16": 512, "Q8_0": 272, "Q4_0": 144, "Q4_K": 144, "Q6_K": 210}[kind]
        tensors = {"token_embd.weight": (kind, bytes(block), (1, 256))}
        path = os.path.join(sys.argv[1], "one.gguf")
        gguf_format.write(path, {"general.architecture": "llama", "llama.block_count": 1, "llama.embedding_length": 256, "llama.attention.head_count": 4,
                                 "llama.feed_forward_length": 256, "tokenizer.ggml.tokens": ["a", "b"], "tokenizer.ggml.scores": [0.5, 1.0]}, tensors)
        with open(path, "rb") as file:
            yield "gguf", kind, file.read()
        os.remove(path)


def read(*path):
    with open(os.path.join(ROOT, *path), "rb") as file:
        return file.read()


def models():
    """Descriptions of models: the fixtures', and those of headwater.json."""
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "golden", "models", "*", "config.json"))):
        yield "config", os.path.basename(os.path.dirname(path)), json.dumps(json.loads(read(path))).encode()
    for path in sorted(glob.glob(os.path.join(ROOT, "datasets", "models", "*", "headwater.json"))):
        yield "headwater_json", os.path.basename(os.path.dirname(path)), read(path)
    yield "headwater_json", "family", b'{"family": "gpt2", "n_layers": 1}'


TABLE = [["prompt", "answer", "foil", "group"], ["The cat", " sat", " ran", "a"], ["A \"dog\", \u00e9", " ate\nit", "", "b"]]


def datasets():
    """The first byte: csv, tsv, jsonl, json, txt; with quotes by the cells (+ 0), never (+ 5), always (+ 10)."""
    def delimited(delimiter, end="\n"):
        return end.join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in TABLE).encode() + end.encode()
    objects = [dict(zip(TABLE[0], row)) for row in TABLE[1:]]
    files = {"csv": (0, delimited(",")), "semicolon": (0, delimited(";", "\r\n")), "csv-raw": (5, b"text,target\n a, b\nc,d\n"), "tsv": (1, delimited("\t")),
             "tsv-quoted": (11, delimited("\t")), "jsonl": (2, "\n".join(map(json.dumps, objects)).encode()), "json": (3, json.dumps(objects).encode()),
             "strings": (3, b'["one", "two"]'), "nested": (2, b'{"prompt": ["a"], "answer": {"b": [1, 2.5e3, null, true]}}\n'),
             "columns": (3, json.dumps({"prompt": ["a", "b"], "answer": ["c", "d"]}).encode()), "data": (3, json.dumps({"data": objects}).encode()),
             "txt": (4, b"The cat\n\nA dog\r\n"), "mark": (4, b"\xef\xbb\xbfThe cat\n"), "gzip": (2, gzip.compress(b'{"prompt": "a"}\n', mtime=0))}
    for name, (kind, data) in files.items():
        yield "dataset", name, bytes([kind]) + data


def changes():
    """The target `database`: what is read, then a column (2 bytes), a row, a kind and a value. The first of each is known only there."""
    yield "database", "none", b"\0"
    for what in range(0, 48, 3):
        yield "database", f"number-{what}", bytes([what, 0, 5 * what, 1, 2]) + (1 << 40).to_bytes(8, "big") + bytes([0, 5 * what + 2, 0, 1, 255])
        yield "database", f"bytes-{what}", bytes([what, 0, 5 * what + 1, 0, 6, 0, 20, 1, 0, 5 * what + 3, 0, 4, 3]) + b"abc"


def dictionary(patterns):
    """Texts in double quotes that are no format and no message."""
    words = set()
    for pattern in patterns:
        for path in glob.glob(os.path.join(ROOT, "src", pattern)):
            words.update(word for word in re.findall(r'"((?:[^"\\\n]|\\.)+)"', read(path).decode()) if len(word) <= 40 and word.isascii() and not re.search(r"[%\\]|\.h$|\w \w|^ | $", word))
    return "".join(f'"{word}"\n' for word in sorted(words))


def hostile():
    for name, _, data in zip_pickle.ROWS:
        yield "torch", name, data
    for name, _, files in other_formats.SAFETENSORS:
        yield "safetensors", name, files["model.safetensors"]
    for name, _, files in other_formats.INDEX:
        if "model.safetensors.index.json" in files:
            yield "index", name, files["model.safetensors.index.json"]
    for name, _, files in other_formats.GGUF:
        yield "gguf", name, files["x.gguf"]


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for target, patterns in SOURCES.items():
        with open(os.path.join(sys.argv[1], target + ".dict"), "w", encoding="utf-8") as file:
            file.write(dictionary(patterns))
    for target, name, data in [*valid(), *models(), *datasets(), *changes(), *hostile()]:
        if len(data) <= MOST:
            os.makedirs(os.path.join(sys.argv[1], target), exist_ok=True)
            with open(os.path.join(sys.argv[1], target, name), "wb") as file:
                file.write(data)


if __name__ == "__main__":
    main()
