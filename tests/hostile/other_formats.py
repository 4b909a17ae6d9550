# SPDX-License-Identifier: Apache-2.0
"""safetensors files, indexes and GGUF files that lie: rows of (name, words of the error, {file name: bytes})."""
import json
import struct


def safetensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(begin, end, shape, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


ONE = safetensors({"a": entry(0, 4, [1])}, bytes(4))
OTHER = safetensors({"b": entry(0, 4, [1])}, bytes(4))


def index(weight_map, **more):
    return {"model.safetensors.index.json": weight_map if isinstance(weight_map, bytes) else json.dumps({"weight_map": weight_map, **more}).encode()}


def text(word):
    return struct.pack("<Q", len(word)) + word


def gguf(values=b"", tensors=b"", n_values=None, n_tensors=None, data=b"", version=3, magic=b"GGUF"):
    count = lambda parts: len(parts) if isinstance(parts, list) else 0  # noqa: E731
    join = lambda parts: b"".join(parts) if isinstance(parts, list) else parts  # noqa: E731
    head = magic + struct.pack("<IQQ", version, count(tensors) if n_tensors is None else n_tensors, count(values) if n_values is None else n_values)
    head += join(values) + join(tensors)
    return {"x.gguf": head + bytes(-len(head) % 32) + data}


def info(name=b"token_embd.weight", shape=(2, 2), kind=0, begin=0):
    return text(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", n) for n in shape) + struct.pack("<IQ", kind, begin)


def value(key, kind, data):
    return text(key) + struct.pack("<I", kind) + data


def strings(n, *words):
    return struct.pack("<IQ", 8, n) + b"".join(text(word) for word in words)


ARCHITECTURE = value(b"general.architecture", 8, text(b"llama"))


def count(key, n):
    return value(b"llama." + key, 4, struct.pack("<I", n))


MODEL = [ARCHITECTURE, count(b"block_count", 1), count(b"embedding_length", 4), count(b"attention.head_count", 2), count(b"feed_forward_length", 4)]

SAFETENSORS = [(name, words, {"model.safetensors": data}) for name, words, data in [
    ("st-deep-json", "not valid JSON", safetensors(b"[" * 500000)),
    ("st-deep-objects", "not valid JSON", safetensors(b'{"a":' * 150000)),
    ("st-length-2-64", "header's length", safetensors(b"{}", length=2**64 - 1)),
    ("st-length-past-end", "header's length", safetensors(b"{}", length=3)),
    ("st-overlap", "begins at byte 0 of the data, want 4", safetensors({"a": entry(0, 4, [1]), "b": entry(0, 4, [1])}, bytes(4))),
    ("st-hole", "begins at byte 8 of the data, want 4", safetensors({"a": entry(0, 4, [1]), "b": entry(8, 12, [1])}, bytes(12))),
    ("st-behind", "bytes behind the last tensor", safetensors({"a": entry(0, 4, [1])}, bytes(8))),
    ("st-shape-overflow", "too large", safetensors({"a": entry(0, 4, [1 << 40, 1 << 40])}, bytes(4))),
    ("st-shape-real", "no count", safetensors({"a": entry(0, 4, [1.5])}, bytes(4))),
    ("st-offset-2-63", "no dtype, shape and two data_offsets", safetensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775808]}}', bytes(4))),
    ("st-three-offsets", "no dtype, shape and two data_offsets", safetensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', bytes(4))),
    ("st-many-tensors", "no tensor", safetensors({str(i): entry(0, 0, [0]) for i in range(15000)})),
]]

INDEX = [
    ("index-empty", "empty, want JSON", index(b"")),
    ("index-list", "is an array, want an object", index(b"[]")),
    ("index-no-map", "no weight_map", index(b'{"metadata": {}}')),
    ("index-map-list", "no weight_map", index(b'{"weight_map": ["a"]}')),
    ("index-cyclic", "want a file of this folder whose name ends with .safetensors", index({"a": "model.safetensors.index.json"})),
    ("index-parent", "lies in ../model.safetensors, want a file of this folder", index({"a": "../model.safetensors"})),
    ("index-absolute", "want a file of this folder", index({"a": "/etc/x.safetensors"})),
    ("index-folder", "want a file of this folder", index({"a": "sub/x.safetensors"})),
    ("index-hidden", "want a file of this folder", index({"a": ".safetensors"})),
    ("index-hidden-file", "want a file of this folder", index({"a": ".x.safetensors"})),
    ("index-short-name", "want a file of this folder", index({"a": "x"})),
    ("index-number", "lies in an integer", index({"a": 1})),
    ("index-null", "lies in null", index({"a": None})),
    ("index-long-name", "want a file of this folder", index({"a": "x" * 5000 + ".safetensors"})),
    ("index-missing-shard", "no such file, but", {**index({"a": "1.safetensors", "b": "2.safetensors"}), "1.safetensors": ONE}),
    ("index-wrong-shard", "lies in 2.safetensors, but it was found in 1.safetensors", {**index({"a": "2.safetensors", "b": "1.safetensors"}), "1.safetensors": ONE, "2.safetensors": OTHER}),
    ("index-missing-tensor", "has no such tensor", {**index({"a": "1.safetensors", "z": "1.safetensors"}), "1.safetensors": ONE}),
    ("index-surplus-tensor", "is not in", {**index({"a": "1.safetensors"}), "1.safetensors": safetensors({"a": entry(0, 4, [1]), "b": entry(4, 8, [1])}, bytes(8))}),
    ("index-tensor-twice", "is there twice", {**index({"a": "1.safetensors", "b": "2.safetensors"}), "1.safetensors": ONE, "2.safetensors": ONE}),
    ("index-key-twice", "duplicate", index(b'{"weight_map": {"a": "1.safetensors", "a": "2.safetensors"}}')),
    ("index-deep", "not valid JSON", index(b'{"weight_map": ' + b"[" * 500000)),
    ("index-many-shards", "no such file, but", index({str(i): f"{i}.safetensors" for i in range(20000)})),
    ("index-broken-shard", "1.safetensors: 0 bytes are too few", {**index({"a": "1.safetensors"}), "1.safetensors": b""}),
    ("shards-no-index", "lists the parts", {"model-00001-of-00002.safetensors": ONE}),
    ("bin-shards-no-index", "lists the parts", {"pytorch_model-00001-of-00002.bin": b""}),
    ("bin-index-os-system", "asks for os.system", {"pytorch_model.bin.index.json": b'{"weight_map": {"a": "x.bin"}}',
                                                   "x.bin": b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.cos\nsystem\n."}),
]

GGUF = [
    ("gguf-empty", "does not begin with GGUF", {"x.gguf": b""}),
    ("gguf-short", "does not begin with GGUF", {"x.gguf": b"GGUF\3\0\0\0"}),
    ("gguf-magic", "does not begin with GGUF", gguf(magic=b"GGML")),
    ("gguf-version-1", "GGUF version 1", gguf(version=1)),
    ("gguf-version-99", "GGUF version 99", gguf(version=99)),
    ("gguf-big-endian", "big-endian", gguf(version=3 << 24)),
    ("gguf-2-63-tensors", "9223372036854775808 tensors", gguf(n_tensors=2**63)),
    ("gguf-2-64-values", "18446744073709551615 values", gguf(n_values=2**64 - 1)),
    ("gguf-many-tensors", "overlap", gguf(n_tensors=20, data=bytes(1000))),
    ("gguf-key-length", "a key of 9223372036854775808 bytes", gguf(struct.pack("<Q", 2**63), n_values=1)),
    ("gguf-key-past-end", "cut short", gguf(struct.pack("<Q", 60000) + b"abc", n_values=1)),
    ("gguf-key-nul", "holds a NUL", gguf([value(b"a\0b", 4, bytes(4))])),
    ("gguf-key-twice", "is there twice", gguf([ARCHITECTURE, ARCHITECTURE])),
    ("gguf-value-type", "has type 13", gguf([value(b"a", 13, bytes(8))])),
    ("gguf-array-type", "has type 99", gguf([value(b"a", 9, struct.pack("<IQ", 99, 1))])),
    ("gguf-array-of-arrays", "an array of arrays", gguf([value(b"a", 9, struct.pack("<IQ", 9, 1))])),
    ("gguf-array-2-63", "9223372036854775808 elements", gguf([value(b"a", 9, struct.pack("<IQ", 4, 2**63))])),
    ("gguf-strings-2-64", "cut short", gguf([value(b"tokenizer.ggml.tokens", 9, strings(2**64 - 1, b"a"))])),
    ("gguf-string-2-64", "cut short", gguf([value(b"a", 8, struct.pack("<Q", 2**64 - 1))])),
    ("gguf-string-in-array", "cut short", gguf([value(b"a", 9, strings(1) + struct.pack("<Q", 2**63))])),
    ("gguf-alignment-0", "general.alignment", gguf([value(b"general.alignment", 4, struct.pack("<I", 0))])),
    ("gguf-alignment-48", "general.alignment", gguf([value(b"general.alignment", 4, struct.pack("<I", 48))])),
    ("gguf-alignment-2-21", "general.alignment", gguf([value(b"general.alignment", 4, struct.pack("<I", 1 << 21))])),
    ("gguf-alignment-text", "general.alignment", gguf([value(b"general.alignment", 8, text(b"32"))])),
    ("gguf-five-dimensions", "has 5 dimensions", gguf([ARCHITECTURE], [info(shape=(1,) * 5)])),
    ("gguf-2-32-dimensions", "has 4294967295 dimensions", gguf([ARCHITECTURE], text(b"a") + struct.pack("<I", 2**32 - 1), n_tensors=1, data=bytes(64))),
    ("gguf-shape-2-63", "no count", gguf([ARCHITECTURE], [info(shape=(2**63, 1))])),
    ("gguf-shape-overflow", "too large", gguf([ARCHITECTURE], [info(shape=(2**40, 2**40))])),
    ("gguf-bytes-wrap", "the shape is too large", gguf([ARCHITECTURE], [info(shape=(2**62,))], data=bytes(64))),
    ("gguf-end-wraps", "the shape is too large", gguf([ARCHITECTURE], [info(shape=(2**62 - 1,), begin=64)], data=bytes(64))),
    ("gguf-shape-large", "is the file cut short?", gguf([ARCHITECTURE], [info(shape=(2**30, 2**30))])),
    ("gguf-past-end", "is the file cut short?", gguf([ARCHITECTURE], [info()], data=bytes(12))),
    ("gguf-begin-2-63", "past the end of the file", gguf([ARCHITECTURE], [info(begin=2**63)], data=bytes(64))),
    ("gguf-begin-odd", "want a multiple of 32", gguf([ARCHITECTURE], [info(begin=4)], data=bytes(64))),
    ("gguf-overlap", "overlap", gguf([ARCHITECTURE], [info(shape=(4, 4)), info(b"output.weight", (4, 4), begin=32)], data=bytes(96))),
    ("gguf-same-place", "overlap", gguf([ARCHITECTURE], [info(), info(b"output.weight")], data=bytes(64))),
    ("gguf-tensor-twice", "is there twice", gguf([ARCHITECTURE], [info(), info(begin=32)], data=bytes(64))),
    ("gguf-odd-rows", "want a multiple of 32 for Q8_0", gguf([ARCHITECTURE], [info(shape=(33, 2), kind=8)], data=bytes(128))),
    ("gguf-odd-rows-k", "want a multiple of 256 for Q4_K", gguf([ARCHITECTURE], [info(shape=(32, 8), kind=12)], data=bytes(256))),
    ("gguf-part", "a part of a model in several GGUF files", gguf([ARCHITECTURE, value(b"split.count", 2, struct.pack("<H", 3))])),
    ("gguf-no-architecture", "no general.architecture", gguf([], [info()], data=bytes(16))),
    ("gguf-architecture-number", "no general.architecture", gguf([value(b"general.architecture", 4, bytes(4))])),
    ("gguf-architecture", "architecture \"rwkv\" is not known", gguf([value(b"general.architecture", 8, text(b"rwkv"))])),
    ("gguf-no-embedding", "no matrix token_embd.weight", gguf(MODEL)),
    ("gguf-experts", "llama.expert_count asks for what is not computed", gguf([*MODEL, count(b"expert_count", 8)], [info()], data=bytes(16))),
    ("gguf-scaling", "rope.scaling.type is \"yarn\"", gguf([*MODEL, value(b"llama.rope.scaling.type", 8, text(b"yarn"))], [info()], data=bytes(16))),
    ("gguf-heads-per-layer", "is not one number", gguf([*MODEL[:3], value(b"llama.attention.head_count", 9, struct.pack("<IQI", 4, 1, 2))], [info()], data=bytes(16))),
    ("gguf-layers-2-32", "layers", gguf([ARCHITECTURE, count(b"block_count", 2**32 - 1), *MODEL[2:]], [info((b"token_embd.weight"), (4, 2))], data=bytes(32))),
    ("gguf-nan-eps", "is not one number", gguf([*MODEL, value(b"llama.attention.layer_norm_rms_epsilon", 6, struct.pack("<f", float("nan")))], [info(shape=(4, 2))], data=bytes(32))),
    ("gguf-type", "token_embd.weight has dtype Q2_K", gguf(MODEL, [info(shape=(4, 2), kind=10)], data=bytes(32))),
    ("gguf-type-unknown", "token_embd.weight has dtype type 77", gguf(MODEL, [info(shape=(4, 2), kind=77)], data=bytes(32))),
    ("gguf-embedding-shape", "has shape [2, 3], want [2, 4]", gguf(MODEL, [info(shape=(3, 2))], data=bytes(32))),
    ("gguf-nan", "token_embd.weight holds nan", gguf(MODEL, [info(shape=(4, 2))], data=struct.pack("<8f", *[float("nan")] * 8))),
    ("gguf-no-layers", "no tensor blk.0.attn_norm.weight", gguf(MODEL, [info(shape=(4, 2))], data=bytes(32))),
    ("gguf-two-files", "2 GGUF files", {**gguf(MODEL), "y.gguf": b""}),
]

ROWS = SAFETENSORS + INDEX + GGUF
