"""Say in words what a study found: ``summary.md``, printed at the end of a run and shown in the report.

python -m sublearn.findings.summary --title TEXT --meanings JSON --claims FILE --effects FILE --arms FILE --output FILE
"""

import argparse
import json
import math

import pandas as pd

from sublearn.core import step
from sublearn.core.claims import Claims, markdown
from sublearn.core.files import read_table, write_text
from sublearn.core.statistics import interval
from sublearn.findings.tables import Arms, Effects


def sentence(arm: str, row: pd.Series) -> str:
    """What gamma of an arm says, in words that do not go past its interval."""
    if math.isnan(row["ci_low"]):
        said = "one run, no interval"
    elif row["ci_low"] > 0:
        said = "the students lean towards their own teacher's trait"
    elif row["ci_high"] < 0:
        said = "the students lean away from their own teacher's trait"
    else:
        said = "no transfer that these runs can tell from none"
    between = interval(row["ci_low"], row["ci_high"])
    return f"`{arm}`, {row['family']}s: {said} (gamma {row['gamma']:.2f}, {between}; p = {row['p_value']:.2g})."


def write(title: str, meanings: dict[str, str], claims: pd.DataFrame, effects: pd.DataFrame, arms: pd.DataFrame) -> str:
    """The summary as Markdown."""
    lines = [f"# {title}", "", *markdown(claims)]
    lines += ["## Arms", ""]
    for arm in dict.fromkeys(effects["arm"]):
        lines += [f"- {sentence(arm, row)}" for _, row in arms[arms["arm"] == arm].iterrows()]
        lines += [] if arm in set(arms["arm"]) else [f"- `{arm}`: too few traits for gamma."]
        lines += [f"  {meanings[arm]}"] if meanings.get(arm) else []
    lines += [
        "",
        "## Effects",
        "",
        "| arm | trait | base | control | student | effect (nats) | 95 % interval | p (Holm) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in effects.itertuples():
        lines.append(
            f"| {row.arm} | {row.trait} | {row.base:.3f} | {row.control:.3f} | {row.student:.3f} | {row.effect:+.2f} | "
            f"{interval(row.ci_low, row.ci_high)} | {row.p_holm:.2g} |"
        )
    lines += ["", f"Runs are the unit: {int(effects['runs'].max())} per arm, each with its own teacher, carrier and student."]
    return "\n".join(lines) + "\n"


def main(args: argparse.Namespace) -> None:
    claims, effects, arms = read_table(args.claims, Claims), read_table(args.effects, Effects), read_table(args.arms, Arms)
    write_text(write(args.title, json.loads(args.meanings), claims, effects, arms), args.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--title", required=True)
    parser.add_argument("--meanings", required=True, help="what each arm is for, as JSON")
    parser.add_argument("--claims", required=True)
    parser.add_argument("--effects", required=True)
    parser.add_argument("--arms", required=True)
    parser.add_argument("--output", required=True)
    step.run(main, parser)
