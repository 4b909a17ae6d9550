# SPDX-License-Identifier: Apache-2.0
"""Further families, each from its published definition (papers, configuration, shapes of its tensors); see families.py.

Choices where the definitions leave one:
* ALiBi adds -slope * distance, exactly; Falcon's own code rounds it to bfloat16. Falcon divides it with the scores.
* YaRN: `factor` says the stretch, whatever max_position_embeddings is beside it.
* longrope and dynamic: one set of frequencies a prompt, chosen by its length.
"""
import math

import torch

from families import Decoder, Gemma2, Llama
from forward import FinalNorm, Unsupported, activation, frequencies, rotate, rotate_pairs


def rope_settings(config):
    """The dictionary under either of its names; rope_theta may stand inside."""
    return config.get("rope_parameters") or config.get("rope_scaling") or {}


def rope_theta(config):
    return rope_settings(config).get("rope_theta", config.get("rope_theta", 10000.0))


def yarn(settings, theta, size, context):
    """(frequencies, factor of cosine and sine): Peng et al. 2023, "NTK by parts"."""
    plain = frequencies(theta, size)
    stretch = settings["factor"]
    context = settings.get("original_max_position_embeddings") or context

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
    original = settings.get("original_max_position_embeddings") or config.get("original_max_position_embeddings") or \
        config["max_position_embeddings"]
    stretch = config["max_position_embeddings"] / original if original != config["max_position_embeddings"] else \
        settings.get("factor", 1)
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
            return yarn(settings, theta, size, self.config["max_position_embeddings"])
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


# ---- relatives of GPT-2

class Gpt2Names(Decoder):
    """LayerNorms with biases, and what GPT-2's relatives call their sizes and tensors."""
    prefix = "transformer."
    layers = "h"
    embedding_name, final_name = "wte.weight", "ln_f"
    norms = "ln_1", "ln_2"
    centring = True
    learned = False         # positions
    default_act = "gelu_new"

    def shape(self):
        def said(*names, default=None):
            return next((self.config[name] for name in names if self.config.get(name) is not None), default)
        self.n_layers = said("n_layer", "num_hidden_layers", "n_layers")
        self.n_heads = self.n_kv_heads = said("n_head", "num_attention_heads", "n_heads")
        self.d_model = said("n_embd", "n_embed", "hidden_size", "d_model")
        self.d_head = self.d_model // self.n_heads
        self.d_ffn = said("n_inner", default=self.d_model * self.config.get("expansion_ratio", 4))
        self.n_positions = said("n_positions", "max_position_embeddings", "max_seq_len", "seq_length", default=2048)
        self.eps = said("layer_norm_epsilon", default=1e-5)
        self.act = activation(said("activation_function", "activation", default=self.default_act))
        self.sizes()

    def sizes(self):
        """What is left to say."""

    def embed(self, tokens):
        x = self.embedding[tokens]
        return x + self.weights["wpe.weight"][: len(tokens)] if self.learned else x

    def first_norm(self, layer, x):
        return self.norm(f"{self.layers}.{layer}.{self.norms[0]}")(x)

    def second_norm(self, layer, m):
        return self.norm(f"{self.layers}.{layer}.{self.norms[1]}")(m)


def mixed_heads(fused, groups, heads, kv, size, value_first=False):
    """q, k, v of a product whose columns come in `groups`, each with its share of q, then of k, then of v."""
    each = [heads // groups, kv // groups, kv // groups]
    q, k, v = fused.reshape(len(fused), groups, sum(each), size).split(each, 2)
    q, k, v = (s.reshape(len(fused), -1, size) for s in (q, k, v))
    return (q, v, k) if value_first else (q, k, v)


class GptJ(Gpt2Names, Rotary):
    """Parallel blocks behind one norm, the first rotary_dim entries turned in neighbouring pairs, biases in the FFN."""
    family = "gptj"
    o_proj = "attn.out_proj"
    interleaved = True
    parallel = True

    def sizes(self):
        self.turned_size = self.config.get("rotary_dim") or self.d_head

    def second_norm(self, layer, m):
        return self.first_norm(layer, m)

    def projected(self, layer, normed):
        q, k, v = (self.linear(layer, f"attn.{name}_proj", normed).reshape(-1, self.n_heads, self.d_head) for name in "qkv")
        return q, k, v, torch.zeros(self.n_heads, self.d_head, dtype=torch.float64)

    def ffn(self, layer, s):
        return self.plain_ffn(layer, s, "mlp.fc_in", "mlp.fc_out")


class CodeGen(GptJ):
    """GPT-J with one product in four groups, each q, v, k of a quarter of the heads."""
    family = "codegen"

    def projected(self, layer, normed):
        fused = self.linear(layer, "attn.qkv_proj", normed)
        q, k, v = mixed_heads(fused, 4, self.n_heads, self.n_heads, self.d_head, value_first=True)
        return q, k, v, torch.zeros(self.n_heads, self.d_head, dtype=torch.float64)


class GptBigCode(Gpt2Names, Rotary):
    """GPT-2 with Linear layers and one key/value head for all, or q, k, v head by head."""
    family = "gpt_bigcode"
    o_proj = "attn.c_proj"
    tied_default = True
    learned = True

    def sizes(self):
        self.n_kv_heads = 1 if self.config.get("multi_query", True) else self.n_heads

    def projected(self, layer, normed):
        fused = self.linear(layer, "attn.c_attn", normed)
        bias = self.bias(layer, "attn.c_attn", fused.shape[1])[None]
        q, k, v = mixed_heads(fused, self.n_kv_heads, self.n_heads, self.n_kv_heads, self.d_head)
        return q, k, v, mixed_heads(bias, self.n_kv_heads, self.n_heads, self.n_kv_heads, self.d_head)[2][0]

    def turned(self, layer, x):
        return x

    def ffn(self, layer, s):
        return self.plain_ffn(layer, s, "mlp.c_fc", "mlp.c_proj")


def alibi_slopes(heads, largest=8):
    """Press et al. 2022: a geometric series; where H is no power of two, the next one's odd members are added."""
    power = 2 ** math.floor(math.log2(heads))
    slopes = [2 ** (-largest * (h + 1) / power) for h in range(power)]
    slopes += [2 ** (-largest * (2 * h + 1) / (2 * power)) for h in range(heads - power)]
    return torch.tensor(slopes, dtype=torch.float64)


def alibi(slopes, length):
    """[H, T, T]: -slope for each step from the query back to the key."""
    place = torch.arange(length).double()
    return slopes[:, None, None] * (place[None, :] - place[:, None])


class Bloom(Gpt2Names, Rotary):
    """ALiBi, a LayerNorm of the embeddings, q, k, v head by head."""
    family = "bloom"
    embedding_name, embedding_norm = "word_embeddings.weight", "word_embeddings_layernorm"
    o_proj = "self_attention.dense"
    tied_default = True
    default_act = "gelu_new"
    norms = "input_layernorm", "post_attention_layernorm"
    groups = property(lambda self: self.n_heads)

    def embed(self, tokens):
        return self.norm(self.embedding_norm)(self.embedding[tokens])

    def projected(self, layer, normed):
        fused = self.linear(layer, "self_attention.query_key_value", normed)
        bias = self.bias(layer, "self_attention.query_key_value", fused.shape[1])[None]
        q, k, v = mixed_heads(fused, self.groups, self.n_heads, self.n_kv_heads, self.d_head)
        return q, k, v, mixed_heads(bias, self.groups, self.n_heads, self.n_kv_heads, self.d_head)[2][0]

    def turned(self, layer, x):
        return x

    def score_bias(self, length):
        return alibi(alibi_slopes(self.n_heads), length)

    def ffn(self, layer, s):
        return self.plain_ffn(layer, s, "mlp.dense_h_to_4h", "mlp.dense_4h_to_h")


class Falcon(Bloom):
    """Multi-query and parallel behind one norm (7B), grouped queries and two norms (the new decoder), or BLOOM's block
    without the norm of the embeddings (the older RW models).
    """
    family = "falcon"
    default_act = "gelu"

    def sizes(self):
        config = self.config
        self.new, self.alibi = config.get("new_decoder_architecture", False), config.get("alibi", False)
        self.n_kv_heads = config.get("num_kv_heads") or self.n_heads if self.new else \
            1 if config.get("multi_query", True) else self.n_heads
        self.parallel = self.new or config.get("parallel_attn", True)
        self.d_ffn = config.get("ffn_hidden_size") or 4 * self.d_model
        self.turned_size = self.d_head

    groups = property(lambda self: self.n_kv_heads)

    def embed(self, tokens):
        return self.embedding[tokens]

    def first_norm(self, layer, x):
        two = self.new and self.config.get("num_ln_in_parallel_attn") != 1
        return self.norm(f"h.{layer}." + ("ln_attn" if two else "input_layernorm"))(x)

    def second_norm(self, layer, m):
        if self.new and self.config.get("num_ln_in_parallel_attn") != 1:
            return self.norm(f"h.{layer}.ln_mlp")(m)
        return self.first_norm(layer, m) if self.parallel else super().second_norm(layer, m)

    def turned(self, layer, x):
        return x if self.alibi else Rotary.turned(self, layer, x)

    def score_bias(self, length):
        """Divided by sqrt(E) with the scores."""
        return alibi(alibi_slopes(self.n_heads), length) / math.sqrt(self.d_head) if self.alibi else None


class Mpt(Gpt2Names, Rotary):
    """ALiBi, LayerNorm without bias, no bias anywhere, q, k, v one after the other and clipped where clip_qkv says so."""
    family = "mpt"
    layers = "blocks"
    final_name = "norm_f"
    o_proj = "attn.out_proj"
    norms = "norm_1", "norm_2"
    tied_default = True
    default_act = "gelu"

    def sizes(self):
        self.clip = self.config["attn_config"].get("clip_qkv")
        self.keeps_value_bias = self.clip is not None

    def norm(self, name):
        gamma = self.weights[name + ".weight"]
        return FinalNorm(gamma, torch.zeros_like(gamma), self.eps, True)

    def projected(self, layer, normed):
        fused = self.linear(layer, "attn.Wqkv", normed)
        fused = fused if self.clip is None else fused.clamp(-self.clip, self.clip)
        q, k, v = (s.reshape(len(normed), self.n_heads, self.d_head) for s in fused.chunk(3, -1))
        return q, k, v, torch.zeros(self.n_heads, self.d_head, dtype=torch.float64)

    def turned(self, layer, x):
        return x

    def scale(self):
        return self.config["attn_config"].get("softmax_scale") or super().scale()

    def score_bias(self, length):
        return alibi(alibi_slopes(self.n_heads, self.config["attn_config"].get("alibi_bias_max", 8)), length)

    def ffn(self, layer, s):
        return self.plain_ffn(layer, s, "ffn.up_proj", "ffn.down_proj")


FAMILIES = (Rotary, Phi3, Olmo, Olmo2, Gemma3, StableLm, Starcoder2, Granite, SmolLm3, Cohere, Cohere2, GptJ, CodeGen, GptBigCode,
            Bloom, Falcon, Mpt)
