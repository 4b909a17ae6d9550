# SPDX-License-Identifier: Apache-2.0
"""Who includes whom: the rooms of src, lowest first, and what each needs.

    python3 tests/rules/includes.py                         checks; a line for each fault
    python3 tests/rules/includes.py --dot | dot -Tsvg       draws the rooms; the arrows go from a room to those that it includes

A room includes only rooms below it, and lists no room that it does not include. No circle of files inside a room, where NAME.c
and NAME.h are one file. No room holds more than 15% of the lines of src. The umbrella header includes the public headers and
nothing in src includes it.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LARGEST_SHARE = 0.15
UMBRELLA = "headwater"

ROOMS = {  # lowest first: the rooms that a room's files include
    "base": "",
    "tensor": "base",
    "weights": "base tensor",
    "graph": "base",
    "tokenizer": "base weights",
    "model": "base tensor weights",
    "engine": "base tensor model",
    "flow": "base tensor graph model",
    "relevance": "base tensor graph model engine",
    "ablation": "base tensor model engine",
    "dataset": "base tokenizer",
    "codec": "base graph",
    "sqlite": "base",
    "stats": "base",
    "functions": "base graph codec sqlite stats",
    "store": "base graph codec sqlite functions",
    "query": "base sqlite store",
    "mine": "base graph",
    "study": "base graph codec sqlite store query mine stats",
    "certify": "base graph engine relevance ablation codec sqlite store stats study",
    "run": "base tensor tokenizer model flow relevance ablation dataset codec store",
    "report": "base sqlite store query run",
    "check": "base graph dataset codec sqlite store query run",
    "web": "base graph tokenizer model query report run store",
    "cli": "base store query study certify report check run web",
    "manual": "base sqlite functions query cli",
}
PUBLIC = {  # include/headwater/NAME.h -> its room
    "base": "api arena buffer error hooks",
    "tensor": "tensor",
    "graph": "graph relevance_rows",
    "tokenizer": "tokenizer",
    "model": "model",
    "flow": "flow",
    "relevance": "relevance",
    "ablation": "ablation",
    "dataset": "dataset",
    "stats": "stats",
    "sqlite": "sql",
    "store": "store",
    "query": "query",
    "study": "mining comparison",
    "certify": "certify",
    "report": "export",
    "check": "check",
    "run": "run trace bench",
}
ROOM_OF_HEADER = {header: room for room, headers in PUBLIC.items() for header in headers.split()}


def read_sources():
    """path under ROOT -> text of every .c and .h of src and include."""
    sources = {}
    for top in ("src", "include"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in names:
                if name.endswith((".c", ".h")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as file:
                        sources[os.path.relpath(path, ROOT)] = file.read()
    return sources


def included_paths(path, text):
    """The project's own files that a file includes, as paths under ROOT."""
    for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
        if name.startswith("headwater/"):
            yield "include/" + name
        elif "/" in name:
            yield "src/" + name
        else:
            yield os.path.join(os.path.dirname(path), name)


def room_of(path):
    """The room of a source; None for the umbrella header and for a header that PUBLIC does not know."""
    parts = path.split("/")
    return parts[1] if parts[0] == "src" else ROOM_OF_HEADER.get(os.path.splitext(parts[-1])[0])


def find_circles(arrows):
    """Lists of nodes that reach one another, from {node: set of nodes} (Tarjan's strongly connected components)."""
    index, low, stack, circles = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(arrows.get(node, ())):
            if target not in index:
                visit(target)
            if target in stack:
                low[node] = min(low[node], low[target])
        if low[node] == index[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                circles.append(sorted(stack[at:]))
            del stack[at:]

    for node in sorted(arrows):
        if node not in index:
            visit(node)
    return circles


def check(sources):
    """(faults, {room: set of rooms that it includes})."""
    faults, used, files = [], {room: set() for room in ROOMS}, {}
    order = list(ROOMS)
    for path, text in sorted(sources.items()):
        room = room_of(path)
        if path == f"include/headwater/{UMBRELLA}.h":
            continue
        if room not in ROOMS:
            faults.append(f"{path}: its room is not in tests/rules/includes.py")
            continue
        for target in included_paths(path, text):
            target_room = room_of(target)
            if target_room not in ROOMS or target not in sources:
                faults.append(f"{path} includes {target}, which is no file of a known room")
            elif target_room != room:
                used[room].add(target_room)
                if target_room not in ROOMS[room].split():
                    faults.append(f"{path} includes {target}: {room} may include {ROOMS[room] or 'no other room'}")
            elif path.startswith("src/") and target.startswith("src/") and os.path.splitext(target)[0] != os.path.splitext(path)[0]:
                files.setdefault(os.path.splitext(path)[0], set()).add(os.path.splitext(target)[0])
    for room, allowed in ROOMS.items():
        for other in allowed.split():
            if other not in used[room]:
                faults.append(f"{room} lists {other} in tests/rules/includes.py and does not include it")
            if order.index(other) >= order.index(room):
                faults.append(f"{room} lists {other}, which is not below it")
    faults += ["files that include one another: " + " ".join(circle) for circle in find_circles(files)]
    lines = {room: sum(text.count("\n") for path, text in sources.items() if path.startswith(f"src/{room}/")) for room in ROOMS}
    for room, count in lines.items():
        share = count / sum(lines.values())
        if share > LARGEST_SHARE:
            faults.append(f"src/{room} holds {share:.1%} of the lines of src, at most {LARGEST_SHARE:.0%}")
    return faults, used


def draw(used):
    """The rooms in rows by height; an arrow that other arrows imply is grey."""
    height, reach = {}, {}
    for room in ROOMS:
        below = used[room]
        height[room] = 1 + max((height[other] for other in below), default=-1)
        reach[room] = below.union(*(reach[other] for other in below))
    print('digraph rooms {\n  rankdir=TB;\n  node [shape=box, fontname="sans-serif"];')
    for row in sorted(set(height.values()), reverse=True):
        print("  {rank=same; " + "; ".join(f'"{room}"' for room in ROOMS if height[room] == row) + ";}")
    for room in reversed(ROOMS):
        for other in sorted(used[room]):
            implied = any(other in reach[between] for between in used[room])
            print(f'  "{room}" -> "{other}"' + (' [color="gray80"]' if implied else "") + ";")
    print("}")


def main():
    faults, used = check(read_sources())
    for fault in faults:
        print(f"RULE: {fault}", file=sys.stderr)
    if sys.argv[1:] == ["--dot"] and not faults:
        draw(used)
    return 1 if faults else 0


sys.exit(main())
