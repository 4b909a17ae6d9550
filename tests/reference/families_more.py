# SPDX-License-Identifier: Apache-2.0
"""Relatives of LLaMA, each from its published definition (papers, configuration, shapes of its tensors); see families.py."""
import torch

import families_experts
import families_gpt
from families import Gemma2
from families_rotary import Rotary
from forward import FinalNorm, activation, frequencies


class Phi3(Rotary):
    """LLaMA with one product for q, k, v (one after the other) and one for gate and up."""
    family = "phi3"

    def projected(self, layer, normed):
        fused = self.linear(layer, "self_attn.qkv_proj", normed)
        heads, kv = self.n_heads * self.d_head, self.n_kv_heads * self.d_head
        q, k, v = (s.reshape(len(normed), -1, self.d_head) for s in fused.split([heads, kv, kv], -1))
        return q, k, v, torch.zeros(self.n_kv_heads, self.d_head, dtype=torch.float64)

    def window(self, layer):
        return self.config.get("sliding_window")

    def ffn(self, layer, s):
        gate, up = self.linear(layer, "mlp.gate_up_proj", s).chunk(2, -1)
        return self.act(gate) * up, "mlp.down_proj"


class Olmo(Rotary):
    """LLaMA with a LayerNorm that has no weights; q, k and v clipped where clip_qkv says so."""
    family = "olmo"

    def shape(self):
        super().shape()
        self.keeps_value_bias = self.config.get("clip_qkv") is not None

    def norm(self, name):
        one = torch.ones(self.d_model, dtype=torch.float64)
        return FinalNorm(one, torch.zeros_like(one), 1e-5, True)

    def projected(self, layer, normed):
        q, k, v, b_v = super().projected(layer, normed)
        clip = self.config.get("clip_qkv")
        return (q, k, v, b_v) if clip is None else (*(s.clamp(-clip, clip) for s in (q, k, v)), b_v)


class OutputNorms(Rotary):
    """A norm behind each branch and none before it."""

    def first_norm(self, layer, x):
        return x

    def second_norm(self, layer, m):
        return m

    def output_norm(self, layer, branch, out):
        name = {"attention": "post_attention_layernorm", "ffn": "post_feedforward_layernorm"}[branch]
        norm = self.norm(f"layers.{layer}.{name}")
        return norm(out), norm.gamma / norm.sigma(out), norm.gamma


class Olmo2(OutputNorms):
    """RMSNorm over the whole width of q and of k."""
    family = "olmo2"

    def head_norms(self, layer, q, k):
        return self.wide_norms(layer, q, k)


class Gemma3(Gemma2, Rotary):
    """Gemma 2 with norms on every head's q and k, no caps, a window in all but every sixth layer, and two rotary bases:
    layers with a window have their own, which is never scaled.
    """
    family = "gemma3_text"

    def shape(self):
        super().shape()
        self.d_head = self.config.get("head_dim", 256)
        self.turned_size = self.d_head

    def window(self, layer):
        kinds = self.config.get("layer_types")
        local = kinds[layer] == "sliding_attention" if kinds else (layer + 1) % self.config.get("sliding_window_pattern", 6)
        return self.config["sliding_window"] if local else None

    def head_norms(self, layer, q, k):
        return tuple(self.norm(f"layers.{layer}.self_attn.{name}")(s) for name, s in (("q_norm", q), ("k_norm", k)))

    def frequencies_of(self, layer, length):
        if self.window(layer) is not None:
            return frequencies(self.config.get("rope_local_base_freq", 10000.0), self.d_head), 1
        return super().frequencies_of(layer, length)

    def qkv(self, layer, normed):
        return Rotary.qkv(self, layer, normed)


class Centred(Rotary):
    """LayerNorm with a bias in the place of RMSNorm."""
    centring = True
    eps_key = "layer_norm_eps"

    def shape(self):
        super().shape()
        self.eps = self.config.get(self.eps_key, 1e-5)


class StableLm(Centred):
    """LLaMA with LayerNorm, partial rotation, biases on q, k, v; later ones normalise each head's q and k by weights of
    its own, or have parallel blocks behind one norm.
    """
    family = "stablelm"

    def shape(self):
        self.rotated = self.config.get("partial_rotary_factor", 0.25)
        super().shape()
        self.parallel = self.config.get("use_parallel_residual", False)

    def second_norm(self, layer, m):
        return self.first_norm(layer, m) if self.parallel else super().second_norm(layer, m)

    def head_norms(self, layer, q, k):
        if not self.config.get("qk_layernorm"):
            return q, k
        def each(s, name):
            names = [f"layers.{layer}.self_attn.{name}_layernorm.norms.{h}.weight" for h in range(s.shape[1])]
            return torch.stack([FinalNorm(self.weights[name], 0, self.eps, True)(s[:, h])
                                for h, name in enumerate(names)], 1)
        return each(q, "q"), each(k, "k")


class Starcoder2(Centred):
    """Rotary positions and grouped queries around GPT-2's FFN, biases everywhere, a window in every layer."""
    family = "starcoder2"
    eps_key = "norm_epsilon"
    tied_default = True

    def shape(self):
        super().shape()
        self.act = activation(self.config.get("hidden_act", "gelu_pytorch_tanh"))

    def window(self, layer):
        return self.config.get("sliding_window")

    def ffn(self, layer, s):
        return self.plain_ffn(layer, s, "mlp.c_fc", "mlp.c_proj")


class Granite(Rotary):
    """LLaMA times four numbers: embeddings, branches, scores (in the place of 1 / sqrt(E)); logits are divided."""
    family = "granite"

    def shape(self):
        super().shape()
        self.logit_factor = 1 / self.config.get("logits_scaling", 1.0)

    def embed(self, tokens):
        return super().embed(tokens) * self.config.get("embedding_multiplier", 1.0)

    def output_norm(self, layer, branch, out):
        factor = self.config.get("residual_multiplier", 1.0)
        return out * factor, torch.full_like(out, factor), torch.full_like(out[0], factor)

    def scale(self):
        return self.config.get("attention_multiplier", 1.0)


class SmolLm3(Rotary):
    """LLaMA where no_rope_layers (1: positions, 0: none), or every fourth layer, is without positions."""
    family = "smollm3"

    def turns(self, layer):
        listed = self.config.get("no_rope_layers")
        return bool(listed[layer]) if listed else (layer + 1) % self.config.get("no_rope_layer_interval", 4) != 0


class Cohere(Centred):
    """Parallel blocks behind one LayerNorm without bias, neighbours rotated together, logits times logit_scale."""
    family = "cohere"
    interleaved = True
    parallel = True
    tied_default = True

    def shape(self):
        super().shape()
        self.logit_factor = self.config.get("logit_scale", 0.0625)

    def norm(self, name):
        gamma = self.weights[name + ".weight"]
        return FinalNorm(gamma, torch.zeros_like(gamma), self.eps, True)

    def second_norm(self, layer, m):
        return self.first_norm(layer, m)

    def head_norms(self, layer, q, k):
        """Each head by itself, by a row of weights of its own."""
        if not self.config.get("use_qk_norm"):
            return q, k
        return tuple(self.norm(f"layers.{layer}.self_attn.{name}")(s) for name, s in (("q_norm", q), ("k_norm", k)))


class Cohere2(Cohere):
    """Cohere with a window in all but every fourth layer; the layers without a window have no positions."""
    family = "cohere2"

    def window(self, layer):
        kinds = self.config.get("layer_types")
        local = kinds[layer] == "sliding_attention" if kinds else (layer + 1) % self.config.get("sliding_window_pattern", 4)
        return self.config["sliding_window"] if local else None

    def turns(self, layer):
        return self.window(layer) is not None


FAMILIES = (Rotary, Phi3, Olmo, Olmo2, Gemma3, StableLm, Starcoder2, Granite, SmolLm3, Cohere, Cohere2,
            *families_gpt.FAMILIES,
            *families_experts.FAMILIES)
