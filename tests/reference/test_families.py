# SPDX-License-Identifier: Apache-2.0
"""The families of issue 4: their switches, and second implementations of their logits. Needs python3-torch.

    /usr/bin/python3 -m unittest discover -s tests/reference -p "test_families.py"

METHOD's invariants on every family are in test_reference.py.
"""
import json
import os
import tempfile
import unittest

import numpy as np
import torch
from torch.nn import functional

import families
import family_models
import forward
import make_goldens
import make_models
import tensorfile

MODELS = make_models.MODELS


def close(one, other, tolerance=1e-10):
    """Largest difference within tolerance; NaN is not."""
    return bool(torch.as_tensor(one - other).abs().max() <= tolerance)


class Switches(unittest.TestCase):
    """A family's own switches: a program that ignored one would be off by far more than the tolerance of parity."""

    def logits(self, name, length=21, weights=None, **changes):
        config, arrays, dtype = make_models.models()[name]
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
                json.dump({**config, **changes}, file)
            tensorfile.write(os.path.join(folder, "model.safetensors"), weights(arrays) if weights else arrays, dtype)
            model = families.load(folder)
        return model.run(make_goldens.draw(name, length, model.vocab_size)).logits

    def test_every_switch_changes_the_logits(self):
        cases = [
            ("mistral-odd", {"sliding_window": None}), ("mistral-odd", {"sliding_window": 6}),
            ("mistral-odd", {"model_type": "llama"}), ("llama-rope3", {"rope_scaling": None}),
            ("llama-rope3", {"rope_theta": 10000.0}), ("qwen3-odd", {"rope_theta": 10000.0}),
            ("gpt_neox-parallel", {"use_parallel_residual": False}), ("gpt_neox-parallel", {"rotary_pct": 0.5}),
            ("gpt_neox-sequential", {"use_parallel_residual": True}),
            ("gpt_neox-sequential", {"rotary_emb_base": 10000}),
            ("gpt_neo-odd", {"window_size": 5}), ("gpt_neo-odd", {"attention_types": [[["global"], 3]]}),
            ("gpt_neo-odd", {"attention_types": [[["local", "global"], 1], [["local"], 1]]}),
            ("gemma-odd", {"hidden_activation": "gelu"}), ("gemma-odd", {"hidden_activation": "silu"}),
            ("gemma2-odd", {"attn_logit_softcapping": None}), ("gemma2-odd", {"final_logit_softcapping": None}),
            ("gemma2-odd", {"query_pre_attn_scalar": 6}), ("gemma2-odd", {"sliding_window": 6}),
            ("gemma2-odd", {"sliding_window": None}), ("gpt2-inverse", {"scale_attn_by_inverse_layer_idx": False}),
            ("gpt2-inverse", {"scale_attn_weights": False}), ("phi-odd", {"partial_rotary_factor": 0.2}),
            ("opt-odd", {"activation_function": "gelu"}),
        ]
        for name, changes in cases:
            with self.subTest(name, **changes):
                one, other = self.logits(name), self.logits(name, **changes)
                self.assertGreater(float((one - other).abs().max() / one.abs().max()), 2e-4)

    def test_every_bias_changes_the_logits(self):
        """Without it; those of the keys do not where nothing is rotated (the same for every key)."""
        for name, (_, arrays, _) in family_models.models().items():
            tied_copy = {"attention.bias", "attention.masked_bias", "attn.attention.bias", "attn.attention.masked_bias"}
            for bias in arrays:
                if not bias.endswith(("bias", "_norm.weight")) or any(bias.endswith(copy) for copy in tied_copy):
                    continue
                with self.subTest(name, bias=bias):
                    neutral = np.zeros if bias.endswith("bias") else np.ones

                    def without(arrays, bias=bias, neutral=neutral):
                        return {**arrays, bias: neutral(arrays[bias].shape)}
                    one, other = self.logits(name), self.logits(name, weights=without)
                    difference = float((one - other).abs().max() / one.abs().max())
                    if name.startswith("opt") and "k_proj" in bias:
                        self.assertLess(difference, 1e-10)
                    else:
                        self.assertGreater(difference, 1e-3)

    def test_switches_that_are_not_heeded(self):
        for name, changes in (("qwen2-odd", {"sliding_window": 2, "max_window_layers": 0}),
                              ("gemma-odd", {"hidden_act": "silu"}), ("gemma-odd", {"hidden_activation": None}),
                              ("gpt2-inverse", {"reorder_and_upcast_attn": False})):
            self.assertTrue(torch.equal(self.logits(name), self.logits(name, **changes)), name)

    def test_refused(self):
        for name, changes in (("opt-odd", {"do_layer_norm_before": False}), ("opt-odd", {"word_embed_proj_dim": 12}),
                              ("qwen2-odd", {"use_sliding_window": True}),
                              ("llama-rope3", {"rope_scaling": {"type": "proportional", "factor": 2.0}}),
                              ("llama-bias", {"model_type": "mamba"}), ("opt-odd", {"activation_function": "mish"})):
            with self.assertRaises(forward.Unsupported):
                self.logits(name, **changes)


class SecondImplementations(unittest.TestCase):
    """The same logits from torch's own pieces, one head and one query at a time."""

    def attend(self, q, k, v, scale, window=None, cap=None):
        """q [T, H, E], k and v [T, K, E] -> [T, H * E]."""
        rows = []
        for i in range(len(q)):
            first = 0 if window is None else max(0, i + 1 - window)
            heads = []
            for h in range(q.shape[1]):
                g = h * k.shape[1] // q.shape[1]
                scores = torch.stack([torch.dot(q[i, h], k[j, g]) * scale for j in range(first, i + 1)])
                scores = scores if cap is None else torch.tanh(scores / cap) * cap
                heads.append(torch.softmax(scores, 0) @ v[first: i + 1, g])
            rows.append(torch.cat(heads))
        return torch.stack(rows)

    def turned(self, x, theta, size):
        """The textbook form: x cos + rotate_half(x) sin on the first `size` entries."""
        angle = torch.outer(torch.arange(len(x)).double(), 1 / theta ** (torch.arange(0, size, 2).double() / size))
        angle = torch.cat([angle, angle], -1)[:, None]
        part = x[..., :size]
        half = torch.cat([-part[..., size // 2:], part[..., : size // 2]], -1)
        return torch.cat([part * angle.cos() + half * angle.sin(), x[..., size:]], -1)

    def load(self, name):
        tensors = tensorfile.read(os.path.join(MODELS, name, "model.safetensors"))
        tokens = make_goldens.draw(name, 13, 47)
        return tensors, tokens, families.load(os.path.join(MODELS, name)).run(tokens).logits

    def test_opt(self):
        w, tokens, wanted = self.load("opt-odd")

        def linear(name, s):
            return functional.linear(s, w[name + ".weight"], w[name + ".bias"])

        def norm(name, s):
            return functional.layer_norm(s, s.shape[-1:], w[name + ".weight"], w[name + ".bias"])
        decoder = "model.decoder."
        x = torch.stack([w[decoder + "embed_tokens.weight"][t] + w[decoder + "embed_positions.weight"][p + 2]
                         for p, t in enumerate(tokens)])
        for layer in range(2):
            h = f"{decoder}layers.{layer}."
            s = norm(h + "self_attn_layer_norm", x)
            q, k, v = (linear(h + f"self_attn.{n}_proj", s).reshape(-1, 3, 8) for n in "qkv")
            x = x + linear(h + "self_attn.out_proj", self.attend(q, k, v, 8 ** -0.5))
            x = x + linear(h + "fc2", functional.relu(linear(h + "fc1", norm(h + "final_layer_norm", x))))
        self.assertTrue(close(functional.linear(norm(decoder + "final_layer_norm", x), w["lm_head.weight"]), wanted))

    def test_gpt_neox(self):
        for name, parallel, heads, size, turned, base in (("gpt_neox-parallel", True, 3, 8, 2, 10000),
                                                          ("gpt_neox-sequential", False, 2, 12, 6, 500)):
            w, tokens, wanted = self.load(name)

            def linear(name, s, w=w):
                return functional.linear(s, w[name + ".weight"], w[name + ".bias"])

            def norm(name, s, w=w):
                return functional.layer_norm(s, s.shape[-1:], w[name + ".weight"], w[name + ".bias"])
            x = w["gpt_neox.embed_in.weight"][tokens]
            for layer in range(2):
                h = f"gpt_neox.layers.{layer}."
                fused = linear(h + "attention.query_key_value", norm(h + "input_layernorm", x))
                fused = fused.reshape(13, heads, 3 * size)
                q, k, v = fused[..., :size], fused[..., size: 2 * size], fused[..., 2 * size:]
                q, k = self.turned(q, base, turned), self.turned(k, base, turned)
                attention = linear(h + "attention.dense", self.attend(q, k, v, size ** -0.5))
                s = norm(h + "post_attention_layernorm", x if parallel else x + attention)
                ffn = linear(h + "mlp.dense_4h_to_h", functional.gelu(linear(h + "mlp.dense_h_to_4h", s)))
                x = x + attention + ffn
            logits = functional.linear(norm("gpt_neox.final_layer_norm", x), w["embed_out.weight"])
            self.assertTrue(close(logits, wanted), name)

    def test_gemma2(self):
        w, tokens, wanted = self.load("gemma2-odd")

        def linear(name, s):
            return functional.linear(s, w[name + ".weight"])

        def norm(name, s):
            return s * torch.rsqrt(s.pow(2).mean(-1, keepdim=True) + 1e-6) * (1.0 + w[name + ".weight"])
        x = w["model.embed_tokens.weight"][tokens] * 26 ** 0.5
        for layer in range(3):
            h = f"model.layers.{layer}."
            s = norm(h + "input_layernorm", x)
            q, k, v = (linear(h + f"self_attn.{n}_proj", s).reshape(13, -1, 6) for n in "qkv")
            q, k = self.turned(q, 10000.0, 6), self.turned(k, 10000.0, 6)
            mixed = self.attend(q, k, v, 1 / 3, window=None if layer % 2 else 5, cap=2.5)
            x = x + norm(h + "post_attention_layernorm", linear(h + "self_attn.o_proj", mixed))
            s = norm(h + "pre_feedforward_layernorm", x)
            act = functional.gelu(linear(h + "mlp.gate_proj", s), approximate="tanh") * linear(h + "mlp.up_proj", s)
            x = x + norm(h + "post_feedforward_layernorm", linear(h + "mlp.down_proj", act))
        logits = functional.linear(norm("model.norm", x), w["model.embed_tokens.weight"])
        self.assertTrue(close(torch.tanh(logits / 2.0) * 2.0, wanted))


    def test_phi(self):
        w, tokens, wanted = self.load("phi-odd")

        def linear(name, s):
            return functional.linear(s, w[name + ".weight"], w[name + ".bias"])

        def norm(name, s):
            return functional.layer_norm(s, s.shape[-1:], w[name + ".weight"], w[name + ".bias"])
        x = w["model.embed_tokens.weight"][tokens]
        for layer in range(2):
            h = f"model.layers.{layer}."
            s = norm(h + "input_layernorm", x)
            q, k, v = (linear(h + f"self_attn.{n}_proj", s).reshape(13, 3, 10) for n in "qkv")
            q, k = self.turned(q, 10000.0, 4), self.turned(k, 10000.0, 4)
            attention = linear(h + "self_attn.dense", self.attend(q, k, v, 10 ** -0.5))
            x = x + attention + linear(h + "mlp.fc2", functional.gelu(linear(h + "mlp.fc1", s), approximate="tanh"))
        self.assertTrue(close(linear("lm_head", norm("model.final_layernorm", x)), wanted))

    def test_gpt_neo(self):
        w, tokens, wanted = self.load("gpt_neo-odd")

        def linear(name, s):
            return functional.linear(s, w[name + ".weight"], w.get(name + ".bias"))

        def norm(name, s):
            return functional.layer_norm(s, s.shape[-1:], w[name + ".weight"], w[name + ".bias"])
        x = w["transformer.wte.weight"][tokens] + w["transformer.wpe.weight"][:13]
        for layer, window in enumerate((None, 4, None)):
            h = f"transformer.h.{layer}."
            s = norm(h + "ln_1", x)
            q, k, v = (linear(h + f"attn.attention.{n}_proj", s).reshape(13, 3, 6) for n in "qkv")
            x = x + linear(h + "attn.attention.out_proj", self.attend(q, k, v, 1.0, window))
            s = linear(h + "mlp.c_fc", norm(h + "ln_2", x))
            x = x + linear(h + "mlp.c_proj", functional.gelu(s, approximate="tanh"))
        logits = functional.linear(norm("transformer.ln_f", x), w["transformer.wte.weight"])
        self.assertTrue(close(logits, wanted))

    def test_llama_and_relatives(self):
        """Name, layers, E, theta, window, eps of the norms, what is added to their weights, factor of the embedding."""
        for name, layers, size, theta, window, eps, offset, factor in (
                ("llama-bias", 2, 6, 10000.0, None, 1e-5, 0, 1), ("mistral-odd", 3, 6, 10000.0, 5, 1e-5, 0, 1),
                ("qwen2-odd", 2, 10, 1000000.0, None, 1e-6, 0, 1), ("qwen3-odd", 2, 10, 1000000.0, None, 1e-6, 0, 1),
                ("gemma-odd", 2, 8, 10000.0, None, 1e-6, 1, 30 ** 0.5)):
            w, tokens, wanted = self.load(name)

            def linear(name, s, w=w):
                return functional.linear(s, w[name + ".weight"], w.get(name + ".bias"))

            def norm(name, s, w=w, eps=eps, offset=offset):
                return s * torch.rsqrt(s.pow(2).mean(-1, keepdim=True) + eps) * (offset + w[name + ".weight"])
            x = w["model.embed_tokens.weight"][tokens] * factor
            for layer in range(layers):
                h = f"model.layers.{layer}."
                s = norm(h + "input_layernorm", x)
                q, k, v = (linear(h + f"self_attn.{n}_proj", s).reshape(13, -1, size) for n in "qkv")
                if name.startswith("qwen3"):
                    q, k = norm(h + "self_attn.q_norm", q), norm(h + "self_attn.k_norm", k)
                q, k = self.turned(q, theta, size), self.turned(k, theta, size)
                x = x + linear(h + "self_attn.o_proj", self.attend(q, k, v, size ** -0.5, window))
                s = norm(h + "post_attention_layernorm", x)
                gate = linear(h + "mlp.gate_proj", s)
                gate = functional.gelu(gate, approximate="tanh") if offset else functional.silu(gate)
                x = x + linear(h + "mlp.down_proj", gate * linear(h + "mlp.up_proj", s))
            head = w.get("lm_head.weight", w["model.embed_tokens.weight"])
            self.assertTrue(close(functional.linear(norm("model.norm", x), head), wanted), name)


if __name__ == "__main__":
    unittest.main()
