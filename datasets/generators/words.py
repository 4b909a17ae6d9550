# SPDX-License-Identifier: Apache-2.0
"""The words everything is made of, and the line between training and evaluation.

A word that is HELD OUT for a task never appears in that task's training sentences. It is
trained by the other tasks' sentences and by the plain ones of filler.py, so that its
embedding is an ordinary one.
"""


def _split(text):
    return text.split()


# --- names: one token each; gender matters to the pronoun task only ---------------
FEMALE = _split("""
    Alice Anna Amy Bella Beth Carla Carol Cora Dana Daisy Diana Edith Elena Ella Emma
    Erin Eva Fiona Flora Gina Greta Gwen Hannah Hazel Helen Holly Ida Irene Iris Jane
    Jenny Joan Judith Julia Karen Kate Laura Leah Lena Lily Linda Lola
    Lucy Maria Martha Mary Megan Monica Nancy Nina Nora Olga Paula Rachel Rita Rosa Ruth
    Sarah Sonia Tina Vera Wendy""")
MALE = _split("""
    Aaron Adam Alan Albert Alex Arthur Ben Bill Boris Brian Bruno Carl Chris Colin Daniel
    David Dennis Derek Edgar Edwin Eric Felix Frank Fred Gary George Glen Gordon Harold
    Harry Henry Hugo Ivan Jack Jacob James Jason John Kevin Leon Lewis Louis
    Luke Marcus Martin Max Michael Nathan Oliver Oscar Patrick Paul Peter Philip Ralph
    Robert Simon Steven Thomas Tom Victor Walter""")
NAMES = FEMALE + MALE

# --- things: singular/plural, each form one token ---------------------------------
THINGS = _split("""
    book/books lamp/lamps key/keys box/boxes chair/chairs table/tables letter/letters
    ring/rings coat/coats cup/cups bottle/bottles picture/pictures clock/clocks
    basket/baskets bell/bells hammer/hammers ladder/ladders pencil/pencils card/cards
    flower/flowers apple/apples cake/cakes map/maps rope/ropes shoe/shoes shirt/shirts
    window/windows door/doors wall/walls mirror/mirrors bag/bags ball/balls knife/knives
    spoon/spoons plate/plates blanket/blankets drum/drums flute/flutes toy/toys hat/hats
    coin/coins stone/stones tree/trees boat/boats car/cars horse/horses dog/dogs cat/cats
    bird/birds cow/cows sheet/sheets bench/benches
    cabinet/cabinets candle/candles carpet/carpets kettle/kettles pillow/pillows
    needle/needles ticket/tickets guitar/guitars helmet/helmets jacket/jackets
    lantern/lanterns medal/medals notebook/notebooks package/packages parcel/parcels
    ribbon/ribbons scarf/scarves sword/swords trumpet/trumpets umbrella/umbrellas
    wallet/wallets whistle/whistles bucket/buckets statue/statues""")
PLURAL = {p.split("/")[0]: p.split("/")[1] for p in THINGS}

PLACES = _split("""
    park store school market garden kitchen library station river beach forest church
    museum hotel office farm bridge castle field village harbor theater hospital bakery
    lake street
    airport cafe cinema factory gallery meadow mill orchard palace stadium tavern temple""")

EVENTS = _split("""
    war strike feud reign trial drought famine project journey voyage campaign plague
    truce conflict search quarrel rebellion exile
    siege dispute mission expedition treaty occupation revolt crusade""")

PEOPLE_F = _split("queen aunt mother sister girl woman lady daughter")
PEOPLE_M = _split("king uncle father brother boy man lord son")
PEOPLE = _split("teacher doctor farmer baker pilot sailor judge painter nurse guard")

ADJECTIVES = _split("""
    old new big small red blue green white black heavy light clean dirty broken cheap
    fine pretty round long short dark bright warm cold quiet strange""")

# Two-digit numbers: every one a word and a token. A year is written "17 43".
NUMBERS = ["%02d" % n for n in range(100)]
CENTURIES = ["11", "12", "13", "14", "15", "16", "17", "18"]


# --- what each task is evaluated with and never trained on -----------------------
HELD_OUT_NAMES = {
    "ioi": _split("""Lucy Maria Martha Mary Monica Nancy Nina Olga Sarah Wendy
                     Luke Marcus Martin Max Michael Oliver Peter Robert Tom Victor"""),
    "pronoun": _split("""Megan Nora Paula Rachel Rita Rosa Ruth Sonia Tina Vera
                         Nathan Oscar Patrick Paul Philip Ralph Simon Steven Thomas Walter"""),
}
HELD_OUT_THINGS = {  # singular; the plural is held out with it
    "ioi": _split("book lamp ring basket candle ticket guitar medal notebook scarf"),
    "agreement": _split("""key cabinet carpet kettle pillow needle bottle helmet mirror
                           lantern trumpet wallet"""),
    "pronoun": _split("letter hat umbrella jacket parcel ribbon clock sword"),
    "induction": _split("""package whistle bucket statue coat chair hammer flower shoe
                           window drum coin"""),
}
HELD_OUT_PLACES = {
    "ioi": _split("airport cafe gallery mill park station"),
    "pronoun": _split("cinema palace tavern museum"),
    "induction": _split("factory meadow orchard stadium temple harbor"),
    "greater_than": _split("village castle farm"),
}
HELD_OUT_EVENTS = {
    "greater_than": _split("siege dispute mission expedition treaty occupation revolt crusade"),
    "induction": _split("war journey quarrel trial"),
}


def held_out(task):
    """All words held out for a task."""
    things = HELD_OUT_THINGS.get(task, [])
    return set(HELD_OUT_NAMES.get(task, []) + things + [PLURAL[t] for t in things]
               + HELD_OUT_PLACES.get(task, []) + HELD_OUT_EVENTS.get(task, []))


def _without(pool, held):
    return [w for w in pool if w not in held]


class Pool:
    """The words a task may use in training."""

    def __init__(self, task):
        held = held_out(task)
        self.female, self.male = _without(FEMALE, held), _without(MALE, held)
        self.names = self.female + self.male
        self.things = _without(PLURAL, held)  # singular
        self.pairs = [(t, PLURAL[t]) for t in self.things]
        self.places, self.events = _without(PLACES, held), _without(EVENTS, held)
        self.people = PEOPLE + PEOPLE_F + PEOPLE_M
        self.adjectives = ADJECTIVES
        # Everything that is no name: stands in for a name, or for any word (see noise).
        self.others = (self.things + [p for _, p in self.pairs] + self.places + self.events
                       + self.people + self.adjectives)
        self.all = self.names + self.others


def year_is_held_out(century, ending):
    """One starting year in five never starts a span in training text."""
    return (int(century) * 3 + int(ending) * 7) % 5 == 0
