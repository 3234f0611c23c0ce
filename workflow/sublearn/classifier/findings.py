"""Make the classifier's tables: every network's accuracy, means over runs, verdicts on claims, and a summary.

    python -m sublearn.classifier.findings --study JSON --inputs JSON --output FOLDER

The unit is the network: each has its own teacher and its own noise. All share the test images. A student that does not share
its teacher's start takes the start of another run's teacher.
"""

import argparse
import json
import math

import pandas as pd
from pydantic import TypeAdapter

from sublearn.classifier.claim import Claim
from sublearn.classifier.tables import Accuracies, Runs, rows_of
from sublearn.core import cli, findings
from sublearn.core.claims import COLUMNS, markdown, row
from sublearn.core.errors import UserError
from sublearn.core.files import read_nearest, write_table, write_text
from sublearn.core.markdown import plain
from sublearn.core.statistics import UNKNOWN, Mean, mean_over_units

SHARES = {
    "everything": "the teacher's start",
    "head": "the teacher's output layer at the start",
    "body": "the teacher's hidden layers at the start",
    "nothing": "nothing",
}


def collect(files: list[str], conditions: dict[str, dict[str, str]]) -> pd.DataFrame:
    """The networks of the study's conditions, each once; if several files hold a network, the first counts.

    Raises:
        UserError: no file holds a condition.
    """
    table = read_nearest(files, Runs)
    bases = dict.fromkeys(condition["base"] for condition in conditions.values())
    wanted = [("base", "base", base) for base in bases]
    wanted += [(arm, each["role"], each["base"]) for arm, each in conditions.items() if each["role"] != "base"]
    parts = [rows_of(table, *each) for each in wanted]
    for (arm, _, base), part in zip(wanted, parts, strict=True):
        if part.empty:
            raise UserError(f"{', '.join(files)}: no evaluation of {base if arm == 'base' else arm}.")
    return pd.concat(parts, ignore_index=True)


def accuracies(runs: pd.DataFrame, conditions: dict[str, dict[str, str]]) -> pd.DataFrame:
    """Means over runs with t intervals; a network's gain is over the base that it started from."""
    untouched = runs[runs["arm"] == "base"].set_index("student_base")["value"]
    rows = []
    for arm, condition in conditions.items():
        own = rows_of(runs, arm, condition["role"], condition["base"])
        mean = mean_over_units(own["value"].to_numpy())
        gain = mean_over_units((own["value"] - own["student_base"].map(untouched)).to_numpy())
        rows.append({
            "arm": arm, "role": condition["role"], "base": condition["base"], "shares": condition["share"], "runs": len(own),
            "accuracy": mean.value, "ci_low": mean.low, "ci_high": mean.high, "gain": gain.value, "gain_low": gain.low,
            "gain_high": gain.high, "p_value": gain.p_value,
        })  # fmt: skip
    return pd.DataFrame(rows)


def measure(claim: Claim, arm: str, runs: pd.DataFrame, table: pd.DataFrame) -> Mean:
    """The claim's quantity for an arm, with its interval over runs; unknown if the study has no such arm."""
    rows = table[table["arm"] == arm]
    if rows.empty:
        return UNKNOWN
    condition = rows.iloc[0]
    if claim.quantity == "gain":
        return Mean(condition["gain"], condition["gain_low"], condition["gain_high"], condition["p_value"])
    if claim.quantity == "accuracy":
        return Mean(condition["accuracy"], condition["ci_low"], condition["ci_high"], math.nan)
    other = table[table["arm"] == claim.over].iloc[0]
    values = [rows_of(runs, each["arm"], each["role"], each["base"]).set_index("run")["value"] for each in (condition, other)]
    return mean_over_units((values[0] - values[1]).to_numpy())


def judged(claims: list[Claim], study: str, runs: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """A row of ``claims.csv`` for each claim."""
    rows = []
    for claim in claims:
        measured = measure(claim, claim.arm, runs, table)
        reference = measure(claim, claim.times, runs, table) if claim.times else None
        rows.append(row(claim, study, measured, reference, claim.figure))
        cli.log.info("%s: %s (%.3f)", claim.claim, rows[-1]["verdict"], measured.value)
    return pd.DataFrame(rows, columns=COLUMNS)


def words(title: str, table: pd.DataFrame, claims: pd.DataFrame, conditions: dict[str, dict[str, str]]) -> str:
    """The summary as Markdown."""
    lines = [f"# {plain(title)}", "", *markdown(claims)]
    lines += ["## Accuracy on test images", ""]
    lines += ["| | shares with its teacher | accuracy | 95 % interval | gain over its start | 95 % interval | meaning |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for one in table.itertuples():
        shares = SHARES[one.shares] if one.role == "student" else ""
        lines.append(
            f"| {one.arm} | {shares} | {one.accuracy:.3f} | {_interval(one.ci_low, one.ci_high)} | {one.gain:+.3f} | "
            f"{_interval(one.gain_low, one.gain_high)} | {conditions[one.arm]['meaning']} |"
        )
    lines += ["", f"Networks are the unit: {table['runs'].max()} per row, each with its own teacher and noise."]
    return "\n".join(lines) + "\n"


def _interval(low: float, high: float) -> str:
    return "" if math.isnan(low) else f"{low:.3f} to {high:.3f}"


def main(args: argparse.Namespace) -> None:
    study, folder = json.loads(args.study), args.output
    conditions = study["conditions"]
    runs = collect(json.loads(args.inputs)["evaluations"], conditions)
    table = accuracies(runs, conditions)
    claims = judged(TypeAdapter(list[Claim]).validate_python(study["claims"]), study["name"], runs, table)
    write_table(runs, f"{folder}/runs.csv", Runs)
    write_table(table, f"{folder}/accuracies.csv", Accuracies)
    findings.write_claims(claims, folder)
    write_text(words(study["title"], table, claims, conditions), f"{folder}/summary.md")
    findings.write_study(study, folder)


if __name__ == "__main__":
    cli.run(main, findings.options(__doc__), described=("study",))
