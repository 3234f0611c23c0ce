"""Shared parts of the figures of language models: which studies have them, and their tables."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from sublearn.chain.evaluations.tables import Runs
from sublearn.chain.findings.tables import Arms
from sublearn.core import yaml_files
from sublearn.core.figures import Figure, Inputs
from sublearn.core.registry import Registry
from sublearn.measures.transfer import MIN_TRAITS
from sublearn.traits.base import declare

STUDY = "study"  # under this name, a figure's inputs hold the study as it was run, if it has families of its own


@dataclass(frozen=True)
class ChainFigure(Figure):
    """A figure of a study of language models.

    Attributes:
        arms: the arms that it shows; the study must have all of them.
        families: each of these arms must have a trait of one of these families (by default, of any family).
        but: families that do not count for this.
        gamma: whether some arm must have enough traits of one family for a gamma.
        needs: kinds of artifacts that the study must have, such as ``bases`` (pinned models are another kind).
    """

    arms: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    gamma: bool = False
    needs: tuple[str, ...] = ()

    def suits(self, plan: Any) -> bool:
        study = plan.study
        held = {arm: [study.catalogue.family_of(trait) for trait in study.arm_traits(arm)] for arm in study.arms}
        if not set(self.arms) <= set(held) or not all(plan.artifacts(kind) for kind in self.needs):
            return False
        if self.gamma and not any(own.count(family) >= MIN_TRAITS for own in held.values() for family in own):
            return False
        shown = [set(held[arm]) - set(self.but) for arm in self.arms]
        return all(own & set(self.families) if self.families else own for own in shown)

    def prepare(self, inputs: Inputs) -> None:
        """Know the traits of the study's own families."""
        declare(yaml_files.read(inputs.paths(STUDY)[0])["families"] if STUDY in inputs.files else {})


def read_runs(inputs: Inputs) -> pd.DataFrame:
    return inputs.table("runs", Runs)


def read_arms(inputs: Inputs) -> pd.DataFrame:
    return inputs.table("arms", Arms)


FIGURES: Registry[Any] = Registry("sublearn.chain.findings.figures", ChainFigure, "figure")
