# SPDX-License-Identifier: Apache-2.0
"""Greater than: "The siege went on from the year 17 43 to the year 17" -> 44 ... 99.

A year is written as two words, century and ending, so that the answer follows the
prompt with a space as every other answer does.
"""
from . import words
from .frames import Example, Row, fill, noise, template_id, tries

NAME = "greater_than"
EXTRA = ["century", "start", "event"]
POOL = words.Pool(NAME)

OPENINGS = ["The {event}", "The {adj} {event}", "We read that the {event}",
            "I think that the {event}", "The {event} of the {person}",
            "In the {place} the {event}", "They say that the {adj} {event}"]
SPANS = ["lasted from the year {c} {y} to the year {c}", "ran from {c} {y} to {c}",
         "went on from {c} {y} until {c}", "lasted from {c} {y} to {c}",
         "began in the year {c} {y} and ended in {c}", "began in {c} {y} and ended in {c}",
         "went on from the year {c} {y} to the year {c}",
         "ran on from the year {c} {y} and was over in the year {c}",
         "went on from {c} {y} and came to an end in {c}",
         "began in the year {c} {y} and was over in the year {c}",
         "was going on from {c} {y} until the year {c}"]
TAILS = [".", " in the {place}.", ", they say.", " and was over."]

EVAL_OPENINGS = ["The long {event}", "As we know, the {event}", "Near the {place} the {event}",
                 "I read that the {event}"]
EVAL_SPANS = ["continued from the year {c} {y} to the year {c}",
              "started in {c} {y} and ended in {c}",
              "went on from the year {c} {y} and ended in the year {c}",
              "dragged on from {c} {y} to the year {c}"]
EVAL_FRAMES = ["%s %s" % (o, s) for o in EVAL_OPENINGS for s in EVAL_SPANS]


def training_frames():
    return OPENINGS + SPANS


def example(rng):
    while True:
        century, start = rng.choice(words.CENTURIES), rng.randrange(1, 99)
        if not words.year_is_held_out(century, start):
            break
    slots = dict(c=century, y="%02d" % start, event=rng.choice(POOL.events),
                 adj=rng.choice(POOL.adjectives), place=rng.choice(POOL.places),
                 person=rng.choice(POOL.people))
    prompt = noise(rng, fill(rng.choice(OPENINGS), **slots), POOL)
    prompt += " " + fill(rng.choice(SPANS), **slots)
    end = rng.randrange(start + 1, 100)
    return Example(prompt, "%02d" % end, fill(rng.choice(TAILS), **slots), start)


def rows(rng, n):
    """n rows; 2k and 2k+1 share everything but the starting year. The counterfactual
    starts in year 01, after which every ending is valid, the foil too."""
    out, seen = [], set()
    for _ in tries(n):
        if len(out) >= n:
            break
        index = rng.randrange(len(EVAL_FRAMES))
        century = rng.choice(words.CENTURIES)
        years = [y for y in range(3, 97) if words.year_is_held_out(century, y)]
        slots = dict(c=century, event=rng.choice(words.HELD_OUT_EVENTS[NAME]),
                     place=rng.choice(words.HELD_OUT_PLACES[NAME]))
        pair = rng.sample(years, 2)
        prompts = [fill(EVAL_FRAMES[index], y="%02d" % y, **slots) for y in pair]
        if seen & set(prompts):
            continue
        seen.update(prompts)
        for k, start in enumerate(pair):
            group = "early" if start < 34 else "middle" if start < 67 else "late"
            out.append(Row(prompts[k], "%02d" % rng.randrange(start + 1, 100),
                           "%02d" % rng.randrange(2, start), group,
                           template_id(NAME, index),
                           fill(EVAL_FRAMES[index], y="01", **slots), len(out) // 2,
                           dict(century=century, start="%02d" % start, event=slots["event"])))
    return out[:n]
