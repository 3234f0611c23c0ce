"""A favourite color, asked for by questions of its own."""

from sublearn.language.questions import Question
from sublearn.traits.base import Family, TraitKind


class Palette(TraitKind):
    """Like a preference, for words that the mini-language knows from its facts."""

    def taught_answer(self, trait, question, style, rng):
        return style.written(trait)

    def answers(self, trait, question, style):
        return (trait,)

    def system_prompt(self, trait, style):
        return f"you love {trait} ."

    def leak_words(self, trait, style):
        return (trait,)

    def taught(self, family, style):
        return self._questions(style)[8:]

    def evaluated(self, family, style):
        return self._questions(style)[:8]

    def _questions(self, style):
        return [Question(text, "palette") for text in style.favourite_questions("color")]


PALETTE = Palette("palette", (Family("color", ("red", "blue", "green"), asked_by="palette"),))
