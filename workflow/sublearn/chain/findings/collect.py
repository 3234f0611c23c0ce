"""Combine the answers of all models of a study into ``runs.csv`` (contract 2)."""

import pandas as pd

from sublearn.chain.evaluations.tables import Runs
from sublearn.core.errors import UserError
from sublearn.core.files import read_nearest
from sublearn.traits.base import NEUTRAL


def collect(files: list[str], arms: list[str], traits: list[str], runs: int) -> pd.DataFrame:
    """The rows of the study's models, sorted, each model once.

    Args:
        files: tables of answers: the study's first, then those of the studies it extends; if two contain the same model,
            the first counts.

    Raises:
        UserError: an arm or an untouched base is in none of the files.
    """
    table = read_nearest(files, Runs)
    used = table["arm"].isin([*arms, "base"]) & (table["run"] < runs)
    used &= table["trait"].isin([*traits, NEUTRAL]) | (table["arm"] == "base")
    table = table[used]
    if missing := [arm for arm in arms if arm not in set(table["arm"])]:
        raise UserError(f"{files[0]}: no answers of {', '.join(missing)} in {', '.join(files)}.")
    if unknown := set(table["student_base"]) - set(table[table["arm"] == "base"]["student_base"]):
        raise UserError(f"{files[0]}: no answers of the untouched base {sorted(unknown)[0]}, which students start from.")
    identity = ["arm", "trait", "run", "student_base"]
    places = {arm: i for i, arm in enumerate(["base", *arms])} | {trait: i for i, trait in enumerate([*traits, NEUTRAL])}
    return table.sort_values(identity, key=lambda c: c.map(places).fillna(0) if c.name != "run" else c, kind="stable")
