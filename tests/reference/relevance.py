# SPDX-License-Identifier: Apache-2.0
"""METHOD sections 7 to 13 in float64 by automatic differentiation, for every family of the reference.

The forward pass is the reference's own (forward.py, families.py). Each step that is not linear is replaced, while the model runs, by its
value plus a linear map that is zero in value: `value.detach() + (map - map.detach())`. The map is the secant between two runs (contrast) or
what is fixed at the prompt (answer), and torch's backward pass then gives the co-vectors. Products of two things that both differ take the
mean of the other factor, one by one: the secant of a norm comes out of that, it is not written down.
"""
import math

import torch

import families
import forward
import relevance_experts


class Act(torch.Tensor):
    """What an activation gives: a product with it is that of a gated FFN."""
    __torch_function__ = torch._C._disabled_torch_function_impl

    def __mul__(self, other):
        if not isinstance(other, torch.Tensor) or other.shape != self.shape or STEPS is None:
            return torch.Tensor.__mul__(self, other)
        return STEPS.product(self, other)


STEPS = None    # the Steps at work


def with_map(value, linear):
    return value.detach() + (linear - linear.detach())


def derivative(function, x):
    x = x.detach().clone().requires_grad_(True)
    return torch.autograd.grad(function(x).sum(), x)[0]


class Steps:
    """Records the inputs of every step of a run, or replaces steps by maps that use another run's record."""

    def __init__(self, mode, other=None, ablation=None):
        self.mode, self.other, self.record = mode, other, []
        self.attention = []         # (q, k, v) of each layer, per query head, for their co-vectors
        self.ablation = ablation

    def inputs(self, *tensors):
        """The other run's inputs of this step."""
        self.record.append([t.detach() for t in tensors])
        if self.mode != "contrast":
            return [t.detach() for t in tensors]
        return self.other.record[len(self.record) - 1]

    def slope(self, function, x, close=1e-3):
        x_other, = self.inputs(x)
        here = x.detach()
        if self.mode == "answer":
            safe = torch.where(here == 0, torch.ones_like(here), here)
            return torch.where(here == 0, derivative(function, torch.zeros_like(here)), function(here) / safe)
        step = here - x_other
        near = step.abs() < close if close else step == 0
        quotient = (function(here) - function(x_other)) / torch.where(near, torch.ones_like(step), step)
        return torch.where(near, derivative(function, (here + x_other) / 2), quotient)

    def norm(self, norm, x):
        value = FINAL_NORM_CALL(norm, x)
        x_other, = self.inputs(x)
        c, s = norm.centre(x), norm.sigma(x).detach()
        if self.mode == "answer":
            return with_map(value, norm.gamma * c / s)
        if self.mode != "contrast":
            return value
        c_other, s_other = norm.centre(x_other), norm.sigma(x_other)
        squares = ((c.detach() + c_other) * c).mean(-1, keepdim=True)     # of s^2
        inverse = -squares / (s * s_other * (s + s_other))                # of 1 / s
        return with_map(value, norm.gamma * (c * (1 / s + 1 / s_other) / 2 + (c.detach() + c_other) / 2 * inverse))

    def activation(self, function, x):
        value = function(x)
        if self.mode in ("answer", "contrast"):
            value = with_map(value, self.slope(function, x, 0 if function is torch.relu else 1e-3) * x)
        else:
            self.inputs(x)
        return value.as_subclass(Act)

    def product(self, a, b):
        a = a.as_subclass(torch.Tensor)
        a_other, b_other = self.inputs(a, b)
        if self.mode == "answer":
            return with_map(a * b, (a * b.detach() + a.detach() * b) / 2)
        if self.mode == "contrast":
            return with_map(a * b, a * (b.detach() + b_other) / 2 + (a.detach() + a_other) / 2 * b)
        return a * b

    def clamp(self, x, low, high):
        function = lambda t: TENSOR_CLAMP(t, low, high)
        if self.mode in ("answer", "contrast"):
            return with_map(function(x), self.slope(function, x, 0) * x)
        self.inputs(x)
        return function(x)

    def soft_cap(self, x, cap):
        if cap is None:
            return x
        function = lambda t: cap * torch.tanh(t / cap)
        if self.mode in ("answer", "contrast"):
            return with_map(function(x), self.slope(function, x) * x)
        self.inputs(x)
        return function(x)

    def attention_pattern(self, q, k, scale, window=None, cap=None, bias=None, sinks=None):
        value = CAUSAL_ATTENTION(q, k, scale, window, cap, bias, sinks)
        q_other, k_other = self.inputs(q, k)
        self.attention.append([q, k, None])
        if self.mode == "answer":
            return value.detach()
        if self.mode != "contrast":
            return value
        for tensor in (q, k):
            tensor.retain_grad()
        products = torch.einsum("ihe,jhe->hij", q, (k.detach() + k_other) / 2) + torch.einsum("ihe,jhe->hij", (q.detach() + q_other) / 2, k)
        scores = products * scale
        if cap is not None:
            both = [torch.einsum("ihe,jhe->hij", a, b) * scale for a, b in ((q.detach(), k.detach()), (q_other, k_other))]
            function = lambda t: cap * torch.tanh(t / cap)
            near = (both[0] - both[1]).abs() < 1e-3
            quotient = (function(both[0]) - function(both[1])) / torch.where(near, torch.ones_like(both[0]), both[0] - both[1])
            scores = scores * torch.where(near, derivative(function, (both[0] + both[1]) / 2), quotient)
        own = self.with_sink(q.detach(), k.detach(), scale, window, cap, bias, sinks)
        other = self.with_sink(q_other, k_other, scale, window, cap, bias, sinks)
        difference = own.log() - other.log()
        seen = (own > 0) & (other > 0)
        same = seen & (difference.abs() < 1e-7)
        mean = torch.where(same, (own + other) / 2, torch.where(seen & ~same, (own - other) / torch.where(same | ~seen, torch.ones_like(own), difference), torch.zeros_like(own)))
        if sinks is not None:
            scores = torch.cat([scores, torch.zeros_like(scores[..., :1])], -1)
        weighted = (mean * scores).sum(-1, keepdim=True) / mean.sum(-1, keepdim=True)
        return with_map(value, (mean * (scores - weighted))[..., :value.shape[-1]])

    @staticmethod
    def with_sink(q, k, scale, window, cap, bias, sinks):
        """The attention with the sink as a last key."""
        rows = CAUSAL_ATTENTION(q, k, scale, window, cap, bias, sinks)
        return rows if sinks is None else torch.cat([rows, 1 - rows.sum(-1, keepdim=True)], -1)

    def mix(self, pattern, v):
        self.attention[-1][2] = v
        layer = len(self.attention) - 1
        if self.ablation:
            self.inputs(pattern, v)
            return self.ablation.mix(layer, pattern, v)
        pattern_other, v_other = self.inputs(pattern, v)
        value = TORCH_EINSUM("hij,jhe->ihe", pattern, v)
        if self.mode in ("answer", "contrast"):
            v.retain_grad()
        if self.mode == "answer":
            return TORCH_EINSUM("hij,jhe->ihe", pattern.detach(), v)
        if self.mode != "contrast":
            return value
        return with_map(value, TORCH_EINSUM("hij,jhe->ihe", pattern, (v.detach() + v_other) / 2) +
                        TORCH_EINSUM("hij,jhe->ihe", (pattern.detach() + pattern_other) / 2, v))


FINAL_NORM_CALL = forward.FinalNorm.__call__
CAUSAL_ATTENTION = forward.causal_attention
SOFT_CAP = forward.soft_cap
TORCH_EINSUM = torch.einsum
TENSOR_CLAMP = torch.Tensor.clamp


def einsum(equation, *operands):
    if STEPS is not None and equation == "hij,jhe->ihe":
        return STEPS.mix(*operands)
    return TORCH_EINSUM(equation, *operands)


def run(model, tokens, steps):
    """The model's run on the tokens with these steps in the place of its own."""
    global STEPS
    own_act, own_embedding, own_norm_of_branch = model.act, model.embedding, getattr(model, "output_norm", None)
    model.embedding = own_embedding.detach().clone().requires_grad_(True)
    model.act = lambda x: steps.activation(own_act, x)
    if hasattr(model, "routing"):
        model.ffn_branch = lambda layer, x: relevance_experts.ffn_branch(model, steps, layer, x)
    if steps.ablation and own_norm_of_branch:
        def output_norm(layer, branch, out):
            out, gain, row_gain = own_norm_of_branch(layer, branch, out)
            return (steps.ablation.ffn(layer, out) if branch == "ffn" else out), gain, row_gain
        model.output_norm = output_norm
    forward.FinalNorm.__call__ = lambda norm, x: steps.norm(norm, x)
    forward.causal_attention = families.causal_attention = steps.attention_pattern
    families.soft_cap = steps.soft_cap
    torch.einsum = einsum
    torch.Tensor.clamp = lambda x, low=None, high=None, **named: (
        steps.clamp(x, low, high) if low is not None and high is not None and low == -high else TENSOR_CLAMP(x, low, high, **named))
    STEPS = steps
    try:
        found = model.run(tokens)
    finally:
        STEPS = None
        forward.FinalNorm.__call__ = FINAL_NORM_CALL
        forward.causal_attention = families.causal_attention = CAUSAL_ATTENTION
        families.soft_cap = SOFT_CAP
        torch.einsum = TORCH_EINSUM
        torch.Tensor.clamp = TENSOR_CLAMP
        model.act, model.embedding = own_act, own_embedding
        if own_norm_of_branch:
            model.output_norm = own_norm_of_branch
        vars(model).pop("ffn_branch", None)
    if steps.mode in ("answer", "contrast"):
        for block in found.blocks:
            for state in (block.x, block.m, block.y, block.act):
                if state is not None:
                    state.retain_grad()
    return found


def coefficients(n, answer, foil):
    c = torch.zeros(n, dtype=torch.float64)
    c[answer] += 1
    return c - 1 / n if foil is None else c - torch.nn.functional.one_hot(torch.tensor(foil), n)


def zero_grad_of(tensor):
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad


def inner(a, b):
    return (a.detach() * b).sum()


def relevance(model, tokens, other_tokens, answer, foil, mode):
    """The object of one mode in `trace --json`, and the runs."""
    other_steps = Steps("record")
    other = run(model, other_tokens, other_steps)
    steps = Steps(mode, other_steps)
    here = run(model, tokens, steps)
    c = coefficients(here.logits.shape[-1], answer, foil)
    (here.logits[-1] * c).sum().backward()
    contrast = mode == "contrast"
    delta = lambda a, b: a.detach() - b.detach() if contrast else a.detach()
    result = {"heads": [], "ffn": [], "states": []}
    if contrast:
        result.update(value=[], key=[], query=[])
    parts = []
    for layer, (block, its) in enumerate(zip(here.blocks, other.blocks)):
        g_y = zero_grad_of(block.y)
        g_m = g_y if block.m is None else zero_grad_of(block.m)
        z = torch.einsum("ijhd,id->ijh", delta(block.parts(), its.parts()), g_m)
        f = (delta(block.ffn_output(), its.ffn_output()) * g_y).sum(-1)
        result["heads"].append(z.sum((0, 1)).tolist())
        result["ffn"].append(f.sum().item())
        result["states"].append((delta(block.x, its.x) * zero_grad_of(block.x)).sum(-1).tolist())
        parts += [("attention", layer, h, j, i, z[i, j, h].item()) for i in range(len(tokens)) for j in range(i + 1) for h in range(z.shape[2])]
        parts += [("ffn", layer, None, i, i, f[i].item()) for i in range(len(tokens))]
        if not contrast:
            continue
        for name, own, theirs in zip(("query", "key", "value"), steps.attention[layer], other_steps.attention[layer]):
            result[name].append((delta(own, theirs) * zero_grad_of(own)).sum((0, 2)).tolist())
    result["tokens"] = result["states"][0]
    m = (here.logits[-1] * c).sum().item()
    if not contrast:
        result["biases"] = m - sum(result["tokens"])
    return result, parts, here, other, m, (other.logits[-1] * c).sum().item()


def direct(run, m):
    """`run` is one whose backward pass was that of answer relevance."""
    last = len(run.tokens) - 1
    d = zero_grad_of(run.blocks[-1].y)[last]
    found = {"heads": [], "ffn": [], "attention_bias": [], "embedding": inner(run.blocks[0].x[last], d).item()}
    for block in run.blocks:
        found["heads"].append(torch.einsum("jhd,d->h", block.parts()[last].detach(), d).tolist())
        found["ffn"].append(inner(block.ffn_output()[last], d).item())
        found["attention_bias"].append(inner(block.bias_part()[last], d).item())
    found["norm_bias"] = m - found["embedding"] - sum(map(sum, found["heads"])) - sum(found["ffn"]) - sum(found["attention_bias"])
    return found


class Ablation:
    """Parts of `kept` are kept, all others replaced. kept(kind, layer, head, source, target) -> bool."""

    def __init__(self, kept, base, base_steps, zero):
        """base: the counterfactual's run; zero: replaced parts give nothing."""
        self.kept, self.base, self.base_steps, self.zero = kept, base, base_steps, zero

    def base_values(self, layer):
        """[T, H, E] without the bias, and that bias as it is in the values of a run."""
        value = self.base.blocks[layer].value.detach()
        heads = self.base.blocks[layer].w_o.shape[0]
        value = value[:, [h // (heads // value.shape[1]) for h in range(heads)]]
        return value, self.base_steps.attention[layer][2].detach() - value

    def mix(self, layer, pattern, v):
        """A bias of the values is none of the parts: it stays whole, as rows of A sum to one."""
        heads, length, _ = pattern.shape
        keep = torch.zeros_like(pattern)
        for h in range(heads):
            for i in range(length):
                keep[h, i, :i + 1] = torch.tensor([self.kept("attention", layer, h, j, i) for j in range(i + 1)], dtype=torch.float64)
        base, bias = self.base_values(layer)
        replaced = TORCH_EINSUM("hij,jhe->ihe", self.base.blocks[layer].pattern.detach() * (1 - keep), base)
        return (TORCH_EINSUM("hij,jhe->ihe", pattern * keep, v - bias) + TORCH_EINSUM("hij,jhe->ihe", pattern, bias) +
                (0 if self.zero else replaced))

    def ffn(self, layer, out):
        length = out.shape[0]
        keep = torch.tensor([[self.kept("ffn", layer, None, i, i)] for i in range(length)], dtype=torch.float64)
        base = torch.zeros_like(out) if self.zero else self.base.blocks[layer].ffn_output().detach()
        return keep * out + (1 - keep) * base


def certificate(model, tokens, other_tokens, answer, foil, graph, unit, baseline):
    """graph: set of (kind, layer, head, source, target)."""
    base_steps = Steps("record")
    base = run(model, other_tokens, base_steps)
    own = run(model, tokens, Steps("record"))
    c = coefficients(own.logits.shape[-1], answer, foil)
    nodes = {(layer, head, target) for kind, layer, head, _, target in graph if kind == "attention"}
    inside = (lambda *part: part in graph) if unit == "edge" else (
        lambda kind, layer, head, source, target: (layer, head, target) in nodes if kind == "attention" else (kind, layer, head, source, target) in graph)
    found = {"m": (own.logits[-1] * c).sum().item()}
    log_p = torch.log_softmax(own.logits[-1].detach(), -1)
    for name, kept in (("none", lambda *part: False), ("kept", inside), ("removed", lambda *part: not inside(*part))):
        steps = Steps("record", ablation=Ablation(kept, base, base_steps, baseline == "zero"))
        logits = run(model, tokens, steps).logits[-1].detach()
        found[name] = (logits * c).sum().item()
        if name != "none":
            found[name + "_kl"] = (log_p.exp() * (log_p - torch.log_softmax(logits, -1))).sum().item()
    return found
