# SPDX-License-Identifier: Apache-2.0
"""What a task hands over: a training example, an evaluation row, and slot filling."""
import re
from dataclasses import dataclass, field


@dataclass
class Example:
    """A training sentence: `prompt` + " " + `answer` + `tail`. `answer` may be empty
    (plain text). `spread` is the starting year's ending of a greater-than example:
    every later ending is then an equally good answer. `tail_counts`: the tail is as
    determined as the answer, and is learned with the same weight."""
    prompt: str
    answer: str = ""
    tail: str = ""
    spread: int = -1
    tail_counts: bool = False


@dataclass
class Row:
    """One row of an evaluation CSV."""
    prompt: str
    answer: str
    foil: str
    group: str
    template: str
    counterfactual: str
    pair_id: int
    extra: dict = field(default_factory=dict)


def fill(frame, **slots):
    """Put words into the {slots} of a frame, and write "an" where it belongs."""
    text = re.sub(r"\{(\w+)\}", lambda m: slots[m.group(1)], frame)
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)


def template_id(task, index):
    return "%s-%02d" % (task, index + 1)


def tries(n):
    """Drawings allowed for n distinct rows; ends in an error, never in an endless loop."""
    yield from range(100 * n + 1000)
    raise ValueError("this task has fewer than %d distinct prompts" % n)


def noise(rng, text, pool, rate=0.08):
    """Sometimes replace a word or push one in. Frames are few and a network learns them
    by heart; with strange words in them it has to look at what matters instead."""
    if rng.random() < 0.6:
        return text
    first, *rest = text.split(" ")  # a sentence keeps its first word
    out = [first]
    for word in rest:
        chance = rng.random()
        if chance < rate and word.isalpha():
            word = rng.choice(pool.others)
        elif chance < 1.5 * rate:
            out.append(rng.choice(pool.others))
        out.append(word)
    return " ".join(out)
