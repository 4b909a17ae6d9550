#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table of goals beside what results.sh found: goals.py FOLDER, which holds the outputs of the measurements."""
import os
import re
import sys

folder = sys.argv[1]


def text(name):
    path = os.path.join(folder, name)
    return open(path, encoding="utf-8").read() if os.path.exists(path) else ""


def first(name, pattern):
    found = re.search(pattern, text(name), re.M)
    return float(found.group(1)) if found else None


rows = []


def goal(what, found, most=None, least=None, unit=""):
    """Met when the found number is not above `most`, or not below `least`."""
    wanted = f"at most {most}{unit}" if most is not None else f"at least {least}{unit}"
    if found is None:
        rows.append((what, wanted, "not measured", ""))
    else:
        rows.append((what, wanted, f"{found:g}{unit}", "met" if (found <= most if most is not None else found >= least) else "NOT met"))


for tokens, share in ((16, 88), (64, 86), (128, 85), (512, 82)):
    goal(f"bare forward pass of {tokens} tokens, share of the FP32 peak", first("stages.txt", rf"^ *{tokens}  bare forward .* (\d+)%"), least=share, unit="%")
of_small = {n: first("stages.txt", rf"^ *{n}  bare forward .* (\d+)%") for n in (16, 64, 128, 512)}
for file, name in (("medium.txt", "GPT-2 medium"), ("llama1b.txt", "Llama 3.2 1B")):
    pairs = [(share, first(file, rf"^ *{n}  bare forward .* (\d+)%")) for n, share in of_small.items()]
    less = max(ours - other for ours, other in pairs) if all(None not in pair for pair in pairs) else None
    goal(f"the shape of {name}, bare forward passes of 16 to 512 tokens: less of the peak than above, in points", less, most=8)
for file, how in (("llama7b.txt", "beforehand"), ("panels.txt", "a panel at a time")):
    goal(f"the widths of LLaMA 7B in BF16 files, 480 tokens, weights packed {how}, share of the FP32 peak", first(file, r"^ *480  bare forward .* (\d+)%"), least=78, unit="%")
cores = os.cpu_count()


def beside_torch(what, ours, theirs, file, tokens):
    """Both in ms of a core a prompt; beside the goal what the processor's peak allows."""
    share = first(file, rf"^ *{tokens}  bare forward .* (\d+)%")
    most = f" (at 100% of the peak: {theirs / ours / share * 100:.2f})" if ours and theirs and share else ""
    goal(f"{what}, {tokens} tokens{most}", round(theirs / ours, 2) if ours and theirs else None, least=1.5)


for tokens in (16, 64, 128, 512):
    rates = [first("torch.txt", rf"^ *{tokens} +[\d.]+ +\d+ +\d+ {before}(\d+)") for before in (" *", r" *\d+ +\d+ +\d+ +")]  # of one process, of one a core
    ours = first("stages_all.txt", rf"^ *{tokens}  bare forward +([\d.]+)")
    for of, rate in zip((f"one process with up to {cores} threads", f"{cores} processes"), rates):
        beside_torch(f"PyTorch's clock, {of}, in our forward passes on {cores} cores", ours, cores * tokens * 1e3 / rate if rate else None, "stages_all.txt", tokens)
    beside_torch("PyTorch's processor time in that of our forward pass", first("stages.txt", rf"^ *{tokens}  bare forward +([\d.]+)"),
                 first("torch.txt", rf"^ *{tokens} +([\d.]+)"), "stages.txt", tokens)
with open("/proc/cpuinfo", encoding="utf-8") as cpu:
    flags = cpu.read()
fast = re.search(r"\b(avx512_vnni|avx_vnni|asimddp)\b", flags) is not None  # products of 8-bit numbers by an instruction of their own
for tokens in (16, 64, 128, 512) if "avx512_bf16" in flags else ():
    whole, half = (first(name, rf"^ *{tokens}  forward pass +([\d.]+)") for name in ("stages.txt", "bf16.txt"))
    goal(f"forward pass of {tokens} tokens in that with products in BF16", round(whole / half, 2) if whole and half else None, least=1.7)
for tokens, project, most in ((16, "default", 1.75 if fast else 2.8), (64, "default", 1.28), (128, "default", 1.18), (512, "default", 1.10), (16, "all", 2.2), (128, "all", 1.3)):
    goal(f"full trace of {tokens} tokens, --project {project}, in forward passes", first("traces.txt", rf"^ *{tokens} tokens, --project {project} .*: ([\d.]+) bare"), most=most)
found = first("lengths.txt", r"^  all stages +(\d+)%")
goal("ms a token against one token less, 1 to 1,024 tokens, largest difference", found, most=15, unit="%")
goal("the same of the forward pass alone", first("lengths.txt", r"^  forward pass +(\d+)%"), most=15, unit="%")
goal("a data set of mixed lengths, in the sum of its parts", first("lengths.txt", r"costs ([\d.]+) times"), most=1.05)
for tokens in (16, 128):
    goal(f"all cores against one thread, {tokens} tokens (1.95 for two)", first("threads.txt", rf"^ *{tokens} tokens: .*: ([\d.]+) times"), least=1.95)
goal("all cores against one thread, trace of one prompt of 1,000 tokens", first("threads.txt", r"^trace .*: ([\d.]+) times"), least=1.7)
goal("64,000 prompts against 16 x 4,000", first("prompts.txt", r": ([\d.]+) times"), most=1.03)
memory = text("memory.txt")
goal("runs whose memory went beyond the announced", float(memory.count("BEYOND")) if memory else None, most=0)
for tokens, least in ((128, 3), (16, 1.7)):
    for project in ("default", "none"):
        goal(f"80% shared prefix, {tokens} tokens, --project {project}", first("prefixes.txt", rf"^ *{tokens} tokens, 80% shared, --project {project} .*: ([\d.]+) times"), least=least)
    goal(f"answers of 3 tokens in those of 1, {tokens} tokens", first("prefixes.txt", rf"^ *{tokens} tokens, answers .*: ([\d.]+) times"), most=1.15)

print("| what | goal | found | |\n|---|---|---|---|")
for row in rows:
    print("| " + " | ".join(row) + " |")
