#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes N varied strings, one JSON string a line (so they may hold newlines and NUL), from a seeded generator.

    make_strings.py N SEED [ADDED_TOKEN ...] > strings.jsonl
"""
import json
import random
import sys

SCRIPTS = {  # ranges of code points
    "latin": [(0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F)], "greek": [(0x391, 0x3C9)], "cyrillic": [(0x400, 0x45F)],
    "armenian": [(0x531, 0x586)], "hebrew": [(0x5D0, 0x5EA), (0x5B0, 0x5BD)], "arabic": [(0x620, 0x64A), (0x64B, 0x652), (0x660, 0x669)],
    "devanagari": [(0x900, 0x94D), (0x966, 0x96F)], "bengali": [(0x985, 0x9B9), (0x9BE, 0x9CD)], "tamil": [(0xB85, 0xBB9), (0xBBE, 0xBCD)],
    "thai": [(0xE01, 0xE3A), (0xE40, 0xE4E), (0xE50, 0xE59)], "tibetan": [(0xF40, 0xF6C), (0xF71, 0xF84)], "georgian": [(0x10D0, 0x10FF)],
    "jamo": [(0x1100, 0x1112), (0x1161, 0x1175), (0x11A8, 0x11C2)], "ethiopic": [(0x1200, 0x1248)], "khmer": [(0x1780, 0x17D3)],
    "mongolian": [(0x1820, 0x1842)], "kana": [(0x3041, 0x3096), (0x30A1, 0x30FA)], "han": [(0x4E00, 0x9FA5)], "hangul": [(0xAC00, 0xD7A3)],
    "gothic": [(0x10330, 0x1034A)], "math": [(0x1D400, 0x1D454)], "cuneiform": [(0x12000, 0x12010)], "fullwidth": [(0xFF01, 0xFF5E)],
}
SPACES = [" ", "  ", "\t", "\n", "\r\n", "\r", "\v", "\f", "\x85", "\xa0", "\u1680", "\u180e", "\u2000", "\u2003", "\u2009", "\u200a", "\u200b",
          "\u200c", "\u200d", "\u2028", "\u2029", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff", "\x1c", "\x1d", "\x1e", "\x1f", "\n\n", " \n ", "   "]
EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "🇯🇵🇫🇷", "❤️", "☺︎", "🧑🏿‍🚀", "1️⃣", "#️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u200d", "\ufe0f", "🤷‍♀️"]
MARKS = ["\u0300", "\u0301", "\u0308", "\u0327", "\u0323", "\u035c", "\u20dd", "\u3099", "\u093c", "\u05bc", "\u0345"]
WORDS = ("the a of and to in is Mary John went store gave drink When once upon time little girl boy said dog cat happy trying unbelievably "
         "don't can't I'm you're he'll we'd they've IT'S It'S it's'd ''s 'S 're' o'clock John's naïve café Straße ﬁne ½ ²³ Ⅷ ①② İstanbul ŉ ǆ").split()
PUNCTUATION = list(".,;:!?()[]{}<>/\\|@#$%^&*-_=+~`\"'“”‘’«»—–…·、。「」¿¡§¶†‡€£¥₿©®™°±×÷≠≤∞√∑∫▁█→⇒") + ["...", "!!!", "--", "==>", "://", "</", "<|", "|>"]
NUMBERS = ["0", "7", "42", "1999", "3.14159", "1,000,000", "0x1F", "1e-9", "٣٤", "१२३", "𝟘𝟙", "1/2", "2nd", "007"]
CODE = ["def f(x):\n    return x\n", "for (int i = 0; i < n; i++) {\n\t\tx[i] += 1;\n}", "<div class=\"a\">&nbsp;</div>", "{\"a\": [1, 2]}", "a_b_cD-eF",
        "https://example.org/a?b=c#d", "me@example.org", "C:\\dir\\file.txt", "$x^2$", "==========", "\\u00e9"]


def script(rng):
    ranges = SCRIPTS[rng.choice(list(SCRIPTS))]
    return "".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(rng.randint(1, 8)))


def scalar(rng, top):
    while True:
        c = rng.randint(0, top)
        if not 0xD800 <= c <= 0xDFFF:
            return chr(c)


def part(rng, added):
    kind = rng.randrange(16 if added else 15)
    if kind < 4:
        return rng.choice(["", " "]) + rng.choice(WORDS)
    if kind < 6:
        return rng.choice(["", " "]) + script(rng)
    return [lambda: rng.choice(SPACES), lambda: rng.choice(EMOJI), lambda: rng.choice(WORDS) + rng.choice(MARKS) * rng.randint(1, 3),
            lambda: rng.choice(PUNCTUATION), lambda: rng.choice(NUMBERS), lambda: chr(rng.randint(0, 0x9F)),
            lambda: rng.choice(" 0a.\n=*\t") * rng.randint(2, 60), lambda: rng.choice(CODE),
            lambda: "".join(rng.choice(SPACES) for _ in range(rng.randint(1, 6))) + rng.choice(["", "x"]),
            lambda: rng.choice(["", " ", "  ", "x"]) + rng.choice(added) + rng.choice(["", " ", "  ", "x"])][kind - 6]()


def text(rng, added):
    kind = rng.randrange(20)
    if kind == 0:
        return "".join(scalar(rng, 0x10FFFF) for _ in range(rng.randint(0, 12)))
    if kind == 1:
        return "".join(scalar(rng, 0x2FFF) for _ in range(rng.randint(0, 30)))
    if kind == 2:
        return "".join(chr(rng.randint(0, 0x7F)) for _ in range(rng.randint(0, 80)))
    if kind < 8:
        return "".join((" " if i else "") + rng.choice(WORDS) for i in range(rng.randint(1, 40))) + rng.choice([".", "", "!", " ", "\n"])
    return "".join(part(rng, added) for _ in range(rng.randint(0, 25)))


def main():
    count, seed, added = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    rng = random.Random(seed)
    fixed = ["", " ", "a", "\n", "\x00", "a\x00b"] + [f"a{s}b" for s in SPACES] + [f"{s}a" for s in SPACES] + [f"a{s}" for s in SPACES] + \
            [f"a{s}{s}b" for s in SPACES] + EMOJI + added
    for i in range(count):
        print(json.dumps(fixed[i] if i < len(fixed) else text(rng, added)))


if __name__ == "__main__":
    main()
