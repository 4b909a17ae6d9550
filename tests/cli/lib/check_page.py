# SPDX-License-Identifier: Apache-2.0
# check_page.py HTML [OTHER.html]: a saved page. Its elements, what its policy allows, and its data in short; or whether it has the same
# graph, lists and neurons as another.
import base64
import collections
import hashlib
import html.parser
import json
import re
import sys


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.elements, self.attributes, self.texts, self.open, self.policy = collections.Counter(), set(), {}, None, ""

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.elements[tag] += 1
        self.attributes.update((tag, name) for name in found)
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        self.open = {"script": found.get("type"), "style": "style", "title": "title"}.get(tag)

    def handle_data(self, data):
        if self.open:
            self.texts[self.open] = self.texts.get(self.open, "") + data

    def handle_endtag(self, tag):
        self.open = None


def read(path):
    page = Page()
    page.feed(open(path, encoding="utf-8", newline="").read())
    page.close()
    return page, json.loads(page.texts["application/json"])


page, data = read(sys.argv[1])
if len(sys.argv) > 2:
    other = read(sys.argv[2])[1]
    ids = lambda lists: [token for token, _ in lists]
    for name, of in (
        ("parts", lambda d: d["graph"]["parts"]),
        ("tokens", lambda d: [d["graph"]["tokens"], d["graph"]["ids"], d["graph"]["target"], d["graph"]["threshold"], d["graph"]["floor"]]),
        ("lists", lambda d: sorted([*row[:5], ids(row[5]), ids(row[6])] for row in d["lists"]["lists"])),
        ("neurons", lambda d: {node: [row[:2] for row in rows] for node, rows in d["neurons"]["nodes"].items()}),
        # A run makes lists of the neurons that are in the graph at its threshold, a trace of all.
        ("lists of neurons", lambda d: [[ids(list_) for list_ in d["neurons"]["lists"][neuron]] for neuron in sorted(other["neurons"]["lists"])]),
    ):
        print(f"{name}:", "equal" if of(data) == of(other) else "differ")
    differences = [abs(a - b) for x, y in zip(*(sorted(d["lists"]["lists"], key=lambda row: row[:5]) for d in (data, other)))
                   for (_, a), (_, b) in zip(x[5], y[5])]
    print("scores:", f"{len(differences)} to 1e-4" if differences and max(differences) <= 0.5001e-4 else "differ")
    sys.exit()
wanted = {"html": 1, "head": 1, "meta": 4, "title": 1, "style": 1, "body": 1, "header": 1, "main": 1, "div": 1, "noscript": 1, "script": 2}
print("elements:", "those of the page" if page.elements == wanted else dict(page.elements))
print("refers to:", sorted(f"{tag} {name}" for tag, name in page.attributes if name in ("src", "href", "style") or name.startswith("on")))
hashes = [base64.b64encode(hashlib.sha256(page.texts[name].encode()).digest()).decode() for name in ("style", "module")]
policy = f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; img-src blob:; base-uri 'none'; form-action 'none'"
print("policy:", "allows this style and this module" if page.policy == policy else page.policy)
module = page.texts["module"] # names are short: the first and the last of it are known by a message of the replay and by the call at the end
print("module:", "whole" if not re.search(r"(^|[;}])(import|export)[ {*]", module, re.M) and "of the graph is not in order." in module and re.search(r"[;}\n]\w+\(\);?\s*$", module) else "not whole")
print("title:", ascii(page.texts["title"]))

graph, parts = data["graph"], data["graph"]["parts"]
print("data:", " ".join(data))
print("prompt:", ascii(graph["text"]), "tokens:", ascii("".join(graph["tokens"])) if graph["text"] is None else len(graph["tokens"]))
print("parts:", len(parts["kind"]), "of one length" if len({len(column) for column in parts.values()}) == 1 else "of several lengths")
kinds = collections.Counter((row[0], row[1]) for row in data["lists"]["lists"])
print("lists:", ", ".join(f"{n} {kind} {convention}" for (kind, convention), n in sorted(kinds.items())))
known = set(data["lists"]["tokens"])
print("texts of the tokens:", "all" if all(str(token) in known for row in data["lists"]["lists"] for list_ in row[5:] for token, _ in list_) else "not all")
nodes, lists = data["neurons"]["nodes"], data["neurons"]["lists"]
print("neurons:", sum(len(rows) for rows in nodes.values()), "of", len(nodes), "nodes,", len(lists), "with lists")
