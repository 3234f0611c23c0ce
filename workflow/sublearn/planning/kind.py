"""Declare a study kind: the keys of its studies, the artifacts that they make, and the jobs of its rules.

A *study kind* is a folder of this package whose module ``kind.py`` declares a ``StudyKind``. Its rules are a file in
``workflow/rules``; the rules of a user's own kind are in the folder ``rules`` next to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sublearn.core.evidence import Evidence
from sublearn.core.section import Section
from sublearn.planning.artifacts import Plan
from sublearn.planning.jobs import Jobs
from sublearn.planning.study import Study


@dataclass(frozen=True)
class StudyKind:
    """A kind of study.

    Attributes:
        name: its name in a study, such as ``kind: classifier``.
        title: the heading of its part of config/README.md.
        study: the typed study.
        plan: plans the artifacts of a study.
        jobs: turns plans into jobs for the rules.
        sections: the sections of a study, by their headings in config/README.md.
        notes: more text for config/README.md.
        order: its position there.
        evidence: what the tables in a folder of findings say of each of some claims of the study, by name; the scorecard shows
            it. Without it, the scorecard says neither over what an interval is nor how far a claim is from another verdict.
    """

    name: str
    title: str
    study: type[Study]
    plan: type[Plan[Any]]
    jobs: type[Jobs[Any]]
    sections: Mapping[str, type[Section]]
    notes: str = ""
    order: int = 100
    evidence: Callable[[Any, Path], Mapping[str, Evidence]] | None = None
