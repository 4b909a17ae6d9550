# SPDX-License-Identifier: Apache-2.0
"""compare.py passes a golden against itself and fails on each of many small wrongs. Standard library only.

    /usr/bin/python3 -m unittest discover -s tests/reference -p "test_compare.py"
"""
import copy
import glob
import json
import os
import subprocess
import sys
import tempfile
import unittest

import compare

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.normpath(os.path.join(HERE, "..", "golden"))


def goldens():
    """Paths of all goldens; prompts.json is none."""
    return [path for path in sorted(glob.glob(os.path.join(GOLDEN, "*.json"))) if not path.endswith("prompts.json")]


def failures(golden, out):
    return compare.compare(golden, out).failures


class Itself(unittest.TestCase):
    def test_every_golden_passes_against_itself(self):
        self.assertGreater(len(goldens()), 30)
        for path in goldens():
            golden = compare.load(path)
            report = compare.compare(golden, golden)
            self.assertEqual(report.failures, [], path)
            self.assertGreater(report.counts["parts"], 0, path)

    def test_goldens_have_fallbacks_and_zero_nodes(self):
        """The fixtures reach what they were made for."""
        fallbacks, attention_fallbacks, zero_nodes = 0, 0, 0
        for path in goldens():
            golden = compare.load(path)
            threshold = golden["settings"]["threshold"]
            for target in golden["targets"]:
                weak = [edge for edge in target["edges"] if edge["importance"] <= threshold]
                fallbacks += len(weak)
                attention_fallbacks += sum(edge["kind"].startswith("attention") for edge in weak)
                zero_nodes += sum(edge["importance"] == 1 for edge in target["edges"])
        self.assertGreater(fallbacks, 5)
        self.assertGreater(attention_fallbacks, 1)
        self.assertGreater(zero_nodes, 0)


class Spoiled(unittest.TestCase):
    """A copy of a golden, to be spoiled."""

    def assert_fails(self, *words):
        found = failures(self.golden, self.out)
        self.assertTrue(found, "nothing failed")
        for word in words:
            self.assertTrue(any(word in line for line in found), f"{word!r} in none of {found[:5]}")
        return found


class Wrong(Spoiled):
    """Each test spoils a copy of one golden and wants a failure that names the thing."""

    def setUp(self):
        self.golden = compare.load(os.path.join(GOLDEN, "llama-gqa-seven.json"))
        self.out = copy.deepcopy(self.golden)
        self.target = self.out["targets"][0]

    def edge(self, kind):
        return next(edge for edge in self.target["edges"] if edge["kind"] == kind)

    def attention_edge(self, n_heads):
        return next(edge for edge in self.target["edges"]
                    if edge["kind"] == "attention" and len(edge["heads"]) == n_heads)

    def test_untouched_copy_passes(self):
        self.assertEqual(failures(self.golden, self.out), [])

    def test_raw_importance(self):
        self.out["raw"]["attention"][1][5][2][3] += 2e-4
        self.assertEqual(len(self.assert_fails("raw.attention[1][5][2][3]")), 1)

    def test_raw_importance_within_tolerance(self):
        self.out["raw"]["attention"][1][5][2][3] += 0.9e-4
        self.assertEqual(failures(self.golden, self.out), [])

    def test_raw_nan_null_shape_absence(self):
        self.out["raw"]["ffn"][0][1] = float("nan")
        self.assertEqual(len(self.assert_fails("raw.ffn[0][1]")), 1)
        self.out["raw"]["ffn"][0][1] = None
        self.assertEqual(len(self.assert_fails("raw.ffn[0][1]")), 1)
        self.out["raw"]["ffn"][0].pop()
        self.assertEqual(len(self.assert_fails("raw.ffn[0]: found 6 entries")), 1)
        del self.out["raw"]
        self.assert_fails("raw.attention:", "raw.ffn_residual:")

    def test_edge_missing(self):
        edge = self.attention_edge(1)
        self.target["edges"].remove(edge)
        self.assert_fails(f"attention layer {edge['layer']} {edge['source']}->{edge['target']} head "
                          f"{edge['heads'][0]['head']}: missing")

    def test_ffn_edge_missing(self):
        edge = self.edge("ffn")
        self.target["edges"].remove(edge)
        self.assert_fails(f"ffn layer {edge['layer']} {edge['source']}->{edge['target']}: missing")

    def test_head_of_an_edge_missing(self):
        self.attention_edge(2)["heads"].pop()
        self.assert_fails("missing, want importance", "sum of its heads")

    def test_edge_twice(self):
        self.target["edges"].append(dict(self.edge("attention_residual")))
        self.assert_fails("appears twice")

    def test_edge_of_unreached_node(self):
        reached = {edge["target"] for edge in self.target["edges"] if edge["layer"] == 2}
        lonely = next(i for i in range(7) if i not in reached)
        self.target["edges"].append(dict(self.edge("ffn"), layer=2, source=lonely, target=lonely))
        self.assert_fails("the walk does not reach it")

    def test_weak_edge_kept(self):
        raw = self.golden["raw"]["attention"][2][6]
        weak = [(raw[j][h], j, h) for j in range(7) for h in range(6) if raw[j][h] < 0.039]
        _, j, h = max(weak)
        weak = {"importance": raw[j][h], "weight": 0.02, "flow": 0.02}
        self.target["edges"].append({"kind": "attention", "layer": 2, "source": j, "target": 6, **weak,
                                     "heads": [{"head": h, **weak}]})
        self.assert_fails(f"attention layer 2 {j}->6 head {h}: found importance")

    def test_importance_weight_and_flow(self):
        for key in ("importance", "weight", "flow"):
            with self.subTest(key):
                self.setUp()
                self.edge("ffn_residual")[key] += 5e-4
                self.assert_fails(key)

    def test_nan_weight(self):
        self.edge("ffn")["weight"] = float("nan")
        self.assert_fails("weight: found nan")

    def test_head_missing_added_changed(self):
        head = self.target["heads"].pop(3)
        self.assert_fails(f"head ({head['layer']}, {head['head']}): missing")
        self.setUp()
        self.target["heads"].append({"layer": 0, "head": 99, "importance": 0.1, "flow": 0.1})
        self.assert_fails("head (0, 99): listed")
        self.setUp()
        self.target["heads"][0]["importance"] += 2e-4
        self.assertEqual(len(self.assert_fails("importance")), 1)

    def test_neuron_swapped(self):
        neurons = self.target["neurons"]
        neurons[0], neurons[1] = neurons[1], neurons[0]
        self.assert_fails("neurons layer 2", "rank 0")

    def test_neuron_replaced(self):
        listed = {item["neuron"] for item in self.target["neurons"][:10]}
        self.target["neurons"][9]["neuron"] = next(n for n in range(50) if n not in listed)
        self.assert_fails("neurons layer 2", "rank 9")

    def test_neuron_importance_activation_nan(self):
        for key in ("importance", "activation"):
            for wrong in (float("nan"), 7.0):
                with self.subTest(key, wrong=wrong):
                    self.setUp()
                    self.target["neurons"][2][key] = wrong
                    self.assert_fails(key)

    def test_neurons_missing(self):
        self.target["neurons"] = []
        self.assert_fails("found 0 entries, want 10")

    def test_prediction_swapped(self):
        prediction = self.target["prediction"]
        prediction[0], prediction[1] = prediction[1], prediction[0]
        self.assert_fails("prediction rank 0")

    def test_prediction_numbers(self):
        self.target["prediction"][0]["logit"] = float("nan")
        self.assert_fails("logit: found nan")
        self.setUp()
        self.target["prediction"][0]["probability"] *= 1.02
        self.assert_fails("probability")
        self.setUp()
        self.target["logits"][17] += 2e-4 * max(map(abs, self.target["logits"]))
        self.assertEqual(len(self.assert_fails("logits[17]")), 1)
        self.setUp()
        self.target["prediction"].pop()
        self.assert_fails("found 9 entries, want 10")

    def test_projection_missing_score_token_sign(self):
        for kind in ("head", "attention", "ffn", "resid_mid", "resid_post"):
            index = next(i for i, item in enumerate(self.target["projections"]) if item["kind"] == kind)
            with self.subTest(kind):
                item = self.target["projections"].pop(index)
                self.assert_fails(f"projection {kind} ", "missing")
                self.target["projections"].insert(index, item)
                item["promotes"][0]["score"] += 3e-4 * item["scale"]
                self.assert_fails(f"projection {kind} ", "off by")
                self.setUp()
                item = self.target["projections"][index]
                item["promotes"], item["suppresses"] = item["suppresses"], item["promotes"]
                self.assert_fails(f"projection {kind} ", "rank 0")
                self.setUp()

    def test_neuron_projections(self):
        """At a position, or as the row's own without one; exchanged lists fail either way."""
        neurons = [item for item in self.target["projections"] if item["kind"] == "neuron"]
        self.assertEqual(len(neurons), 10)
        negative = {(n["layer"], n["position"], n["neuron"]) for n in self.target["neurons"] if n["activation"] < 0}
        seen, rows = set(), []
        for item in neurons:
            swapped = (item["layer"], item["position"], item["neuron"]) in negative
            if (item["layer"], item["neuron"]) not in seen:
                rows.append(item)
                if swapped:
                    item["promotes"], item["suppresses"] = item["suppresses"], item["promotes"]
            seen.add((item["layer"], item["neuron"]))
            item["position"] = None
        others = [item for item in self.target["projections"] if item["kind"] != "neuron"]
        self.target["projections"] = others + rows
        self.assertEqual(failures(self.golden, self.out), [])
        rows[0]["promotes"], rows[0]["suppresses"] = rows[0]["suppresses"], rows[0]["promotes"]
        self.assert_fails("projection neuron", "rank 0")
        self.target["projections"] = others
        self.assert_fails("projection neuron", "missing")

    def test_conventions_exchanged(self):
        for item in self.target["projections"]:
            item["convention"] = {"alone": "frozen", "frozen": "alone"}[item["convention"]]
        self.assert_fails("projection head", "projection resid_mid")

    def test_token_flow_and_ids(self):
        self.target["token_flow"][2] += 0.01
        self.assert_fails("token_flow[2]")
        self.setUp()
        self.out["tokens"][0]["flow"] += 0.01
        self.assert_fails("token 0 flow")
        self.setUp()
        self.out["tokens"][0]["id"] += 1
        self.assert_fails("tokens: found")

    def test_another_shape_or_target(self):
        self.out["model"]["n_kv_heads"] = 6
        self.assert_fails("model.n_kv_heads: found 6, want 2")
        self.setUp()
        self.out["targets"] = []
        self.assert_fails("targets: found []")


class Parallel(Spoiled):
    """The same where a block is one node."""

    def setUp(self):
        self.golden = compare.load(os.path.join(GOLDEN, "phi-odd-long.json"))
        self.out = copy.deepcopy(self.golden)
        self.target = self.out["targets"][1]

    def ffn_edge(self):
        return next(edge for edge in self.target["edges"] if edge["kind"] == "ffn")

    def test_untouched_copy_passes(self):
        self.assertEqual(failures(self.golden, self.out), [])
        self.assertEqual({edge["kind"] for edge in self.target["edges"]}, {"attention", "attention_residual", "ffn"})

    def test_ffn_residual_arrays_instead_of_null(self):
        self.out["raw"]["ffn_residual"] = self.out["raw"]["ffn"]
        self.assertEqual(len(self.assert_fails("raw.ffn_residual")), 1)

    def test_ffn_residual_edge(self):
        self.target["edges"].append({**self.ffn_edge(), "kind": "ffn_residual"})
        self.assert_fails("the walk does not reach it")

    def test_resid_mid(self):
        self.target["projections"].append({"kind": "resid_mid", "layer": 0, "position": 20, "convention": "alone"})
        self.assert_fails("a parallel block has none")

    def test_ffn_edge_missing(self):
        edge = self.ffn_edge()
        self.target["edges"].remove(edge)
        self.assert_fails(f"ffn layer {edge['layer']} {edge['source']}->{edge['target']}: missing")

    def test_flow_past_the_ffn(self):
        """M passes its flow on to I of the layer below: an edge that loses it is wrong."""
        below = next(edge for edge in self.target["edges"]
                     if (edge["layer"], edge["kind"]) == (0, "attention_residual"))
        below["flow"] -= 0.05
        self.assert_fails("attention layer 0", "flow")

    def test_importance_weight_and_flow(self):
        for key in ("importance", "weight", "flow"):
            with self.subTest(key):
                self.setUp()
                self.ffn_edge()[key] += 5e-3
                self.assert_fails(key)


class Compact(unittest.TestCase):
    def test_pairs_are_expanded(self):
        golden = compare.load(os.path.join(GOLDEN, "gemma2-odd-one.json"))
        item = golden["targets"][0]["projections"][0]
        self.assertEqual(set(item["promotes"][0]), {"id", "score"})
        out = copy.deepcopy(golden)
        out["targets"][0]["projections"][0]["promotes"][0]["score"] += 3e-4 * item["scale"]
        self.assertEqual(len(failures(golden, out)), 1)


class Tolerated(unittest.TestCase):
    """What the tolerances are for."""

    def test_tie_within_spare(self):
        wanted = [{"id": 3, "score": 2.0}, {"id": 1, "score": 1.000004}]
        found = [{"id": 3, "score": 2.0}, {"id": 8, "score": 1.0}]
        for ties, expected in (([{"id": 8, "score": 1.0}], 0), ([], 1)):
            report = compare.Report()
            compare.compare_ranking(report, "list", found, wanted, ties, 1e-5)
            self.assertEqual(len(report.failures), expected)

    def borderline(self):
        """(golden, out): the threshold moved to just under the weakest part of the graph, a head of layer 0, and an
        output without that part, renormalised.
        """
        for path in goldens():
            golden = compare.load(path)
            target = golden["targets"][0]
            parts = []
            for edge in target["edges"]:
                parts += [(part["importance"], edge, part) for part in edge.get("heads", [edge])]
            importance, edge, part = min(parts, key=lambda item: item[0])
            alone = sum(item["target"] == edge["target"] and item["layer"] == 0 for item in target["edges"]) < 3
            if len(golden["targets"]) != 1 or edge["kind"] != "attention" or edge["layer"] or alone:
                continue
            golden["settings"]["threshold"] = importance - 5e-5
            out = copy.deepcopy(golden)
            self.drop(out, edge["source"], edge["target"], part["head"])
            return golden, out
        raise AssertionError("no golden is fit for this test")

    def drop(self, out, source, position, head):
        """Remove one head of an attention edge of layer 0; recompute everything that follows."""
        target = out["targets"][0]
        node = [edge for edge in target["edges"] if edge["layer"] == 0 and edge["target"] == position
                and edge["kind"].startswith("attention")]
        parts = {}
        for edge in node:
            for item in edge.get("heads", [edge]):
                parts[edge["source"], item.get("head", -1)] = item
        del parts[source, head]
        total = sum(item["importance"] for item in parts.values())
        flow = sum(edge["flow"] for edge in node)
        for item in parts.values():
            item["weight"] = item["importance"] / total
            item["flow"] = flow * item["weight"]
        for edge in node:
            if "heads" in edge:
                edge["heads"] = [item for item in edge["heads"] if parts.get((edge["source"], item["head"])) is item]
                for key in ("importance", "weight", "flow"):
                    edge[key] = sum(item[key] for item in edge["heads"])
        target["edges"] = [edge for edge in target["edges"] if edge.get("heads", [edge])]
        sums, flows = {}, {}
        for edge in target["edges"]:
            for item in edge.get("heads", []):
                key = edge["layer"], item["head"]
                sums.setdefault(key, {}).setdefault(edge["target"], 0)
                sums[key][edge["target"]] += item["importance"]
                flows[key] = flows.get(key, 0) + item["flow"]
        target["heads"] = [{"layer": layer, "head": h, "importance": max(at.values()), "flow": flows[layer, h]}
                           for (layer, h), at in sums.items()]
        for token in out["tokens"]:
            token["flow"] = sum(edge["flow"] for edge in target["edges"] if edge["layer"] == 0
                                and edge["source"] == token["position"] and edge["kind"].startswith("attention"))
        target["token_flow"] = [token["flow"] for token in out["tokens"]]

    def test_borderline_part_may_be_dropped(self):
        golden, out = self.borderline()
        self.assertEqual(failures(golden, golden), [])
        self.assertEqual(failures(golden, out), [])
        self.assertNotEqual(len(json.dumps(golden["targets"])), len(json.dumps(out["targets"])))

    def test_what_hangs_below_is_still_checked(self):
        golden, out = self.borderline()
        edge = next(edge for edge in out["targets"][0]["edges"] if edge["layer"] == 0)
        edge["weight"] += 0.01
        self.assertTrue(failures(golden, out))

    def test_part_beyond_the_borderline_may_not(self):
        golden, out = self.borderline()
        golden["settings"]["threshold"] -= 2e-4
        out["settings"]["threshold"] -= 2e-4
        self.assertTrue(any("missing, want importance" in line for line in failures(golden, out)))


class Command(unittest.TestCase):
    """Exit codes, as parity.sh reads them."""

    def run_compare(self, *arguments):
        return subprocess.run([sys.executable, os.path.join(HERE, "compare.py"), *arguments],
                              capture_output=True, text=True, check=False, cwd=os.path.join(HERE, "..", ".."))

    def test_exit_codes(self):
        path = goldens()[0]
        self.assertEqual(self.run_compare(path, path).returncode, 0)
        with tempfile.TemporaryDirectory() as folder:
            other = os.path.join(folder, "out.json")
            for text in ("", "{", "[]", "{}", "null"):
                with open(other, "w", encoding="utf-8") as file:
                    file.write(text)
                self.assertEqual(self.run_compare(path, other).returncode, 1, text)
        self.assertEqual(self.run_compare(path, other).returncode, 1)      # no such file any more
        self.assertEqual(self.run_compare().returncode, 2)

    def test_arguments(self):
        path = os.path.join(GOLDEN, "gpt2-odd-seven-floor.json")
        lines = self.run_compare("--arguments", path).stdout.split("\n")
        self.assertEqual(lines[:4], ["trace", "--json", "--raw", "--model"])
        self.assertIn("0.08", lines)

    def test_stale_golden(self):
        golden = compare.load(os.path.join(GOLDEN, "gpt2-odd-seven-floor.json"))
        golden["settings"]["weights_sha256"] = "0" * 64
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "golden.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(golden, file)
            done = self.run_compare("--arguments", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the golden is of another", done.stdout)


if __name__ == "__main__":
    unittest.main()
