#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/tokenizer/younger_tables.c: what Hugging Face's library (Unicode 16) and PCRE2 10.42 (Unicode 14) think of each code point differently.

    make_younger.py > src/tokenizer/younger_tables.c

Both are asked about every code point: the npm package `tokenizers` by patterns that take out all other characters, PCRE2 through ctypes.
"""
import ctypes
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn".split()
PROPERTIES = "Alphabetic Uppercase Lowercase White_Space Emoji Ideographic".split()
# The scripts of Unicode 14 with their short names where something joined them since; all others were asked once, and nothing did.
SCRIPTS = {
    "Common": "Zyyy", "Inherited": "Zinh", "Latin": "Latn", "Cyrillic": "Cyrl", "Arabic": "Arab", "Devanagari": "Deva", "Balinese": "Bali", "EgyptianHieroglyphs": "Egyp",
    "Kannada": "Knda", "Khojki": "Khoj", "Lao": "Laoo", "Myanmar": "Mymr", "KhitanSmallScript": "Kits", "Han": "Hani", "Hiragana": "Hira",
    "Katakana": "Kana", "Greek": "Grek", "Hebrew": "Hebr", "Telugu": "Telu",
}
ASK = """
const {Tokenizer} = require(process.argv[1]);
(async () => {
  const all = {};
  for (const name of process.argv.slice(2)) {
    const tokenizer = Tokenizer.fromString(JSON.stringify({version: '1.0', truncation: null, padding: null, normalizer: null, added_tokens: [],
      post_processor: null, decoder: null, pre_tokenizer: {type: 'Split', pattern: {Regex: `\\\\p{${name}}+`}, behavior: 'Removed', invert: true},
      model: {type: 'WordLevel', vocab: {u: 0}, unk_token: 'u'}}));
    all[name] = [];
    for (let base = 0; base < 0x110000; base += 0x800) {
      if (base === 0xD800) continue;
      const found = await tokenizer.encode(String.fromCodePoint(...Array.from({length: 0x800}, (_, i) => base + i)), null, {addSpecialTokens: false});
      for (const [start, end] of found.getOffsets()) all[name].push([base + start, base + end]);
    }
  }
  console.log(JSON.stringify(all));
})();
"""


def library_sets(names):
    for folder in (os.environ.get("HEADWATER_NODE_MODULES", ""), os.path.join(HERE, "node_modules")):
        package = os.path.join(folder, "tokenizers")
        if folder and os.path.exists(os.path.join(package, "package.json")):
            found = subprocess.run(["node", "-e", ASK, os.path.abspath(package), *names], check=True, capture_output=True, text=True).stdout
            return {name: {c for start, end in runs for c in range(start, end)} for name, runs in json.loads(found).items()}
    sys.exit("tokenizers of npm is not installed (npm ci --prefix tests/tokenizer)")


def pcre2_set(name):
    library = ctypes.CDLL("libpcre2-8.so.0")
    library.pcre2_compile_8.restype = library.pcre2_match_data_create_8.restype = ctypes.c_void_p
    library.pcre2_get_ovector_pointer_8.restype = ctypes.POINTER(ctypes.c_size_t)
    edition = ctypes.create_string_buffer(64)
    library.pcre2_config_8(10, edition)
    if edition.value != b"14.0.0":
        sys.exit(f"PCRE2 knows Unicode {edition.value.decode()}, the tables start from 14.0.0")
    pattern = f"\\p{{{name}}}+".encode()
    error, offset = ctypes.c_int(), ctypes.c_size_t()
    code = ctypes.c_void_p(library.pcre2_compile_8(pattern, ctypes.c_size_t(len(pattern)), ctypes.c_uint32(0x000A0000), ctypes.byref(error), ctypes.byref(offset), None))
    match = ctypes.c_void_p(library.pcre2_match_data_create_8(ctypes.c_uint32(1), None))
    found = set()
    for low, high in ((0, 0xD800), (0xE000, 0x110000)):
        text, at = "".join(map(chr, range(low, high))).encode(), 0
        while library.pcre2_match_8(code, text, ctypes.c_size_t(len(text)), ctypes.c_size_t(at), 0, match, None) > 0:
            start, at = library.pcre2_get_ovector_pointer_8(match)[:2]
            found.update(map(ord, text[start:at].decode()))
    return found


def ranges(code_points):
    """[first, last] of each run."""
    runs = []
    for c in sorted(code_points):
        if runs and runs[-1][1] + 1 == c:
            runs[-1][1] = c
        else:
            runs.append([c, c])
    return runs


def print_rows(rows):
    line = "   "
    for row in rows:
        if len(line) + len(row) + 2 > 140:
            print(line)
            line = "   "
        line += f" {row},"
    print(line)


def main():
    theirs = library_sets([*CATEGORIES, *PROPERTIES, *SCRIPTS])
    sets = {name: pcre2_set(name if name in CATEGORIES or name in PROPERTIES else "sc:" + name) for name in theirs}
    before, now = ({c: name for name in CATEGORIES for c in given[name]} for given in (sets, theirs))
    changed = {c: (before[c], now[c]) for c in now if before[c] != now[c]}
    added = {name: theirs[name] - sets[name] for name in [*PROPERTIES, *SCRIPTS]}
    lost = [name for name in added if sets[name] - theirs[name]]
    if lost:
        sys.exit(f"characters that left {', '.join(lost)}: the tables cannot say this")
    print("/* SPDX-License-Identifier: Apache-2.0\n * Made by tests/tokenizer/make_younger.py. */")
    print('#include "tokenizer/younger.h"\n\nconst hw_tok_category_change hw_tok_category_changes[] = {')
    kinds = {}
    for c, change in changed.items():
        kinds.setdefault(change, set()).add(c)
    rows = sorted((first, last, *change) for change, members in kinds.items() for first, last in ranges(members))
    print_rows(f'{{0x{first:X}, 0x{last:X}, "{old}", "{new}"}}' for first, last, old, new in rows)
    print("};\nconst size_t hw_tok_n_category_changes = HW_TOK_COUNT(hw_tok_category_changes);\n")
    print("const hw_tok_property_gain hw_tok_property_gains[] = {")
    print_rows(f'{{"{name}", "{SCRIPTS.get(name, "")}", 0x{first:X}, 0x{last:X}}}' for name in added for first, last in ranges(added[name]))
    print("};\nconst size_t hw_tok_n_property_gains = HW_TOK_COUNT(hw_tok_property_gains);\n")
    print("const hw_tok_range hw_tok_younger[] = {")
    print_rows(f"{{0x{first:X}, 0x{last:X}}}" for first, last in ranges(set(changed).union(*added.values())))
    print("};\nconst size_t hw_tok_n_younger = HW_TOK_COUNT(hw_tok_younger);")


main()
