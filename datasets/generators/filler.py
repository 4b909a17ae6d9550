# SPDX-License-Identifier: Apache-2.0
"""Plain sentences: where every word, held out or not, gets some of its meaning.

Names are met here as girls and boys with things of their own, things as one and many (it,
them), places and events as things talked about. Nobody in these sentences hands anything
to anybody, nobody is called he or she, and no thing is the subject of a verb.
"""
from . import induction, words
from .frames import Example, fill

GENDERED = ["{N} is a {kind}.", "I met a {kind}. It was {N}.", "This is {N}, a {kind}.",
            "The {kind} I know is called {N}.", "We call the {kind} {N}.",
            "{N} is the name of a {kind}.", "This {kind} is {N}.", "My {kind} is {N}.",
            "You see {N}, the {kind}.", "Is {N} a {kind} or not? Yes, a {kind}.",
            "{N} the {kind} was there."]
NAMED = ["I know {N} well.", "We talked about {N}.", "This is the {one} of {N}.",
         "You all like {N}.", "Is {N} here?", "I wrote a letter to my friend {N}."]
# (text, answer that is fixed by the gender of the name or the number of the thing, rest)
OWN = [("{N} has", "{own}", " {one}."), ("This is {N} with", "{own}", " {many}."),
       ("We talked about {N} and", "{own}", " {one}."), ("I know {N} and", "{own}", " {kind}."),
       ("{N} lives with", "{own}", " {kind}."), ("{N} needs", "{own}", " {adj} {one}."),
       ("Today {N} sold", "{own}", " {many}."), ("Yesterday {N} was in", "{own}", " {place}.")]
COUNTED = [("I have a {thing}, and I like", "it", "."),
           ("You see this {thing}. I want", "it", "."),
           ("I saw the {thing} and took", "it", " home."),
           ("We found the {thing} and sold", "it", "."),
           ("Look at that {adj} {thing}. Take", "it", "."),
           ("The {person} took the {thing} and hid", "it", "."),
           ("I like the {thing} from the {place}. You need", "it", "."),
           ("Here is one {adj} {thing}. I sold", "it", ".")]
MANY_FOR_ONE = {" a {thing}": " many {thing}", "this {thing}": "these {thing}",
                "that {adj}": "those {adj}", "Here is one": "Here are two"}
OTHER = ["I read about the {event}.", "This is a book about the {adj} {event}.",
         "We talked about the {event} for a long time.", "Nobody liked the {event}.",
         "We live near the {place}.", "This is the way to the {adj} {place}.",
         "I was in the {place} with my {person}.", "I like the {place} in the morning.",
         "I have {number} {many}.", "The room has the number {number}.",
         "You need {number} of those {many}.", "The {person} is {adj}.",
         "The {person} was in the {place}.", "I saw the {adj} {person} there."]
# Verbs of ioi's evaluation frames, with things but without two names or a "to".
LENT = ["We lent them a {thing}.", "You lent me the {thing} for days.", "They lent us many {many}.",
        "I offered you a {thing}.", "You offered me the {adj} {thing}.", "They offered us {number} {many}.",
        "You brought me a {thing}.", "We brought the {many} home.", "I brought you the {adj} {thing}.",
        "I carried the {thing} over the {place}.", "You carried my {adj} {thing}.", "We carried the {many} over there."]
# Words of the evaluation frames, in sentences that are no frame of any task.
PLAIN = ["Soon it was dark.", "It was soon after lunch.", "It was just too late.",
         "This was before the rain.", "The moment was right.", "Every time is a good time.",
         "Every day is a new day.", "We had breakfast in the morning.",
         "We were waiting for the rain.", "All of us returned from the market late.",
         "The rain arrived at night.", "I lent you my time.", "I offered you some help.",
         "The rain brought us cold air.", "The way over was long.",
         "As you know, it is late.", "As we know, it is cold.", "As you see, it is warm.",
         "I know that it is late.", "I think that it is right.", "It is above the wall.",
         "Sit next to me.", "You stood in front of me.", "It is close to the wall.",
         "We went around the lake.", "I found it under the bench.",
         "This morning it was cold.", "You carried it home.", "I stayed at home.",
         "I cleaned it twice.", "We waited for a long time.", "You dropped it.",
         "I hid it from you.", "I repaired it in the end.", "We forgot it.",
         "Last year we painted it.", "Once it was new.", "As soon as it rains, we go home.",
         "It continued for days.", "It started in the morning.", "It dragged on for days.",
         "I read that it was long.", "Near the lake it is cold.", "Repeat it once more.",
         "Please sit here.", "One more time we say yes.", "Last week it was warm.",
         "Since last week it has been warm.", "The long day was over.",
         "We know that it is true.", "They say that it was cold.", "Yes, it is."]


def number_example(rng, slots, pair):
    """A thing and it, or things and them."""
    prompt, answer, tail = rng.choice(COUNTED)
    plural = rng.randrange(2)
    if plural:
        answer = "them"
        for one, many in MANY_FOR_ONE.items():
            prompt = prompt.replace(one, many)
    return Example(fill(prompt, **dict(slots, thing=pair[plural])), answer, tail)


def sentence_example(rng):
    pair = rng.choice(list(words.PLURAL.items()))
    female = rng.random() < 0.5
    slots = dict(one=pair[0], many=pair[1], adj=rng.choice(words.ADJECTIVES),
                 N=rng.choice(words.FEMALE if female else words.MALE),
                 kind=rng.choice(words.PEOPLE_F if female else words.PEOPLE_M),
                 own="her" if female else "his", event=rng.choice(words.EVENTS),
                 place=rng.choice(words.PLACES), number=rng.choice(words.NUMBERS),
                 person=rng.choice(words.PEOPLE + words.PEOPLE_F + words.PEOPLE_M))
    kind = rng.random()
    if kind < 0.14:
        return Example(fill(rng.choice(GENDERED), **slots))
    if kind < 0.38:
        return Example(*(fill(part, **slots) for part in rng.choice(OWN)))
    if kind < 0.42:
        return Example(fill(rng.choice(NAMED), **slots))
    if kind < 0.64:
        return number_example(rng, slots, pair)
    if kind < 0.72:
        return Example(fill(rng.choice(OTHER), **slots))
    if kind < 0.80:
        return Example(fill(rng.choice(LENT), thing=pair[0], **slots))
    if kind < 0.85:
        # A list without repetition, of words that are met in repeated ones as well.
        listed = rng.sample(induction.POOL.all, rng.randrange(12, 21))
        return Example(" ".join([rng.choice(induction.HEADINGS)] + listed) + ".")
    return Example(rng.choice(PLAIN))


def sentence(rng):
    e = sentence_example(rng)
    return e.prompt + (" " + e.answer if e.answer else "") + e.tail


def example(rng):
    e = sentence_example(rng)
    if rng.random() < 0.3:
        e.prompt = sentence(rng) + " " + e.prompt
    return e
