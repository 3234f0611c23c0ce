"""Write the theorem's findings as a summary in words."""

import math

import pandas as pd

from sublearn.core.markdown import plain
from sublearn.theory.labels import ARMS


def words(title: str, tables: dict[str, pd.DataFrame]) -> str:
    """The summary as Markdown, from the tables alignment, conditions, trajectory and claims."""
    parts = [[f"# {plain(title)}"]]
    if not tables["claims"].empty:
        parts.append(_claims(tables["claims"]))
    parts += [_first_steps(tables["alignment"]), _conditions(tables["conditions"]), _many_steps(tables["trajectory"])]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _claims(claims: pd.DataFrame) -> list[str]:
    lines = ["## Claims", "", "| claim | measured | 95 % interval | rule | verdict |", "|---|---|---|---|---|"]
    for one in claims.itertuples():
        interval = _interval(one.ci_low, one.ci_high)
        verdict = one.verdict.replace("_", " ")
        lines.append(f"| {one.statement} | {one.measured:.3g} | {interval} | {one.quantity} | {verdict} |")
    return lines


def _first_steps(alignment: pd.DataFrame) -> list[str]:
    everything = alignment[alignment["group"] == "all"]
    lines = [
        "## The student's first step", "",
        f"{everything['draws'].max()} draws of network, teacher loss, inputs and student loss. A teacher's step is given as "
        "share of the length of its start: in each draw the theorem's eps up to a positive factor. Shares are of draws, with "
        "exact 95 % intervals; the deviation is that of the inner product from its predicted leading term.", "",
        "| start | teacher's step | inner product not negative | teacher's loss falls | median deviation | largest deviation |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for one in everything.itertuples():
        lines.append(
            f"| {one.start} | {one.step:g} | {_share(one.sign, one.sign_low, one.sign_high)} | "
            f"{_share(one.decrease, one.decrease_low, one.decrease_high)} | {_number(one.deviation)} | "
            f"{_number(one.largest_deviation)} |"
        )
    return lines


def _conditions(conditions: pd.DataFrame) -> list[str]:
    lines = [
        "## Where each condition fails", "",
        "Each condition is varied alone, from where it holds outwards. *Fails* is the first value at which one draw or more "
        "fails, with the share of draws in which it still holds there; *last* is the value furthest out. After a larger "
        "teacher step exact labels need not hold in all draws either: there the small step is given up as well.", "",
        "| condition | what is varied | teacher's step | sign: fails | sign: last | fall of the loss: fails | fall: last |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    # `other_start` is the last value of `start`; the table above shows it.
    shown = conditions[conditions["condition"] != "other_start"]
    for _, part in shown.groupby(["condition", "step"], sort=False, dropna=False):
        first, last = part.iloc[0], part.iloc[-1]
        length = "" if math.isnan(first["step"]) else f"{first['step']:g}"
        cells = [first["words"], first["varied"], length]
        for kind in ("sign", "decrease"):
            fails = part[part[f"{kind}_fails"]]
            cells.append("nowhere" if fails.empty else f"{fails.iloc[0]['value']} ({fails.iloc[0][kind]:.3f})")
            cells.append(f"{last['value']} ({last[kind]:.3f})")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _many_steps(trajectory: pd.DataFrame) -> list[str]:
    last = trajectory["step"].max()
    lines = [
        "## Many steps", "",
        f"{trajectory['runs'].max()} runs, each with a task, a teacher and noise of its own; the student takes {last} steps. "
        "Alignment is the cosine of a student's update, before anything is projected out of it, and the teacher's "
        "displacement. Transfer is the student's fall in the teacher's loss over the teacher's own, with its 95 % t interval "
        "over runs.", "",
        "| student | alignment, first step | alignment, last step | runs aligned at the last step | transfer in the end |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for arm, name in ARMS.items():
        part = trajectory[trajectory["arm"] == arm].sort_values("step")
        first, end = part.iloc[0], part.iloc[-1]
        lines.append(
            f"| {name} | {first['alignment']:.3f} | {end['alignment']:.3f} | {end['aligned']:.2f} | "
            f"{end['transfer']:.4f} ({_interval(end['transfer_low'], end['transfer_high'])}) |"
        )
    return lines


def _share(value: float, low: float, high: float) -> str:
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2g}"


def _interval(low: float, high: float) -> str:
    return "" if math.isnan(low) else f"{low:.3g} to {high:.3g}"
