# SPDX-License-Identifier: Apache-2.0
# damage.py FROM TO WHAT: copies a model folder and spoils one thing in it.
import json
import os
import shutil
import struct
import sys

source, folder, what = sys.argv[1:4]
os.mkdir(folder)
for name in os.listdir(source):
    shutil.copyfile(os.path.join(source, name), os.path.join(folder, name))
weights = os.path.join(folder, "model.safetensors")
PREFIX = "transformer."


def read():
    with open(weights, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + length]), data[8 + length:]


def write(header, data):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(weights, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def edit_header(name, **changes):
    header, data = read()
    header[PREFIX + name].update(changes)
    write(header, data)


def overwrite(at, bytes_):
    with open(weights, "r+b") as file:
        file.seek(at)
        file.write(bytes_)


def cut(name, share):
    path = os.path.join(folder, name)
    os.truncate(path, int(os.path.getsize(path) * share))


def config(**changes):
    path = os.path.join(folder, "config.json")
    with open(path, encoding="utf-8") as file:
        values = json.load(file)
    for key, value in changes.items():
        if value == "absent":
            values.pop(key)
        else:
            values[key] = value
    with open(path, "w", encoding="utf-8") as file:
        json.dump(values, file)


def remove(*names):
    for name in names:
        os.remove(os.path.join(folder, name))


def not_finite(pattern):
    header, data = read()
    start = header[PREFIX + "wpe.weight"]["data_offsets"][0] + 2 * 77
    write(header, data[:start] + pattern + data[start + 2:])


def rename_tensor(old, new):
    header, data = read()
    header[PREFIX + new] = header.pop(PREFIX + old)
    write(header, data)


def add_tensor(name, like):
    header, data = read()
    first, last = header[PREFIX + like]["data_offsets"]
    header[PREFIX + name] = dict(header[PREFIX + like], data_offsets=[len(data), len(data) + last - first])
    write(header, data + data[first:last])


def wrap(before, *passengers):
    """Puts a prefix before all names; passengers are names of tensors that nobody reads."""
    header, data = read()
    header = {before + name if name != "__metadata__" else name: entry for name, entry in header.items()}
    for name in passengers:
        header[name] = {"dtype": "I64", "shape": [1], "data_offsets": [len(data), len(data) + 8]}
        data += bytes(8)
    write(header, data)


def put(name, text):
    os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def instead(name, text="", *gone):
    """A folder without weights, and without the other files named, that holds another file."""
    remove("model.safetensors", *gone)
    put(name, text)


LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 548105171\n"


def tokenizer(change):
    path = os.path.join(folder, "tokenizer.json")
    with open(path, encoding="utf-8") as file:
        values = json.load(file)
    change(values)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(values, file)


actions = {
    "cut": lambda: cut("model.safetensors", 0.5),
    "seven-bytes": lambda: cut("model.safetensors", 7 / 2000000),
    "long-header": lambda: overwrite(0, struct.pack("<Q", 1 << 40)),
    "longest-header": lambda: overwrite(0, b"\xff" * 8),
    "header-no-json": lambda: overwrite(8, b"{{{{"),
    "header-array": lambda: overwrite(0, struct.pack("<Q", 2) + b"[]"),
    "offsets-outside": lambda: edit_header("wte.weight", data_offsets=[10 ** 9, 10 ** 9 + 1834 * 256]),
    "offsets-negative": lambda: edit_header("wte.weight", data_offsets=[-8, 1834 * 256 - 8]),
    "offsets-backwards": lambda: edit_header("wte.weight", data_offsets=[1834 * 256, 0]),
    "shape-wrong": lambda: edit_header("h.2.mlp.c_fc.weight", shape=[512, 128]),
    "shape-huge": lambda: edit_header("h.2.mlp.c_fc.weight", shape=[1 << 62, 1 << 62]),
    "shape-negative": lambda: edit_header("h.2.mlp.c_fc.weight", shape=[-512, -128]),
    "dtype": lambda: edit_header("h.2.mlp.c_fc.weight", dtype="I16"),
    "tensor-missing": lambda: rename_tensor("h.3.ln_2.bias", "h.3.ln_2.other"),
    "tensor-surplus": lambda: add_tensor("h.4.ln_2.bias", "h.3.ln_2.bias"),
    "bytes-behind": lambda: write(read()[0], read()[1] + b"abc"),
    "nan": lambda: not_finite(b"\x01\x7e"),
    "infinite": lambda: not_finite(b"\x00\x7c"),
    "family": lambda: config(model_type="gpt3"),
    "no-family": lambda: config(model_type="absent"),
    "no-layers": lambda: config(n_layer="absent"),
    "zero-layers": lambda: config(n_layer=0),
    "many-layers": lambda: config(n_layer=10 ** 12),
    "text-layers": lambda: config(n_layer="four"),
    "odd-heads": lambda: config(n_head=3),
    "activation": lambda: config(activation_function="mish"),
    "vocabulary": lambda: config(vocab_size=1800),
    "config-missing": lambda: remove("config.json"),
    "config-cut": lambda: open(os.path.join(folder, "config.json"), "w").write('{"model_type": "gpt2",\n"n_la'),
    "config-list": lambda: open(os.path.join(folder, "config.json"), "w").write("[1]"),
    "weights-missing": lambda: remove("model.safetensors"),
    "weights-empty": lambda: cut("model.safetensors", 0),
    "tokenizer-missing": lambda: remove("tokenizer.json", "vocab.json", "merges.txt"),
    "merges-missing": lambda: remove("tokenizer.json", "merges.txt"),
    "tokenizer-cut": lambda: cut("tokenizer.json", 0.5),
    "tokenizer-empty": lambda: cut("tokenizer.json", 0),
    "tokenizer-list": lambda: open(os.path.join(folder, "tokenizer.json"), "w").write("[]"),
    "tokenizer-kind": lambda: tokenizer(lambda t: t["model"].update(type="WordSalad")),
    "tokenizer-no-model": lambda: tokenizer(lambda t: t.pop("model")),
    "tokenizer-id": lambda: tokenizer(lambda t: t["model"]["vocab"].update({"Mary": 123456})),
    "tokenizer-normalizer": lambda: tokenizer(lambda t: t.update(normalizer={"type": "Bert"})),
    "wrapped-module": lambda: wrap("module."),
    "wrapped-compiled": lambda: wrap("module._orig_mod."),
    "wrapped-adapter": lambda: wrap("base_model.model."),
    "wrapped-trl": lambda: wrap("pretrained_model.", "v_head.summary.weight", "v_head.summary.bias"),
    "wrapped-unknown": lambda: wrap("student."),
    "passengers": lambda: wrap("", "v_head.summary.weight", "transformer.rotary_emb.inv_freq", "transformer.position_ids", "masked_bias",
                               "transformer.h.0.attn.masked_bias", "rotary_emb.cos_cached"),
    "adapter-beside": lambda: open(os.path.join(folder, "adapter_config.json"), "w").write("{}"),
    "adapter-inside": lambda: wrap("", "transformer.h.0.attn.c_attn.lora_A.default.weight"),
    "gptq": lambda: rename_tensor("h.0.attn.c_attn.weight", "h.0.attn.c_attn.qweight"),
    "adapter": lambda: instead("adapter_config.json", '{"base_model_name_or_path": "openai-community/gpt2", "peft_type": "LORA"}', "config.json"),
    "adapter-odd": lambda: instead("adapter_config.json", "{", "config.json"),
    "sharded": lambda: instead("model.safetensors.index.json", "{}"),
    "shards": lambda: instead("model-00001-of-00002.safetensors"),
    "pytorch": lambda: instead("pytorch_model.bin"),
    "pytorch-shards": lambda: instead("pytorch_model-00001-of-00003.bin"),
    "original": lambda: instead("consolidated.00.pth", "", "config.json"),
    "original-safetensors": lambda: instead("consolidated.safetensors", "", "config.json"),
    "gguf": lambda: instead("model-q4_0.gguf", "", "config.json"),
    "onnx": lambda: instead("model.onnx"),
    "onnx-folder": lambda: instead("onnx/model.onnx"),
    "tensorflow": lambda: instead("tf_model.h5"),
    "flax": lambda: instead("flax_model.msgpack"),
    "other-name": lambda: instead("model_fp16.safetensors"),
    "sentencepiece": lambda: (remove("tokenizer.json", "vocab.json"), put("tokenizer.model", "x")),
    "tekken": lambda: (remove("tokenizer.json", "merges.txt"), put("tekken.json", "{}")),
    "lfs-weights": lambda: put("model.safetensors", LFS),
    "lfs-config": lambda: put("config.json", LFS),
    "lfs-tokenizer": lambda: put("tokenizer.json", LFS),
    "lfs-merges": lambda: (remove("tokenizer.json"), put("merges.txt", LFS)),
    "vocab-cut": lambda: (remove("tokenizer.json"), cut("vocab.json", 0.5)),
}
actions[what]()
