# SPDX-License-Identifier: Apache-2.0
"""A GPT-2 model folder whose heads do one thing each, by construction, and prompts for it.

    make_heads_model.py FOLDER PROMPTS.csv

Layer 0: H0 the previous token, H1 an earlier copy of the token (itself when there is none), H2 the BOS, H3 its own position.
Layer 1: H0 induction: the token after an earlier copy of the current one (the BOS when there is none), which it writes into what the
unembedding reads. Everything else is zero, so the answer - what came after the last token's earlier copy - is on top from block 1 on.

The residual stream is a row of slots, each one-hot over tokens or positions: token, position, and one a head writes into. A head's
query and key pick slots; layer norm only shifts and scales them alike. Standard library only; the same bytes every time.
"""
import array
import csv
import json
import os
import random
import struct
import sys

LETTERS = "bcdfghjklmnp"
VOCAB = ["<|endoftext|>", "\u0120", "x"] + list(LETTERS) + ["\u0120" + c for c in LETTERS]
V, T, LAYERS, HEADS, D_HEAD = len(VOCAB), 20, 3, 4, 52
D = HEADS * D_HEAD
TOKEN, POSITION, PREVIOUS, SAME, OWN, OUT, BOS = 0, V, V + T, 2 * V + T, 3 * V + T, 4 * V + T, 5 * V + T
assert BOS < D and V + T <= D_HEAD

tensors = {}


def tensor(name, *shape):
    size = 1
    for n in shape:
        size *= n
    tensors[name] = (shape, array.array("f", bytes(4 * size)))


def put(name, row, column, value):
    shape, data = tensors[name]
    data[row * shape[1] + column] = value


def fill(name, value):
    shape, data = tensors[name]
    for i in range(len(data)):
        data[i] = value


def build():
    tensor("wte.weight", V, D)
    tensor("wpe.weight", T, D)
    tensor("lm_head.weight", V, D)
    for layer in range(LAYERS):
        h = "h.%d." % layer
        for norm in ("ln_1", "ln_2"):
            tensor(h + norm + ".weight", D)
            tensor(h + norm + ".bias", D)
            fill(h + norm + ".weight", 1.0)
        tensor(h + "attn.c_attn.weight", D, 3 * D)
        tensor(h + "attn.c_attn.bias", 3 * D)
        tensor(h + "attn.c_proj.weight", D, D)
        tensor(h + "attn.c_proj.bias", D)
        tensor(h + "mlp.c_fc.weight", D, 4)
        tensor(h + "mlp.c_fc.bias", 4)
        tensor(h + "mlp.c_proj.weight", 4, D)
        tensor(h + "mlp.c_proj.bias", D)
    tensor("ln_f.weight", D)
    tensor("ln_f.bias", D)
    fill("ln_f.weight", 1.0)
    for v in range(V):
        put("wte.weight", v, TOKEN + v, 1.0)
        put("lm_head.weight", v, TOKEN + v, 1.0)  # alone, the state predicts its own token
        put("lm_head.weight", v, OUT + v, 5.0)
    for t in range(T):
        put("wpe.weight", t, POSITION + t, 1.0)


def query(layer, head, slot, dimension, value):
    put("h.%d.attn.c_attn.weight" % layer, slot, head * D_HEAD + dimension, value)


def key(layer, head, slot, dimension, value):
    put("h.%d.attn.c_attn.weight" % layer, slot, D + head * D_HEAD + dimension, value)


def copy(layer, head, source, target, n):
    """The head carries n slots from source on to target on, about unchanged: layer norm makes a one of them LOUD."""
    for i in range(n):
        put("h.%d.attn.c_attn.weight" % layer, source + i, 2 * D + head * D_HEAD + i, 1.0)
        put("h.%d.attn.c_proj.weight" % layer, head * D_HEAD + i, target + i, 0.12 if layer == 0 else 0.5)


def make_heads():
    sharp = 4.0
    for t in range(T):
        if t:
            query(0, 0, POSITION + t, t - 1, sharp)
        key(0, 0, POSITION + t, t, 1.0)
        query(0, 3, POSITION + t, t, sharp)
        key(0, 3, POSITION + t, t, 1.0)
        query(0, 1, POSITION + t, V + t, -sharp / 2)  # an earlier copy rather than itself
        key(0, 1, POSITION + t, V + t, 1.0)
    for v in range(V):
        query(0, 1, TOKEN + v, v, sharp)
        key(0, 1, TOKEN + v, v, 1.0)
        query(1, 0, TOKEN + v, v, 3 * sharp)
        key(1, 0, PREVIOUS + v, v, 1.0)
        query(0, 2, TOKEN + v, 0, sharp)  # any token
        query(1, 0, TOKEN + v, V, 3 * sharp)
    key(0, 2, TOKEN, 0, 1.0)
    key(1, 0, TOKEN, V, 0.4)  # BOS, when nothing matches
    copy(0, 0, TOKEN, PREVIOUS, V)
    copy(0, 1, TOKEN, SAME, V)
    copy(0, 2, TOKEN, BOS, 1)
    copy(0, 3, TOKEN, OWN, V)
    copy(1, 0, TOKEN, OUT, V)


def write_model(folder):
    os.makedirs(folder, exist_ok=True)
    header, blobs, at = {}, [], 0
    for name in sorted(tensors):
        shape, data = tensors[name]
        if sys.byteorder == "big":
            data.byteswap()
        blob = data.tobytes()
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))

    def save(name, value):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False) + "\n")

    save("config.json", {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_layer": LAYERS, "n_head": HEADS, "n_embd": D, "n_inner": 4,
                         "n_positions": T, "n_ctx": T, "vocab_size": V, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
                         "tie_word_embeddings": False, "bos_token_id": 0, "eos_token_id": 0})
    save("vocab.json", {text: i for i, text in enumerate(VOCAB)})
    save("merges.txt", "#version: 0.2\n" + "".join("\u0120 %s\n" % c for c in LETTERS))
    save("tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
                                   "unk_token": "<|endoftext|>", "add_prefix_space": False})


def write_prompts(path, n=60):
    rng = random.Random(7)
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["prompt", "answer", "foil"])
        for _ in range(n):
            words = rng.sample(LETTERS, rng.randint(6, 10))
            again = rng.randrange(len(words) - 2)
            out.writerow([" ".join(["x"] + words + [words[again]]), words[again + 1], words[again + 2]])


build()
make_heads()
write_model(sys.argv[1])
write_prompts(sys.argv[2])
