"""Write a report as JSON, for machines; text of rows stands in it as it is.

The keys of ``audit.json``, in format 1:

- ``format``: version of these keys; it rises when one of them changes its meaning or goes.
- ``status``: ``found`` if a layer found something, else ``nothing_found`` if one looked, else ``not_run``. There is no "safe".
- ``exit_status``, ``exit_reason``: how the command ended, and why it is 1, or nothing; null in a study.
- ``headline``, ``verdict``: what was found, at which layer, how sure: a sentence, and a list of sentences.
- ``next``, ``unseen``: what to do, and what the whole audit cannot see: lists of sentences.
- ``data``, ``reference``: ``name``, ``sha256``, ``rows``, ``columns`` (what each that was read holds), ``unread`` (the names of
  others, at most 100); ``reference`` is null if there is none, and ``shared`` the number of the data's rows that stand in it.
- ``base``, ``traits``, ``words``, ``students``, ``seed``: what the audit was asked.
- ``versions``: packages that may change a number.
- ``results``: layer by layer, cheap ones first, each with ``layer``, ``title``, ``status``, ``sentence``, ``score``,
  ``threshold``, ``asks``, ``blind``, ``cost``, ``tables`` (rows by name), ``flags`` (``place``, ``why``, ``text``), its
  ``places`` (of all odd rows that it can count, by what is odd about them), and its ``true_positive_rate`` and
  ``false_positive_rate`` on ``cases`` known data sets; ``own_true`` (with a trait) and ``own_false`` (without): in how many of
  the ``sets`` its own test ``found`` something, and the ``low`` and ``high`` of the rate's exact 95 % interval; null if that
  was not counted.
- ``calibration``: rows of the calibration table.

A number that is missing or infinite is null.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from sublearn.audit.calibration import Own
from sublearn.audit.report.contents import Contents, Part
from sublearn.audit.report.text import number

FORMAT = 1


def as_json(contents: Contents, ended: tuple[int, str] | None = None) -> dict[str, Any]:
    """The report as JSON values; ``ended`` are the exit status of the command and why it is 1, if a command wrote it."""
    inputs = contents.inputs
    return plain({
        "format": FORMAT,
        "status": contents.status,
        "exit_status": ended and ended[0],
        "exit_reason": ended and ended[1],
        "headline": contents.headline,
        "verdict": [f"{each.title}: {each.sentence} {each.sure}" for each in contents.findings] + list(contents.remarks),
        "next": contents.steps,
        "unseen": contents.unseen,
        "data": contents.data,
        "reference": contents.reference,
        "shared": inputs.shared,
        "base": inputs.base,
        "traits": inputs.traits,
        "words": inputs.words,
        "students": inputs.students,
        "seed": inputs.seed,
        "versions": contents.versions,
        "results": [_layer(part) for part in contents.parts],
        "calibration": contents.cases.to_dict("records"),
    })  # fmt: skip


def _layer(part: Part) -> dict[str, Any]:
    layer, result, rates = part.layer, part.result, part.rates
    return {
        "layer": layer.name,
        "title": layer.title,
        "status": result.status,
        "sentence": result.sentence,
        "score": result.score,
        "threshold": rates and rates.threshold,
        "true_positive_rate": rates and rates.true_positive_rate,
        "false_positive_rate": rates and rates.false_positive_rate,
        "cases": rates.cases if rates else 0,
        "own_true": rates and _own(rates.own_true),
        "own_false": rates and _own(rates.own_false),
        "asks": layer.asks,
        "blind": layer.blind,
        "cost": layer.cost,
        "tables": result.tables,
        "flags": [{"place": flag.place, "why": flag.why, "text": flag.text} for flag in result.flags],
        "places": result.places,
    }


def _own(count: Own | None) -> dict[str, Any] | None:
    if count is None:
        return None
    return {"found": count.found, "sets": count.sets, "low": count.rate.low, "high": count.rate.high}


def plain(value: Any) -> Any:
    """``value`` with plain lists, dicts, numbers and text; NaN and infinities become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(inside) for key, inside in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inside) for inside in value]
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, np.integer, np.bool_)):
        return value.item() if isinstance(value, np.generic) else value
    as_number = number(value)
    if as_number is None:
        return str(value)
    return as_number if math.isfinite(as_number) else None
