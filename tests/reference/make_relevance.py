# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/relevance/NAME.json for every fixture, and of some with a long prompt NAME-LENGTH.json. Needs torch.
    /usr/bin/python3 tests/reference/make_relevance.py [NAME...]"""
import json
import os
import sys

import torch

import families
import relevance

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.join(HERE, "..", "golden", "models")
TO = os.path.join(HERE, "..", "golden", "relevance")
LENGTH, CHANGED = 9, (3, 6)
# More queries than the program takes at a time, which are 384; gemma2 has windows, norms behind the attention, and heads that share keys.
LONG = {"llama-rope3": (450, (20, 430)), "gemma2-odd": (450, (20, 430))}


def prompts(seed, vocabulary, length, changed):
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(vocabulary, (length,), generator=generator).tolist()
    other = [(token + 1) % vocabulary if i in changed else token for i, token in enumerate(tokens)]
    return tokens, other


def widest_gap(shares):
    """A threshold that no part's share is close to: in the middle of the widest gap, as a ratio, between 0.02 and 0.2."""
    near = sorted({abs(s) for s in shares if 0.02 < abs(s) < 0.2} | {0.02, 0.2})
    return max(((b / a, (a * b) ** 0.5) for a, b in zip(near, near[1:])))[1]


def rounded(x):
    if isinstance(x, dict):
        return {key: rounded(value) for key, value in x.items()}
    if isinstance(x, list):
        return [rounded(value) for value in x]
    return float(f"{x:.9g}") if isinstance(x, float) else x


def make(name, length=LENGTH, changed=CHANGED):
    model = families.load(os.path.join(MODELS, name))
    tokens, other = prompts(len(name), min(model.vocab_size, model.unembed.shape[0]), length, changed)
    moved = model.run(tokens).logits[-1] - model.run(other).logits[-1]  # the two tokens between which the prompts differ most
    golden = {"model": name, "tokens": tokens, "counterfactual": other, "answer": moved.argmax().item(), "foil": moved.argmin().item()}
    pair = (model, tokens, other, golden["answer"], golden["foil"])
    golden["answer_relevance"], _, here, _, golden["m"], _ = relevance.relevance(*pair, "answer")
    golden["direct"] = relevance.direct(here, golden["m"])
    golden["contrast"], parts, _, _, _, golden["m_reference"] = relevance.relevance(*pair, "contrast")
    whole = golden["m"] - golden["m_reference"]
    if abs(whole) < 0.1 or abs(golden["m"]) < 0.1:
        raise SystemExit(f"{name}: the margins {golden['m']} and {golden['m_reference']} cannot be divided: other tokens must be changed")
    golden["contrast"]["parts"] = [list(part) for part in sorted(parts, key=lambda part: -abs(part[-1]))[:12]]
    golden["threshold"] = float(f"{widest_gap([part[-1] / whole for part in parts]):.4g}")
    if not isinstance(model, families.Gpt2):   # whose run has no place where FFNs could be replaced
        graph = {part[:-1] for part in parts if abs(part[-1] / whole) > golden["threshold"]}
        golden["certificates"] = [dict(unit=unit, baseline=baseline, n_attention=sum(part[0] == "attention" for part in graph),
                                       n_ffn=sum(part[0] == "ffn" for part in graph), **relevance.certificate(*pair, graph, unit, baseline))
                                  for unit in ("edge", "node") for baseline in ("counterfactual", "zero")]
    os.makedirs(TO, exist_ok=True)
    to = name if length == LENGTH else f"{name}-{length}"
    with open(os.path.join(TO, to + ".json"), "w", encoding="utf-8") as file:
        json.dump(rounded(golden), file, separators=(",", ":"))
        file.write("\n")
    print(f"wrote {to}")


def main():
    names = sys.argv[1:] or sorted(os.listdir(MODELS))
    for name in names:
        make(name)
        if name in LONG:
            make(name, *LONG[name])


if __name__ == "__main__":
    main()
