# SPDX-License-Identifier: Apache-2.0
"""Invariants of the reference itself, and second implementations of its pieces. Needs python3-torch.

    /usr/bin/python3 -m unittest discover -s tests/reference -p "test_reference.py"
"""
import json
import math
import os
import random
import tempfile
import unittest

import numpy as np
import torch
from torch.nn import functional

import families
import flow
import forward
import make_goldens
import make_models
import project
import tensorfile
import trace as reference

MODELS = make_models.MODELS
NAMES = sorted(make_models.models())


def cases():
    """(name, model, run) of every fixture on 1, 2, 7 and 23 tokens."""
    for name in NAMES:
        model = families.load(os.path.join(MODELS, name))
        for length in (1, 2, 7, 23):
            yield f"{name} {length}", model, model.run(make_goldens.draw(name, length, model.vocab_size))


CASES = list(cases())


def close(one, other, tolerance=1e-10):
    """Largest difference within tolerance; NaN is not."""
    return bool(torch.as_tensor(one - other).abs().max() <= tolerance)


class Whole(unittest.TestCase):
    """METHOD section 1."""

    def test_parts_and_bias_are_the_whole(self):
        for name, _, run in CASES:
            for layer, block in enumerate(run.blocks):
                with self.subTest(name, layer=layer):
                    attention = block.parts().sum((1, 2)) + block.bias_part()
                    f = torch.stack([block.neuron_parts(i).sum(0) for i in range(len(run.tokens))])
                    f = f + block.neuron_bias()
                    self.assertTrue(close(attention, block.attention_output()))
                    self.assertTrue(close(f, block.ffn_output()))
                    if block.m is None:
                        self.assertTrue(close(block.x + attention + f, block.y))
                    else:
                        self.assertTrue(close(block.x + attention, block.m))
                        self.assertTrue(close(block.m + f, block.y))
                    if layer:
                        self.assertTrue(torch.equal(block.x, run.blocks[layer - 1].y))

    def test_biases_matter(self):
        """The invariant above would see a value bias left in v: the fixture's are large."""
        block = families.load(os.path.join(MODELS, "gpt2-odd")).run([1, 2, 3]).blocks[0]
        self.assertGreater(float(block.bias.abs().max()), 0.5)

    def test_rows_of_attention_sum_to_one_and_see_no_future(self):
        for name, _, run in CASES:
            for block in run.blocks:
                sums = block.pattern.sum(-1)
                if name.startswith("gpt_oss"):  # a sink takes the rest
                    self.assertTrue(bool((sums > 0).all() and (sums < 1).all()), name)
                else:
                    self.assertTrue(close(sums, torch.ones(sums.shape)), name)
                self.assertEqual(float(block.pattern.triu(1).abs().sum()), 0.0)

    def test_prefix_gives_the_same_states(self):
        """A later token changes nothing before it, but where the angles of rotary positions depend on the number of tokens."""
        for name in NAMES:
            model = families.load(os.path.join(MODELS, name))
            if name in ("llama-dynamic", "phi3-longrope"):
                continue
            tokens = make_goldens.draw(name, 23, model.vocab_size)
            self.assertTrue(close(model.run(tokens).logits[:7], model.run(tokens[:7]).logits), name)


class BruteForce(unittest.TestCase):
    """One node at a time, scalar by scalar, from the weights' definition."""

    def attention_node(self, block, i):
        """Shares of A_i by five nested loops; heads of one group read the same value; the FFN's in a parallel block."""
        heads, size, d_model = block.w_o.shape
        group = heads // block.value.shape[1]
        value, w_o, pattern = block.value.tolist(), block.w_o.tolist(), block.pattern.tolist()
        gain = [1.0] * d_model if block.attention_gain is None else block.attention_gain[i].tolist()
        whole = (block.y if block.m is None else block.m)[i].tolist()
        norm = sum(abs(entry) for entry in whole)

        def proximity(part):
            return max(norm - sum(abs(w - z) for w, z in zip(whole, part)), 0.0)

        found = {"residual": proximity(block.x[i].tolist())}
        if block.m is None:
            found["ffn"] = proximity((block.act[i] @ block.w_out + block.b_out).tolist())
        for j in range(i + 1):
            for h in range(heads):
                z = [0.0] * d_model
                for d in range(d_model):
                    for e in range(size):
                        z[d] += value[j][h // group][e] * w_o[h][e][d]
                    z[d] *= pattern[h][i][j] * gain[d]
                found[j, h] = proximity(z)
        total = sum(found.values())
        return {part: value / total for part, value in found.items()}

    def test_attention_node(self):
        for name, _, run in CASES:
            if len(run.tokens) != 7:
                continue
            importances = flow.Importances.of(run)
            for layer, i in ((0, 3), (len(run.blocks) - 1, 6)):
                wanted = self.attention_node(run.blocks[layer], i)
                with self.subTest(name, layer=layer, position=i):
                    self.assertAlmostEqual(importances.attention_residual[layer][i], wanted.pop("residual"), 12)
                    if importances.parallel:
                        self.assertAlmostEqual(importances.ffn[layer][i], wanted.pop("ffn"), 12)
                    for (j, h), value in wanted.items():
                        self.assertAlmostEqual(importances.attention[layer][i][j][h], value, 12)

    def test_neurons_of_a_node(self):
        run = next(run for name, _, run in CASES if name == "llama-odd 7")
        block, i = run.blocks[1], 4
        whole = block.y[i]
        norm = float(whole.abs().sum())
        found = [max(norm - float((whole - part).abs().sum()), 0.0) for part in
                 [block.m[i]] + [block.act[i, n] * block.w_out[n] for n in range(block.act.shape[1])]]
        wanted = torch.tensor(found[1:], dtype=torch.float64) / sum(found)
        self.assertTrue(close(flow.neuron_shares(block, i), wanted, 1e-12))

    def test_neurons_of_a_parallel_node_and_of_one_with_output_norm(self):
        """What is not a neuron: all z and x (the FFN as a whole is no part); m."""
        for name in ("phi-odd 7", "gemma2-odd 7"):
            run = next(run for case, _, run in CASES if case == name)
            block, i = run.blocks[1], 4
            whole = block.y[i]
            others = [block.m[i]] if block.m is not None else [block.x[i]] + list(block.parts()[i].flatten(0, 1))
            neurons = [block.act[i, n] * block.w_out[n] for n in range(block.act.shape[1])]
            if block.ffn_gain is not None:
                neurons = [neuron * block.row_gain / sum(neurons).pow(2).mean().sqrt() for neuron in neurons]
            found = [max(float(whole.abs().sum() - (whole - part).abs().sum()), 0.0) for part in neurons + others]
            wanted = torch.tensor(found[: len(neurons)], dtype=torch.float64) / sum(found)
            self.assertTrue(close(flow.neuron_shares(block, i), wanted, 1e-6), name)     # the norm's eps

    def test_gpt2_against_torch(self):
        """The same residual stream from torch's own layer norm, gelu and softmax, token by token."""
        model = families.load(os.path.join(MODELS, "gpt2-plain"))
        tokens = make_goldens.draw("gpt2-plain", 7, 61)
        weights, heads, size = model.weights, model.n_heads, model.d_head

        def norm(name, s):
            return functional.layer_norm(s, s.shape[-1:], weights[name + ".weight"], weights[name + ".bias"], 1e-5)

        x = torch.stack([weights["wte.weight"][t] + weights["wpe.weight"][p] for p, t in enumerate(tokens)])
        for layer in range(model.n_layers):
            h = f"h.{layer}."
            q, k, v = functional.linear(norm(h + "ln_1", x), weights[h + "attn.c_attn.weight"].T,
                                        weights[h + "attn.c_attn.bias"]).chunk(3, -1)
            rows = []
            for i in range(len(tokens)):
                pieces = []
                for head in range(heads):
                    at = slice(head * size, (head + 1) * size)
                    attention = torch.softmax(k[: i + 1, at] @ q[i, at] / size ** 0.5, 0)
                    pieces.append(attention @ v[: i + 1, at])
                rows.append(torch.cat(pieces))
            x = x + functional.linear(torch.stack(rows), weights[h + "attn.c_proj.weight"].T,
                                      weights[h + "attn.c_proj.bias"])
            inner = functional.gelu(functional.linear(norm(h + "ln_2", x), weights[h + "mlp.c_fc.weight"].T,
                                                      weights[h + "mlp.c_fc.bias"]))
            x = x + functional.linear(inner, weights[h + "mlp.c_proj.weight"].T, weights[h + "mlp.c_proj.bias"])
        self.assertTrue(close(model.run(tokens).logits, norm("ln_f", x) @ weights["wte.weight"].T))

    def test_rotation_by_complex_numbers(self):
        x = torch.randn(5, 3, 10, dtype=torch.float64)
        turned = forward.rotate(x, forward.frequencies(50000.0, 10))
        for position in range(5):
            for e in range(5):
                angle = position * 50000.0 ** (-2 * e / 10)
                for head in range(3):
                    turn = complex(math.cos(angle), math.sin(angle))
                    value = complex(x[position, head, e], x[position, head, e + 5]) * turn
                    self.assertAlmostEqual(float(turned[position, head, e]), value.real, 12)
                    self.assertAlmostEqual(float(turned[position, head, e + 5]), value.imag, 12)

    def test_partial_rotation_turns_the_first_entries_only(self):
        x = torch.randn(5, 3, 10, dtype=torch.float64)
        turned = forward.rotate(x, forward.frequencies(500.0, 4))
        self.assertTrue(torch.equal(turned[..., 4:], x[..., 4:]))
        self.assertTrue(torch.equal(turned[..., :4], forward.rotate(x[..., :4], forward.frequencies(500.0, 4))))

    def test_scaled_rotary_frequencies(self):
        """By wavelength, as LLaMA 3's own code has it: above the long one divided, below the short one kept."""
        model = families.load(os.path.join(MODELS, "llama-rope3"))
        cases_seen = set()
        for plain, found in zip(forward.frequencies(500.0, 10).tolist(), model.turn.tolist()):
            wavelength = 2 * math.pi / plain
            if wavelength > 64:
                wanted, case = plain / 8, "slow"
            elif wavelength < 16:
                wanted, case = plain, "fast"
            else:
                smooth = (64 / wavelength - 1) / (4 - 1)
                wanted, case = (1 - smooth) * plain / 8 + smooth * plain, "between"
            self.assertAlmostEqual(found, wanted, 14)
            cases_seen.add(case)
        self.assertEqual(cases_seen, {"slow", "fast", "between"})

    def test_windows(self):
        q = torch.randn(9, 2, 4, dtype=torch.float64)
        for window in (1, 4, 9):
            pattern = forward.causal_attention(q, q, 1.0, window)
            seen = {(i, j) for i in range(9) for j in range(9) if float(pattern[0, i, j]) > 0}
            self.assertEqual(seen, {(i, j) for i in range(9) for j in range(i + 1) if i - j < window})

    def test_soft_cap(self):
        x = torch.tensor([0.001, 100.0, -100.0], dtype=torch.float64)
        self.assertTrue(close(forward.soft_cap(x, 2.0), torch.tensor([0.001, 2.0, -2.0], dtype=torch.float64), 1e-9))

    def test_activations(self):
        x = torch.linspace(-6, 6, 101, dtype=torch.float64)
        self.assertTrue(close(forward.gelu(x), functional.gelu(x)))
        self.assertTrue(close(forward.gelu_new(x), functional.gelu(x, approximate="tanh")))
        self.assertTrue(close(forward.silu(x), functional.silu(x)))


class Shares(unittest.TestCase):
    """METHOD section 2."""

    def test_importances_of_a_node_sum_to_one(self):
        for name, _, run in CASES:
            importances = flow.Importances.of(run)
            for layer in range(len(run.blocks)):
                for i in range(len(run.tokens)):
                    attention = sum(map(sum, importances.attention[layer][i]))
                    attention += importances.attention_residual[layer][i]
                    if importances.parallel:
                        self.assertAlmostEqual(attention + importances.ffn[layer][i], 1, 12, name)
                        continue
                    self.assertAlmostEqual(attention, 1, 12, name)
                    self.assertAlmostEqual(importances.ffn[layer][i] + importances.ffn_residual[layer][i], 1, 12, name)

    def test_nothing_comes_from_beyond_a_window(self):
        for name, windows in (("mistral-odd 23", [5, 5, 5]), ("gpt_neo-odd 23", [23, 4, 23]),
                              ("gemma2-odd 23", [5, 23, 5]), ("qwen2-odd 23", [23, 23])):
            importances = flow.Importances.of(next(run for case, _, run in CASES if case == name))
            for layer, window in enumerate(windows):
                rows = importances.attention[layer]
                for i in range(23):
                    for j in range(23):
                        if i - j >= window:
                            self.assertEqual(sum(rows[i][j]), 0, name)
                total = sum(sum(rows[i][i - window + 1]) for i in range(window - 1, 23))
                self.assertGreater(total, 0, name)

    def test_all_zero_goes_to_the_residual(self):
        whole = torch.tensor([1.0, -1.0], dtype=torch.float64)
        residual, others = flow.shares(whole, -whole, torch.stack([-whole, -2 * whole]))
        self.assertEqual((residual, others.tolist()), (1.0, [0.0, 0.0]))

    def test_a_fixture_reaches_that_case(self):
        run = next(run for name, _, run in CASES if name == "gpt2-plain 23")
        block = run.blocks[0]
        parts = torch.stack([block.m[10], block.y[10] - block.m[10]])
        self.assertEqual(flow.proximities(block.y[10], parts).tolist(), [0.0, 0.0])


class Graphs(unittest.TestCase):
    """METHOD sections 3 and 4."""

    def graphs(self):
        for name, _, run in CASES:
            importances = flow.Importances.of(run)
            for threshold in (0.01, 0.04, 0.1, 0.6):
                for target in {0, len(run.tokens) // 2, len(run.tokens) - 1}:
                    yield name, run, importances, flow.graph(importances, target, threshold)

    def test_flow_of_every_layer_and_of_the_tokens_is_one(self):
        for name, run, _, graph in self.graphs():
            self.assertAlmostEqual(sum(graph.token_flow), 1, 12, name)
            for layer in range(len(run.blocks)):
                for kind in ("attention",) if run.blocks[0].m is None else ("ffn", "attention"):
                    total = sum(part.flow for (k, l, _), node in graph.nodes.items() if (k, l) == (kind, layer)
                                for part in node.values())
                    self.assertAlmostEqual(total, 1, 12, name)

    def test_survivors(self):
        for _, _, importances, graph in self.graphs():
            for (kind, layer, i), node in graph.nodes.items():
                parts = importances.ffn_parts(layer, i) if kind == "ffn" else importances.attention_parts(layer, i)
                above = {part for part, value in parts.items() if value > graph.threshold}
                self.assertEqual(set(node), above or {max(parts, key=parts.get)})
                self.assertAlmostEqual(sum(part.weight for part in node.values()), 1, 12)
                self.assertLessEqual(len(node), max(1, math.ceil(1 / graph.threshold) - 1))

    def test_ties_of_the_fallback(self):
        parts = {flow.RESIDUAL: 0.2, ("attention", 0, 0): 0.3, ("attention", 0, 1): 0.3, ("attention", 1, 0): 0.2}
        self.assertEqual(list(flow.survivors(parts, 0.5)), [("attention", 0, 0)])
        parts[flow.RESIDUAL] = 0.3
        self.assertEqual(list(flow.survivors(parts, 0.5)), [flow.RESIDUAL])
        self.assertEqual(len(flow.survivors(parts, 0.3)), 1)          # strictly greater

    def test_higher_threshold_is_a_subgraph(self):
        """Why rows down to a floor are enough for every threshold above it, the fallbacks included."""
        for name, _, run in CASES:
            importances = flow.Importances.of(run)
            target = len(run.tokens) - 1
            low, high = (flow.graph(importances, target, threshold) for threshold in (0.02, 0.08))
            for node, parts in high.nodes.items():
                self.assertIn(node, low.nodes, name)
                self.assertLessEqual(set(parts), set(low.nodes[node]), name)

    def test_heads_by_another_path(self):
        for name, _, _, graph in self.graphs():
            edges = reference.edges_of(graph)
            flows, at_node = {}, {}
            for edge in edges:
                for head in edge.get("heads", []):
                    key = edge["layer"], head["head"]
                    flows[key] = flows.get(key, 0) + head["flow"]
                    place = key + (edge["target"],)
                    at_node[place] = at_node.get(place, 0) + head["importance"]
            heads = flow.active_heads(graph)
            self.assertEqual({(head.layer, head.head) for head in heads}, set(flows), name)
            for head in heads:
                own = {place[2]: value for place, value in at_node.items() if place[:2] == (head.layer, head.head)}
                self.assertAlmostEqual(head.importance, max(own.values()), 12)
                self.assertAlmostEqual(own[head.position], max(own.values()), 12)
                self.assertAlmostEqual(head.flow, flows[head.layer, head.head], 12)


class Projections(unittest.TestCase):
    """METHOD section 5."""

    def test_frozen_components_add_up_to_the_logits(self):
        for name, model, run in CASES:
            target = len(run.tokens) - 1

            def frozen(u):
                return project.scores(run, u, target, "frozen")

            total = frozen(run.blocks[0].x[target]) + run.unembed @ run.norm.beta + run.head_bias
            for block in run.blocks:
                for head in range(model.n_heads):
                    total = total + frozen(project.head_output(block, target, head))
                total = total + frozen(block.bias_part()[target])
                for neuron in block.neuron_parts(target):
                    total = total + frozen(neuron)
                total = total + frozen(block.neuron_bias()[target])
            self.assertTrue(close(total, run.uncapped[target]), name)
            total = frozen(run.blocks[0].x[target]) + run.unembed @ run.norm.beta + run.head_bias
            for block in run.blocks:
                total = total + frozen(block.attention_output()[target]) + frozen(block.ffn_output()[target])
            self.assertTrue(close(total, run.uncapped[target]), name)

    def test_alone_is_the_logit_lens(self):
        for name, _, run in CASES:
            target = len(run.tokens) - 1
            lens = project.scores(run, run.blocks[-1].y[target], target, "alone")
            self.assertTrue(close(lens, run.uncapped[target]), name)
            u = run.blocks[0].y[0]
            wanted = run.unembed @ run.norm(u) + run.head_bias
            self.assertTrue(close(project.scores(run, u, target, "alone"), wanted), name)

    def test_only_gemma2_caps(self):
        for name, _, run in CASES:
            capped = 2.0 * torch.tanh(run.uncapped / 2.0) if name.startswith("gemma2") else run.uncapped
            self.assertTrue(torch.equal(run.logits, capped), name)

    def test_order_and_ties(self):
        self.assertEqual(project.best([1.0, 3.0, 3.0, 2.0, 2.0], +1, top=3), ([1, 2, 3], [4]))
        self.assertEqual(project.best([1.0, 3.0, 3.0, 2.0, 2.0], -1, top=2), ([0, 3], [4]))


class Files(unittest.TestCase):
    def test_dtypes_round_trip(self):
        exact = np.array([[0.0, -1.5, 2.0 ** -8], [255.0, -0.125, 1.0]])
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.safetensors")
            for dtype in ("F64", "F32", "F16", "BF16"):
                tensorfile.write(path, {"a": exact, "b": np.array(3.0)}, dtype)
                found = tensorfile.read(path)
                self.assertTrue(np.array_equal(found["a"].numpy(), exact), dtype)
                self.assertEqual(float(found["b"]), 3.0)

    def test_bf16_rounds_to_nearest_even(self):
        values = np.array([1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20], dtype=np.float32)
        found = tensorfile.bf16_to_float32(tensorfile.float32_to_bf16(values))
        self.assertEqual(found.tolist(), [1.0, 1 + 2 ** -6, 1 + 2 ** -7])

    def test_fixtures_are_those_of_the_script(self):
        for name, (config, arrays, dtype) in make_models.models().items():
            with open(os.path.join(MODELS, name, "config.json"), encoding="utf-8") as file:
                self.assertEqual(json.load(file), config)
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "model.safetensors")
                tensorfile.write(path, arrays, dtype)
                with open(path, "rb") as one, open(os.path.join(MODELS, name, "model.safetensors"), "rb") as other:
                    self.assertEqual(one.read(), other.read(), name)

    def test_trace_refuses(self):
        model = families.load(os.path.join(MODELS, "gpt2-plain"))
        for tokens, options in (([], {}), ([61], {}), ([1] * 25, {}), ([1], {"threshold": 1.0}),
                                ([1], {"targets": "1"}), ([1], {"threshold": 0.04, "floor": 0.05})):
            with self.assertRaises(ValueError):
                reference.trace(model, "", tokens, **options)

    def test_floor_changes_nothing_that_is_printed(self):
        model = families.load(os.path.join(MODELS, "gpt2-odd"))
        tokens = [random.Random(3).randrange(61) for _ in range(9)]
        one, other = (reference.trace(model, "", tokens, threshold=0.08, floor=floor) for floor in (0.08, 0.02))
        self.assertEqual(one["targets"], other["targets"])


if __name__ == "__main__":
    unittest.main()
