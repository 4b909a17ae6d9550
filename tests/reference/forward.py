# SPDX-License-Identifier: Apache-2.0
"""GPT-2 and LLaMA in float64, one prompt, every intermediate state kept.

Letters in shapes: L layers, T tokens, D d_model, H heads, K key/value heads, E head size, N neurons, V vocabulary.
The residual stream is computed the ordinary way (heads concatenated, one output product with its bias), NOT from the
parts of METHOD section 1; that the parts add up to it is a test, not an assumption.
"""
import json
import math
import os
from dataclasses import dataclass

import torch

import tensorfile

torch.set_num_threads(1)


class Unsupported(ValueError):
    """The folder holds a model that the reference does not know."""


@dataclass
class Block:
    """One pre-norm block on one prompt."""
    x: torch.Tensor         # [T, D] residual entering the block
    m: torch.Tensor         # [T, D] residual after attention
    y: torch.Tensor         # [T, D] residual after the FFN
    pattern: torch.Tensor   # [H, T, T] attention of query i (row) to key j (column)
    value: torch.Tensor     # [T, K, E] values WITHOUT their bias
    w_o: torch.Tensor       # [H, E, D] output rows of each head
    bias: torch.Tensor      # [D] b = b_O + b_V W_O, belonging to no token and no head
    act: torch.Tensor       # [T, N] what multiplies W_out
    w_out: torch.Tensor     # [N, D]
    b_out: torch.Tensor     # [D] belongs to the FFN part

    def parts(self):
        """z[i, j, h] = pattern[h, i, j] * (value[j, group of h] W_O[h]) as [T, T, H, D]; zero for j > i."""
        heads, kv_heads = self.w_o.shape[0], self.value.shape[1]
        group = [head // (heads // kv_heads) for head in range(heads)]
        moved = torch.einsum("jhe,hed->jhd", self.value[:, group, :], self.w_o)   # what key j offers through h
        return torch.einsum("hij,jhd->ijhd", self.pattern, moved)


@dataclass
class FinalNorm:
    """The norm before the unembedding, taken apart: norm(s) = gamma * centre(s) / sigma(s) + beta."""
    gamma: torch.Tensor     # [D]
    beta: torch.Tensor      # [D], zero for RMSNorm
    eps: float
    centring: bool          # LayerNorm subtracts the mean, RMSNorm does not

    def centre(self, s):
        return s - s.mean(-1, keepdim=True) if self.centring else s

    def sigma(self, s):
        """sqrt(mean(centre(s)^2) + eps), [..., 1]."""
        return torch.sqrt(self.centre(s).pow(2).mean(-1, keepdim=True) + self.eps)

    def __call__(self, s):
        return self.gamma * self.centre(s) / self.sigma(s) + self.beta


@dataclass
class Run:
    """All that one prompt left behind."""
    tokens: list
    blocks: list            # L Blocks
    norm: FinalNorm
    unembed: torch.Tensor   # [V, D]
    logits: torch.Tensor    # [T, V]


def gelu_new(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def gelu(x):
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def silu(x):
    return x / (1 + torch.exp(-x))


ACTIVATIONS = {"gelu_new": gelu_new, "gelu": gelu, "relu": torch.relu, "silu": silu,
               "gelu_pytorch_tanh": gelu_new, "swish": silu}


def activation(name):
    if name not in ACTIVATIONS:
        raise Unsupported(f"activation {name!r}; known: {', '.join(sorted(ACTIVATIONS))}")
    return ACTIVATIONS[name]


def causal_attention(q, k, scale):
    """Softmax over j <= i of scale * q_i . k_j; q and k are [T, H, E], the result [H, T, T]."""
    length = q.shape[0]
    scores = torch.einsum("ihe,jhe->hij", q, k) * scale
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    return torch.softmax(scores.masked_fill(future, -math.inf), dim=-1)


def rotate(x, theta):
    """Rotary embedding, halves paired: (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin), x is [T, heads, E]."""
    length, _, size = x.shape
    frequency = theta ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)               # [E/2]
    angle = torch.arange(length, dtype=torch.float64)[:, None, None] * frequency               # [T, 1, E/2]
    first, second = x[..., : size // 2], x[..., size // 2:]
    return torch.cat([first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()], -1)


class Gpt2:
    """Learned positions, LayerNorm, fused Conv1D projections (stored [in, out]), plain FFN."""
    family = "gpt2"

    def __init__(self, config, tensors):
        self.config = config
        self.weights = {name.removeprefix("transformer."): value for name, value in tensors.items()}
        self.n_layers, self.n_heads, self.d_model = config["n_layer"], config["n_head"], config["n_embd"]
        self.n_kv_heads = self.n_heads
        self.d_head = self.d_model // self.n_heads
        self.d_ffn = config.get("n_inner") or 4 * self.d_model
        self.n_positions = config["n_positions"]
        self.eps = config.get("layer_norm_epsilon", 1e-5)
        self.act = activation(config.get("activation_function", "gelu_new"))
        if config.get("scale_attn_by_inverse_layer_idx") or not config.get("scale_attn_weights", True):
            raise Unsupported("a GPT-2 with another attention scale")
        embedding, head = self.weights.get("wte.weight"), self.weights.get("lm_head.weight")
        tied = config.get("tie_word_embeddings", True)
        self.embedding = embedding if embedding is not None else head
        self.unembed = self.embedding if tied or head is None else head
        self.vocab_size = self.embedding.shape[0]

    def layer_norm(self, name, s):
        norm = FinalNorm(self.weights[name + ".weight"], self.weights[name + ".bias"], self.eps, True)
        return norm(s)

    def run(self, tokens):
        length, heads, size = len(tokens), self.n_heads, self.d_head
        x = self.embedding[tokens] + self.weights["wpe.weight"][:length]
        blocks = []
        for layer in range(self.n_layers):
            def get(name):
                return self.weights[f"h.{layer}.{name}"]
            normed = self.layer_norm(f"h.{layer}.ln_1", x)
            fused = normed @ get("attn.c_attn.weight") + get("attn.c_attn.bias")
            q, k, v = (piece.reshape(length, heads, size) for piece in fused.split(self.d_model, dim=-1))
            pattern = causal_attention(q, k, 1 / math.sqrt(size))
            mixed = torch.einsum("hij,jhe->ihe", pattern, v).reshape(length, self.d_model)
            m = x + mixed @ get("attn.c_proj.weight") + get("attn.c_proj.bias")
            act = self.act(self.layer_norm(f"h.{layer}.ln_2", m) @ get("mlp.c_fc.weight") + get("mlp.c_fc.bias"))
            y = m + act @ get("mlp.c_proj.weight") + get("mlp.c_proj.bias")
            b_v = get("attn.c_attn.bias")[2 * self.d_model:]
            blocks.append(Block(
                x=x, m=m, y=y, pattern=pattern, value=v - b_v.reshape(heads, size),
                w_o=get("attn.c_proj.weight").reshape(heads, size, self.d_model),
                bias=get("attn.c_proj.bias") + b_v @ get("attn.c_proj.weight"),
                act=act, w_out=get("mlp.c_proj.weight"), b_out=get("mlp.c_proj.bias")))
            x = y
        norm = FinalNorm(self.weights["ln_f.weight"], self.weights["ln_f.bias"], self.eps, True)
        return Run(list(tokens), blocks, norm, self.unembed, norm(x) @ self.unembed.T)


class Llama:
    """Rotary positions, RMSNorm, separate projections (stored [out, in]), grouped queries, gated FFN."""
    family = "llama"

    def __init__(self, config, tensors):
        self.config = config
        self.weights = {name.removeprefix("model."): value for name, value in tensors.items()}
        self.n_layers, self.d_model = config["num_hidden_layers"], config["hidden_size"]
        self.n_heads = config["num_attention_heads"]
        self.n_kv_heads = config.get("num_key_value_heads") or self.n_heads
        self.d_head = config.get("head_dim") or self.d_model // self.n_heads
        self.d_ffn = config["intermediate_size"]
        self.n_positions = config.get("max_position_embeddings", 2048)
        self.eps = config.get("rms_norm_eps", 1e-6)
        self.act = activation(config.get("hidden_act", "silu"))
        if config.get("rope_scaling"):
            raise Unsupported("scaled rotary positions")
        self.theta = config.get("rope_theta", 10000.0)
        embedding, head = self.weights.get("embed_tokens.weight"), self.weights.get("lm_head.weight")
        tied = config.get("tie_word_embeddings", False)
        self.embedding = embedding if embedding is not None else head
        self.unembed = self.embedding if tied or head is None else head
        self.vocab_size = self.embedding.shape[0]

    def bias(self, name, size):
        """A projection's bias, zero where the file has none."""
        return self.weights.get(name + ".bias", torch.zeros(size, dtype=torch.float64))

    def rms_norm(self, name, s):
        return FinalNorm(self.weights[name], torch.zeros(self.d_model, dtype=torch.float64), self.eps, False)(s)

    def run(self, tokens):
        length, heads, groups, size = len(tokens), self.n_heads, self.n_kv_heads, self.d_head
        group = [head // (heads // groups) for head in range(heads)]
        x = self.embedding[tokens]
        blocks = []
        for layer in range(self.n_layers):
            def linear(name, s):
                weight = self.weights[f"layers.{layer}.{name}.weight"]
                return s @ weight.T + self.bias(f"layers.{layer}.{name}", weight.shape[0])
            normed = self.rms_norm(f"layers.{layer}.input_layernorm.weight", x)
            q = rotate(linear("self_attn.q_proj", normed).reshape(length, heads, size), self.theta)
            k = rotate(linear("self_attn.k_proj", normed).reshape(length, groups, size), self.theta)
            v = linear("self_attn.v_proj", normed).reshape(length, groups, size)
            pattern = causal_attention(q, k[:, group], 1 / math.sqrt(size))
            mixed = torch.einsum("hij,jhe->ihe", pattern, v[:, group]).reshape(length, heads * size)
            m = x + linear("self_attn.o_proj", mixed)
            normed = self.rms_norm(f"layers.{layer}.post_attention_layernorm.weight", m)
            act = self.act(linear("mlp.gate_proj", normed)) * linear("mlp.up_proj", normed)
            y = m + linear("mlp.down_proj", act)
            w_o = self.weights[f"layers.{layer}.self_attn.o_proj.weight"].T.reshape(heads, size, self.d_model)
            b_v = self.bias(f"layers.{layer}.self_attn.v_proj", groups * size).reshape(groups, size)
            b_o = self.bias(f"layers.{layer}.self_attn.o_proj", self.d_model)
            blocks.append(Block(
                x=x, m=m, y=y, pattern=pattern, value=v - b_v, w_o=w_o,
                bias=b_o + torch.einsum("he,hed->d", b_v[group], w_o),
                act=act, w_out=self.weights[f"layers.{layer}.mlp.down_proj.weight"].T,
                b_out=self.bias(f"layers.{layer}.mlp.down_proj", self.d_model)))
            x = y
        norm = FinalNorm(self.weights["norm.weight"], torch.zeros(self.d_model, dtype=torch.float64), self.eps, False)
        return Run(list(tokens), blocks, norm, self.unembed, norm(x) @ self.unembed.T)


FAMILIES = {"gpt2": Gpt2, "llama": Llama}


def load(folder):
    """The model of a Hugging Face folder (config.json, model.safetensors)."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    family = config.get("model_type")
    if family not in FAMILIES:
        raise Unsupported(f"{folder}: family {family!r}; known: {', '.join(sorted(FAMILIES))}")
    return FAMILIES[family](config, tensorfile.read(os.path.join(folder, "model.safetensors")))
