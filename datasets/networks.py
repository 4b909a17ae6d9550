# SPDX-License-Identifier: Apache-2.0
"""GPT-2 and LLaMA in a few lines of PyTorch, with Hugging Face's parameter names, and
safetensors files in and out. Names and layouts are the files' own, so saving is a dump.
"""
import json
import math
import os
import struct

import torch
from torch import nn
from torch.nn import functional as F

GPT2_CONFIG = {
    "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": 0,
    "n_positions": 128, "n_ctx": 128, "n_embd": 128, "n_layer": 4, "n_head": 8,
    "n_inner": None, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-05,
    "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0, "initializer_range": 0.05,
    "scale_attn_weights": True, "tie_word_embeddings": True, "use_cache": True,
    "bos_token_id": 0, "eos_token_id": 0, "torch_dtype": "float16"}
LLAMA_CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 0,
    "hidden_size": 128, "intermediate_size": 344, "num_hidden_layers": 4,
    "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_act": "silu",
    "attention_bias": False, "mlp_bias": False, "max_position_embeddings": 128,
    "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "rope_scaling": None,
    "initializer_range": 0.05, "tie_word_embeddings": True, "use_cache": True,
    "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "bfloat16"}


def attention(q, k, v):
    """Causal attention; q, k, v: [batch, heads, tokens, d_head]."""
    t = q.shape[2]
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    scores = scores + torch.full((t, t), float("-inf")).triu(1)
    return scores.softmax(-1) @ v


def heads(x, n):
    b, t, d = x.shape
    return x.view(b, t, n, d // n).transpose(1, 2)


def joined(x):
    b, n, t, d = x.shape
    return x.transpose(1, 2).reshape(b, t, n * d)


def gelu_new(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def waves(n, d):
    """Sine and cosine of n positions at d/2 speeds."""
    angle = torch.arange(n)[:, None] * 1000.0 ** (-torch.arange(d // 2) / (d // 2))
    return torch.cat((angle.sin(), angle.cos()), 1)


class Network(nn.Module):
    """Parameters in one flat table, by their names in the file."""

    def __init__(self, config):
        super().__init__()
        self.config, self.names = config, []

    def add(self, name, shape, std=None, value=0.0):
        w = torch.randn(shape) * std if std else torch.full(shape, value)
        self.register_parameter(name.replace(".", "/"), nn.Parameter(w))
        self.names.append(name)

    def w(self, name):
        return getattr(self, name.replace(".", "/"))


class GPT2(Network):
    gates = None  # [layers, heads] factors of what the heads mix, while they are learned; None: 1

    def __init__(self, config):
        super().__init__(config)
        d, depth, p = config["n_embd"], config["n_layer"], "transformer."
        std = config["initializer_range"]
        last = std / math.sqrt(2 * depth)  # what is added to the residual stream
        self.add(p + "wte.weight", (config["vocab_size"], d), std)
        self.add(p + "wpe.weight", (config["n_positions"], d), std)
        with torch.no_grad():  # waves: one rotation leads from any position to the last
            self.w(p + "wpe.weight").copy_(2 * std * waves(config["n_positions"], d))
        for i in range(depth):
            h = "%sh.%d." % (p, i)
            # Hugging Face's Conv1D: weights are [in, out].
            for name, n_in, n_out, s in (("attn.c_attn", d, 3 * d, std),
                                         ("attn.c_proj", d, d, last),
                                         ("mlp.c_fc", d, 4 * d, std),
                                         ("mlp.c_proj", 4 * d, d, last)):
                self.add(h + name + ".weight", (n_in, n_out), s)
                self.add(h + name + ".bias", (n_out,))
            for name in ("ln_1", "ln_2"):
                self.add(h + name + ".weight", (d,), value=1.0)
                self.add(h + name + ".bias", (d,))
        self.add(p + "ln_f.weight", (d,), value=1.0)
        self.add(p + "ln_f.bias", (d,))

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w(name + ".weight"), self.w(name + ".bias"),
                            self.config["layer_norm_epsilon"])

    def linear(self, x, name):
        return x @ self.w(name + ".weight") + self.w(name + ".bias")

    def forward(self, ids):
        """Logits [batch, tokens, vocabulary] of ids [batch, tokens]."""
        c, p = self.config, "transformer."
        x = F.embedding(ids, self.w(p + "wte.weight")) + self.w(p + "wpe.weight")[:ids.shape[1]]
        for i in range(c["n_layer"]):
            h = "%sh.%d." % (p, i)
            q, k, v = (heads(part, c["n_head"]) for part in
                       self.linear(self.norm(x, h + "ln_1"), h + "attn.c_attn").chunk(3, -1))
            mixed = attention(q, k, v)
            if self.gates is not None:
                mixed = mixed * self.gates[i][None, :, None, None]
            x = x + self.linear(joined(mixed), h + "attn.c_proj")
            a = gelu_new(self.linear(self.norm(x, h + "ln_2"), h + "mlp.c_fc"))
            x = x + self.linear(a, h + "mlp.c_proj")
        return self.norm(x, p + "ln_f") @ self.w(p + "wte.weight").T

    def close_heads(self):
        """Takes the gates into the weights: what closed heads write is 0."""
        size = self.config["n_embd"] // self.config["n_head"]
        with torch.no_grad():
            for i, gates in enumerate(self.gates):
                rows = gates.repeat_interleave(size)[:, None]
                self.w("transformer.h.%d.attn.c_proj.weight" % i).mul_(rows)
        self.gates = None


class Llama(Network):
    def __init__(self, config):
        super().__init__(config)
        d, f, depth = (config[k] for k in
                       ("hidden_size", "intermediate_size", "num_hidden_layers"))
        kv = d * config["num_key_value_heads"] // config["num_attention_heads"]
        std = config["initializer_range"]
        last = std / math.sqrt(2 * depth)
        self.add("model.embed_tokens.weight", (config["vocab_size"], d), std)
        for i in range(depth):
            h = "model.layers.%d." % i
            for name, n_in, n_out, s in (
                    ("self_attn.q_proj", d, d, std), ("self_attn.k_proj", d, kv, std),
                    ("self_attn.v_proj", d, kv, std), ("self_attn.o_proj", d, d, last),
                    ("mlp.gate_proj", d, f, std), ("mlp.up_proj", d, f, std),
                    ("mlp.down_proj", f, d, last)):
                self.add(h + name + ".weight", (n_out, n_in), s)
            for name in ("input_layernorm", "post_attention_layernorm"):
                self.add(h + name + ".weight", (d,), value=1.0)
        self.add("model.norm.weight", (d,), value=1.0)

    def norm(self, x, name):
        scale = torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.config["rms_norm_eps"])
        return x * scale * self.w(name + ".weight")

    def linear(self, x, name):
        return x @ self.w(name + ".weight").T

    def rotate(self, x):
        """Rotary positions, Hugging Face's half-split convention."""
        half, t = x.shape[-1] // 2, x.shape[2]
        speed = self.config["rope_theta"] ** (-torch.arange(half) / half)
        angle = torch.arange(t)[:, None] * speed
        cos, sin = angle.cos(), angle.sin()
        a, b = x[..., :half], x[..., half:]
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)

    def forward(self, ids):
        """Logits [batch, tokens, vocabulary] of ids [batch, tokens]."""
        c = self.config
        n, kv = c["num_attention_heads"], c["num_key_value_heads"]
        x = F.embedding(ids, self.w("model.embed_tokens.weight"))
        for i in range(c["num_hidden_layers"]):
            h = "model.layers.%d." % i
            s = self.norm(x, h + "input_layernorm")
            q = self.rotate(heads(self.linear(s, h + "self_attn.q_proj"), n))
            k = self.rotate(heads(self.linear(s, h + "self_attn.k_proj"), kv))
            v = heads(self.linear(s, h + "self_attn.v_proj"), kv)
            k, v = (u.repeat_interleave(n // kv, 1) for u in (k, v))
            x = x + self.linear(joined(attention(q, k, v)), h + "self_attn.o_proj")
            s = self.norm(x, h + "post_attention_layernorm")
            a = F.silu(self.linear(s, h + "mlp.gate_proj")) * self.linear(s, h + "mlp.up_proj")
            x = x + self.linear(a, h + "mlp.down_proj")
        return self.norm(x, "model.norm") @ self.w("model.embed_tokens.weight").T


FAMILIES = {"gpt2": (GPT2, GPT2_CONFIG), "llama": (Llama, LLAMA_CONFIG)}
DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
BYTES = {"F32": 4, "F16": 2, "BF16": 2}


def save(network, folder):
    """Write config.json and model.safetensors, weights rounded to the config's type."""
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as f:
        json.dump(network.config, f, indent=1)
        f.write("\n")
    dtype = getattr(torch, network.config["torch_dtype"])
    tag = next(t for t, d in DTYPES.items() if d == dtype)
    header, data, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name in network.names:
        w = network.w(name).detach().to(dtype).contiguous()
        # int16 carries the bits: numpy has no bfloat16.
        raw = w.view(torch.int16 if w.element_size() == 2 else torch.int32).numpy().tobytes()
        header[name] = {"dtype": tag, "shape": list(w.shape),
                        "data_offsets": [at, at + len(raw)]}
        data.append(raw)
        at += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    with open(os.path.join(folder, "model.safetensors"), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def load(folder):
    """The network a folder holds, its rounded weights widened to float32."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        config = json.load(f)
    network = FAMILIES[config["model_type"]][0](config)
    with open(os.path.join(folder, "model.safetensors"), "rb") as f:
        blob = bytearray(f.read())
    size = struct.unpack("<Q", blob[:8])[0]
    header = json.loads(blob[8:8 + size].decode("utf-8"))
    header.pop("__metadata__", None)
    if set(header) != set(network.names):
        raise ValueError("%s: tensors do not match config.json" % folder)
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        raw = torch.frombuffer(blob, dtype=DTYPES[entry["dtype"]], offset=8 + size + begin,
                               count=(end - begin) // BYTES[entry["dtype"]])
        with torch.no_grad():
            network.w(name).copy_(raw.view(entry["shape"]).float())
    return network.eval()

