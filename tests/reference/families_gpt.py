# SPDX-License-Identifier: Apache-2.0
"""Relatives of GPT-2, each from its published definition (papers, configuration, shapes of its tensors); see families.py.

ALiBi adds -slope * distance, exactly; Falcon's own code rounds it to bfloat16. Falcon divides it with the scores.
"""
import math

import torch

from families import Decoder
from families_rotary import Rotary
from forward import FinalNorm, activation


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
    """GPT-J with one product in four groups, each q, v, k of a quarter of the heads; CodeGen2, whose config.json has head_dim,
    in eight (so CTranslate2's converter, which follows the code of Salesforce/codegen2-1B)."""
    family = "codegen"

    def sizes(self):
        super().sizes()
        self.d_head = self.config.get("head_dim", self.d_head)

    def projected(self, layer, normed):
        fused = self.linear(layer, "attn.qkv_proj", normed)
        groups = 8 if self.config.get("head_dim") in (128, 256) else 4
        q, k, v = mixed_heads(fused, groups, self.n_heads, self.n_heads, self.d_head, value_first=True)
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
    """ALiBi or learned positions, LayerNorm without bias, no bias anywhere, q, k, v one after the other and clipped where clip_qkv says so."""
    family = "mpt"
    layers = "blocks"
    final_name = "norm_f"
    o_proj = "attn.out_proj"
    norms = "norm_1", "norm_2"
    tied_default = True
    default_act = "gelu"

    def sizes(self):
        self.learned = not self.config["attn_config"].get("alibi", True)
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
        return None if self.learned else alibi(alibi_slopes(self.n_heads, self.config["attn_config"].get("alibi_bias_max", 8)), length)

    def ffn(self, layer, s):
        return self.plain_ffn(layer, s, "ffn.up_proj", "ffn.down_proj")


FAMILIES = (GptJ, CodeGen, GptBigCode, Bloom, Falcon, Mpt)
