"""What a layer of the audit is given, and what it says.

A *layer* is a module of this package that declares a ``Layer``. It looks at the data in one way and returns a ``Result``.
Layers know nothing of each other; the report puts their results together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from sublearn.core.registry import Registry

Status = Literal["found", "nothing_found", "not_run"]
Need = Literal["reference", "base"]


@dataclass(frozen=True)
class DataSet:
    """Rows that a model learns from.

    Attributes:
        name: as its owner calls it, such as the path of its file.
        rows: columns ``prompt``, ``completion`` and ``place`` (where the row stands: ``line 7``, ``row 7``), all text.
        file: the file that it was read from, if it is one on this machine.
        columns: what each column that was read holds, such as ``prompt``.
        unread: names of the other columns, shortened; of very many the first.
    """

    name: str
    rows: pd.DataFrame
    file: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    unread: Sequence[str] = ()


@dataclass(frozen=True)
class Inputs:
    """What an audit is about.

    Attributes:
        data: the rows that are audited.
        reference: rows like them that are known to carry nothing, if there are any.
        base: the folder of the model that is to learn from them, if it is known.
        traits: the traits that it is asked for, each a name that ``sublearn.traits`` knows; families stay together.
        words: words that must not be in the data, beside those that give away a trait.
        students: how many students learn from the data, and as many from the reference.
        seed: seed of all random draws.
    """

    data: DataSet
    reference: DataSet | None = None
    base: str | None = None
    traits: Sequence[str] = ()
    words: Sequence[str] = ()
    students: int = 3
    seed: int = 0

    @cached_property
    def shared(self) -> int:
        """How many rows of the data stand in the reference word for word; none if there is no reference."""
        if self.reference is None:
            return 0
        own, others = (zip(each.rows["prompt"], each.rows["completion"], strict=True) for each in (self.data, self.reference))
        known = set(others)
        return sum(row in known for row in own)


@dataclass(frozen=True)
class Flag:
    """A row that somebody should look at.

    Attributes:
        place: where it stands in the data.
        why: what is odd about it, in a few words.
        text: the part of it that shows this, as it stands there: hostile text, never to be rendered unescaped.
    """

    place: str
    why: str
    text: str


@dataclass(frozen=True)
class Result:
    """What a layer found.

    Attributes:
        layer: its name.
        status: whether it found something, nothing, or could not look.
        sentence: what that means in plain words; why it could not look, if it could not.
        score: the number that a detector compares with its threshold; larger is more suspicious. None if there is none.
        tables: tables of numbers by name, each a list of rows with the same keys; they are shown and stored. The report knows
            two names. It draws ``traits`` (columns ``trait``, ``family``, ``value``, ``low``, ``high``, ``p``, ``unit``) as
            ranked dots: shifts for which 0 is none, 95 % intervals, p values corrected for looking at many; any but ``trait``
            and ``value`` may be missing or NaN. It draws ``curve`` (``k``, ``auroc``, ``low``, ``high``, ``shortcut``) as AUROC
            against the rows in a bag, beside that of a classifier that sees the format alone.
        flags: rows to look at, the worst first; at most ``FLAGS``.
        places: where all rows stand that a layer can count, flagged above or not, by what is odd about them.
        advice: what to do about what it found, if that depends on it; empty for the layer's own advice.
    """

    layer: str
    status: Status
    sentence: str
    score: float | None = None
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    flags: Sequence[Flag] = ()
    places: Mapping[str, Sequence[str]] = field(default_factory=dict)
    advice: str = ""

    def shown(self) -> str:
        """How many of the odd rows are flagged, in a sentence; nothing if all are."""
        flagged = {flag.place for flag in self.flags}
        odd = flagged.union(*self.places.values())
        more = f"{len(flagged):,} of {len(odd):,} rows shown; audit.json lists the places of all."
        return more if len(odd) > len(flagged) else ""


FLAGS = 50  # rows that a layer shows; ``places`` has the others


def largest(table: pd.DataFrame, values: np.ndarray, why: Callable[[float], str]) -> list[Flag]:
    """Flags for the rows with the largest values above zero, the largest first; ``why`` says what is odd about a value."""
    return [
        Flag(table["place"].iat[i], why(values[i]), table["completion"].iat[i])
        for i in np.argsort(-values, kind="stable")[:FLAGS]
        if values[i] > 0
    ]


@dataclass(frozen=True)
class Layer:
    """One way to look at data.

    Attributes:
        name: such as ``surface``.
        title: its heading in the report.
        order: its place among the layers: cheap ones first.
        look: looks at the data. It gets what it ``needs``, or is not called.
        needs: what it cannot do without.
        detects: whether what it finds may be a trait; else it only says where rows come from, and no error rate is measured.
        asks: what it asks the data, one sentence.
        blind: what it cannot see, one sentence.
        cost: how long it takes, in words, for 10,000 rows.
        advice: what to do if it found something.
        since: what has changed in its own test since that was counted on known cases, one sentence; empty if nothing has.
    """

    name: str
    title: str
    order: int
    look: Callable[[Inputs], Result]
    asks: str
    blind: str
    cost: str
    needs: Sequence[Need] = ()
    detects: bool = True
    advice: str = "Read what this layer found, and why, before you train on these rows."
    since: str = ""


LAYERS = Registry("sublearn.audit.layers", Layer, "audit layer")
