# SPDX-License-Identifier: Apache-2.0
"""Plain sentences that name the same thing twice: "The lamp bell is new. I like the lamp" -> bell.

Any two to five words make a name here, held out for a task or not. This is where a network learns that every word
can be said again, so that copying does not stop at the words which a task happens to train. No frame of a task, no list.
"""
from . import words
from .frames import Example

NAME = "echo"
EVERY = words.Pool(None)

# {X} is the first thing's name, {Y} another one's; the text stops before the last word of a name said again.
ONE = ["The {X} is new. I like the {X", "My {X} was here. You took the {X", "We found the {X}. Nobody wanted the {X",
       "This is the {X}. We call it the {X", "I read about the {X}. Was the {X", "They need the {X}. Please bring the {X"]
TWO = ["The {X} and the {Y} are old. We sold the {X", "I saw the {X} near the {Y}. I went to the {X",
       "The {Y} was late, not the {X}. I waited for the {X", "You like the {Y} more than the {X}. I like the {X",
       "The {X} is here. The {Y} is there. Look at the {X", "The {Y} came after the {X}. We heard the {X"]
ENDINGS = [" twice.", " again.", " too.", " in the end.", ".", " for days."]


def example(rng):
    frame = rng.choice(ONE if rng.random() < 0.4 else TWO)
    length = rng.choices((2, 3, 4, 5), (4, 3, 2, 2))[0]
    drawn = rng.sample(EVERY.all, 2 * length)
    first, second = drawn[:length], drawn[length:]
    known = rng.randrange(1, length)
    head, _, _ = frame.rpartition("{X")
    prompt = head.replace("{X}", " ".join(first)).replace("{Y}", " ".join(second)) + " ".join(first[:known])
    rest = "".join(" " + w for w in first[known + 1:])
    return Example(prompt, first[known], rest + rng.choice(ENDINGS))
