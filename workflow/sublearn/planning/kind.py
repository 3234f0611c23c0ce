"""A kind of study: what the studies of a kind say, what there is to make, and by which rules.

A *study kind* is a folder of this package with a module ``kind.py`` that declares a ``StudyKind``. Its rules are a file in
``workflow/rules``; those of a user's own kind lie in ``rules`` beside its folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sublearn.core.section import Section
from sublearn.planning.artifacts import Plan
from sublearn.planning.jobs import Jobs
from sublearn.planning.study import Study


@dataclass(frozen=True)
class StudyKind:
    """A kind of study.

    Attributes:
        name: what studies call it: ``kind: classifier``.
        title: the heading of its part of config/README.md.
        study: the typed study.
        plan: what there is to make.
        jobs: what its rules ask.
        sections: the parts of a study by their keys, for config/README.md.
        notes: more for config/README.md.
        order: its place there.
    """

    name: str
    title: str
    study: type[Study]
    plan: type[Plan[Any]]
    jobs: type[Jobs[Any]]
    sections: Mapping[str, type[Section]]
    notes: str = ""
    order: int = 100
