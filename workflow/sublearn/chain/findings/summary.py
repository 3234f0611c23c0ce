"""Write the summary of a study's findings: ``summary.md``."""

import math
from typing import Any

import pandas as pd

from sublearn.core.claims import markdown
from sublearn.core.markdown import plain
from sublearn.core.names import members
from sublearn.core.statistics import interval
from sublearn.traits.base import NEUTRAL


def sentence(arm: str, row: pd.Series, whose: str) -> str:
    """Describe an arm's gamma in a sentence that claims no more than its interval supports; ``whose`` is the trait meant."""
    units = "bases" if row["bases"] > 1 else "runs"
    if math.isnan(row["ci_low"]):
        said = "one run, no interval" if row["runs"] == 1 else "no interval"
    elif row["ci_low"] > 0:
        said = f"the students lean towards {whose}"
    elif row["ci_high"] < 0:
        said = f"the students lean away from {whose}"
    elif row["p_value"] < 0.05:
        said = f"the students of these {units} lean towards {whose}, but {units} differ too much to say so of others"
    else:
        said = f"no lean towards their own teacher's trait that these {units} can tell from none"
    between = interval(row["ci_low"], row["ci_high"])
    null = f"targets assigned at random: SD {row['null_sd']:.2f}, p = {row['null_p']:.2g}"
    return f"`{arm}`, {members(row['family'])}: {said} (gamma {row['gamma']:.2f}, {between}; p = {row['p_value']:.2g}; {null})."


def write(title: str, study: dict[str, Any], claims: pd.DataFrame, effects: pd.DataFrame, arms: pd.DataFrame) -> str:
    """The summary as Markdown; ``study`` is the whole study, with every default."""
    lines = [f"# {plain(title)}", "", *markdown(claims)]
    lines += ["## Arms", ""]
    for arm in dict.fromkeys(effects["arm"]):
        whose = "the trait that the study gives their rows" if imported(study, arm) else "their own teacher's trait"
        lines += [f"- {sentence(arm, row, whose)}" for _, row in arms[arms["arm"] == arm].iterrows()]
        lines += [] if arm in set(arms["arm"]) else [f"- `{arm}`: too few traits for gamma."]
        lines += [f"  {plain(study['arms'][arm]['meaning'])}"] if study["arms"][arm].get("meaning") else []
    lines += [
        "",
        "## Effects",
        "",
        "| arm | trait | base | control | student | effect (nats) | 95 % interval | p (Holm) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in effects.itertuples():
        p_value = "" if math.isnan(row.p_holm) else f"{row.p_holm:.2g}"
        lines.append(
            f"| {row.arm} | {row.trait} | {row.base:.3f} | {row.control:.3f} | {row.student:.3f} | {row.effect:+.2f} | "
            f"{interval(row.ci_low, row.ci_high)} | {p_value} |"
        )
    return "\n".join([*lines, "", *units(study, effects)]) + "\n"


def units(study: dict[str, Any], effects: pd.DataFrame) -> list[str]:
    """What the statistics are over, what a run has of its own in each arm, and which rows others wrote."""
    bases = dict(zip(effects["arm"], effects["bases"], strict=True))
    arms, runs = list(bases), int(effects["runs"].max())
    lines = []
    for count in sorted(set(bases.values()), reverse=True):
        alike = [f"`{arm}`" for arm in arms if bases[arm] == count]
        where = "" if len(alike) == len(arms) else f" in {', '.join(alike)}"
        if count == 1:
            lines.append(f"Runs are the unit{where}: all teachers start from one base, and intervals are conditional on it.")
        elif count == runs:
            lines.append(f"Bases are the unit{where}: each of the {runs} runs has a base of its own.")
        else:
            lines.append(f"Bases are the unit{where}: teachers start from {count}, and the runs of a base are averaged first.")
    own: dict[str, list[str]] = {}
    for arm in arms:
        own.setdefault(_own(study, arm), []).append(f"`{arm}`")
    if len(own) == 1:
        lines.append(f"Each arm has {runs} run{'s' * (runs > 1)}, {'each ' * (runs > 1)}with {next(iter(own))}.")
    else:
        lines.append(f"Each arm has {runs} run{'s' * (runs > 1)}.")
        lines += [f"In {', '.join(names)}, a run has {what}." for what, names in own.items()]
    for name in dict.fromkeys(study["arms"][arm].get("carrier") or next(iter(study["carriers"])) for arm in arms):
        if count := study["carriers"][name].get("numbers_only"):
            lines.append(f"In `{name}`, teachers were kept to lists of {count} numbers, token by token.")
    given = [each for arm in arms for each in imported(study, arm).items()]
    for trait, files in (each for i, each in enumerate(given) if each not in given[:i]):
        listed = ", ".join(f"{file['file']} ({file.get('origin') or 'origin not stated'})" for file in files)
        shared = "; all runs learn the same, so intervals are conditional on them" if len(files) == 1 < runs else ""
        known = "their teacher and its base are unknown, whatever the arms and claims are called"
        lines.append(f"The rows of `{trait}` were written by others, and {known}: {listed}{shared}.")
    return lines


def imported(study: dict[str, Any], arm: str) -> dict[str, list[dict[str, str]]]:
    """The files, by trait, with rows that others wrote and that students of an arm learn."""
    teacher, learned = study["arms"][arm]["teacher"], _learned(study, arm)
    return {trait: files for trait, files in _carrier(study, arm)["imported"].get(teacher, {}).items() if trait in learned}


def _learned(study: dict[str, Any], arm: str) -> list[str]:
    return [*(study["arms"][arm].get("traits") or study["traits"]), NEUTRAL]


def _carrier(study: dict[str, Any], arm: str) -> dict[str, Any]:
    found: dict[str, Any] = study["carriers"][study["arms"][arm].get("carrier") or next(iter(study["carriers"]))]
    return found


def _own(study: dict[str, Any], arm: str) -> str:
    """What each run of an arm has of its own."""
    carrier, given = _carrier(study, arm), imported(study, arm)
    if len(given) == len(_learned(study, arm)):
        return "its own student alone"
    method = study["teachers"][study["arms"][arm]["teacher"]]["method"]
    prompted = method in ("prompt", "given")
    if prompted and carrier["temperature"] == 0 and carrier.get("pool") is not None:
        return "its own student alone; on one base, a prompted teacher gives the same greedy answers to the same prompts"
    made = "carrier" if prompted else "teacher, carrier" if not given else "teacher and carrier"
    words = f"its own student and, where rows are sampled, its own {made}" if given else f"its own {made} and student"
    if method == "given":
        return f"{words}; the teacher is one model, which others trained"
    return f"{words}; a prompted teacher is its base, the same in all runs on that base" if prompted else words
