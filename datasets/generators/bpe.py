# SPDX-License-Identifier: Apache-2.0
"""Byte pair encoding: training of merges, and two encoders that read tokenizer.json.

`ByteLevel` is GPT-2's scheme (words split by a pattern, bytes shown as characters),
`Metaspace` is LLaMA's (one stretch of characters, spaces shown as U+2581, bytes as the
fallback). The encoders exist to train and to check the models of this folder; they follow
Hugging Face's for all text here, but Python's \\d and letters only approximate \\p{N}, \\p{L}.
"""
import json
import re
from collections import Counter

SPACE = "\u2581"
GPT2_PATTERN = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+"
                          r"| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def byte_characters():
    """GPT-2's table: a printable character for each byte, in the order of GPT-2's ids."""
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table = {b: chr(b) for b in plain}
    for b in range(256):
        if b not in table:
            table[b] = chr(256 + len(table) - len(plain))
    return table


def merge(symbols, pair):
    """Join every occurrence of the pair, from the left."""
    out, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            out.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


def train_merges(counts, most):
    """Merges for {word: count}, most frequent pair first (ties: the smallest pair),
    until every word is one symbol or `most` merges are made."""
    pieces = {word: list(word) for word in sorted(counts)}
    merges = []
    while len(merges) < most:
        pairs = Counter()
        for word, symbols in pieces.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(best)
        for word, symbols in pieces.items():
            if best[0] in symbols:
                pieces[word] = merge(symbols, best)
    return merges


class Encoder:
    """What both schemes share: apply merges by rank to a list of symbols."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            model = json.load(f)["model"]
        self.ids = model["vocab"]
        self.ranks = {tuple(m.split(" ")): i for i, m in enumerate(model["merges"])}
        self.cache = {}

    def symbols(self, text):
        symbols = list(text)
        while len(symbols) > 1:
            pair = min(zip(symbols, symbols[1:]),
                       key=lambda p: self.ranks.get(p, len(self.ranks)))
            if pair not in self.ranks:
                break
            symbols = merge(symbols, pair)
        return symbols

    def encode(self, text):
        """Ids of a text; cached by piece, as training meets the same words for ever."""
        out = []
        for piece in self.pieces(text):
            if piece not in self.cache:
                self.cache[piece] = self.encode_piece(piece)
            out.extend(self.cache[piece])
        return out

    def continuation(self, text):
        """Ids of a text as it follows a prompt: a space is put between."""
        raise NotImplementedError


class ByteLevel(Encoder):
    bos = None

    def __init__(self, path):
        super().__init__(path)
        self.table = byte_characters()
        self.end = self.ids["<|endoftext|>"]

    def pieces(self, text):
        return GPT2_PATTERN.findall(text)

    def encode_piece(self, piece):
        shown = "".join(self.table[b] for b in piece.encode("utf-8"))
        return [self.ids[s] for s in self.symbols(shown)]

    def continuation(self, text):
        return self.encode(" " + text)


class Metaspace(Encoder):
    def __init__(self, path):
        super().__init__(path)
        self.bos, self.end = self.ids["<s>"], self.ids["</s>"]

    def pieces(self, text):
        # No merge of ours spans words, so working word by word gives the same ids.
        return metaspace_pieces(SPACE + text.replace(" ", SPACE))

    def encode_piece(self, piece):
        out = []
        for s in self.symbols(piece):
            if s in self.ids:
                out.append(self.ids[s])
            else:
                out.extend(self.ids["<0x%02X>" % b] for b in s.encode("utf-8"))
        return out

    def continuation(self, text):
        return self.encode(text)  # which puts the space itself


def metaspace_pieces(shown):
    """Split into words that begin with U+2581, and punctuation by itself."""
    return re.findall(SPACE + r"?[^\W_]+|" + SPACE + r"|[^\w" + SPACE + r"]|_", shown)
