# SPDX-License-Identifier: Apache-2.0
"""Mixtures of experts, each from its published definition; see families.py.

Neuron expert * d_expert + n; those of a shared expert follow the last expert's. `act` includes the routing weight and is
zero for experts that were not chosen; `b_out` of a position is the weighted sum of the chosen experts' biases.
"""
import torch

from families_rotary import Rotary
from forward import silu


class Experts(Rotary):
    """LLaMA whose FFN is a weighted sum over the experts with the highest scores of a router."""
    count_key, width_key = "num_experts", "moe_intermediate_size"
    router = "mlp.gate"
    always_normed = False
    shared = False

    def shape(self):
        super().shape()
        self.n_experts, self.used = self.config[self.count_key], self.config["num_experts_per_tok"]
        self.d_expert = self.config[self.width_key]
        self.d_ffn = self.n_experts * self.d_expert
        if self.shared:
            self.d_ffn += self.config["shared_expert_intermediate_size"]

    def routing(self, layer, s):
        """[T, E]: softmax of the scores, zero but for the largest, perhaps divided by the sum of these."""
        weight = torch.softmax(self.linear(layer, self.router, s), -1)
        best = torch.zeros_like(weight).scatter(-1, weight.topk(self.used, -1).indices, 1.0)
        weight = weight * best
        if self.always_normed or self.config.get("norm_topk_prob", False):
            weight = weight / weight.sum(-1, keepdim=True)
        return weight

    def expert(self, layer, e, s):
        """(activations [T, N], w_out [N, D], bias [D])."""
        name = f"mlp.experts.{e}."
        act = silu(self.linear(layer, name + "gate_proj", s)) * self.linear(layer, name + "up_proj", s)
        return act, self.weights[f"layers.{layer}.{name}down_proj.weight"].T, torch.zeros(self.d_model).double()

    def ffn_branch(self, layer, s):
        acts, rows, bias, routing = [], [], torch.zeros_like(s), self.routing(layer, s)
        for e in range(self.n_experts):
            act, w_out, b_out = self.expert(layer, e, s)
            acts.append(act * routing[:, e: e + 1])
            rows.append(w_out)
            bias = bias + routing[:, e: e + 1] * b_out
        if self.shared:
            name = "mlp.shared_expert."
            act = silu(self.linear(layer, name + "gate_proj", s)) * self.linear(layer, name + "up_proj", s)
            acts.append(act * torch.sigmoid(self.linear(layer, "mlp.shared_expert_gate", s)))
            rows.append(self.weights[f"layers.{layer}.{name}down_proj.weight"].T)
        out = sum(act @ w_out for act, w_out in zip(acts, rows)) + bias
        return out, torch.cat(acts, -1), torch.cat(rows), bias


class Mixtral(Experts):
    """Weights of the chosen experts sum to one."""
    family = "mixtral"
    count_key, width_key = "num_local_experts", "intermediate_size"
    router = "block_sparse_moe.gate"
    always_normed = True

    def window(self, layer):
        return self.config.get("sliding_window")

    def expert(self, layer, e, s):
        name = f"block_sparse_moe.experts.{e}."
        act = silu(self.linear(layer, name + "w1", s)) * self.linear(layer, name + "w3", s)
        return act, self.weights[f"layers.{layer}.{name}w2.weight"].T, torch.zeros(self.d_model).double()


class Qwen2Moe(Experts):
    """Biases on q, k, v; one expert more, always used, with a gate of its own."""
    family = "qwen2_moe"
    shared = True


class Qwen3Moe(Experts):
    """Norms on every head's q and k."""
    family = "qwen3_moe"

    def head_norms(self, layer, q, k):
        return tuple(self.norm(f"layers.{layer}.self_attn.{name}")(s) for name, s in (("q_norm", q), ("k_norm", k)))


class Olmoe(Experts):
    """Norms over the whole width of q and k; q, k and v clipped behind them where clip_qkv says so."""
    family = "olmoe"
    width_key = "intermediate_size"

    def clipped(self, s):
        clip = self.config.get("clip_qkv")
        return s if clip is None else s.clamp(-clip, clip)

    def projected(self, layer, normed):
        q, k, v, b_v = super().projected(layer, normed)
        return q, k, self.clipped(v), b_v

    def head_norms(self, layer, q, k):
        return tuple(self.clipped(s) for s in self.wide_norms(layer, q, k))


class GptOss(Experts):
    """One tensor for all experts, gate and up in turn, biases everywhere, a clamped activation, and in each head a score
    more in the softmax than there are keys (a sink).
    """
    family = "gpt_oss"
    count_key, width_key = "num_local_experts", "intermediate_size"
    router = "mlp.router"
    always_normed = True
    keeps_value_bias = True

    def sinks(self, layer):
        return self.weights[f"layers.{layer}.self_attn.sinks"]

    def window(self, layer):
        kinds = self.config.get("layer_types")
        local = kinds[layer] == "sliding_attention" if kinds else layer % 2 == 0
        return self.config["sliding_window"] if local else None

    def stack(self, name):
        """[expert, in, out]; in MXFP4 (OCP Microscaling 1.0) 32 numbers share a power of two, two of them share a byte."""
        if name in self.weights:
            return self.weights[name]
        blocks, scales = self.weights[name + "_blocks"].long(), self.weights[name + "_scales"].double()
        mantissa, exponent, sign = blocks.new_tensor([0, 1]).double() / 2, [1, 1, 2, 4], [1, -1]
        numbers = torch.stack([sign[s] * ((1 if e else 0) + m) * exponent[e] for s in (0, 1) for e in range(4) for m in mantissa])
        pairs = torch.stack([numbers[blocks % 16], numbers[blocks // 16]], -1)          # [expert, out, in / 32, 16, 2]
        return (pairs.flatten(-2) * 2 ** (scales[..., None] - 127)).flatten(-2).transpose(1, 2)

    def expert(self, layer, e, s):
        name, limit = f"layers.{layer}.mlp.experts.", self.config["swiglu_limit"]
        both = s @ self.stack(name + "gate_up_proj")[e] + self.weights[name + "gate_up_proj_bias"][e]
        gate, up = both[:, ::2].clamp(max=limit), both[:, 1::2].clamp(-limit, limit)
        act = gate * torch.sigmoid(1.702 * gate) * (up + 1)
        return act, self.stack(name + "down_proj")[e], self.weights[name + "down_proj_bias"][e]


FAMILIES = (Mixtral, Qwen2Moe, Qwen3Moe, Olmoe, GptOss)
