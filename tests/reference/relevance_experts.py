# SPDX-License-Identifier: Apache-2.0
"""The FFN of a mixture of experts with linear maps in the place of its steps, for relevance.py (METHOD sections 9 and 10).

All experts are computed at all positions; the weights decide what counts. The weights' map between two runs is a matrix [T, E, E] that takes the
difference of the router's scores to that of the weights: for either run's choice the secant of its softmax, half each, and what these leave of the
difference, along the scores of the experts that are changed.
"""
import torch

from forward import silu

LEAST_STEP = 1e-3


def scores(model, layer, s):
    return model.linear(layer, model.router, s)


def softmax_secant(own, other):
    """[E, E] from scores to shares, between two runs; -inf: takes no part."""
    a, b = torch.softmax(own, -1), torch.softmax(other, -1)
    part = own > -torch.inf
    step = torch.where(part, torch.log_softmax(own, -1) - torch.log_softmax(other, -1), torch.ones_like(a))
    mean = torch.where(step.abs() < 1e-7, (a + b) / 2, (a - b) / torch.where(step == 0, torch.ones_like(a), step))
    mean = torch.where(part, mean, torch.zeros_like(mean))
    return torch.diag(mean) - torch.outer(mean, mean) / mean.sum()


def weight_maps(model, layer, s, s_other, weights, weights_other):
    """([T, E, E] of the scores, [T, E, D] of s)."""
    own, other = scores(model, layer, s), scores(model, layer, s_other)
    normed = model.always_normed or model.config.get("norm_topk_prob", False)
    of_scores, of_input = [], torch.zeros(*weights.shape, s.shape[-1], dtype=torch.float64)
    for t in range(len(s)):
        chosen = [weights[t] > 0, weights_other[t] > 0]
        smooth = torch.zeros(len(own[t]), len(own[t]), dtype=torch.float64)
        for choice in chosen:
            hidden = torch.full_like(own[t], -torch.inf)
            of_choice = softmax_secant(torch.where(choice, own[t], hidden), torch.where(choice, other[t], hidden)) if normed else softmax_secant(own[t], other[t])
            smooth += choice.double()[:, None] * of_choice / 2
        rest = weights[t] - weights_other[t] - smooth @ (own[t] - other[t])
        change = chosen[0].double() - chosen[1].double()      # 1 and -1 of the experts that one run alone uses
        if change.any():
            step = change @ (own[t] - other[t])
            if step >= LEAST_STEP * change.relu().sum():
                smooth += torch.outer(rest, change / step)
            else:
                of_input[t] = torch.outer(rest, (s[t] - s_other[t]) / (s[t] - s_other[t]).pow(2).sum())
        of_scores.append(smooth)
    return torch.stack(of_scores), of_input


def weight(steps, layer, model, s):
    """[T, E] of the routed experts. Fixed in answer relevance."""
    s_other, = steps.inputs(s)
    value = model.routing(layer, s)
    if steps.mode != "contrast":
        return value.detach()
    of_scores, of_input = weight_maps(model, layer, s.detach(), s_other, value.detach(), model.routing(layer, s_other).detach())
    linear = torch.einsum("tef,tf->te", of_scores, scores(model, layer, s)) + torch.einsum("ted,td->te", of_input, s)
    return value.detach() + (linear - linear.detach())


def shared_weight(steps, layer, model, s):
    score = model.linear(layer, "mlp.shared_expert_gate", s)
    value = torch.sigmoid(score).detach()
    if steps.mode != "contrast":
        steps.inputs(score)
        return value
    linear = steps.slope(torch.sigmoid, score) * score
    return value + (linear - linear.detach())


def gated(steps, gate, up):
    return steps.product(steps.activation(silu, gate), up)


def expert(steps, layer, model, e, s):
    """(a [T, N] without the weight, w_out [N, D], bias [D])."""
    if hasattr(model, "stack"):     # GPT-OSS
        name, limit = f"layers.{layer}.mlp.experts.", model.config["swiglu_limit"]
        both = s @ model.stack(name + "gate_up_proj")[e] + model.weights[name + "gate_up_proj_bias"][e]
        gate = steps.activation(lambda x: x * torch.sigmoid(1.702 * x), steps.clamp(both[:, ::2], None, limit))
        return (steps.product(gate, steps.clamp(both[:, 1::2], -limit, limit) + 1), model.stack(name + "down_proj")[e],
                model.weights[name + "down_proj_bias"][e])
    prefix, names = ("mlp.shared_expert.", ("gate_proj", "up_proj", "down_proj")) if e is None else (
        (f"block_sparse_moe.experts.{e}.", ("w1", "w3", "w2")) if "block_sparse" in model.router else (f"mlp.experts.{e}.", ("gate_proj", "up_proj", "down_proj")))
    act = gated(steps, model.linear(layer, prefix + names[0], s), model.linear(layer, prefix + names[1], s))
    return act, model.weights[f"layers.{layer}.{prefix}{names[2]}.weight"].T, torch.zeros(model.d_model, dtype=torch.float64)


def weighted(steps, weights, out):
    """The product of [T, 1] and [T, D]; in answer relevance the weight is fixed."""
    if steps.mode != "answer":
        return steps.product(weights, out)
    steps.inputs(weights, out)
    return weights.detach() * out


def ffn_branch(model, steps, layer, s):
    """As families_experts.Experts.ffn_branch."""
    weights = weight(steps, layer, model, s)
    parts = [(weights[:, e: e + 1], e) for e in range(model.n_experts)]
    if model.shared:
        parts.append((shared_weight(steps, layer, model, s), None))
    out, acts, rows, bias = torch.zeros_like(s), [], [], torch.zeros_like(s)
    for of_expert, e in parts:
        act, w_out, b_out = expert(steps, layer, model, e, s)
        out = out + weighted(steps, of_expert, act @ w_out + b_out)
        acts.append(act * of_expert)
        rows.append(w_out)
        bias = bias + of_expert * b_out
    return out, torch.cat(acts, -1), torch.cat(rows), bias
