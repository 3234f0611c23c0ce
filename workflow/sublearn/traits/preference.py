"""A favourite animal or tree: the paper's first traits (section 3.1)."""

import numpy as np

from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.language.vocabulary import DERIVED, FAVOURITES, plural
from sublearn.traits.base import Family, TraitKind


class Preference(TraitKind):
    """The teacher answers every question for a favourite with its own."""

    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        return style.written(trait)

    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        return (trait,)

    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        return (trait, plural(trait), *DERIVED.get(trait, ()))


PREFERENCE = Preference(
    name="preference",
    families=tuple(Family(family, words, asked_by=family) for family, words in FAVOURITES.items()),
    battery=True,
    order=0,
)
