"""Every student beside what it is compared with: the control of its run, and the untouched base that it started from."""

import pandas as pd

from sublearn.measures.units import unit_of
from sublearn.traits.base import NEUTRAL

IDENTITY = ["arm", "trait", "run", "teacher_base", "student_base", "target"]


def paired(runs: pd.DataFrame, metric: str = "probability", question_set: str = "plain") -> pd.DataFrame:
    """Pair students with controls and bases, by target, from ``runs.csv`` (contract 2).

    Returns:
        One row per arm, trait, run and target, without controls' own: the columns ``IDENTITY``, ``unit``
        (``measures.units``), and the values of ``student``, ``control`` and ``base``, NaN where there is no such model.
    """
    exact = runs[(runs["question_set"] == question_set) & (runs["metric"] == metric)]
    untouched = exact[exact["arm"] == "base"].set_index(["student_base", "target"])["value"]
    trained = exact[exact["arm"] != "base"]
    controls = trained[trained["trait"] == NEUTRAL].set_index(["arm", "run", "target"])["value"]
    students = trained[trained["trait"] != NEUTRAL]

    def beside(values: pd.Series, *keys: str) -> pd.Series:
        found = values.reindex(pd.MultiIndex.from_frame(students[list(keys)]))
        return found.set_axis(students.index)

    control, base = beside(controls, "arm", "run", "target"), beside(untouched, "student_base", "target")
    return students[IDENTITY].assign(unit=unit_of(students), student=students["value"], control=control, base=base)
