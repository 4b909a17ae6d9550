# SPDX-License-Identifier: Apache-2.0
"""All kinds of rotary scaling, each from its publication, and LLaMA with them; see families.py.

Choices where the definitions leave one:
* YaRN and longrope: `factor` says the stretch where it is given, whatever max_position_embeddings is beside it.
* dynamic: the context is max_position_embeddings, whatever original_max_position_embeddings is beside it.
* longrope and dynamic: one set of frequencies a prompt, chosen by its length.
"""
import math

import torch

from families import Llama
from forward import Unsupported, frequencies, rotate, rotate_pairs


def rope_settings(config):
    """The dictionary under either of its names; rope_theta may stand inside."""
    return config.get("rope_parameters") or config.get("rope_scaling") or {}


def rope_theta(config):
    return rope_settings(config).get("rope_theta", config.get("rope_theta", 10000.0))


def original_context(config):
    """The context of training: said beside the dictionary or inside."""
    key = "original_max_position_embeddings"
    return config.get(key) or rope_settings(config).get(key) or config["max_position_embeddings"]


def yarn(settings, theta, size, context):
    """(frequencies, factor of cosine and sine): Peng et al. 2023, "NTK by parts"."""
    plain = frequencies(theta, size)
    stretch = settings["factor"]

    def pair_that_turns(turns):
        """Index, not rounded, of the pair that makes so many turns in the context."""
        return size * math.log(context / (turns * 2 * math.pi)) / (2 * math.log(theta))
    low, high = pair_that_turns(settings.get("beta_fast", 32)), pair_that_turns(settings.get("beta_slow", 1))
    if settings.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, size - 1)
    high = high if high != low else high + 0.001
    slowed = ((torch.arange(size // 2).double() - low) / (high - low)).clamp(0, 1)

    def magnitude(by=1):
        return 1 if stretch <= 1 else 0.1 * by * math.log(stretch) + 1
    of_all = settings.get("attention_factor")
    if of_all is None:
        both = settings.get("mscale"), settings.get("mscale_all_dim")
        of_all = magnitude(both[0]) / magnitude(both[1]) if all(both) else magnitude()
    return slowed * plain / stretch + (1 - slowed) * plain, of_all


def longrope(settings, theta, size, config, length):
    """Ding et al. 2024: each pair has a divisor of its own, one list for prompts within the original context."""
    original = original_context(config)
    stretch = settings.get("factor") or config["max_position_embeddings"] / original
    divisor = settings["long_factor" if length > original else "short_factor"]
    of_all = settings.get("attention_factor")
    if of_all is None:
        of_all = 1 if stretch <= 1 else math.sqrt(1 + math.log(stretch) / math.log(original))
    return frequencies(theta, size) / torch.tensor(divisor, dtype=torch.float64), of_all


def dynamic(settings, theta, size, config, length):
    """"NTK-aware": the base grows with what of the prompt is past the context."""
    context = config["max_position_embeddings"]
    longest = max(length, context)
    grown = settings["factor"] * longest / context - (settings["factor"] - 1)
    return frequencies(theta * grown ** (size / (size - 2)), size), 1


class Rotary(Llama):
    """LLaMA with all kinds of rotary scaling, which the other classes here take from it."""
    interleaved = False
    rotated = None          # share of a head that turns

    def shape(self):
        super().shape()
        self.turned_size = int(self.d_head * (self.rotated or self.config.get("partial_rotary_factor", 1.0)))
        scaling = rope_settings(self.config)
        if scaling.get("type") == "dynamic":
            self.n_positions = int(self.n_positions * scaling["factor"])

    def rotary_frequencies(self, size):
        kind = rope_settings(self.config)
        return super().rotary_frequencies(size) if kind.get("rope_type", kind.get("type")) == "llama3" else None

    def frequencies_of(self, layer, length):
        """(frequencies, factor) of a layer for a prompt."""
        settings, theta, size = rope_settings(self.config), rope_theta(self.config), self.turned_size
        kind = settings.get("rope_type", settings.get("type", "default"))
        if kind == "default":
            return frequencies(theta, size), 1
        if kind == "linear":
            return frequencies(theta, size) / settings["factor"], 1
        if kind == "llama3":
            return self.turn, 1
        if kind == "yarn":
            return yarn(settings, theta, size, original_context(self.config))
        if kind in ("longrope", "su"):
            return longrope(settings, theta, size, self.config, length)
        if kind == "dynamic":
            return dynamic(settings, theta, size, self.config, length)
        raise Unsupported(f"rotary positions of type {kind!r}")

    def turns(self, layer):
        """Whether the layer has positions."""
        return True

    def turned(self, layer, x):
        if not self.turns(layer):
            return x
        frequency, factor = self.frequencies_of(layer, len(x))
        size = 2 * len(frequency)
        whole = (rotate_pairs if self.interleaved else rotate)(x, frequency)
        return torch.cat([whole[..., :size] * factor, whole[..., size:]], -1)

    def projected(self, layer, normed):
        """q [T, H, E], k and v [T, K, E] before norms and rotation, and the bias of v [K, E]."""
        def heads(name, count):
            return self.linear(layer, name, normed).reshape(len(normed), count, self.d_head)
        bias = self.bias(layer, "self_attn.v_proj", self.n_kv_heads * self.d_head)
        return (heads("self_attn.q_proj", self.n_heads), heads("self_attn.k_proj", self.n_kv_heads),
                heads("self_attn.v_proj", self.n_kv_heads), bias.reshape(self.n_kv_heads, self.d_head))

    def qkv(self, layer, normed):
        q, k, v, b_v = self.projected(layer, normed)
        q, k = self.head_norms(layer, q, k)
        return self.turned(layer, q), self.turned(layer, k), v, b_v

    def wide_norms(self, layer, q, k):
        """An RMSNorm over all heads together."""
        return tuple(self.norm(f"layers.{layer}.self_attn.{name}")(s.flatten(1)).reshape(s.shape)
                     for name, s in (("q_norm", q), ("k_norm", k)))
