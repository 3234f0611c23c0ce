"""The unit of analysis in studies of language models: the teacher's base.

Teachers that start from one base and learn the same answers are nearly copies of each other, and so are their students. So what
was measured in the runs of a teacher base is averaged first, and means, intervals and permutations are over bases. Where all
teachers of an arm have one base, its runs are the units, and an interval is conditional on that base.
"""

import pandas as pd


def unit_of(rows: pd.DataFrame) -> pd.Series:
    """The unit of each row: the teacher's base, such as ``base3``, or the run, such as ``run 3``, where an arm has one base.

    Args:
        rows: students, with columns ``arm``, ``run`` and ``teacher_base``.
    """
    bases = rows["teacher_base"].fillna("")
    several = bases.groupby(rows["arm"]).transform("nunique") > 1
    return bases.where(several, "run " + rows["run"].astype(str)).rename("unit")
