# SPDX-License-Identifier: Apache-2.0
"""Compare the output of `headwater trace --json --raw` with a golden of the reference. Standard library only.

    /usr/bin/python3 tests/reference/compare.py GOLDEN.json OUT.json      exit 0 if equal within tolerance, else 1
    /usr/bin/python3 tests/reference/compare.py --arguments GOLDEN.json   the arguments of the run, one a line

One line per failure: what, found, wanted. Every check is written so that a NaN fails.

The graph is compared by replay: walk OUT's edges from the target down and judge every node, on its own, against the
reference importances of all its parts (the golden's raw arrays hold every node, reached or not). A part may be kept
or dropped only as the threshold says, except within 1e-4 of it; what was kept is then normalised and flows, in
reference numbers, and OUT's weights and flows must agree. So an edge on the borderline changes what is expected
below it, and nothing below it goes unchecked but the neurons of nodes that the golden's graph does not have.

A model of parallel blocks has raw.ffn_residual null: its nodes are the attention nodes, their parts the residual, those
of attention and the FFN's; there is no ffn_residual edge and no resid_mid.
"""
import hashlib
import json
import math
import sys

from report import TOL, Report, compare_arrays, compare_ranking, entries, number, place

TIE = 1e-5      # importances, absolute; logits and scores, relative to their scale
SUM = 1e-6      # an edge is the sum of its heads; goldens have seven decimals
TOP = 10
MODEL_KEYS = ("family", "n_layers", "n_heads", "n_kv_heads", "d_model", "d_ffn", "vocab_size")
SETTING_KEYS = ("threshold", "floor")
PROJECTION_KINDS = ("head", "attention", "ffn", "resid_mid", "resid_post", "neuron")
RESIDUAL, FFN = ("residual",), ("ffn",)


class Target:
    """One target of OUT against the golden's."""

    def __init__(self, report, name, golden, wanted, found):
        self.report, self.name = report, name
        self.golden, self.wanted, self.found = golden, wanted, found
        self.threshold = golden["settings"]["threshold"]
        self.raw = golden["raw"]
        self.parallel = self.raw["ffn_residual"] is None
        self.head_sums = {}     # (layer, head) -> {position: sum of its surviving reference shares}
        self.head_flow = {}
        self.token_flow = {}
        self.smallest_sum = 1.0

    def compare(self):
        self.prediction()
        self.edges = self.index_edges()
        self.walk()
        self.heads()
        self.neurons()
        self.projections()

    def fail(self, text):
        self.report.fail(f"{self.name} {text}")

    # ---- prediction

    def prediction(self):
        logits = self.wanted["logits"]
        scale = max(map(abs, logits))
        top = math.fsum(math.exp(logit - max(logits)) for logit in logits)
        found = entries(self.found.get("prediction"))
        ties = self.wanted.get("prediction_ties", [])
        for item in found:
            token = item.get("id")
            if not isinstance(token, int) or not 0 <= token < len(logits):
                self.fail(f"prediction: no token {token}")
                continue
            probability = math.exp(logits[token] - max(logits)) / top
            self.report.close("logits", f"{self.name} prediction {token} logit", item.get("logit"), logits[token],
                              TOL * scale)
            # a logit off by d moves a probability p by at most 2 d p
            self.report.close("probabilities", f"{self.name} prediction {token} probability", item.get("probability"),
                              probability, 2 * TOL * scale * probability + 1e-6)
        compare_ranking(self.report, f"{self.name} prediction", found, self.wanted["prediction"], ties, TIE * scale,
                        label=lambda item: item.get("id"), value="logit")
        if "logits" in self.found:
            full = self.found["logits"]
            if not isinstance(full, list) or len(full) != len(logits):
                self.fail(f"logits: want a list of {len(logits)}")
            else:
                for token, (one, other) in enumerate(zip(full, logits)):
                    self.report.close("logits", f"{self.name} logits[{token}]", one, other, TOL * scale)

    # ---- graph

    def index_edges(self):
        """OUT's edges by node: {("ffn" | "attention", layer, position): {part: numbers}}, parts of METHOD section 1."""
        nodes = {}
        for edge in entries(self.found.get("edges")):
            kind, layer, source, target = place(edge, "kind", "layer", "source", "target")
            text = f"{self.name} edge {kind} layer {layer} {source}->{target}"
            if kind == "attention":
                node, parts = ("attention", layer, target), {}
                for head in entries(edge.get("heads")):
                    if ("attention", source, head.get("head")) in parts:
                        self.report.fail(f"{text}: head {head.get('head')} twice")
                    parts["attention", source, head.get("head")] = head
                for key in ("importance", "weight", "flow"):
                    total = math.fsum(number(head.get(key)) for head in parts.values())
                    self.report.close("edges", f"{text} {key} (sum of its heads)", edge.get(key), total, SUM)
            elif kind in ("attention_residual", "ffn_residual", "ffn"):
                if source != target:
                    self.report.fail(f"{text}: source and target differ")
                alone = kind == "ffn_residual" or kind == "ffn" and not self.parallel
                node = ("ffn" if alone else "attention", layer, target)
                parts = {FFN if kind == "ffn" else RESIDUAL: edge}
            else:
                self.report.fail(f"{text}: unknown kind")
                continue
            for part, numbers in parts.items():
                if part in nodes.setdefault(node, {}):
                    self.report.fail(f"{text}: appears twice")
                nodes[node][part] = numbers
        return nodes

    def reference_parts(self, kind, layer, i):
        """{part: reference importance, rounded to 1e-6} of a node, in the order of the tie rule."""
        def once(value):
            return round(value * 1e6) / 1e6
        if kind == "ffn":
            return {RESIDUAL: once(self.raw["ffn_residual"][layer][i]), FFN: once(self.raw["ffn"][layer][i])}
        parts = {RESIDUAL: once(self.raw["attention_residual"][layer][i])}
        for j in range(i + 1):
            for h, value in enumerate(self.raw["attention"][layer][i][j]):
                parts["attention", j, h] = once(value)
        if self.parallel:
            parts[FFN] = once(self.raw["ffn"][layer][i])
        return parts

    def judge(self, node, kept):
        """Fail for parts that the threshold cannot have kept or dropped; return the kept parts that exist."""
        kind, layer, i = node
        parts = self.reference_parts(*node)

        def title(part):
            if part == RESIDUAL:
                return f"{kind}_residual layer {layer} {i}->{i}"
            if part == FFN:
                return f"ffn layer {layer} {i}->{i}"
            return f"attention layer {layer} {part[1]}->{i} head {part[2]}"

        sure = {part for part, value in parts.items() if value > self.threshold + TOL}
        open_ = {part for part, value in parts.items() if abs(value - self.threshold) <= TOL}
        largest = max(parts.values())
        lonely = not sure and len(kept) == 1        # the fallback: nothing above the threshold, the single largest
        for part in sorted(set(kept) - set(parts), key=str):
            self.fail(f"edge {title(part)}: there is no such part")
        for part in sorted(sure - set(kept)):
            self.fail(f"edge {title(part)}: missing, want importance {parts[part]:.9g} > {self.threshold}")
        for part in sorted((set(kept) & set(parts)) - sure - open_):
            if not (lonely and largest - parts[part] <= TOL):
                self.fail(f"edge {title(part)}: found importance {kept[part].get('importance')}, "
                          f"want none: reference {parts[part]:.9g} <= {self.threshold}")
        if not kept:
            self.fail(f"node {kind} layer {layer} position {i}: reached, but no edge leaves it")
        if not sure and not open_:
            self.report.count("fallbacks")
        self.report.count("borderline", len(open_))
        return {part: parts[part] for part in parts if part in kept}

    def node(self, node, flow):
        """Check one reached node of OUT; return [(part, flow in reference numbers)] of what it kept."""
        kind, layer, i = node
        found = self.edges.pop(node, {})
        kept = self.judge(node, found)
        total = math.fsum(kept.values())
        self.report.count("nodes")
        self.report.count("parts", len(kept))
        if not total > 0:
            return []
        self.smallest_sum = min(self.smallest_sum, total)
        result = []
        for part, importance in kept.items():
            weight = importance / total
            name = f"{self.name} edge {kind} layer {layer} position {i} part {part}"
            self.report.close("importances", name + " importance", found[part].get("importance"), importance, TOL)
            self.report.close("weights", name + " weight", found[part].get("weight"), weight, TOL / total)
            self.report.close("flows", name + " flow", found[part].get("flow"), flow * weight, TOL / self.smallest_sum)
            result.append((part, flow * weight))
            if part[0] == "attention":
                sums = self.head_sums.setdefault((layer, part[2]), {})
                sums[i] = sums.get(i, 0.0) + importance
                self.head_flow[layer, part[2]] = self.head_flow.get((layer, part[2]), 0.0) + flow * weight
        return result

    def walk(self):
        self.ffn_nodes = set()
        reached = {self.wanted["position"]: 1.0}
        for layer in reversed(range(self.golden["model"]["n_layers"])):
            below = {}
            for i in sorted(reached):
                arriving = reached[i]
                if not self.parallel:
                    after = self.node(("ffn", layer, i), arriving)
                    arriving = math.fsum(flow for _, flow in after)
                    if any(part == FFN for part, _ in after):
                        self.ffn_nodes.add((layer, i))
                for part, flow in self.node(("attention", layer, i), arriving):
                    if part == FFN:
                        self.ffn_nodes.add((layer, i))
                    source = part[1] if part[0] == "attention" else i
                    below[source] = below.get(source, 0.0) + flow
            reached = below
        self.token_flow = reached
        if "token_flow" in self.found:      # no part of the contract, so checked only where it is printed
            flows = self.found["token_flow"]
            length = len(self.golden["tokens"])
            if not isinstance(flows, list) or len(flows) != length:
                self.fail(f"token_flow: want a list of {length}")
            else:
                for j, flow in enumerate(flows):
                    self.report.close("token flows", f"{self.name} token_flow[{j}]", flow, reached.get(j, 0.0),
                                      TOL / self.smallest_sum)
        for kind, layer, i in self.edges:
            self.fail(f"edges of {kind} node layer {layer} position {i}: the walk does not reach it")

    # ---- components

    def heads(self):
        found = {}
        for head in entries(self.found.get("heads")):
            key = place(head, "layer", "head")
            if key in found:
                self.fail(f"head {key}: appears twice")
            found[key] = head
        for key in sorted(set(self.head_sums) - set(found)):
            self.fail(f"head {key}: missing, though it has surviving edges")
        for key in sorted(set(found) - set(self.head_sums), key=str):
            self.fail(f"head {key}: listed, though it has no surviving edge")
        for key in sorted(set(found) & set(self.head_sums)):
            name = f"{self.name} head layer {key[0]} head {key[1]}"
            self.report.close("heads", name + " importance", found[key].get("importance"),
                              max(self.head_sums[key].values()), TOL)
            self.report.close("heads", name + " flow", found[key].get("flow"), self.head_flow[key],
                              TOL / self.smallest_sum)

    def neurons(self):
        wanted, ties, found = {}, {}, {}
        for store, items in ((wanted, self.wanted["neurons"]), (ties, self.wanted.get("neurons_ties", [])),
                             (found, entries(self.found.get("neurons")))):
            for item in items:
                store.setdefault(place(item, "layer", "position"), []).append(item)
        for node in sorted(set(found) - self.ffn_nodes, key=str):
            self.fail(f"neurons of layer {node[0]} position {node[1]}: listed, though no ffn edge survives there")
        for node in sorted(self.ffn_nodes):
            if node not in wanted:      # below a borderline edge that the golden's graph does not have
                self.report.count("neuron nodes unknown to the golden")
                continue
            self.neurons_of(f"{self.name} neurons layer {node[0]} position {node[1]}", wanted[node],
                            ties.get(node, []), found.get(node, []))

    def neurons_of(self, name, wanted, ties, found):
        """Ten of a node. Those of importance <= TIE are all tied with nothing: they may be others, or left out."""
        def idle(item):
            return item["importance"] <= TIE
        heavy = [item for item in wanted if not idle(item)]
        light = [item for item in found if number(item.get("importance")) <= 2 * TIE]
        known = {item["neuron"]: item for item in wanted + ties}
        if len(found) > TOP:
            self.report.fail(f"{name}: found {len(found)} entries, want at most {TOP}")
        if len(heavy) < len(wanted):
            listed = {item["neuron"] for item in heavy}
            found = [item for item in found if item.get("neuron") in listed or item not in light]
        compare_ranking(self.report, name, found, heavy, ties, TIE,
                        label=lambda item: item.get("neuron"), value="importance")
        scale = max(1.0, max(abs(item["activation"]) for item in wanted))
        for item in found:
            reference = known.get(item.get("neuron"))
            if reference:
                text = f"{name} neuron {item['neuron']}"
                self.report.close("neurons", text + " importance", item.get("importance"), reference["importance"], TOL)
                self.report.close("neurons", text + " activation", item.get("activation"), reference["activation"],
                                  TOL * scale)

    def projections(self):
        """All of the golden's must be there; scores by rank and by token.

        OUT may list a neuron's row without a position ("position": null): then the lists are the row's own, not yet
        exchanged for a negative activation.
        """
        def key(item):
            return place(item, "kind", "layer", "position", "head", "neuron", "convention")
        found = {}
        for item in entries(self.found.get("projections")):
            if key(item) in found:
                self.fail(f"projection {key(item)}: appears twice")
            if item.get("kind") not in PROJECTION_KINDS:
                self.fail(f"projection {key(item)}: unknown kind")
            if item.get("kind") == "resid_mid" and self.parallel:
                self.fail(f"projection {key(item)}: a parallel block has none")
            found[key(item)] = item
        for wanted in self.wanted["projections"]:
            name = " ".join(str(value) for value in key(wanted) if value is not None)
            name = f"{self.name} projection {name}"
            item = found.get(key(wanted))
            sides = {"promotes": "promotes", "suppresses": "suppresses"}
            if item is None and wanted["kind"] == "neuron":
                item = found.get(key({**wanted, "position": None}))
                if self.activation(wanted) < 0:
                    sides = {"promotes": "suppresses", "suppresses": "promotes"}
            if item is None and wanted["kind"] == "head" and self.head_may_move(wanted, found):
                self.report.count("projections of heads with tied nodes")
            elif item is None and wanted["kind"] == "neuron" and self.dropped(wanted):
                self.report.count("projections of neurons below dropped edges")
            elif item is None:
                self.report.fail(f"{name}: missing")
            else:
                for side, other in sides.items():
                    self.scores(f"{name} {other}", entries(item.get(other)), wanted[side],
                                wanted.get(side + "_ties", []), wanted["scale"])
                self.report.count(f"projections {wanted['kind']}")

    def activation(self, wanted):
        """Activation, in the golden, of the neuron of a projection."""
        return next(item["activation"] for item in self.wanted["neurons"]
                    if all(item[key] == wanted[key] for key in ("layer", "position", "neuron")))

    def dropped(self, wanted):
        """The neuron's node is not reached in OUT (the walk has judged that)."""
        return (wanted["layer"], wanted["position"]) not in self.ffn_nodes

    def head_may_move(self, wanted, found):
        """A head's most important node, or its place among the ten best heads, may change within a tie."""
        sums = self.head_sums.get((wanted["layer"], wanted["head"]))
        if not sums:
            return True             # below a borderline edge that was dropped (the walk has judged that)
        best = max(sums.values())
        for position, value in sums.items():
            other = ("head", wanted["layer"], position, wanted["head"], None, wanted["convention"])
            if position != wanted["position"] and best - value <= TOL and other in found:
                return True
        if self.golden["settings"]["project"] == "all":
            return False
        return sum(max(other.values()) > best - TOL for other in self.head_sums.values()) > TOP

    def scores(self, name, found, wanted, ties, scale):
        known = {item["id"]: item["score"] for item in wanted + ties}
        compare_ranking(self.report, name, found, wanted, ties, TIE * scale, label=lambda item: item.get("id"))
        for item in found:
            if item.get("id") in known:
                self.report.close("scores", f"{name} token {item['id']}", item.get("score"), known[item["id"]],
                                  TOL * scale)


def compare(golden, out):
    """The Report of OUT against the golden."""
    report = Report()
    if not isinstance(out, dict):
        report.fail("the output is no JSON object")
        return report
    for section, keys in (("model", MODEL_KEYS), ("settings", SETTING_KEYS)):
        for key in keys:
            found = out.get(section)
            report.same(f"{section}.{key}", found.get(key) if isinstance(found, dict) else None, golden[section][key])
    report.same("tokens", [token.get("id") for token in entries(out.get("tokens"))],
                [token["id"] for token in golden["tokens"]])
    report.same("token positions", [token.get("position") for token in entries(out.get("tokens"))],
                [token["position"] for token in golden["tokens"]])
    raw = out.get("raw")
    for key in ("attention", "attention_residual", "ffn", "ffn_residual"):
        compare_arrays(report, f"raw.{key}", raw.get(key) if isinstance(raw, dict) else None, golden["raw"][key])
    targets = entries(out.get("targets"))
    report.same("targets", [target.get("position") for target in targets],
                [target["position"] for target in golden["targets"]])
    walked = []
    for wanted, found in zip(golden["targets"], targets):
        walked.append(Target(report, f"target {wanted['position']}", golden, wanted, found))
        walked[-1].compare()
    if len(walked) == 1 == len(golden["targets"]):     # with several the contract does not say whose flow it is
        for token in entries(out.get("tokens")):
            report.close("token flows", f"token {token.get('position')} flow", token.get("flow"),
                         walked[0].token_flow.get(token.get("position"), 0.0), TOL / walked[0].smallest_sum)
    return report


def arguments(golden):
    """Command line of `headwater` that this golden asks for; run from the root of the repository.

    A model trained again makes its goldens stale: said here, instead of as a thousand differences.
    """
    settings = golden["settings"]
    result = ["trace", "--json", "--raw"]
    path = settings["model"] + "/model.safetensors"
    with open(path, "rb") as file:
        found = hashlib.sha256(file.read()).hexdigest()
    if found != settings["weights_sha256"]:
        raise ValueError(f"the golden is of another {path} (sha256 {found[:12]}, want "
                         f"{settings['weights_sha256'][:12]}): run make_goldens.py")
    for option in ("model", "tokens", "threshold", "floor", "targets", "convention", "project"):
        result += ["--" + option, str(settings[option])]
    return result


def load(path):
    """The JSON of a file; the lists of projections, in some goldens [id, score] pairs, as objects."""
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    for target in entries(result.get("targets")) if isinstance(result, dict) else []:
        for projection in entries(target.get("projections")):
            for key, value in projection.items():
                if isinstance(value, list):
                    projection[key] = [{"id": item[0], "score": item[1]} if isinstance(item, list) and len(item) == 2
                                       else item for item in value]
    return result


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--arguments":
        try:
            print("\n".join(arguments(load(sys.argv[2]))))
        except (OSError, ValueError) as error:
            print(error)
            return 1
        return 0
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        golden, out = load(sys.argv[1]), load(sys.argv[2])
    except (OSError, ValueError) as error:
        print(f"compare.py: {error}")
        return 1
    report = compare(golden, out)
    for failure in report.failures:
        print(failure)
    if not report.failures:
        counts = {what: report.counts.get(what, 0) for what in ("raw", "parts", "neurons", "scores", "borderline")}
        worst = max(report.largest, key=report.largest.get)
        print(", ".join(f"{count} {what}" for what, count in counts.items())
              + f"; largest error {report.largest[worst]:.2g} of the allowed ({worst})")
        print("compared: " + ", ".join(f"{count} {what}" for what, count in report.counts.items()))
        print("largest error / allowed: " + ", ".join(f"{what} {value:.2g}" for what, value in report.largest.items()))
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
