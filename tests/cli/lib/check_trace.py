# SPDX-License-Identifier: Apache-2.0
# The contract of `headwater trace --json`: keys, order, sums. check_trace.py FILE [raw] [ids]
import json
import sys

TOKEN = {"id", "text"}
SHARES = {"importance", "weight", "flow"}
KEYS = {
    "": {"headwater", "model", "settings", "tokens", "targets"},
    "model": {"path", "family", "n_layers", "n_heads", "n_kv_heads", "d_model", "d_ffn", "vocab_size", "fingerprint"},
    "settings": {"threshold", "floor", "norm", "bos"},
    "token": TOKEN | {"position", "flow"},
    "target": {"position", "prediction", "edges", "heads", "neurons", "projections"},
    "prediction": TOKEN | {"logit", "probability"},
    "attention": SHARES | {"kind", "layer", "source", "target", "heads"},
    "edge": SHARES | {"kind", "layer", "source", "target"},
    "edge head": SHARES | {"head"},
    "head": {"layer", "head", "importance", "flow"},
    "neuron": {"layer", "position", "neuron", "importance", "activation", "lists_swapped"},
    "projection": {"kind", "layer", "position", "convention", "promotes", "suppresses"},
    "list": TOKEN | {"score"},
}
problems = []


def want(true, text):
    if not true and len(problems) < 20:
        problems.append(text)


def keys(name, thing, more=()):
    wanted = KEYS[name] | set(more)
    missing = wanted - set(thing)
    want(not missing, f"{name or 'top'}: no {sorted(missing)}")
    extra = set(thing) - wanted
    if name in ("settings", "target"):
        extra -= {"targets", "project", "convention", "top_neurons", "top_tokens", "token_flow"}
    want(not extra, f"{name or 'top'}: surplus {sorted(extra)}")


def near(a, b, tolerance, text):
    want(abs(a - b) <= tolerance, f"{text}: {a}, want {b}")


def check_edges(target, threshold):
    weights, into, out = {}, {}, {}
    for e in target["edges"]:
        where = f"edge {e['kind']} {e['layer']} {e['source']}->{e['target']}"
        want(e["kind"] in ("attention", "attention_residual", "ffn", "ffn_residual"), where)
        keys("attention" if e["kind"] == "attention" else "edge", e)
        want(e["source"] <= e["target"], where + ": looks ahead")
        if e["kind"] != "attention":
            want(e["source"] == e["target"], where + ": source is not target")
        else:
            for h in e["heads"]:
                keys("edge head", h)
            for key in SHARES:
                near(sum(h[key] for h in e["heads"]), e[key], 1e-12, where + ": sum of heads' " + key)
            want(len(e["heads"]) > 0, where + ": no heads")
        node = (e["layer"], e["kind"].split("_")[0], e["target"])
        weights[node] = weights.get(node, 0) + e["weight"]
        out[node] = out.get(node, 0) + e["flow"]
    for node, weight in weights.items():
        near(weight, 1, 1e-9, f"weights of node {node}")
    for layer in {n[0] for n in weights}:
        for block in ("attention", "ffn"):
            flow = sum(f for n, f in out.items() if n[:2] == (layer, block))
            near(flow, 1, 1e-9, f"flow through {block} of layer {layer}")


def check_target(target, t, n_tokens, model, no_text):
    keys("target", target)
    prediction = target["prediction"]
    want(len(prediction) == 10, "ten predictions")
    for a, b in zip(prediction, prediction[1:]):
        want(a["logit"] >= b["logit"] and a["probability"] >= b["probability"], "predictions are not best first")
    for p in prediction:
        keys("prediction", p)
        want(0 <= p["probability"] <= 1 and 0 <= p["id"] < model["vocab_size"], "prediction out of range")
        want((p["text"] is None) == no_text, "prediction's text")
    check_edges(target, 0)
    for h in target["heads"]:
        keys("head", h)
        want(0 < h["importance"] <= 1 and 0 <= h["flow"] <= 1 + 1e-9, "head out of range")
    want(len({(h["layer"], h["head"]) for h in target["heads"]}) == len(target["heads"]), "a head twice")
    active = {(e["layer"], h["head"]) for e in target["edges"] for h in e.get("heads", [])}
    want(active == {(h["layer"], h["head"]) for h in target["heads"]}, "heads are not those of the edges")
    nodes = {}
    for n in target["neurons"]:
        keys("neuron", n)
        want(0 <= n["neuron"] < model["d_ffn"], "neuron out of range")
        want(n["lists_swapped"] is (n["activation"] < 0), "lists_swapped is not the sign of the activation")
        nodes.setdefault((n["layer"], n["position"]), []).append(n["importance"])
    ffn = {(e["layer"], e["target"]) for e in target["edges"] if e["kind"] == "ffn"}
    want(set(nodes) == ffn, "neurons of other nodes than the graph's")
    for node, shares in nodes.items():
        want(len(shares) == 10 and shares == sorted(shares, reverse=True), f"neurons of {node}: not ten, best first")
    kinds = set()
    for p in target["projections"]:
        more = [p["kind"]] if p["kind"] in ("head", "neuron") else []
        keys("projection", p, more)
        kinds.add(p["kind"])
        want(p["convention"] in ("alone", "frozen"), "convention")
        for name, sign in (("promotes", -1), ("suppresses", 1)):
            want(len(p[name]) == 10, "ten tokens")
            scores = [x["score"] for x in p[name]]
            want(scores == sorted(scores, key=lambda s: sign * s), f"{name}: order")
            for x in p[name]:
                keys("list", x)
    wanted = {"attention", "ffn", "resid_mid", "resid_post"} | ({"head"} if active else set()) | ({"neuron"} if nodes else set())
    want(kinds == wanted, f"projections of {sorted(kinds)}, want {sorted(wanted)}")


def check_raw(raw, model, n):
    want(set(raw) == {"attention", "attention_residual", "ffn", "ffn_residual"}, "raw: keys")
    want(len(raw["attention"]) == model["n_layers"], "raw: layers")
    for layer in range(model["n_layers"]):
        for i in range(n):
            row = raw["attention"][layer][i]
            want(len(row) == n and all(len(x) == model["n_heads"] for x in row), "raw: shape")
            near(sum(map(sum, row)) + raw["attention_residual"][layer][i], 1, 1e-6, f"raw attention node {layer} {i}")
            want(not any(map(sum, row[i + 1:])), "raw: attention to later positions")
            near(raw["ffn"][layer][i] + raw["ffn_residual"][layer][i], 1, 1e-6, f"raw ffn node {layer} {i}")


def main():
    path, flags = sys.argv[1], sys.argv[2:]

    def no_constant(name):
        want(False, f"{name} is no JSON")
        return 0

    with open(path, encoding="utf-8") as file:
        t = json.load(file, parse_constant=no_constant)
    raw = "raw" in flags
    keys("", t, ["raw"] if raw else [])
    keys("model", t["model"])
    keys("settings", t["settings"])
    n = len(t["tokens"])
    for i, token in enumerate(t["tokens"]):
        keys("token", token)
        want(token["position"] == i, "token positions")
        want((token["text"] is None) == ("ids" in flags), "token's text")
    near(sum(x["flow"] for x in t["tokens"]), 1, 1e-9, "flow of the tokens")
    for i, target in enumerate(t["targets"]):
        check_target(target, i, n, t["model"], "ids" in flags)
    if raw:
        check_raw(t["raw"], t["model"], n)
    print(*(problems or [f"as promised: {n} tokens, {len(t['targets'])} targets"]), sep="\n")


main()
