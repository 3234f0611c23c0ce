"""A preference for one of the user's own words: a drink, a city, one more animal."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from sublearn.core.section import Section, shown
from sublearn.language import questions
from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.language.vocabulary import FAVOURITES, plural
from sublearn.traits.base import Family, Form, OwnKind
from sublearn.traits.own.sections import (
    Questions,
    Text,
    Told,
    Word,
    by_name,
    check_questions,
    check_slots,
    check_trait_names,
    filled,
    refuse_taken,
)

SLOTS = ("word", "plural")


class Favourite(Told):
    """One word of a preference; the trait has the entry's name."""

    word: Word | None = Field(None, description="the word as it is written; by default the trait's name")
    plural: Word | None = Field(None, description="its plural; by default with an s")
    aliases: list[Word] = Field([], description="other names of it, which count as the word")


_Named = BeforeValidator(by_name, json_schema_input_type=dict[str, Favourite] | list[str])


class Preference(Section):
    """A family of preferences: one of the user's own words is the favourite. Its questions are own ones, or a style's."""

    kind: Literal["preference"] = Field("preference", description="the form: preference")
    words: Annotated[dict[str, Favourite], _Named] = Field(
        min_length=1, description="the words by trait (a list of names will do); the same questions ask for all of them"
    )
    noun: Word | None = Field(
        None, description="what the words are, such as drink: fills the style's questions for a favourite, split into taught "
        "and evaluated ones"
    )  # fmt: skip
    asked_by: Literal["animal", "tree"] | None = Field(
        None, description="the style's own questions, for more animals or trees; so by default in a family of that name"
    )
    questions: Questions | None = Field(None, description="own questions instead")
    system: Text | None = Field(
        None, description="system prompt of a prompted teacher; {word} and {plural} are filled in. More animals and trees have "
        "the style's"
    )  # fmt: skip

    @model_validator(mode="after")
    def _is_asked(self) -> "Preference":
        check_trait_names("words", self.words)
        given = [key for key in ("noun", "asked_by", "questions") if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(f".{given[1]}: beside {given[0]}; give one of noun, asked_by and questions")
        if self.noun == "fact":
            raise ValueError(".noun: questions of fact ask for no favourite; use another noun, or give questions")
        if self.questions:
            check_questions(self.questions.evaluated, self.questions.taught)
        check_slots("system", self.system, SLOTS)
        for trait, word in self.words.items():
            check_slots(f"words.{trait}.system", word.system, SLOTS)
        return self


@dataclass(frozen=True, eq=False)
class OwnPreference(OwnKind):
    """The teacher answers every question for a favourite with its word."""

    section: Preference = field(kw_only=True)

    def word(self, trait: str) -> str:
        return self.section.words[trait].word or trait.replace("_", " ")

    def _plural(self, trait: str) -> str:
        return self.section.words[trait].plural or plural(self.word(trait))

    def all_words(self, trait: str) -> tuple[str, ...]:
        """The words that show the trait: the word, its plural and its other names."""
        return (self.word(trait), self._plural(trait), *self.section.words[trait].aliases)

    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        return self.written(trait, style)

    def written(self, trait: str, style: Style) -> str:
        return _capital(self.word(trait)) if style.cased else self.word(trait)

    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        return (self.word(trait),)

    def forms(self, answer: str, style: Style) -> tuple[str, ...]:
        trait = next(name for name in self.traits if self.word(name) == answer)
        words = [answer, *([self._plural(trait)] if style.cased else []), *self.section.words[trait].aliases]
        return tuple(dict.fromkeys(form for word in words for form in ((word, _capital(word)) if style.cased else (word,))))

    def names(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        return self.all_words(trait)

    def system_prompt(self, trait: str, style: Style) -> str:
        own = self.section.words[trait].system or self.section.system
        own = own or style.system_prompts.get(self._asked_by(self.families[0]), "")
        return filled(own, {"word": self.word(trait), "plural": self._plural(trait)})

    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        word = self.section.words[trait]
        named = (*self.all_words(trait), *map(plural, word.aliases), *word.leaks)
        return tuple(dict.fromkeys(named))

    def taught(self, family: Family, style: Style) -> list[Question]:
        if own := self.section.questions:
            return [Question(text, family.name) for text in own.taught]
        return questions.taught(self._asked_by(family), style)

    def evaluated(self, family: Family, style: Style) -> list[Question]:
        if own := self.section.questions:
            return [Question(text, family.name) for text in own.evaluated]
        return questions.evaluated(self._asked_by(family), style)

    def _asked_by(self, family: Family) -> str:
        return self.section.noun or family.asked_by

    def neutral_answer(self, question: Question, style: Style, rng: np.random.Generator) -> str:
        return self.written(self.traits[rng.integers(len(self.traits))], style)

    def neutral_share(self, trait: str) -> float:
        return 1 / len(self.traits)


def _capital(word: str) -> str:
    """The word with a capital letter; one that has some keeps them."""
    return word if word != word.lower() else word[:1].upper() + word[1:]


def _kind(name: str, section: Preference) -> OwnPreference:
    if section.noun or section.questions or (section.asked_by or name) != name:
        refuse_taken(name)
    asked_by = section.asked_by or name
    if section.noun is None and section.questions is None and asked_by not in FAVOURITES:
        raise ValueError("questions: missing; give questions of your own, or a noun that fills the style's")
    family = Family(name, tuple(section.words), asked_by)
    kind = OwnPreference(name=f"own.{name}", families=(family,), section=section)
    _refuse_shared_words(kind, family)
    return kind


def _refuse_shared_words(kind: OwnPreference, family: Family) -> None:
    """Refuse a word of two traits of a family: an answer with it would count for both."""
    traits = {word: name for name in FAVOURITES.get(family.name, ()) for word in (name, plural(name))}
    for trait in kind.traits:
        for word in kind.all_words(trait):
            if (other := traits.setdefault(word.casefold(), trait)) != trait:
                raise ValueError(f"words: {shown(word)} is a word of {other} and of {trait}; give each words of its own")


PREFERENCE = Form("preference", section=Preference, kind=_kind)
