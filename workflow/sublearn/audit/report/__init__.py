"""The report of an audit: one set of contents, written as JSON for machines, and as Markdown and a web page for people."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from sublearn.audit import calibration
from sublearn.audit.layers.base import LAYERS, Inputs, Layer, Result
from sublearn.audit.report.as_json import as_json
from sublearn.audit.report.contents import contents
from sublearn.audit.report.markdown import as_markdown
from sublearn.audit.report.page import page
from sublearn.audit.tables import FOUND, PAGES
from sublearn.core.files import write_json, write_text


def write(
    inputs: Inputs,
    results: Sequence[Result],
    folder: Path,
    pages: bool = True,
    layers: Iterable[Layer] = LAYERS,
    cases: pd.DataFrame | None = None,
    ended: tuple[int, str] | None = None,
) -> None:
    """Write ``audit.json``, and ``audit.md`` and ``audit.html`` beside it.

    Their bytes depend on the arguments, the shipped calibration and the versions of packages alone.

    Args:
        inputs: what was audited.
        results: what the layers found; a layer without a result did not run.
        folder: where the files go.
        pages: whether people read it. Without pages the JSON quotes no calibration either: calibration is made from such files.
        layers: all layers there are.
        cases: the calibration table, with the columns of ``calibration.Cases``; the shipped one if None.
        ended: the exit status of the command, and why it is 1; None if no command writes it.
    """
    known = (calibration.read() if cases is None else cases) if pages else calibration.Cases.empty()
    told = contents(inputs, results, layers, known)
    write_json(as_json(told, ended), folder / FOUND)
    if pages:
        for name, written in zip(PAGES, (as_markdown, page), strict=True):
            write_text(written(told), folder / name)
