# SPDX-License-Identifier: Apache-2.0
"""The families of issue 4, each from its published definition, and `load`. Letters in shapes as in forward.py.

A family says how its parts are named and made; Decoder.run puts a block together the ordinary way (heads concatenated,
one output product with its bias, output norm on the sum). Linear weights are stored [out, in].

Choices where the definitions leave one:
* A window of W lets position i see W keys, itself included (transformers' masks; Mistral's own code says one more).
* Gemma's embeddings are scaled by sqrt(d_model) exactly; transformers rounds that factor to the dtype of the run.
* Gemma (1) always uses the tanh form of gelu: the "gelu" of its first configurations was an error and is ignored,
  unless `hidden_activation` says otherwise.
* A norm's weight is 1 + w in all of Gemma's norms, the final one included: `gamma` here is 1 + w.
* Angles of LLaMA 3's scaled rotary positions are float64, like all else.
* A switch that is not computed raises Unsupported.
"""
import json
import math
import os

import torch

import tensorfile
from forward import (Block, FinalNorm, Gpt2, Run, Unsupported, activation, causal_attention, frequencies, rotate,
                     soft_cap)


class Decoder:
    """A decoder of separate or fused Linear projections; families override what differs from LLaMA."""
    family = None
    prefix = "model."           # of every tensor but the head
    layers = "layers"
    embedding_name, head_name, final_name = "embed_tokens.weight", "lm_head.weight", "norm"
    o_proj = "self_attn.o_proj"
    tied_default = False
    centring = False            # LayerNorm, with a bias; else RMSNorm
    norm_offset = 0             # RMSNorm multiplies by offset + weight
    parallel = False
    attention_cap = logit_cap = None
    logit_factor = 1
    keeps_value_bias = False    # where attention rows do not sum to one, or values are clipped: v includes its bias

    def __init__(self, config, tensors):
        self.config = config
        self.weights = {name.removeprefix(self.prefix): value for name, value in tensors.items()}
        self.shape()
        embedding, head = self.weights.get(self.embedding_name), self.weights.get(self.head_name)
        tied = config.get("tie_word_embeddings", self.tied_default)
        self.embedding = embedding if embedding is not None else head
        self.unembed = self.embedding if tied or head is None else head
        self.vocab_size = self.embedding.shape[0]

    # ---- what a family says

    def shape(self):
        """Sizes and settings from the configuration."""
        config = self.config
        self.n_layers, self.d_model = config["num_hidden_layers"], config["hidden_size"]
        self.n_heads = config["num_attention_heads"]
        self.n_kv_heads = config.get("num_key_value_heads") or self.n_heads
        self.d_head = config.get("head_dim") or self.d_model // self.n_heads
        self.d_ffn = config["intermediate_size"]
        self.n_positions = config.get("max_position_embeddings", 2048)
        self.eps = config.get("rms_norm_eps", 1e-6)
        self.act = activation(config.get("hidden_act", "silu"))
        self.turn = self.rotary_frequencies(self.d_head)

    def rotary_frequencies(self, size):
        """Of `size` rotated entries; LLaMA 3 divides the slow ones by `factor`, the middle ones partly."""
        plain = frequencies(self.config.get("rope_theta", 10000.0), size)
        scaling = self.config.get("rope_scaling")
        if not scaling:
            return plain
        kind = scaling.get("rope_type", scaling.get("type"))
        if kind != "llama3":
            raise Unsupported(f"rotary positions of type {kind!r}")
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        key = "original_max_position_embeddings"
        turns = (self.config.get(key) or scaling[key]) * plain / (2 * math.pi)        # in the original context
        keep = ((turns - low) / (high - low)).clamp(0, 1)                             # 0 below low turns, 1 above high
        return keep * plain + (1 - keep) * plain / scaling["factor"]

    def embed(self, tokens):
        return self.embedding[tokens]

    def first_norm(self, layer, x):
        return self.norm(f"{self.layers}.{layer}.input_layernorm")(x)

    def second_norm(self, layer, m):
        return self.norm(f"{self.layers}.{layer}.post_attention_layernorm")(m)

    def output_norm(self, layer, branch, out):
        """(branch after its output norm, the gain [T, D] that this comes to, g [D]); without one (out, None, None)."""
        return out, None, None

    def qkv(self, layer, normed):
        """q [T, H, E] and k [T, K, E], ready for the product; v [T, K, E] with its bias, and that bias [K, E]."""
        def heads(name, count):
            return self.linear(layer, name, normed).reshape(len(normed), count, self.d_head)
        q, k = heads("self_attn.q_proj", self.n_heads), heads("self_attn.k_proj", self.n_kv_heads)
        v = heads("self_attn.v_proj", self.n_kv_heads)
        b_v = self.bias(layer, "self_attn.v_proj", self.n_kv_heads * self.d_head).reshape(self.n_kv_heads, self.d_head)
        q, k = self.head_norms(layer, q, k)
        return rotate(q, self.turn), rotate(k, self.turn), v, b_v

    def head_norms(self, layer, q, k):
        return q, k

    def scale(self):
        return 1 / math.sqrt(self.d_head)

    def window(self, layer):
        return None

    def score_bias(self, length):
        """[H, T, T] added to the scores, or None."""
        return None

    def sinks(self, layer):
        """[H], or None."""
        return None

    def ffn_branch(self, layer, s):
        """(what it adds [T, D], act [T, N], w_out [N, D], b_out [D] or [T, D])."""
        act, name = self.ffn(layer, s)
        weight = self.weights[f"{self.layers}.{layer}.{name}.weight"]
        return self.linear(layer, name, act), act, weight.T, self.bias(layer, name, self.d_model)

    def ffn(self, layer, s):
        """(act [T, N], name of the output projection)."""
        return self.act(self.linear(layer, "mlp.gate_proj", s)) * self.linear(layer, "mlp.up_proj", s), "mlp.down_proj"

    # ---- pieces

    def bias(self, layer, name, size):
        """A projection's bias, zero where the file has none."""
        return self.weights.get(f"{self.layers}.{layer}.{name}.bias", torch.zeros(size, dtype=torch.float64))

    def linear(self, layer, name, s):
        weight = self.weights[f"{self.layers}.{layer}.{name}.weight"]
        return s @ weight.T + self.bias(layer, name, weight.shape[0])

    def norm(self, name):
        gamma = self.norm_offset + self.weights[name + ".weight"]
        beta = self.weights[name + ".bias"] if self.centring else torch.zeros_like(gamma)
        return FinalNorm(gamma, beta, self.eps, self.centring)

    def plain_ffn(self, layer, s, first, second):
        return self.act(self.linear(layer, first, s)), second

    # ---- the forward pass

    def run(self, tokens):
        x = self.embed(tokens)
        blocks = []
        for layer in range(self.n_layers):
            blocks.append(self.block(layer, x))
            x = blocks[-1].y
        norm = self.norm(self.final_name)
        head_bias = self.weights.get(self.head_name.replace("weight", "bias"))
        uncapped = (norm(x) @ self.unembed.T) * self.logit_factor
        if head_bias is not None:
            uncapped = uncapped + head_bias
        return Run(list(tokens), blocks, norm, self.unembed * self.logit_factor, soft_cap(uncapped, self.logit_cap), head_bias, uncapped)

    def block(self, layer, x):
        length, heads, groups, size = len(x), self.n_heads, self.n_kv_heads, self.d_head
        group = [head // (heads // groups) for head in range(heads)]
        q, k, v, b_v = self.qkv(layer, self.first_norm(layer, x))
        pattern = causal_attention(q, k[:, group], self.scale(), self.window(layer), self.attention_cap,
                                   self.score_bias(length), self.sinks(layer))
        mixed = torch.einsum("hij,jhe->ihe", pattern, v[:, group]).reshape(length, heads * size)
        attention, attention_gain, _ = self.output_norm(layer, "attention", self.linear(layer, self.o_proj, mixed))
        m = None if self.parallel else x + attention
        ffn, act, w_out, b_out = self.ffn_branch(layer, self.second_norm(layer, x if self.parallel else m))
        ffn, ffn_gain, row_gain = self.output_norm(layer, "ffn", ffn)
        y = x + attention + ffn if self.parallel else m + ffn
        w_o = self.weights[f"{self.layers}.{layer}.{self.o_proj}.weight"].T.reshape(heads, size, self.d_model)
        b_o = self.bias(layer, self.o_proj, self.d_model)
        b_v = torch.zeros_like(b_v) if self.keeps_value_bias else b_v
        return Block(
            x=x, m=m, y=y, pattern=pattern, value=v - b_v, w_o=w_o,
            bias=b_o + torch.einsum("he,hed->d", b_v[group], w_o), act=act, w_out=w_out, b_out=b_out,
            attention_gain=attention_gain, ffn_gain=ffn_gain, row_gain=row_gain, added=(attention, ffn) if self.parallel else None)


class Llama(Decoder):
    """Rotary positions, RMSNorm, separate projections, biases where the file has them, grouped queries, gated FFN."""
    family = "llama"


class Mistral(Decoder):
    """LLaMA with a sliding window in every layer, where `sliding_window` is not null."""
    family = "mistral"

    def window(self, layer):
        return self.config.get("sliding_window")


class Qwen2(Decoder):
    """LLaMA with biases on q, k and v. `sliding_window` counts only if `use_sliding_window`."""
    family = "qwen2"

    def shape(self):
        super().shape()
        if self.config.get("use_sliding_window"):
            raise Unsupported("use_sliding_window")


class Qwen3(Qwen2):
    """LLaMA with an RMSNorm of size E on every head of q and of k, before the rotation; one weight for all heads."""
    family = "qwen3"

    def head_norms(self, layer, q, k):
        return tuple(self.norm(f"layers.{layer}.self_attn.{name}")(s) for name, s in (("q_norm", q), ("k_norm", k)))


class Opt(Decoder):
    """Learned positions stored two rows late, LayerNorm, biases everywhere, ReLU; no rotation, tied head."""
    family = "opt"
    o_proj = "self_attn.out_proj"
    final_name = "final_layer_norm"
    tied_default = True
    centring = True
    eps = 1e-5

    def __init__(self, config, tensors):
        """Files written from the bare model have no "model." in their names."""
        super().__init__(config, {name.removeprefix("model.").removeprefix("decoder."): value
                                  for name, value in tensors.items()})

    def shape(self):
        config = self.config
        if not config.get("do_layer_norm_before", True):
            raise Unsupported("an OPT whose norms come after the sum")
        if config.get("word_embed_proj_dim", config["hidden_size"]) != config["hidden_size"]:
            raise Unsupported("an OPT with projected embeddings")
        self.n_layers, self.d_model = config["num_hidden_layers"], config["hidden_size"]
        self.n_heads = self.n_kv_heads = config["num_attention_heads"]
        self.d_head = self.d_model // self.n_heads
        self.d_ffn = config["ffn_dim"]
        self.n_positions = config["max_position_embeddings"]
        self.act = activation(config.get("activation_function", "relu"))
        self.turn = torch.zeros(0, dtype=torch.float64)

    def embed(self, tokens):
        return self.embedding[tokens] + self.weights["embed_positions.weight"][2: 2 + len(tokens)]

    def first_norm(self, layer, x):
        return self.norm(f"layers.{layer}.self_attn_layer_norm")(x)

    def second_norm(self, layer, m):
        return self.norm(f"layers.{layer}.final_layer_norm")(m)

    def ffn(self, layer, s):
        return self.plain_ffn(layer, s, "fc1", "fc2")


class GptNeoX(Decoder):
    """LayerNorm, biases, one product for q, k and v ([head][q, k, v][E] rows), partial rotary positions.

    With `use_parallel_residual` y = x + attention(norm1(x)) + ffn(norm2(x)), without it the blocks are sequential.
    """
    family = "gpt_neox"
    prefix = "gpt_neox."
    embedding_name, head_name, final_name = "embed_in.weight", "embed_out.weight", "final_layer_norm"
    o_proj = "attention.dense"
    centring = True

    def shape(self):
        config = self.config
        self.n_layers, self.d_model = config["num_hidden_layers"], config["hidden_size"]
        self.n_heads = self.n_kv_heads = config["num_attention_heads"]
        self.d_head = self.d_model // self.n_heads
        self.d_ffn = config["intermediate_size"]
        self.n_positions = config["max_position_embeddings"]
        self.eps = config.get("layer_norm_eps", 1e-5)
        self.act = activation(config.get("hidden_act", "gelu"))
        self.parallel = config.get("use_parallel_residual", True)
        if config.get("rope_scaling"):
            raise Unsupported("scaled rotary positions")
        self.turn = frequencies(config.get("rotary_emb_base", 10000), int(self.d_head * config.get("rotary_pct", 0.25)))

    def qkv(self, layer, normed):
        fused = self.linear(layer, "attention.query_key_value", normed)
        q, k, v = fused.reshape(len(normed), self.n_heads, 3, self.d_head).unbind(2)
        bias = self.bias(layer, "attention.query_key_value", 3 * self.d_model).reshape(self.n_heads, 3, self.d_head)
        return rotate(q, self.turn), rotate(k, self.turn), v, bias[:, 2]

    def ffn(self, layer, s):
        return self.plain_ffn(layer, s, "mlp.dense_h_to_4h", "mlp.dense_4h_to_h")


class Phi(Decoder):
    """One LayerNorm before both branches of a parallel block, biases everywhere and on the head, partial rotation."""
    family = "phi"
    final_name = "final_layernorm"
    o_proj = "self_attn.dense"
    centring = True
    parallel = True

    def shape(self):
        super().shape()
        self.eps = self.config.get("layer_norm_eps", 1e-5)
        self.act = activation(self.config.get("hidden_act", "gelu_new"))
        self.turn = self.rotary_frequencies(int(self.d_head * self.config.get("partial_rotary_factor", 0.5)))

    def head_norms(self, layer, q, k):
        """qk_layernorm: a LayerNorm of every head, one weight and bias for all."""
        if not self.config.get("qk_layernorm"):
            return q, k
        return tuple(self.norm(f"layers.{layer}.self_attn.{name}_layernorm")(s) for name, s in (("q", q), ("k", k)))

    def second_norm(self, layer, m):
        return self.first_norm(layer, m)

    def ffn(self, layer, s):
        return self.plain_ffn(layer, s, "mlp.fc1", "mlp.fc2")


class GptNeo(Decoder):
    """GPT-2 with Linear projections, no bias on q, k, v, no attention scale; "local" layers see `window_size` keys."""
    family = "gpt_neo"
    prefix = "transformer."
    layers = "h"
    embedding_name, final_name = "wte.weight", "ln_f"
    o_proj = "attn.attention.out_proj"
    tied_default = True
    centring = True

    def shape(self):
        config = self.config
        self.n_layers, self.d_model = config["num_layers"], config["hidden_size"]
        self.n_heads = self.n_kv_heads = config["num_heads"]
        self.d_head = self.d_model // self.n_heads
        self.d_ffn = config.get("intermediate_size") or 4 * self.d_model
        self.n_positions = config["max_position_embeddings"]
        self.eps = config.get("layer_norm_epsilon", 1e-5)
        self.act = activation(config.get("activation_function", "gelu_new"))
        self.kinds = [kind for kinds, count in config["attention_types"] for kind in kinds * count]

    def embed(self, tokens):
        return self.embedding[tokens] + self.weights["wpe.weight"][: len(tokens)]

    def first_norm(self, layer, x):
        return self.norm(f"h.{layer}.ln_1")(x)

    def second_norm(self, layer, m):
        return self.norm(f"h.{layer}.ln_2")(m)

    def qkv(self, layer, normed):
        q, k, v = (self.linear(layer, f"attn.attention.{name}_proj", normed).reshape(-1, self.n_heads, self.d_head)
                   for name in "qkv")
        return q, k, v, torch.zeros(self.n_heads, self.d_head, dtype=torch.float64)

    def scale(self):
        return 1.0

    def window(self, layer):
        return self.config["window_size"] if self.kinds[layer] == "local" else None

    def ffn(self, layer, s):
        return self.plain_ffn(layer, s, "mlp.c_fc", "mlp.c_proj")


class Gemma(Decoder):
    """LLaMA with scaled embeddings, norms of weight 1 + w, tanh gelu, head_dim of its own, tied head."""
    family = "gemma"
    tied_default = True
    norm_offset = 1

    def shape(self):
        super().shape()
        self.act = activation(self.config.get("hidden_activation") or "gelu_pytorch_tanh")

    def embed(self, tokens):
        return self.embedding[tokens] * math.sqrt(self.d_model)


class Gemma2(Gemma):
    """Gemma with an output norm in each branch, capped attention and final logits, a scale of its own, and a sliding
    window in every second layer, the first one included.

    m = x + norm_post_attention(attention(norm_input(x))), y = m + norm_post_ffn(ffn(norm_pre_ffn(m))).
    """
    family = "gemma2"

    def shape(self):
        super().shape()
        self.attention_cap = self.config.get("attn_logit_softcapping")
        self.logit_cap = self.config.get("final_logit_softcapping")

    def second_norm(self, layer, m):
        return self.norm(f"layers.{layer}.pre_feedforward_layernorm")(m)

    def output_norm(self, layer, branch, out):
        name = {"attention": "post_attention_layernorm", "ffn": "post_feedforward_layernorm"}[branch]
        norm = self.norm(f"layers.{layer}.{name}")
        return norm(out), norm.gamma / norm.sigma(out), norm.gamma

    def scale(self):
        return self.config["query_pre_attn_scalar"] ** -0.5

    def window(self, layer):
        return self.config.get("sliding_window") if layer % 2 == 0 else None


FAMILIES = {family.family: family for family in
            (Gpt2, Llama, Mistral, Qwen2, Qwen3, Opt, GptNeoX, GptNeo, Phi, Gemma, Gemma2)}


def load(folder):
    """The model of a Hugging Face folder (config.json, model.safetensors)."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    import families_more    # here: it is made of this module's classes
    known = {**FAMILIES, **{family.family: family for family in families_more.FAMILIES}}
    family = config.get("model_type")
    if family not in known:
        raise Unsupported(f"{folder}: family {family!r}; known: {', '.join(sorted(known))}")
    return known[family](config, tensorfile.read(os.path.join(folder, "model.safetensors")))
