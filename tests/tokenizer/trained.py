# SPDX-License-Identifier: Apache-2.0
"""Small trained parts of tokenizers: byte pair merges, scores of a unigram model, a table of replacements (sentencepiece's charsmap)."""
import base64
import collections
import heapq
import math
import random
import struct
import unicodedata

import make_strings

BYTES = [b for b in range(256) if chr(b).isprintable() and b not in (0x20, 0xAD)]
ALPHABET = [chr(b) for b in BYTES] + [chr(0x100 + i) for i in range(256 - len(BYTES))]  # GPT-2's, in its order
BYTE_CHAR = dict(zip(BYTES + [b for b in range(256) if b not in BYTES], ALPHABET))


def corpus(seed=1, lines=3000):
    """Lines of the generator of strings: the same words and scripts, other combinations."""
    rng = random.Random(seed)
    return [make_strings.text(rng, []).replace("\0", "") for _ in range(lines)]  # U+0000 is in no vocabulary


def byte_level(text):
    return "".join(BYTE_CHAR[b] for b in text.encode())


def train_bpe(words, n_merges):
    """Merges of the most frequent pairs; of equally frequent ones the first in the order of the code points. words: a Counter."""
    split = {word: list(word) for word in words if len(word) > 1}
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for word, parts in split.items():
        for pair in zip(parts, parts[1:]):
            pairs[pair] += words[word]
            where[pair].add(word)
    heap = [(-n, pair) for pair, n in pairs.items()]
    heapq.heapify(heap)
    merges = []
    while len(merges) < n_merges and heap:
        n, pair = heapq.heappop(heap)
        if -n != pairs.get(pair):
            if pair in pairs:
                heapq.heappush(heap, (-pairs[pair], pair))
            continue
        if -n < 2:
            break
        merges.append(pair)
        for word in where.pop(pair):
            parts = split[word]
            for old in zip(parts, parts[1:]):
                pairs[old] -= words[word]
                where[old].discard(word)
                if pairs[old] <= 0:
                    del pairs[old]
            i, joined = 0, []
            while i < len(parts):
                if tuple(parts[i:i + 2]) == pair:
                    joined.append(parts[i] + parts[i + 1])
                    i += 2
                else:
                    joined.append(parts[i])
                    i += 1
            split[word] = joined
            for new in zip(joined, joined[1:]):
                pairs[new] += words[word]
                where[new].add(word)
                heapq.heappush(heap, (-pairs[new], new))
        pairs.pop(pair, None)
    return merges


def train_unigram(words, n_tokens):
    """[token, log of its share]: the substrings that save most characters, and every character that is frequent enough."""
    counts = collections.Counter()
    for word, n in words.items():
        for i in range(len(word)):
            for j in range(i + 1, min(len(word), i + 12) + 1):
                counts[word[i:j]] += n
    chars = {c: n for c, n in counts.items() if len(c) == 1 and n > 2}
    long = sorted((c for c in counts if len(c) > 1 and counts[c] > 2), key=lambda c: (-counts[c] * (len(c) - 1), c))[:n_tokens]
    kept = {**chars, **{c: counts[c] for c in long}}
    total = math.log(sum(kept.values()))
    return sorted(([token, math.log(n) - total] for token, n in kept.items()), key=lambda pair: (-pair[1], pair[0]))


# ---- charsmap ----

def replacements():
    """What nmt_nfkc does, for the Basic Multilingual Plane and for pairs of a letter and a mark."""
    table = {chr(c): " " for c in (0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD)}
    table.update({chr(c): "" for c in [*range(0x01, 0x09), 0x0B, *range(0x0E, 0x20), 0x7F, 0x8F, 0x9F]})
    table["\r\n"] = " "
    for c in [*range(0x80, 0xD800), *range(0xE000, 0xFFFE)]:
        normal = unicodedata.normalize("NFKC", chr(c))
        if normal != chr(c) and chr(c) not in table and c % 3 != 1 or c in range(0x2460, 0x24FF):
            table[chr(c)] = normal
        apart = unicodedata.normalize("NFD", chr(c))
        if len(apart) == 2 and c < 0x2000:
            table.setdefault(apart, normal)
    return table


def charsmap(table):
    """The double-array trie (Darts) with the strings behind it, as the bytes of a sentencepiece model."""
    strings, places = b"", {}
    root = {}
    for key, value in sorted(table.items()):
        if value not in places:
            places[value] = len(strings)
            strings += value.encode() + b"\0"
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[None] = places[value]
    units, used = [0] * 512, {0}
    queue, first_free = [(root, 0)], 1
    while queue:
        node, position = queue.pop()
        labels = [0 if byte is None else byte for byte in node]
        while first_free in used:
            first_free += 1
        base = next(b for b in (f ^ labels[0] for f in range(first_free, 1 << 21) if f not in used) if all(b ^ label not in used for label in labels))
        units += [0] * (max(0, (base | 255) + 1 - len(units)))
        offset = position ^ base
        assert offset < 1 << 21
        units[position] |= offset << 10 | (0x100 if None in node else 0)
        for byte, child in node.items():
            place = base ^ (byte or 0)
            used.add(place)
            if byte is None:
                units[place] = 1 << 31 | child
            else:
                units[place] = byte
                queue.append((child, place))
    return struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + strings


def base64_charsmap(table):
    return base64.b64encode(charsmap(table)).decode()
