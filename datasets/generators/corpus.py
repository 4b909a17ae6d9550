# SPDX-License-Identifier: Apache-2.0
"""The mixture of training sentences, and the table of tasks."""
from . import agreement, echo, filler, greater_than, induction, ioi, pronoun

TASKS = {t.NAME: t for t in (ioi, agreement, pronoun, induction, greater_than)}
DEFAULT_SEED = 20261124
DEFAULT_ROWS = 1000
COLUMNS = ["prompt", "answer", "foil", "group", "template", "counterfactual", "pair_id"]

SHARES = [(ioi, 0.23), (agreement, 0.15), (pronoun, 0.13), (induction, 0.19),
          (greater_than, 0.10), (filler, 0.20)]
# When training goes on: echoes join, so that copying does not stop at the trained words.
SHARES_AGAIN = [(ioi, 0.20), (agreement, 0.12), (pronoun, 0.12), (induction, 0.16),
                (greater_than, 0.08), (echo, 0.16), (filler, 0.16)]


def training_example(rng, shares=SHARES):
    """One document. A task's sentence may follow a plain one, so that no model relies
    on it standing first."""
    task = rng.choices([t for t, _ in shares], [s for _, s in shares])[0]
    example = task.example(rng)
    if task is not filler and rng.random() < 0.12:
        example.prompt = filler.sentence(rng) + " " + example.prompt
    return example
