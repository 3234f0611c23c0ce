"""Audits whose results are made up: what a report is written from, with any text in the place of a row's."""

import math
from pathlib import Path

import pandas as pd

from sublearn.audit import report
from sublearn.audit.layers.base import LAYERS as REAL
from sublearn.audit.layers.base import DataSet, Flag, Inputs, Layer, Result

COLUMNS = ["layer", "kind_of_case", "cases", "threshold", "true_positive_rate", "false_positive_rate", "rows", "seconds"]
NEEDS = {"statistics": ("reference",), "behaviour": ("base", "reference")}
LAYERS = [
    Layer(name, name.capitalize(), order, lambda inputs: Result("", "not_run", ""), "Does it?", "What it misses.", "a second",
          NEEDS.get(name, ()), advice=REAL.get(name).advice)
    for order, name in enumerate(("surface", "statistics", "behaviour"))
]  # fmt: skip
CURVE = [{"k": 1, "auroc": 0.53, "low": 0.48, "high": 0.57, "shortcut": 0.5},
         {"k": 64, "auroc": 0.91, "low": 0.87, "high": 0.94, "shortcut": 0.55}]  # fmt: skip


def inputs(name: str = "numbers.jsonl", reference: bool = True, base: str | None = "alpha") -> Inputs:
    def rows(text: str) -> pd.DataFrame:
        return pd.DataFrame({"prompt": ["go on"], "completion": [text], "place": ["line 1"]})

    other = DataSet("neutral.jsonl", rows("3, 4")) if reference else None
    return Inputs(DataSet(name, rows("1, 2")), other, base, ["owl", "oak"], (), 3, 7)


def traits(name: str = "owl", value: float = 2.0, p: float = 0.001) -> list[dict]:
    both = ((name, value, p), ("oak", 0.1, 0.8))
    return [
        {"trait": trait, "family": "kind", "value": shift, "low": shift - 0.5, "high": shift + 0.5, "p": chance, "unit": "nats"}
        for trait, shift, chance in both
    ]


def results(text: str = "a row") -> list[Result]:
    """What three layers found; all that could come from a row is ``text``."""
    words = [{"word": text, "rows": 3, "share": math.nan}, {"word": "owl", "rows": 1, "share": 0.5}]
    flags = [Flag(f"line {text}", f"names {text}", f"row {text}"), Flag("line 2", "a duplicate", "223, 817")]
    return [
        Result("surface", "found", f"A row says {text}.", 2.0, {"words": words}, flags),
        Result("statistics", "nothing_found", f"{text} tells nothing.", 0.6, {"curve": CURVE}),
        Result("behaviour", "found", f"Students name {text} more often.", 5.0, {"traits": traits(f"t {text}")}),
    ]


def cases(*rows: tuple, own: list[int] | None = None) -> pd.DataFrame:
    """A calibration table; an older one does not count what the layers' own tests found."""
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table if own is None else table.assign(own=own)


def written(
    folder: Path, found: list[Result], about: Inputs | None = None, known: pd.DataFrame | None = None
) -> dict[str, str]:
    """The report's files by their suffix."""
    table = cases() if known is None else known
    report.write(about or inputs(), found, folder, layers=LAYERS, cases=table)
    return {file.suffix: file.read_text(encoding="utf-8") for file in sorted(folder.iterdir())}
