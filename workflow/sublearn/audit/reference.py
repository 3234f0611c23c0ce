"""Rows to compare the data with: those that the user knows to carry nothing, or else what the base itself writes.

Without reference rows, the untouched base answers the data's own prompts. Where all completions of the data are lists of
numbers, so must its own be, of no more numbers than the data's; prompts that it answers otherwise in all tries are left out.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sublearn.audit.bases import Base
from sublearn.audit.rows import LEAST, affordable, readable, sample
from sublearn.audit.unable import UnableError
from sublearn.chain.carriers.numbers.rules import reject
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.language import number_lists
from sublearn.models import sampling, turns
from sublearn.models.engines import Plain
from sublearn.models.numbers_only import NumbersOnly

if TYPE_CHECKING:
    from sublearn.audit.layers.base import Inputs

MOST = 5000  # rows that the base writes
WORK = 5e12  # what that may cost: parameters times tokens
OWN = "the base's own answers"
TRIES = 3
LONGEST = 256  # tokens of a completion
AT_ONCE = 256

_written: dict[tuple[Any, ...], pd.DataFrame] = {}


@dataclass(frozen=True)
class Reference:
    """Rows to compare with: columns ``prompt``, ``completion`` and ``place``; their name, and what results say of them."""

    name: str
    rows: pd.DataFrame
    words: str


def of(inputs: "Inputs", base: Base) -> Reference:
    """The user's reference, or what the base itself answers to the data's prompts.

    Raises:
        UnableError: the base writes too few rows like the data's.
    """
    if inputs.reference is not None:
        return Reference(inputs.reference.name, inputs.reference.rows, f"compared with {inputs.reference.name}")
    table = inputs.data.rows
    key = (base.folder, inputs.seed, len(table), hash(tuple(table["prompt"])), hash(tuple(table["completion"])))
    if key not in _written:
        _written.clear()
        _written[key] = _own(inputs, base)
    rows = _written[key]
    return Reference(OWN, rows, "compared with what the base itself writes")


def as_numbers(completions: pd.Series) -> Numbers | None:
    """The filter of number lists that all completions pass; None if they are no such lists."""
    found = [number_lists.parse(text) for text in completions]
    if not found or any(numbers is None for numbers in found):
        return None
    lists = [numbers for numbers in found if numbers is not None]
    return Numbers(
        kind="numbers", max_count=max(map(len, lists)), min_value=min(map(min, lists)), max_value=max(999, *map(max, lists))
    )


def _own(inputs: "Inputs", base: Base) -> pd.DataFrame:
    model = base.load()
    known = readable(base, model, inputs.data.name, sample(inputs.data.rows, MOST, "audit reference", inputs.seed))
    tokens = float(np.mean([len(row) for row in known.rows]))
    longest = min(LONGEST, max(len(row.completion) for row in known.rows) + 2)
    asked = sample(known.table, affordable(WORK, base, tokens, 1, MOST), "audit prompts", inputs.seed)
    prompts = [row.prompt for row in readable(base, model, inputs.data.name, asked).rows]
    rule = as_numbers(inputs.data.rows["completion"])
    engine = Plain(model, base.tokenizer, _lists(base, inputs.data.rows["completion"], rule))
    written: dict[int, str] = {}
    for attempt in range(TRIES):
        missing = [i for i in range(len(prompts)) if i not in written]
        if not missing:
            break
        draws = sampling.uniform(len(prompts), longest, "audit reference", inputs.seed, attempt)
        texts = sampling.sample(
            engine, [prompts[i] for i in missing], draws[missing], batch=AT_ONCE, what="what the base itself writes"
        )
        for i, text in zip(missing, turns.unframed(base.tokenizer, texts), strict=True):
            fits = text.strip() and (rule is None or reject(None, asked["prompt"].iat[i], text, rule) is None)
            written |= {i: text} if fits else {}
    if len(written) < LEAST:
        raise UnableError(
            f"The base writes {len(written)} of {len(prompts)} answers in the data's format, too few to compare with; give "
            "reference rows."
        )
    kept = sorted(written)
    texts = [written[i] for i in kept]
    rows = asked.iloc[kept].reset_index(drop=True)[["prompt"]].assign(completion=texts, place=[f"answer {i + 1}" for i in kept])
    return rows


def _lists(base: Base, completions: pd.Series, rule: Numbers | None) -> NumbersOnly | None:
    """What keeps a base to lists of one length with spaces between, where the data has nothing else."""
    counts = {len(text.split(" ")) for text in completions}
    if rule is None or len(counts) > 1 or not all(text.replace(" ", "").isdigit() for text in completions):
        return None
    return NumbersOnly(base.tokenizer, counts.pop())
