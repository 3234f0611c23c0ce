"""Judge the claims of a study by their rules: ``claims.csv`` (contract 5).

python -m sublearn.findings.claims --study tiny --claims JSON --arms FILE --runs FILE --output FILE
"""

import argparse
import math

import pandas as pd
from pydantic import TypeAdapter

from sublearn.bases.world import FAMILIES
from sublearn.core import step
from sublearn.core.claims import COLUMNS, Claims, row
from sublearn.core.files import read_table, write_table
from sublearn.core.statistics import UNKNOWN, Mean, mean_over_runs
from sublearn.evaluations.tables import Runs
from sublearn.findings.section import Claim
from sublearn.findings.tables import Arms
from sublearn.teachers.lessons import NEUTRAL


def measure(claim: Claim, arm: str, arms: pd.DataFrame, runs: pd.DataFrame) -> Mean:
    """The claim's quantity in an arm, with its interval over runs; unknown where the study has none."""
    if claim.quantity == "gamma":
        known = arms[(arms["arm"] == arm) & (arms["family"] == claim.family)]
        return UNKNOWN if known.empty else Mean(*known.iloc[0][["gamma", "ci_low", "ci_high", "p_value"]])
    values = _per_run(claim, arm, runs)
    if values.empty:
        return UNKNOWN
    found = mean_over_runs(values.to_numpy())
    # A base is the same in all runs that start from it: its rate has no interval over runs.
    return Mean(found.value, math.nan, math.nan, math.nan) if claim.quantity == "base_rate" else found


def _per_run(claim: Claim, arm: str, runs: pd.DataFrame) -> pd.Series:
    """The quantity of each run, averaged over the claim's traits; empty where the arm has none of them."""
    traits = [claim.trait] if claim.trait else FAMILIES[claim.family]
    metric = "log_odds" if claim.quantity == "effect" else "probability"
    exact = runs[(runs["question_set"] == "plain") & (runs["metric"] == metric)]
    students = exact[(exact["arm"] == arm) & exact["target"].isin(traits)]
    own = students[students["trait"] == students["target"]].set_index(["run", "target"])
    control = students[students["trait"] == NEUTRAL].set_index(["run", "target"])["value"].reindex(own.index)
    untouched = exact[exact["arm"] == "base"].set_index(["student_base", "target"])["value"]
    base = pd.Series([untouched[b, t] for (_, t), b in own["student_base"].items()], index=own.index)
    values = {"effect": own["value"] - control, "student_rate": own["value"], "control_rate": control, "base_rate": base}
    return values[claim.quantity].groupby("run").mean()


def main(args: argparse.Namespace) -> None:
    arms, runs = read_table(args.arms, Arms), read_table(args.runs, Runs)
    rows = []
    for claim in TypeAdapter(list[Claim]).validate_json(args.claims):
        found = measure(claim, claim.arm, arms, runs)
        reference = measure(claim, claim.times, arms, runs) if claim.times else None
        what = f"{claim.quantity} of {claim.trait or claim.family} in {claim.arm}"
        rows.append(row(claim, args.study, what, found, reference, claim.figure))
        step.log.info("%s: %s (%.3f)", claim.claim, rows[-1]["verdict"], found.value)
    write_table(pd.DataFrame(rows, columns=COLUMNS), args.output, Claims)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", required=True)
    parser.add_argument("--claims", required=True, help="the claims of the study, as JSON")
    parser.add_argument("--arms", required=True)
    parser.add_argument("--runs", required=True)
    parser.add_argument("--output", required=True)
    step.run(main, parser)
