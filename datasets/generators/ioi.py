# SPDX-License-Identifier: Apache-2.0
"""Indirect object: "When Mary and John went to the park, John gave a book to" -> Mary."""
import itertools

from . import words
from .frames import Example, Row, fill, noise, template_id, tries

NAME = "ioi"
EXTRA = ["role.IO", "role.S1", "role.S2", "place", "object"]
POOL = words.Pool(NAME)

# Training frames: opening x scene x middle x gift, and some of another shape.
OPENINGS = ["When", "After", "While", "Once", "As", "Today, when", "Later, when", "Because",
            "One day, after", "In the morning, while", "Last week, as", "This morning, after",
            "Last year, when", "Yesterday, before", "As you see, when", "I know that when"]
SCENES = ["went to the {place}", "walked to the {place}", "were at the {place}",
          "sat in the {place}", "met at the {place}", "came home from the {place}",
          "had a talk in the {place}", "got to the {place}", "played near the {place}",
          "had lunch at the {place}", "looked for the {thing} in the {place}",
          "were very tired", "had some time", "stood by the {place}",
          "saw the {adj} {place}", "ran to the {place}", "stayed at the {place}",
          "cleaned the {thing}", "repaired the {thing} in the {place}", "hid in the {place}",
          "waited in the {place}", "dropped the {adj} {thing}", "painted the {thing}",
          "forgot the {thing}", "stood around the {thing}", "were close to the {place}",
          "sat next to the {thing}", "sat in front of the {thing}", "carried the {thing} home"]
MIDDLES = ["", "", "after a while", "in the end", "at once", "as always", "soon", "once more"]
GIFTS = ["{gave} a {object} to", "{gave} the {object} to", "{gave} the {adj} {object} to",
         "wanted to give a {object} to", "decided to give the {object} to",
         "took a {object} and {gave} it to", "had to give the {adj} {object} to",
         "{gave} {number} {many} to", "{gave} the {object} of the {person} to",
         "{gave} the {object} back to", "{gave} the {adj} {object} on to",
         "then {gave} a {object} to", "{gave} the {many} to"]
GAVE = ["gave", "gave", "handed", "passed", "sent", "showed", "sold", "threw", "read",
        "pushed", "rolled", "left", "took", "wrote", "paid", "explained", "tossed",
        "granted", "promised", "delivered", "mailed", "served", "returned", "described",
        "presented", "pointed", "shipped"]
# Frames that are not "opening A and B scene": the model must not lean on one shape.
OTHER_SCENES = ["Then {A} and {B} {scene}.", "The friends {A} and {B} {scene}.",
                "Today {A} saw {B} at the {place}.", "In the {place} {A} sat with {B}.",
                "Here {A} and {B} {scene}, and", "We saw {A}, and {B} {scene}, so",
                "When {A} {scene} with {B},", "After {A} met {B} near the {place},"]
# Two pairs: that a name came once is not enough here, the other one of the giver's pair is wanted.
TWO_PAIRS = ["{opening} {pair} {scene}, {pair2} {scene2}. Then", "{opening} {pair} {scene}, {pair2} {scene2}, and",
             "First {pair} {scene}. {opening} {pair2} {scene2},", "Yesterday {pair} {scene}, but {pair2} {scene2}. Later",
             "The friends {pair} {scene}, and {pair2} {scene2}. Then", "{opening} {pair} {scene} and {pair2} {scene2},"]
TAILS = [".", " and went home.", ", and the day was over.", " at the {place}."]

# Evaluation frames: no opening, scene or gift of theirs is one of the above.
EVAL_OPENINGS = ["Soon after", "Just before", "The moment", "Every time"]
EVAL_SCENES = ["had breakfast at the {place}", "were waiting near the {place}",
               "returned from the {place}", "arrived at the {place}"]
EVAL_GIFTS = ["lent a {object} to", "offered the {object} to", "brought the {object} to",
              "carried the {object} over to"]
EVAL_FRAMES = ["%s {A} and {B} %s, {S} %s" % parts for parts in
               itertools.product(EVAL_OPENINGS, EVAL_SCENES, EVAL_GIFTS)]


def training_frames():
    """Every opening, scene and gift used in training, for the disjointness test."""
    return (OPENINGS + SCENES + OTHER_SCENES + TWO_PAIRS
            + [g.replace("{gave}", v) for g in GIFTS for v in GAVE])


def people(rng, two_pairs):
    """Pairs of names, and a giver of them with the other one of that pair."""
    pool = POOL.others if rng.random() < 0.3 else POOL.names
    if not two_pairs:
        pair = rng.sample(pool, 2)
        return [pair], pair if rng.random() < 0.5 else pair[::-1]
    a, b, c, d = rng.sample(pool, 4)
    pairs = [(a, b), (c, d)] if rng.random() < 0.5 else [(a, b)]
    return pairs, rng.choice([order for pair in pairs for order in (pair, pair[::-1])])


def example(rng, two_pairs=False):
    """two_pairs: half of the sentences name two pairs of people."""
    pairs, (subject, io) = people(rng, two_pairs)
    a, b = pairs[0]
    thing, many = rng.choice(POOL.pairs)
    slots = dict(A=a, B=b, place=rng.choice(POOL.places), thing=rng.choice(POOL.things),
                 object=thing, many=many, adj=rng.choice(POOL.adjectives),
                 # A strange verb in one of three: any word may stand before a thing and "to".
                 gave=rng.choice(GAVE if rng.random() < 0.65 else POOL.others), number=rng.choice(words.NUMBERS),
                 person=rng.choice(POOL.people))
    scene = noise(rng, fill(rng.choice(SCENES), **slots), POOL)
    gift = fill(rng.choice(GIFTS), **slots)
    gift = noise(rng, gift[:-len(" to")], POOL) + " to"
    middle = rng.choice(MIDDLES)
    if len(pairs) == 2:
        start = fill(rng.choice(TWO_PAIRS), opening=rng.choice(OPENINGS), pair=" and ".join(pairs[0]), pair2=" and ".join(pairs[1]),
                     scene=scene, scene2=fill(rng.choice(SCENES), **slots))
        middle = ""
    elif rng.random() < 0.65:
        opening = noise(rng, rng.choice(OPENINGS), POOL)
        start = "%s %s and %s %s," % (opening, a, b, scene)
    else:
        start = fill(rng.choice(OTHER_SCENES), scene=scene, **slots)
        middle = ""
    parts = [start, middle, subject, gift]
    tail = fill(rng.choice(TAILS), place=rng.choice(POOL.places))
    return Example(" ".join(p for p in parts if p), io, tail)


def rows(rng, n):
    """n rows; rows 2k (ABBA) and 2k+1 (BABA) share names, frame and pair_id. In the
    counterfactual a third person gives: no name is said twice."""
    out, seen = [], set()
    for _ in tries(n):
        if len(out) >= n:
            break
        index = rng.randrange(len(EVAL_FRAMES))
        io, subject, third = rng.sample(words.HELD_OUT_NAMES[NAME], 3)
        place = rng.choice(words.HELD_OUT_PLACES[NAME])
        thing = rng.choice(words.HELD_OUT_THINGS[NAME])
        if (index, io, subject, place, thing) in seen:
            continue
        seen.add((index, io, subject, place, thing))
        for group, a, b in (("ABBA", io, subject), ("BABA", subject, io)):
            slots = dict(A=a, B=b, place=place, object=thing)
            frame = EVAL_FRAMES[index]
            out.append(Row(fill(frame, S=subject, **slots), io, subject, group,
                           template_id(NAME, index), fill(frame, S=third, **slots),
                           len(out) // 2,
                           {"role.IO": io, "role.S1": subject, "role.S2": subject,
                            "place": place, "object": thing}))
    return out[:n]
