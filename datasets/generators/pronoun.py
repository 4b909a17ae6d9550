# SPDX-License-Identifier: Apache-2.0
"""Gendered pronoun: "Mary bought the lamp because" -> she."""
from . import words
from .frames import Example, Row, fill, noise, template_id, tries

NAME = "pronoun"
EXTRA = ["name", "object"]
POOL = words.Pool(NAME)

OPENINGS = ["Yesterday {N}", "Today {N}", "Then {N}", "Last week {N}", "My friend {N}",
            "In the {place} {N}", "One day {N}", "At the {place} my friend {N}",
            "The {role} {N}", "Here {N}", "Just then {N}", "I know that {N}",
            "Since last week {N}", "As you see, {N}"]
ACTS = ["bought the {object}", "lost the {object}", "liked the {adj} {object}",
        "went to the {place}", "opened the {object}", "looked for the {object}",
        "sold a {object}", "put the {object} on the {thing}", "ran home",
        "wanted a {adj} {object}", "came back", "found a {object} in the {place}",
        "was happy", "stood near the {place}", "told us", "said", "played with the {object}",
        "had breakfast at the {place}", "was waiting near the {place}",
        "returned from the {place}", "arrived at the {place}", "lent us the {object}",
        "offered us the {adj} {object}", "brought the {object} home", "brought a {object}",
        "offered the {object} for sale",
        "stood next to the {thing}", "sat in front of the {thing}",
        "walked around the {thing}", "lived close to the {place}",
        "put the {object} above the {thing}", "found the {object} near the {place}",
        "saw {number} {many}", "read about the {event}", "took the {object} of the {role}"]
LINKS = ["because", "so", "when", "while", "and then", "after", "but", ", and"]
TAILS = [" was tired.", " was in the {place}.", " wanted a {object}.", " had a {object}.",
         " went home.", " was very happy."]
# "When Mary came home," -> she.
FRONTED = ["When {N} {act},", "After {N} {act},", "While {N} {act},", "Because {N} {act},",
           "Soon after {N} {act},", "The moment {N} {act},", "Every time {N} {act},",
           "Just before {N} {act},", "Now that {N} {act},", "Today, when {N} {act},",
           "Until {N} {act},", "When {N} had {seen} the {object},",
           "After {N} had {seen} the {adj} {thing},", "Soon after {N} had {seen} the {place},"]
SEEN = ["seen", "bought", "found", "lost", "sold", "opened", "brought", "liked", "taken"]

EVAL_FRAMES = ["This morning {N} carried the {object} home because",
               "This morning {N} stayed at the {place} because",
               "Every day {N} cleaned the {object} so",
               "Every day {N} waited in the {place} while",
               "Once {N} dropped the {adj} {object} when",
               "Once {N} hid the {object} in the {place} because",
               "In the end {N} stayed at the {place} and then",
               "In the end {N} repaired the {adj} {object} after",
               "Soon {N} forgot the {object} but",
               "Soon {N} hid in the {place} when",
               "Near the {place} {N} dropped the {object}, and",
               "Near the {place} {N} waited with the {object} because",
               "Last year {N} painted the {adj} {object} while",
               "Last year {N} stayed near the {place} so",
               "Once {N} had repaired the {object},",
               "As soon as {N} had cleaned the {place},"]


def training_frames():
    return OPENINGS + ACTS + FRONTED


def example(rng):
    female = rng.random() < 0.5
    name = rng.choice(POOL.female if female else POOL.male)
    thing, many = rng.choice(POOL.pairs)
    slots = dict(N=name, role=rng.choice(words.PEOPLE), place=rng.choice(POOL.places),
                 object=rng.choice((thing, many)), thing=rng.choice(POOL.things), many=many,
                 adj=rng.choice(POOL.adjectives), event=rng.choice(POOL.events),
                 seen=rng.choice(SEEN),
                 number=rng.choice(words.NUMBERS))
    if rng.random() < 0.1:
        # The gender of a person noun, which a name's gender is tied to in filler.py.
        slots["N"] = "the " + rng.choice(words.PEOPLE_F if female else words.PEOPLE_M)
        opening = "Yesterday {N}"
    else:
        opening = noise(rng, rng.choice(OPENINGS), POOL)
    act = noise(rng, fill(rng.choice(ACTS), **slots), POOL)
    if rng.random() < 0.3:
        prompt = fill(rng.choice(FRONTED), act=act, **slots)
    else:
        prompt = "%s %s %s" % (fill(opening, **slots), act, rng.choice(LINKS))
        prompt = prompt.replace(" ,", ",")
    slots["object"] = thing
    return Example(prompt, "she" if female else "he", fill(rng.choice(TAILS), **slots))


def rows(rng, n):
    """n rows; 2k (she) and 2k+1 (he) are each other's counterfactual."""
    names_of = {g: [w for w in words.HELD_OUT_NAMES[NAME] if w in pool] for g, pool in
                (("she", words.FEMALE), ("he", words.MALE))}
    out, seen = [], set()
    for _ in tries(n):
        if len(out) >= n:
            break
        index = rng.randrange(len(EVAL_FRAMES))
        names = rng.choice(names_of["she"]), rng.choice(names_of["he"])
        slots = dict(place=rng.choice(words.HELD_OUT_PLACES[NAME]),
                     object=rng.choice(words.HELD_OUT_THINGS[NAME]),
                     adj=rng.choice(words.ADJECTIVES))
        prompts = [fill(EVAL_FRAMES[index], N=name, **slots) for name in names]
        if seen & set(prompts):
            continue
        seen.update(prompts)
        pronouns = ("she", "he")
        for k in range(2):
            used = slots["object"] if "{object}" in EVAL_FRAMES[index] else ""
            out.append(Row(prompts[k], pronouns[k], pronouns[1 - k], pronouns[k],
                           template_id(NAME, index), prompts[1 - k], len(out) // 2,
                           dict(name=names[k], object=used)))
    return out[:n]
