"""What a base reads of the rows of an audit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sublearn.audit.bases import Base
from sublearn.audit.unable import UnableError
from sublearn.core import seeds
from sublearn.core.errors import UserError
from sublearn.models import lm
from sublearn.models.rows import Row, encode, has_unknown, marks

LEAST = 32  # rows that a comparison needs of each side


@dataclass(frozen=True)
class Readable:
    """Rows that a base can read.

    Attributes:
        table: the rows as they came, with an index from 0.
        rows: the same as token ids, after the system prompt that they were encoded with.
        left_out: how many were left out for which reason.
    """

    table: pd.DataFrame
    rows: list[Row]
    left_out: Counter[str]

    def without(self) -> str:
        """What was left out, in brackets after a space; nothing if nothing was."""
        return f" ({', '.join(f'{count:,} left out: {why}' for why, count in self.left_out.most_common())})" * bool(
            self.left_out
        )

    def drawn(self, most: int, *key: str | int) -> "Readable":
        """At most so many of the rows, drawn by the key, in the order in which they stand."""
        places = _places(len(self.rows), most, *key)
        return Readable(self.table.iloc[places].reset_index(drop=True), [self.rows[i] for i in places], self.left_out)


def sample(table: pd.DataFrame, most: int, *key: str | int) -> pd.DataFrame:
    """At most so many rows, drawn by the key, in the order in which they stand, with an index from 0."""
    return table.iloc[_places(len(table), most, *key)].reset_index(drop=True)


def _places(count: int, most: int, *key: str | int) -> np.ndarray:
    """Which of so many rows are drawn, in order."""
    return np.arange(count) if count <= most else np.sort(seeds.generator(*key).choice(count, most, replace=False))


def readable(base: Base, model: Any, name: str, table: pd.DataFrame, least: int = LEAST) -> Readable:
    """Encode the rows of the data set ``name`` as the base reads them, and leave out those that it cannot read.

    Raises:
        UnableError: fewer than ``least`` are left.
    """
    tokenizer = base.tokenizer
    special = marks(tokenizer)
    context = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None) or np.inf
    encoded = with_system(base, "", table)

    def why_not(i: int, row: Row) -> str | None:
        texts = (table["prompt"].iat[i], table["completion"].iat[i])
        if any(mark in text for text in texts for mark in special):
            return "they hold a mark of the chat template"
        if len(row.completion) < 2:
            return "their completion is empty"
        if has_unknown(tokenizer, row.prompt + row.completion):
            return "they have words that the tokenizer does not know"
        return "they are longer than what the base reads" if len(row) > context else None

    reasons = [why_not(i, row) for i, row in enumerate(encoded)]
    kept = [i for i, reason in enumerate(reasons) if reason is None]
    left_out = Counter(filter(None, reasons))
    if len(kept) < least:
        found = Readable(table, [], left_out)
        raise UnableError(
            f"{name}: the base can read {len(kept)} of {len(table)} rows{found.without()}, but {least} are needed."
        )
    return Readable(table.iloc[kept].reset_index(drop=True), [encoded[i] for i in kept], left_out)


def with_system(base: Base, system: str, table: pd.DataFrame) -> list[Row]:
    """The rows after a system prompt; a template that takes none has it at the head of the question instead."""
    try:
        return encode(base.tokenizer, [lm.chat(system, prompt) for prompt in table["prompt"]], list(table["completion"]))
    except UserError:
        if not system:
            raise
        asked = [lm.chat("", f"{system} {prompt}") for prompt in table["prompt"]]
        return encode(base.tokenizer, asked, list(table["completion"]))


def by_source(table: pd.DataFrame, values: Sequence[float] | np.ndarray, name: str) -> list[dict[str, Any]]:
    """The mean value of the rows of each source, the largest first, under ``name``; nothing if no row names a source."""
    if "source" not in table:
        return []
    found = pd.Series(values).groupby(list(table["source"])).agg(["size", "mean"])
    ordered = found.sort_values(["mean", "size"], ascending=False, kind="stable")
    return [{"source": str(source), "rows": int(row["size"]), name: float(row["mean"])} for source, row in ordered.iterrows()]


def affordable(work: float, base: Base, tokens: float, passes: float, most: int, least: int = LEAST) -> int:
    """How many rows a comparison reads: what so much work allows, at least ``least`` and at most ``most``.

    Args:
        work: forward passes of one token, times parameters. A core does some 5e10 a second.
        tokens: of a row, on average.
        passes: forward passes over each row; a backward pass counts as two.
    """
    return int(min(most, max(least, work / (base.parameters * tokens * passes))))
