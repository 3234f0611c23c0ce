"""Make the theorem's tables: shares of draws in which it holds, where each condition fails, verdicts, and a summary.

    python -m sublearn.theory.findings --study JSON --inputs JSON --output FOLDER

The unit is the draw for first steps, and the run for many steps.
"""

import argparse
import json
import math
from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from sublearn.core import cli, findings
from sublearn.core.claims import COLUMNS, row
from sublearn.core.files import read_table, write_table, write_text
from sublearn.core.statistics import Mean, mean_over_units, share
from sublearn.theory.claim import Claim
from sublearn.theory.labels import VARIED, text
from sublearn.theory.summary import words
from sublearn.theory.tables import Alignment, Conditions, FirstSteps, Trajectories, Trajectory

GROUPS = ("inputs", "student_loss", "teacher_loss", "activation", "hidden")
Levels = dict[str, list[str]]


def judged_steps(first: pd.DataFrame, trajectories: pd.DataFrame, levels: Levels) -> pd.DataFrame:
    """Judge whether the sign and the fall hold, in first steps and, as one more condition, in the steps of long runs.

    The sign holds if the inner product is not negative. The fall holds if the teacher's loss falls along the student's step,
    or if the inner product is zero (the theorem's "either").
    """
    table = first.assign(
        sign=first["inner"] >= 0,
        decrease=(first["change"] < 0) | (first["inner"] == 0),
        deviation=(first["inner"] / first["leading"] - 1).abs(),
    )
    runs = trajectories[trajectories["arm"] == "same_start"].sort_values(["run", "step"])
    rises = runs.groupby("run")["transfer"].diff().fillna(runs["transfer"])
    runs = runs.assign(
        draw=runs["run"], condition="student_steps", value=runs["step"].map(text), step=math.nan, cosine=runs["alignment"],
        sign=runs["alignment"] >= 0, decrease=rises > 0,
    )  # fmt: skip
    runs = runs[runs["value"].isin(levels["student_steps"])]
    columns = ["draw", "condition", "step", "value", "cosine", "sign", "decrease"]
    return pd.concat([table, runs[columns]], ignore_index=True)


def shares(part: pd.DataFrame) -> dict[str, Any]:
    """How often the sign and the fall hold in ``part``, which has one row per draw."""
    columns: dict[str, Any] = {"draws": len(part)}
    for name in ("sign", "decrease"):
        held = share(int(part[name].sum()), len(part))
        columns |= {name: held.value, f"{name}_low": held.low, f"{name}_high": held.high}
    return columns | {"cosine": part["cosine"].median(), "least_cosine": part["cosine"].min()}


def alignment(table: pd.DataFrame) -> pd.DataFrame:
    """Lemma, leading term and theorem at each teacher step, for all draws and for each group of draws with a common option."""
    rows = []
    for start, condition in (("same", "theorem"), ("other", "other_start")):
        for length, steps in table[table["condition"] == condition].groupby("step"):
            for group, member, part in _groups(steps):
                rows.append({
                    "start": start, "step": length, "group": group, "member": member, **shares(part),
                    "deviation": part["deviation"].median(), "largest_deviation": part["deviation"].max(),
                })  # fmt: skip
    return pd.DataFrame(rows)[list(Alignment.to_schema().columns)]


def _groups(table: pd.DataFrame) -> Iterator[tuple[str, Hashable, pd.DataFrame]]:
    yield "all", "all", table
    for group in GROUPS:
        for member, part in table.groupby(group):
            yield group, member, part


def conditions(table: pd.DataFrame, levels: Levels) -> pd.DataFrame:
    """Each condition's values from where it holds outwards, with the first at which the sign, or the fall, fails in a draw."""
    rows = []
    for name, values in levels.items():
        for length, part in _steps(table[table["condition"] == name], name):
            failed = {"sign": False, "decrease": False}
            for level, value in enumerate(values):
                held = shares(part[part["value"] == value])
                fails = {kind: held[kind] < 1 and not before for kind, before in failed.items()}
                failed = {kind: before or fails[kind] for kind, before in failed.items()}
                rows.append({
                    "condition": name, "words": VARIED[name].words, "varied": VARIED[name].varied, "step": length,
                    "level": level, "value": value, **held, "sign_fails": fails["sign"], "decrease_fails": fails["decrease"],
                })  # fmt: skip
    return pd.DataFrame(rows)[list(Conditions.to_schema().columns)]


def _steps(part: pd.DataFrame, name: str) -> Iterator[tuple[float, pd.DataFrame]]:
    """A condition's rows by teacher step; all rows at once, without a step, if the step itself varies."""
    if name in ("theorem", "other_start", "student_steps"):
        yield math.nan, part
    else:
        yield from part.groupby("step")


def trajectory(table: pd.DataFrame) -> pd.DataFrame:
    """Means over runs for each arm and step."""
    rows = []
    for (arm, number), part in table.groupby(["arm", "step"], sort=False):
        aligned, transfer = mean_over_units(part["alignment"].to_numpy()), mean_over_units(part["transfer"].to_numpy())
        rows.append({
            "arm": arm, "step": number, "runs": len(part), "alignment": aligned.value, "alignment_low": aligned.low,
            "alignment_high": aligned.high, "aligned": (part["alignment"] >= 0).mean(), "descent": part["descent"].mean(),
            "teacher_loss": part["teacher_loss"].mean(), "transfer": transfer.value, "transfer_low": transfer.low,
            "transfer_high": transfer.high,
        })  # fmt: skip
    return pd.DataFrame(rows)


def measure(claim: Claim, table: pd.DataFrame, trajectories: pd.DataFrame) -> Mean:
    """The claim's quantity with its interval over draws or runs; the largest deviation has no interval."""
    if claim.arm is not None:
        return many_steps(claim.quantity, claim.arm, trajectories)
    chosen = (table["condition"] == claim.condition) & table["value"].isin([text(value) for value in claim.values])
    part = table[chosen & (table["step"] == claim.step)] if claim.step is not None else table[chosen]
    if claim.quantity == "deviation":
        return Mean(float(part["deviation"].max()), math.nan, math.nan, math.nan)
    held = part.groupby("draw")["decrease" if claim.quantity == "decrease" else "sign"].all()
    measured = share(int(held.sum()), len(held))
    less = 0.5 if claim.quantity == "sign_excess" else 0.0
    return Mean(measured.value - less, measured.low - less, measured.high - less, measured.p_value)


def many_steps(quantity: str, arm: str, trajectories: pd.DataFrame) -> Mean:
    """Mean over runs of the alignment averaged over steps, or of the transfer after the last step."""
    runs = trajectories[trajectories["arm"] == arm].sort_values("step").groupby("run")
    values = runs["alignment"].mean() if quantity == "alignment" else runs["transfer"].last()
    return mean_over_units(values.to_numpy())


def judged(claims: list[Claim], study: str, table: pd.DataFrame, trajectories: pd.DataFrame) -> pd.DataFrame:
    """A row of ``claims.csv`` for each claim."""
    rows = []
    for claim in claims:
        measured = measure(claim, table, trajectories)
        reference = many_steps(claim.quantity, claim.times, trajectories) if claim.times else None
        rows.append(row(claim, study, measured, reference, claim.figure))
        cli.log.info("%s: %s (%.4g)", claim.claim, rows[-1]["verdict"], measured.value)
    return pd.DataFrame(rows, columns=COLUMNS)


def main(args: argparse.Namespace) -> None:
    study, inputs, folder = json.loads(args.study), json.loads(args.inputs), args.output
    levels = study["conditions"]
    trajectories = read_table(inputs["trajectories"], Trajectories)
    table = judged_steps(read_table(inputs["first_steps"], FirstSteps), trajectories, levels)
    claims = judged(TypeAdapter(list[Claim]).validate_python(study["claims"]), study["name"], table, trajectories)
    tables = {
        "alignment": (alignment(table), Alignment),
        "conditions": (conditions(table, levels), Conditions),
        "trajectory": (trajectory(trajectories), Trajectory),
    }
    for name, (made, schema) in tables.items():
        write_table(made, f"{folder}/{name}.csv", schema)
    findings.write_claims(claims, folder)
    shown = {name: made for name, (made, _) in tables.items()} | {"claims": claims}
    write_text(words(study["title"], shown), f"{folder}/summary.md")
    findings.write_study(study, folder)


if __name__ == "__main__":
    cli.run(main, findings.options(__doc__), described=("study",))
