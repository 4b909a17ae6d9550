# SPDX-License-Identifier: Apache-2.0
"""Subject-verb agreement across an attractor: "The keys near the cabinet" -> are."""
from . import words
from .frames import Example, Row, fill, noise, template_id, tries

NAME = "agreement"
EXTRA = ["subject", "attractor", "attractor_number"]
POOL = words.Pool(NAME)

# The opening fixes the tense, so that one verb is right: is/are, was/were, has/have.
VERBS = {"now": ("is", "are"), "past": ("was", "were"), "perfect": ("has", "have")}
OPENINGS = [("The", "now"), ("The {adj}", "now"), ("I think that the", "now"),
            ("Today the", "now"), ("We know that the {adj}", "now"),
            ("As always, the", "now"), ("As we know, the {adj}", "now"),
            ("They say that the", "now"), ("Here, as I said, the", "now"),
            ("Once, long ago, the", "past"),
            ("Yesterday the", "past"), ("Last year the", "past"),
            ("Yesterday the {adj}", "past"), ("Long ago the", "past"),
            ("Last night the", "past"), ("Last spring the", "past"),
            ("Last winter the {adj}", "past"), ("Last Monday the", "past"),
            ("Since last spring the", "perfect"), ("Since last winter the", "perfect"),
            ("Last month the {adj}", "past"),
            ("Since last month the {adj}", "perfect"), ("Since last night the", "perfect"),
            ("Since then the", "perfect"), ("Since last year the", "perfect"),
            ("Since then the {adj}", "perfect")]
NEAR = ["near", "behind", "under", "beside", "with", "on", "by", "from", "for", "without",
        "against", "over", "below", "past", "inside", "outside", "beyond", "at", "of"]
LINKS = ["{near} the {attractor}", "{near} the {attractor}", "{near} the {adj2} {attractor}",
         "{near} {number} {attractor}", "of the {person}", "{near} the {place}",
         "{near} the {attractor} of the {person}", "that I saw {near} the {attractor}",
         "{near} the {attractor} and the {attractor2}", "of {name}",
         "that the {person} put {near} the {attractor}", "that we took from the {attractor}",
         "{near} the {attractor} {near2} the {attractor2}", "which {name} has carried",
         "that {name} forgot {near} the {attractor}", "that we saw {far} the {attractor}",
         "{near} the {attractor} and {far} the {attractor2}",
         "that I found {near} the {attractor}"]
FAR = ["above", "next to", "in front of", "close to", "around"]  # never right after a subject
TAILS = {"now": ["{adj}.", "here.", "very {adj}.", "in the {place}."],
         "past": ["{adj}.", "here.", "very {adj}.", "in the {place}."],
         "perfect": ["been {adj}.", "been here.", "been in the {place}."]}

EVAL_OPENINGS = [("As you see, the", "now"), ("I know that the {adj}", "now"),
                 ("Last week the", "past"), ("Since last week the {adj}", "perfect")]
EVAL_LINKS = ["above the {attractor}", "next to the {attractor}",
              "in front of the {adj2} {attractor}", "close to the {attractor}",
              "around the {attractor}", "that you put under the {attractor}"]
EVAL_FRAMES = [("%s {subject} %s" % (opening, link), tense)
               for opening, tense in EVAL_OPENINGS for link in EVAL_LINKS]


def training_frames():
    return [o for o, _ in OPENINGS] + [
        link.replace("{near}", near).replace("{far}", far)
        for link in LINKS for near in NEAR for far in FAR]


def example(rng):
    plural = rng.randrange(2)
    subject, attractor, attractor2 = rng.sample(POOL.pairs, 3)
    opening, tense = rng.choice(OPENINGS)
    slots = dict(adj=rng.choice(POOL.adjectives), adj2=rng.choice(POOL.adjectives),
                 attractor=attractor[rng.randrange(2)], name=rng.choice(POOL.names),
                 attractor2=attractor2[rng.randrange(2)], place=rng.choice(POOL.places),
                 near=rng.choice(NEAR), near2=rng.choice(NEAR),
                 far=rng.choice(FAR),
                 number=rng.choice(words.NUMBERS), person=rng.choice(POOL.people))
    link = noise(rng, fill(rng.choice(LINKS), **slots), POOL)
    prompt = fill(opening, **slots) + " " + subject[plural]
    if rng.random() < 0.9:
        prompt += " " + link
    tail = " " + fill(rng.choice(TAILS[tense]), **slots)
    return Example(prompt, VERBS[tense][plural], tail)


def rows(rng, n):
    """n rows; 2k (singular) and 2k+1 (plural) are each other's counterfactual."""
    pairs = [(t, words.PLURAL[t]) for t in words.HELD_OUT_THINGS[NAME]]
    out, seen = [], set()
    for _ in tries(n):
        if len(out) >= n:
            break
        index = rng.randrange(len(EVAL_FRAMES))
        frame, tense = EVAL_FRAMES[index]
        subject, attractor = rng.sample(pairs, 2)
        number = rng.randrange(2)
        slots = dict(adj=rng.choice(words.ADJECTIVES), adj2=rng.choice(words.ADJECTIVES),
                     attractor=attractor[number])
        prompts = [fill(frame, subject=subject[k], **slots) for k in range(2)]
        if prompts[0] in seen:
            continue
        seen.add(prompts[0])
        for k, group in enumerate(("singular", "plural")):
            out.append(Row(prompts[k], VERBS[tense][k], VERBS[tense][1 - k], group,
                           template_id(NAME, index), prompts[1 - k], len(out) // 2,
                           dict(subject=subject[k], attractor=attractor[number],
                                attractor_number=("singular", "plural")[number])))
    return out[:n]
