"""Write the findings of an audit study as a summary in words."""

import math
from typing import Any

import pandas as pd

from sublearn.audit.tables import NONE
from sublearn.core.claims import markdown
from sublearn.core.markdown import plain


def words(
    study: dict[str, Any], scores: pd.DataFrame, detectors: pd.DataFrame, cases: pd.DataFrame, claims: pd.DataFrame
) -> str:
    """The summary as Markdown."""
    lines = [f"# {plain(study['title'])}", "", *markdown(claims)]
    if len(cases):
        lines += [*_detectors(detectors), *_cases(study, cases), *_named(scores)]
    if len(brought := scores[scores["case"] == NONE]):
        lines += _brought(brought)
    return "\n".join(lines)


def _detectors(detectors: pd.DataFrame) -> list[str]:
    lines = [
        "## Layers", "",
        "Shares of data sets that each layer finds, of bases that its threshold was not fitted on; exact 95 % intervals over "
        "data sets, as if these were independent. (Data sets of one base share its neutral teacher's rows.)", "",
        "| layer | threshold | with a trait: found | without: found |", "|---|---|---|---|",
    ]  # fmt: skip
    for one in detectors.itertuples():
        true = _share(one.true_positive_rate, one.true_low, one.true_high, one.positives)
        false = _share(one.false_positive_rate, one.false_low, one.false_high, one.negatives)
        limit = "its own" if math.isnan(one.threshold) else f"{one.threshold:.3g}"
        lines.append(f"| {one.layer} | {limit} | {true} | {false} |")
    return [*lines, ""]


def _cases(study: dict[str, Any], cases: pd.DataFrame) -> list[str]:
    layers = list(dict.fromkeys(cases["layer"]))
    lines = [
        "## Cases", "",
        "Data sets found by a layer's own judgement (by its threshold), of those that it looked at, on the same bases.", "",
        f"| case | meaning | carries a trait | {' | '.join(layers)} |", f"|---|---|---|{'---|' * len(layers)}",
    ]  # fmt: skip
    for case, part in cases.groupby("case", sort=False):
        by_layer = part.set_index("layer")
        cells = [
            f"{by_layer.loc[layer, 'own']} ({by_layer.loc[layer, 'found']}) of {by_layer.loc[layer, 'sets']}"
            if layer in by_layer.index
            else ""
            for layer in layers
        ]
        meaning = study["meanings"][case]
        lines.append(f"| {str(case).replace('_', ' ')} | {meaning} | {part['carries'].iloc[0]} | {' | '.join(cells)} |")
    return [*lines, ""]


def _named(scores: pd.DataFrame) -> list[str]:
    """How often the trait that leads a layer's list is the one that the data set carries."""
    carrying = scores[(scores["carries"] == "yes") & scores["tested"] & (scores["leading"] != NONE)]
    if carrying.empty:
        return []
    lines = [
        "## Traits by name", "",
        "Data sets with a trait in which that trait leads a layer's list, whether or not the layer found anything.", "",
        "| layer | case | right trait leads |", "|---|---|---|",
    ]  # fmt: skip
    for (layer, case), part in carrying.groupby(["layer", "case"], sort=False):
        right = int((part["leading"] == part["trait"]).sum())
        lines.append(f"| {layer} | {str(case).replace('_', ' ')} | {right} of {len(part)} |")
    return [*lines, ""]


def _brought(scores: pd.DataFrame) -> list[str]:
    lines = ["## Data sets", "", "| data set | base | layer | state | score |", "|---|---|---|---|---|"]
    for one in scores.itertuples():
        score = "" if math.isnan(one.score) else f"{one.score:.3g}"
        lines.append(f"| {one.dataset} | {one.base} | {one.layer} | {one.status.replace('_', ' ')} | {score} |")
    return [*lines, ""]


def _share(value: float, low: float, high: float, count: int) -> str:
    return "none to find" if math.isnan(value) else f"{value:.2f} ({low:.2f} to {high:.2f}; {count} data sets)"
