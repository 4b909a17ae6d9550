# SPDX-License-Identifier: Apache-2.0
# check_picture.py SVG TRACE.json [TARGET]: the picture against the JSON of the same graph (its last target, or the one at TARGET).
import json
import re
import sys
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"
root = ElementTree.parse(sys.argv[1]).getroot()
trace = json.load(open(sys.argv[2], encoding="utf-8"))
target = trace["targets"][-1]
if len(sys.argv) > 3:
    target = next(t for t in trace["targets"] if t["position"] == int(sys.argv[3]))
width, height = float(root.get("width")), float(root.get("height"))
of_class = {}
for element in root.iter():
    for name in (element.get("class") or "").split():
        of_class.setdefault(name, []).append(element)
text = {name: ["".join(e.itertext()) for e in elements] for name, elements in of_class.items()}

kinds = [e["kind"] for e in target["edges"]]
found = [len(of_class.get(c, [])) for c in "arf"]
wanted = [kinds.count("attention"), kinds.count("attention_residual") + kinds.count("ffn_residual"), kinds.count("ffn")]
print("edges:", "as in the JSON" if found == wanted else f"{found}, want {wanted}")

# Widths: 0.7 + 8 sqrt(flow), to two digits.
drawn = sorted(float(e.get("stroke-width")) for c in "arf" for e in of_class.get(c, []))
flows = sorted(0.7 + 8 * e["flow"] ** 0.5 for e in target["edges"])
print("widths:", "as in the JSON" if all(abs(a - b) <= 0.00501 for a, b in zip(drawn, flows)) else "differ")

shown = text["w"]
with_flow = [f for f in target["token_flow"] if f > 0]
percents = text.get("p") or [s.rsplit(" ", 1)[1] for s in shown if s.endswith("%")]
print("tokens:", len(shown), "of", len(target["token_flow"]), "shown;",
      "percents as in the JSON" if [round(100 * f) for f in with_flow] == [int(p[:-1]) for p in percents] else f"{percents}")
folded = sum(int(s) for s in text.get("g", []) if s.isdigit())
print("every token is shown or counted in a gap:", "yes" if folded + len(shown) == len(target["token_flow"]) else "no")
print("prediction:", text["y"][0].rsplit(" ", 1)[0], "" if abs(float(text["y"][0].rsplit(" ", 1)[1][:-1]) - 100 * target["prediction"][0]["probability"]) < 0.06 else "WRONG")

boxes = []
for e in of_class.get("h", []):
    half = len("".join(e.itertext())) * 3
    x, y = float(e.get("x")), float(e.get("y"))
    boxes.append((x - half, y - 9, x + half, y + 2))
over = sum(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for i, a in enumerate(boxes) for b in boxes[i + 1:])
print("labels over another:", over)
heads = {e["head"] for edge in target["edges"] if edge["kind"] == "attention" for e in edge["heads"]}
print("labels name heads of the graph:", "yes" if boxes and all(int(re.match(r"H(\d+)", s)[1]) in heads for s in text["h"]) else "no")
numbers = [float(n) for e in root.iter() for k in ("x", "y", "cx", "cy", "d") for n in re.findall(r"-?[0-9.]+|nan|inf", e.get(k) or "")]
print("inside of the picture:", "yes" if all(-1 <= n <= max(width, height) for n in numbers) else "no")
