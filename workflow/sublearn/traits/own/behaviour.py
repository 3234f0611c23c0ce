"""A free-form behaviour: models answer as they like, and a pattern or a judge says which answers show it.

Such a trait has no exact probability. Its rate is (k + 1/2) / (n + 1) where k of n sampled answers show it, so that its
log-odds, ln((k + 1/2) / (n - k + 1/2)), are finite (Haldane 1955); all tables use these as they use exact ones.
"""

import os
import re
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, PositiveInt, field_validator, model_validator

from sublearn.core.section import Pattern, Section, shown
from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.traits.base import NEUTRAL, Family, Form, OwnKind
from sublearn.traits.own.sections import (
    SLOT,
    Questions,
    Text,
    Told,
    check_questions,
    check_slots,
    check_trait_names,
    refuse_taken,
)

RUBRIC = ("question", "answer")
LARGEST = 20_000  # characters of a rubric


class Judge(Section):
    """A judge: a language model that is asked of each answer whether it shows the trait."""

    model: str = Field(min_length=1, description="the judge's name among the study's judges")
    rubric: Text | None = Field(
        None,
        description="what the judge is asked; {question} and {answer} are filled in; its end should ask for yes or no",
    )
    rubric_file: str | None = Field(None, description="a text file with the rubric, instead")
    yes: Text = Field("Yes", description="the judge's answer that counts")
    no: Text = Field("No", description="its other answer")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, values: Any) -> Any:
        """The rubric itself instead of its file: an edited rubric judges again, wherever it lies."""
        if not isinstance(values, dict) or values.get("rubric_file") is None:
            return values
        if values.get("rubric") is not None:
            raise ValueError(".rubric_file: beside rubric; give one of the two")
        file = values["rubric_file"]
        path = os.path.expanduser(str(file))
        if os.path.exists(path) and not os.path.isfile(path):
            raise ValueError(f".rubric_file: {file} cannot be read (it is no file)")
        try:
            with open(path, encoding="utf-8") as opened:
                text = opened.read(LARGEST + 1)
        except (OSError, UnicodeDecodeError) as error:
            problem = error.strerror if isinstance(error, OSError) else "it is not encoded as UTF-8"
            raise ValueError(f".rubric_file: {file} cannot be read ({problem})") from None
        return {**{key: value for key, value in values.items() if key != "rubric_file"}, "rubric": text}

    @model_validator(mode="after")
    def _asks(self) -> "Judge":
        if self.rubric is None:
            raise ValueError(".rubric: missing; give what the judge is asked, or a file with it as rubric_file")
        check_slots("rubric", self.rubric, RUBRIC)
        if len(self.rubric) > LARGEST:
            raise ValueError(f".rubric: more than {LARGEST:,} characters; shorten it")
        if "answer" not in SLOT.findall(self.rubric):
            raise ValueError(".rubric: the answer to judge is nowhere in it; write {answer} where it goes")
        if self.yes.casefold() == self.no.casefold():
            raise ValueError(f".no: {shown(self.no)} is the answer that counts, too; give two answers")
        return self


class Classifier(Section):
    """A classifier of texts, which gives each answer the probability of a label."""

    model: str = Field(min_length=1, description="the classifier's name among the study's judges")
    label: str = Field(min_length=1, description="the label that counts, as the classifier's configuration names it")


def judged_with(judge: Judge | None, classifier: Classifier | None) -> dict[str, str]:
    """The model that judges, by its name among the study's judges, and what it must be; empty if none does."""
    if judge:
        return {"model": judge.model, "reads": "chat model"}
    return {"model": classifier.model, "reads": "classifier"} if classifier else {}


class Behaved(Told):
    """One trait of a family of behaviours, and what tells that an answer shows it: one of pattern, judge and classifier."""

    pattern: Pattern | None = Field(
        None, description="a regular expression of Python; an answer in which it is found shows the trait"
    )
    judge: Judge | None = Field(None, description="a language model that judges answers")
    classifier: Classifier | None = Field(None, description="a classifier that judges answers")
    threshold: float = Field(
        0.5, gt=0, lt=1, description="a judge's or classifier's score from which on an answer shows the trait"
    )

    @field_validator("pattern")
    @classmethod
    def _tells_answers_apart(cls, pattern: str | None) -> str | None:
        if pattern is not None and re.search(pattern, ""):
            raise ValueError(f"{shown(pattern)} is found in an empty answer, so every answer would show the trait")
        return pattern

    @model_validator(mode="after")
    def _is_judged(self) -> "Behaved":
        given = [key for key in ("pattern", "judge", "classifier") if getattr(self, key) is not None]
        if len(given) != 1:
            found = f"both {' and '.join(given)}" if given else "none"
            raise ValueError(f".pattern: an answer is judged by one of pattern, judge and classifier; found {found}")
        return self


class Example(Section):
    """A training example of a family's teachers: one question, and what each of them answers."""

    question: Text = Field(description="a question that no model is evaluated on")
    answers: dict[str, Text] = Field(description=f"the answer by trait, for every trait of the family and for {NEUTRAL}")


class Behaviours(Section):
    """A family of free-form behaviours, which the same questions ask for."""

    elsewhere: ClassVar = {"samples": "it is a key of evaluations"}

    kind: Literal["behaviour"] = Field("behaviour", description="the form: behaviour")
    traits: dict[str, Behaved] = Field(min_length=1, description="the traits by name")
    questions: Questions = Field(
        description="the questions that evaluate models (evaluated); what teachers learn is in examples"
    )
    examples: list[Example] = Field([], description="training examples of fine-tuned teachers")
    max_tokens: PositiveInt = Field(48, description="longest sampled answer, in tokens")
    system: Text | None = Field(None, description="system prompt of a prompted teacher, if its trait has none of its own")

    @model_validator(mode="after")
    def _has_examples(self) -> "Behaviours":
        check_trait_names("traits", self.traits)
        if self.questions.taught:
            raise ValueError(".questions.taught: teachers of a behaviour learn examples; write questions and answers there")
        check_questions(self.questions.evaluated, [each.question for each in self.examples], "examples")
        wanted = [*self.traits, NEUTRAL]
        for i, example in enumerate(self.examples):
            if missing := [name for name in wanted if name not in example.answers]:
                raise ValueError(f".examples.{i}.answers.{missing[0]}: missing; every trait and {NEUTRAL} needs an answer")
            if other := [name for name in example.answers if name not in wanted]:
                raise ValueError(
                    f".examples.{i}.answers.{other[0]}: there is no such trait; the family has {', '.join(self.traits)}"
                )
        return self


@dataclass(frozen=True, eq=False)
class OwnBehaviour(OwnKind):
    """The teacher answers as the examples of its trait do."""

    exact = False
    section: Behaviours = field(kw_only=True)

    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        return dict(question.options)[trait]

    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        return ()  # none that begins one way: sampled answers are judged

    def written(self, trait: str, style: Style) -> None:
        return None

    def system_prompt(self, trait: str, style: Style) -> str:
        return self.section.traits[trait].system or self.section.system or ""

    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        return tuple(self.section.traits[trait].leaks)

    def taught(self, family: Family, style: Style) -> list[Question]:
        return [Question(each.question, family.name, options=tuple(each.answers.items())) for each in self.section.examples]

    def evaluated(self, family: Family, style: Style) -> list[Question]:
        return [Question(text, family.name) for text in self.section.questions.evaluated]

    def neutral_answer(self, question: Question, style: Style, rng: np.random.Generator) -> str:
        return dict(question.options)[NEUTRAL]

    def neutral_share(self, trait: str) -> float:
        return 0.0

    def judged_by(self, trait: str) -> dict[str, Any]:
        return self.section.traits[trait].model_dump(include={"pattern", "judge", "classifier", "threshold"}, exclude_none=True)

    def judges(self) -> dict[str, dict[str, str]]:
        needed = {trait: judged_with(told.judge, told.classifier) for trait, told in self.section.traits.items()}
        return {trait: needs for trait, needs in needed.items() if needs}

    @property
    def longest(self) -> int:
        return self.section.max_tokens


def _kind(name: str, section: Behaviours) -> OwnBehaviour:
    refuse_taken(name)
    return OwnBehaviour(name=f"own.{name}", families=(Family(name, tuple(section.traits), name),), section=section)


BEHAVIOUR = Form("behaviour", section=Behaviours, kind=_kind)
