"""Judge the claims of a study by their rules: ``claims.csv`` (contract 5).

python -m sublearn.findings.claims --study tiny --claims JSON --effects FILE --arms FILE --runs FILE --output FILE
"""

import argparse
import math

import pandas as pd
from pydantic import TypeAdapter

from sublearn.core import step
from sublearn.core.files import read_table, write_table
from sublearn.evaluations.tables import Runs
from sublearn.findings import statistics
from sublearn.findings.section import Claim
from sublearn.findings.statistics import Mean
from sublearn.findings.tables import Arms, Claims, Effects

UNKNOWN = Mean(math.nan, math.nan, math.nan, math.nan)


def measure(claim: Claim, arm: str, effects: pd.DataFrame, arms: pd.DataFrame, runs: pd.DataFrame) -> Mean:
    """The claim's quantity in an arm, with its interval over runs; NaN where the study has none."""
    if claim.quantity == "gamma":
        row = arms[(arms["arm"] == arm) & (arms["family"] == claim.family)]
        if row.empty:
            return UNKNOWN
        first = row.iloc[0]
        return Mean(first["gamma"], first["ci_low"], first["ci_high"], first["p_value"])
    rows = effects[(effects["arm"] == arm) & (effects["family"] == claim.family)]
    rows = rows[rows["trait"] == claim.trait] if claim.trait else rows
    if rows.empty:
        return UNKNOWN
    if claim.quantity == "effect" and len(rows) == 1:
        first = rows.iloc[0]
        return Mean(first["effect"], first["ci_low"], first["ci_high"], first["p_value"])
    found = statistics.mean_over_runs(_per_run(claim, arm, list(rows["trait"]), runs).to_numpy())
    # A base is the same in all runs that start from it: its rate has no interval over runs.
    return Mean(found.value, math.nan, math.nan, math.nan) if claim.quantity == "base_rate" else found


def _per_run(claim: Claim, arm: str, traits: list[str], runs: pd.DataFrame) -> pd.Series:
    """The quantity of each run, averaged over traits."""
    metric = "log_odds" if claim.quantity == "effect" else "probability"
    exact = runs[(runs["question_set"] == "plain") & (runs["metric"] == metric)]
    students = exact[(exact["arm"] == arm) & exact["target"].isin(traits)]
    own = students[students["trait"] == students["target"]].set_index(["run", "target"])
    control = students[students["trait"] == statistics.NEUTRAL].set_index(["run", "target"])["value"]
    untouched = exact[exact["arm"] == "base"].set_index(["student_base", "target"])["value"]
    base = pd.Series([untouched[b, t] for (_, t), b in own["student_base"].items()], index=own.index)
    values = {"effect": own["value"] - control, "student_rate": own["value"], "control_rate": control, "base_rate": base}
    return values[claim.quantity].groupby("run").mean()


def judge(claim: Claim, found: Mean, bound: float) -> str:
    """The verdict by the claim's rule; nothing measured, nothing judged."""
    if math.isnan(found.value) or math.isnan(bound):
        return "not_measured"
    sign = 1.0 if claim.comparison == "above" else -1.0
    low, high = sorted((sign * found.low, sign * found.high)) if not math.isnan(found.low) else (-math.inf, math.inf)
    claimed_side = sign * found.value if claim.judge == "mean" else low
    if claimed_side > sign * bound:
        return "reproduced"
    # Above: below zero altogether. Below: above the bound altogether.
    limit = claim.opposite_of if claim.comparison == "above" else -bound
    return "opposite" if high < limit else "not_reproduced"


def main(args: argparse.Namespace) -> None:
    effects, arms, runs = read_table(args.effects, Effects), read_table(args.arms, Arms), read_table(args.runs, Runs)
    rows = []
    for claim in TypeAdapter(list[Claim]).validate_json(args.claims):
        found = measure(claim, claim.arm, effects, arms, runs)
        bound = claim.bound
        if claim.times:
            reference = measure(claim, claim.times, effects, arms, runs)
            # A multiple of a quantity that may be zero says nothing.
            bound = claim.bound * reference.value if reference.low > 0 else math.nan
        times = f" x {claim.times}" if claim.times else ""
        what = f"{claim.quantity} of {claim.trait or claim.family} in {claim.arm}"
        quantity = f"{what} {claim.comparison} {claim.bound:g}{times} ({claim.judge})"
        rows.append({
            "claim": claim.claim, "study": args.study, "statement": claim.statement, "source": claim.source,
            "quantity": quantity, "paper_value": claim.paper_value or None, "measured": found.value, "ci_low": found.low,
            "ci_high": found.high, "verdict": judge(claim, found, bound), "figure": claim.figure,
        })  # fmt: skip
        step.log.info("%s: %s (%.3f)", claim.claim, rows[-1]["verdict"], found.value)
    write_table(pd.DataFrame(rows, columns=list(Claims.to_schema().columns)), args.output, Claims)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", required=True)
    parser.add_argument("--claims", required=True, help="the claims of the study, as JSON")
    parser.add_argument("--effects", required=True)
    parser.add_argument("--arms", required=True)
    parser.add_argument("--runs", required=True)
    parser.add_argument("--output", required=True)
    step.run(main, parser)
