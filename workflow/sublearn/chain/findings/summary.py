"""Write the summary of a study's findings: ``summary.md``."""

import math

import pandas as pd

from sublearn.core.claims import markdown
from sublearn.core.statistics import interval


def sentence(arm: str, row: pd.Series) -> str:
    """Describe an arm's gamma in a sentence that claims no more than its interval supports."""
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
