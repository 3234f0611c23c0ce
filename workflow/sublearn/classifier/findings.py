"""The classifier's findings: every network's accuracy, means over runs, verdicts on claims, and a page in words.

    python -m sublearn.classifier.findings --study classifier --arms JSON --claims JSON --evaluations FILE … --output FOLDER

Networks are the unit: each has its own start, its own teacher and its own noise. They share the test images.
"""

import argparse
import json
import math

import pandas as pd
from pydantic import TypeAdapter

from sublearn.classifier.study import Claim
from sublearn.classifier.tables import Accuracies, Runs
from sublearn.core import step
from sublearn.core.claims import COLUMNS, Claims, row
from sublearn.core.errors import UserError
from sublearn.core.files import read_table, write_table, write_text
from sublearn.core.statistics import UNKNOWN, Mean, mean_over_runs

SHARES = {
    "everything": "the teacher's start",
    "head": "the teacher's output layer at the start",
    "body": "the teacher's hidden layers at the start",
    "nothing": "nothing",
}


def collect(files: list[str], conditions: dict[str, dict[str, str]]) -> pd.DataFrame:
    """The networks of the study's conditions, each once; where two files hold the same, the first counts."""
    table = pd.concat([read_table(file, Runs) for file in files])
    table = table.drop_duplicates(["arm", "trait", "run", "student_base"])
    bases = [{"role": "base", "base": base} for base in dict.fromkeys(condition["base"] for condition in conditions.values())]
    trained = {name: condition for name, condition in conditions.items() if condition["role"] != "base"}
    found = [_rows(table, "base", base) for base in bases] + [_rows(table, *each) for each in trained.items()]
    if missing := [name for name, part in zip([*bases, *trained], found, strict=True) if part.empty]:
        raise UserError(f"{', '.join(files)}: no evaluation of {missing[0]}.")
    return pd.concat(found, ignore_index=True)


def _rows(table: pd.DataFrame, name: str, condition: dict[str, str]) -> pd.DataFrame:
    if condition["role"] == "student":
        return table[table["arm"] == name]
    own_base = table["student_base"].str.split(":").str[0] == condition["base"]
    named = own_base if condition["role"] == "base" else table["trait"] == name
    return table[(table["arm"] == condition["role"]) & named]


def accuracies(runs: pd.DataFrame, conditions: dict[str, dict[str, str]]) -> pd.DataFrame:
    """Means and t intervals over runs; gains are paired by run with the untouched base of the same architecture."""
    rows = []
    for name, condition in conditions.items():
        values, gains = _of(runs, name, condition)
        mean, gain = mean_over_runs(values.to_numpy()), mean_over_runs(gains.to_numpy())
        rows.append({
            "arm": name, "role": condition["role"], "shares": condition["share"], "runs": len(values), "accuracy": mean.value,
            "ci_low": mean.low, "ci_high": mean.high, "gain": gain.value, "gain_low": gain.low, "gain_high": gain.high,
            "p_value": gain.p_value,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _of(runs: pd.DataFrame, name: str, condition: dict[str, str]) -> tuple[pd.Series, pd.Series]:
    """Accuracy by run, and accuracy less that of the untouched base of the same run."""
    values = _rows(runs, name, condition).set_index("run")["value"]
    untouched = _rows(runs, "base", {"role": "base", "base": condition["base"]}).set_index("run")["value"]
    return values, values - untouched


def measure(quantity: str, arm: str, table: pd.DataFrame) -> Mean:
    """The quantity of an arm with its interval over runs."""
    found = table[table["arm"] == arm]
    if found.empty:
        return UNKNOWN
    one = found.iloc[0]
    if quantity == "gain":
        return Mean(one["gain"], one["gain_low"], one["gain_high"], one["p_value"])
    return Mean(one["accuracy"], one["ci_low"], one["ci_high"], math.nan)


def judged(claims: list[Claim], study: str, table: pd.DataFrame) -> pd.DataFrame:
    """A row of ``claims.csv`` for each claim."""
    rows = []
    for claim in claims:
        found, bound = measure(claim.quantity, claim.arm, table), claim.bound
        if claim.times:
            bound *= measure(claim.quantity, claim.times, table).value
        times = f" x {claim.times}" if claim.times else ""
        rows.append(row(claim, study, f"{claim.quantity} of {claim.arm}", found, bound, claim.figure, times))
        step.log.info("%s: %s (%.3f)", claim.claim, rows[-1]["verdict"], found.value)
    return pd.DataFrame(rows, columns=COLUMNS)


def words(title: str, table: pd.DataFrame, claims: pd.DataFrame, conditions: dict[str, dict[str, str]]) -> str:
    """The summary as Markdown."""
    lines = [f"# {title}", ""]
    if not claims.empty:
        lines += ["## Claims", "", "| claim | measured | 95 % interval | verdict |", "|---|---|---|---|"]
        for one in claims.itertuples():
            verdict = one.verdict.replace("_", " ")
            lines.append(f"| {one.statement} | {one.measured:.3f} | {_interval(one.ci_low, one.ci_high)} | {verdict} |")
        lines.append("")
    lines += ["## Accuracy on test images", ""]
    lines += ["| | shares with its teacher | accuracy | 95 % interval | gain over its base | 95 % interval | meaning |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for one in table.itertuples():
        shares = SHARES[one.shares] if one.role == "student" else ""
        lines.append(
            f"| {one.arm} | {shares} | {one.accuracy:.3f} | {_interval(one.ci_low, one.ci_high)} | {one.gain:+.3f} | "
            f"{_interval(one.gain_low, one.gain_high)} | {conditions[one.arm]['meaning']} |"
        )
    lines += ["", f"Networks are the unit: {table['runs'].max()} per row, each with its own start, teacher and noise."]
    return "\n".join(lines) + "\n"


def _interval(low: float, high: float) -> str:
    return "" if math.isnan(low) else f"{low:.3f} to {high:.3f}"


def main(args: argparse.Namespace) -> None:
    conditions = json.loads(args.conditions)
    runs = collect(args.evaluations, conditions)
    table = accuracies(runs, conditions)
    claims = judged(TypeAdapter(list[Claim]).validate_json(args.claims), args.study, table)
    write_table(runs, f"{args.output}/runs.csv", Runs)
    write_table(table, f"{args.output}/accuracies.csv", Accuracies)
    write_table(claims, f"{args.output}/claims.csv", Claims)
    write_text(words(args.title, table, claims, conditions), f"{args.output}/summary.md")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", required=True)
    parser.add_argument("--title", required=True)
    parser.add_argument("--conditions", required=True, help="base, teachers and arms as JSON: role, base, share, meaning")
    parser.add_argument("--claims", required=True, help="the claims of the study, as JSON")
    parser.add_argument("--evaluations", nargs="+", required=True)
    parser.add_argument("--output", required=True, help="folder")
    step.run(main, parser)
