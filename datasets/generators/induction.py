# SPDX-License-Identifier: Apache-2.0
"""Repeated random words: "Repeat: lamp coat bell lamp coat" -> bell."""
from . import words
from .frames import Example, Row, template_id, tries

NAME = "induction"
EXTRA = ["block_length", "repeated"]
POOL = words.Pool(NAME)

HEADINGS = ["Words:", "List:", "Say:", "Read:", "Write:", "Here we have:", "Now say:", "We know:",
            "And now:", "They say:", "I know them:", "Look at this:", "The list is"]
LENGTHS = [3, 4, 5, 7, 8, 10]  # words of the block that is repeated

EVAL_HEADINGS = ["Repeat:", "Please say:", "One more time:"]
EVAL_LENGTHS = [6, 9]
EVAL_FRAMES = [(h, n) for h in EVAL_HEADINGS for n in EVAL_LENGTHS]


def training_frames():
    return HEADINGS + ["%d words" % n for n in LENGTHS]


def example(rng):
    """A block said twice. All of the second half but its first word is determined, so
    the tail counts as much as the answer."""
    length = rng.choice(LENGTHS)
    block = rng.sample(POOL.all, length)
    known = rng.randrange(1, length)
    heading = rng.choice(HEADINGS)
    if rng.random() < 0.3:  # any word may head a list
        heading = "The %s:" % rng.choice(POOL.others)
    prompt = [heading] + block + block[:known]
    rest = block[known + 1:]
    return Example(" ".join(prompt), block[known], "".join(" " + w for w in rest) + ".",
                   tail_counts=True)


def rows(rng, n):
    """n rows; 2k and 2k+1 differ by two words that changed places in the first half,
    so that each is the other's counterfactual and its answer the other's foil."""
    pool = sorted(words.held_out(NAME))
    out, seen = [], set()
    for _ in tries(n):
        if len(out) >= n:
            break
        index = rng.randrange(len(EVAL_FRAMES))
        heading, length = EVAL_FRAMES[index]
        block = rng.sample(pool, length)
        known = rng.randrange(2, length - 1)
        other = rng.randrange(known + 1, length)
        swapped = list(block)
        swapped[known], swapped[other] = block[other], block[known]
        prompts = [" ".join([heading] + first + block[:known]) for first in (block, swapped)]
        if prompts[0] in seen:
            continue
        seen.update(prompts)
        for k in range(2):
            out.append(Row(prompts[k], (block, swapped)[k][known],
                           (block, swapped)[1 - k][known], "short" if length < 8 else "long",
                           template_id(NAME, index), prompts[1 - k], len(out) // 2,
                           dict(block_length=length, repeated=known)))
    return out[:n]
