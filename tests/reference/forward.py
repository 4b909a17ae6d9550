# SPDX-License-Identifier: Apache-2.0
"""What the families share, and GPT-2, in float64: one prompt, every intermediate state kept. Others: families.py.

Letters in shapes: L layers, T tokens, D d_model, H heads, K key/value heads, E head size, N neurons, V vocabulary.
The residual stream is computed the ordinary way (heads concatenated, one output product with its bias), NOT from the
parts of METHOD section 1; that the parts add up to it is a test, not an assumption.
"""
import math
from dataclasses import dataclass
from typing import Optional

import torch

torch.set_num_threads(1)


class Unsupported(ValueError):
    """The folder holds a model that the reference does not know."""


@dataclass
class Block:
    """One block on one prompt.

    A parallel block (METHOD section 1) has no state between attention and FFN: m is None, `added` holds what the two
    branches add. A branch with an output norm (Gemma 2) is multiplied, entry by entry, by what that norm comes to at a
    position, gain = g / rms(branch): its parts, its bias and its neurons' rows alike. None: no such norm.
    """
    x: torch.Tensor         # [T, D] residual entering the block
    m: Optional[torch.Tensor]   # [T, D] residual after attention
    y: torch.Tensor         # [T, D] residual after the FFN
    pattern: torch.Tensor   # [H, T, T] attention of query i (row) to key j (column)
    value: torch.Tensor     # [T, K, E] values WITHOUT their bias
    w_o: torch.Tensor       # [H, E, D] output rows of each head
    bias: torch.Tensor      # [D] b = b_O + b_V W_O, belonging to no token and no head
    act: torch.Tensor       # [T, N] what multiplies W_out
    w_out: torch.Tensor     # [N, D]
    b_out: torch.Tensor     # [D] belongs to the FFN part
    attention_gain: Optional[torch.Tensor] = None   # [T, D]
    ffn_gain: Optional[torch.Tensor] = None         # [T, D]
    row_gain: Optional[torch.Tensor] = None         # [D] g of the FFN's output norm
    added: Optional[tuple] = None                   # ([T, D], [T, D]) of a parallel block

    def parts(self):
        """z[i, j, h] = pattern[h, i, j] * (value[j, group of h] W_O[h]) as [T, T, H, D]; zero for j > i."""
        heads, kv_heads = self.w_o.shape[0], self.value.shape[1]
        group = [head // (heads // kv_heads) for head in range(heads)]
        moved = torch.einsum("jhe,hed->jhd", self.value[:, group, :], self.w_o)   # what key j offers through h
        parts = torch.einsum("hij,jhd->ijhd", self.pattern, moved)
        return parts if self.attention_gain is None else parts * self.attention_gain[:, None, None]

    def bias_part(self):
        """[T, D] what the attention branch adds apart from its parts."""
        return self.bias.expand_as(self.x) if self.attention_gain is None else self.bias * self.attention_gain

    def neuron_parts(self, i):
        """[N, D] what each neuron adds at position i."""
        parts = self.act[i][:, None] * self.w_out
        return parts if self.ffn_gain is None else parts * self.ffn_gain[i]

    def neuron_bias(self):
        """[T, D] what the FFN adds apart from its neurons."""
        return self.b_out.expand_as(self.x) if self.ffn_gain is None else self.b_out * self.ffn_gain

    def neuron_row(self, n):
        """[D] the direction in which neuron n writes, whatever the prompt: its W_out row, times g of an output norm
        (1 / rms, which depends on the prompt, is left out: `alone` undoes it, but for the norm's eps).
        """
        return self.w_out[n] if self.row_gain is None else self.w_out[n] * self.row_gain

    def attention_output(self):
        """[T, D] what attention adds, biases and output norm included."""
        return self.m - self.x if self.added is None else self.added[0]

    def ffn_output(self):
        """[T, D] what the FFN adds, biases and output norm included: the part f."""
        return self.y - self.m if self.added is None else self.added[1]


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
    logits: torch.Tensor    # [T, V] as predicted: after the soft-capping, where there is one
    head_bias: Optional[torch.Tensor] = None    # [V] zero where the head has none
    uncapped: Optional[torch.Tensor] = None     # [T, V] logits before the soft-capping

    def __post_init__(self):
        if self.head_bias is None:
            self.head_bias = torch.zeros(self.unembed.shape[0], dtype=torch.float64)
        if self.uncapped is None:
            self.uncapped = self.logits


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


def soft_cap(x, cap):
    """cap * tanh(x / cap); None: no cap."""
    return x if cap is None else cap * torch.tanh(x / cap)


def causal_attention(q, k, scale, window=None, cap=None, bias=None, sinks=None):
    """Softmax of soft_cap(scale * q_i . k_j) + bias over the keys that i sees; q, k are [T, H, E], the result [H, T, T].

    i sees j <= i; with a window only the last `window` of them, itself included: i - window < j <= i.
    bias [H, T, T]: added to the scores (ALiBi). sinks [H]: scores of one more key, which has no value: rows then sum to
    less than one.
    """
    length = q.shape[0]
    scores = soft_cap(torch.einsum("ihe,jhe->hij", q, k) * scale, cap)
    if bias is not None:
        scores = scores + bias
    hidden = torch.ones(length, length, dtype=torch.bool).triu(1)
    if window is not None:
        hidden |= torch.ones(length, length, dtype=torch.bool).tril(-window)
    scores = scores.masked_fill(hidden, -math.inf)
    if sinks is not None:
        scores = torch.cat([scores, sinks[:, None, None].expand(-1, length, 1)], -1)
    return torch.softmax(scores, dim=-1)[..., :length]


def frequencies(theta, size):
    """Angle per position of each of the size / 2 pairs."""
    return theta ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)


def rotate(x, frequency):
    """Rotary embedding, halves paired: (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin), x is [T, heads, E].

    Partial where there are fewer than E / 2 frequencies R / 2: the first R entries turn, the others pass.
    """
    half = frequency.shape[0]
    angle = torch.arange(x.shape[0], dtype=torch.float64)[:, None, None] * frequency            # [T, 1, R/2]
    first, second, rest = x[..., :half], x[..., half: 2 * half], x[..., 2 * half:]
    return torch.cat([first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin(), rest], -1)


def rotate_pairs(x, frequency):
    """The same with neighbours paired, (x0, x1), (x2, x3), ..., as GPT-J turns them."""
    turning = 2 * frequency.shape[0]
    angle = torch.arange(x.shape[0], dtype=torch.float64)[:, None, None] * frequency
    pairs = torch.view_as_complex(x[..., :turning].reshape(*x.shape[:-1], -1, 2).contiguous())
    turned = torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(-2)
    return torch.cat([turned, x[..., turning:]], -1)


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
        self.scale = 1 / math.sqrt(self.d_head) if config.get("scale_attn_weights", True) else 1.0
        self.by_layer = config.get("scale_attn_by_inverse_layer_idx", False)
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
            pattern = causal_attention(q, k, self.scale / (layer + 1) if self.by_layer else self.scale)
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
