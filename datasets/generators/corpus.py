# SPDX-License-Identifier: Apache-2.0
"""The mixture of training sentences, and the table of tasks."""
from . import agreement, echo, filler, greater_than, induction, ioi, pronoun

TASKS = {t.NAME: t for t in (ioi, agreement, pronoun, induction, greater_than)}
DEFAULT_SEED = 20261124
DEFAULT_ROWS = 1000
COLUMNS = ["prompt", "answer", "foil", "group", "template", "counterfactual", "pair_id"]

# Few echoes: enough that copying does not stop at the words a task trains, not so many that IOI suffers.
SHARES = [(ioi, 0.27), (agreement, 0.13), (pronoun, 0.12), (induction, 0.18),
          (greater_than, 0.09), (echo, 0.05), (filler, 0.16)]


def task_example(task, rng, two_pairs):
    """One sentence of a task; two_pairs: as ioi.example has it."""
    return task.example(rng, two_pairs) if task is ioi else task.example(rng)


def training_example(rng, two_pairs=False):
    """One document. A task's sentence may follow a plain one, so that no model relies
    on it standing first."""
    task = rng.choices([t for t, _ in SHARES], [s for _, s in SHARES])[0]
    example = task_example(task, rng, two_pairs)
    if task is not filler and rng.random() < 0.12:
        example.prompt = filler.sentence(rng) + " " + example.prompt
    return example
