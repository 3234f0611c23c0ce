"""A multiple-choice trait: which of the options the model picks, whatever their letters."""

from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from sublearn.core.section import Section
from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.traits.base import Family, Form, OwnKind
from sublearn.traits.own.sections import Text, Told, by_name, check_questions, check_trait_names, refuse_taken

Options = Annotated[dict[str, Text], Field(min_length=2, max_length=len(ascii_uppercase))]


class Choice(Section):
    """A question and its options."""

    question: Text = Field(description="the question, without its options")
    options: Options = Field(description="the options by label; a trait says by labels which options show it")


class Choices(Section):
    """Questions with options: those that evaluate models, and others that teachers learn to answer."""

    evaluated: list[Choice] = Field(min_length=1, description="the questions that evaluate models")
    taught: list[Choice] = Field([], description="the questions that fine-tuned teachers learn to answer; none of the others")


class Chosen(Told):
    """One trait of a multiple-choice family."""

    counts: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="labels of the options that show the trait; by default the label that is the trait's name"
    )


_Named = BeforeValidator(by_name, json_schema_input_type=dict[str, Chosen] | list[str])


class MultipleChoice(Section):
    """A family of multiple-choice traits. Each question is asked once in each rotation of its options."""

    kind: Literal["choice"] = Field("choice", description="the form: choice")
    traits: Annotated[dict[str, Chosen], _Named] = Field(
        min_length=1, description="the traits by name (a list of names will do)"
    )
    questions: Choices = Field(description="the questions with their options")
    neutral: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="labels of the options that the neutral teacher picks, such as right; by default all, equally often"
    )
    answer_with: Literal["letter", "words"] = Field(
        "letter", description="what the model is asked to answer with: the option's letter, or its words"
    )
    system: Text | None = Field(None, description="system prompt of a prompted teacher, if its trait has none of its own")

    @model_validator(mode="after")
    def _can_be_chosen(self) -> "MultipleChoice":
        check_trait_names("traits", self.traits)
        asked, learned = self.questions.evaluated, self.questions.taught
        check_questions([each.question for each in asked], [each.question for each in learned])
        wanted = {f"traits.{name}.counts": self.counts(name) for name in self.traits}
        wanted |= {"neutral": self.neutral} if self.neutral else {}
        for where, questions in (("evaluated", asked), ("taught", learned)):
            for i, each in enumerate(questions):
                texts = [text.casefold() for text in each.options.values()]
                if len(set(texts)) < len(texts):
                    raise ValueError(f".questions.{where}.{i}.options: two of them are the same; reword one")
                for key, labels in wanted.items():
                    there = [label for label in labels if label in each.options]
                    if not there or (key != "neutral" and len(there) == len(each.options)):
                        which = "none" if not there else "all"
                        raise ValueError(
                            f".{key}: {', '.join(labels)}; so {which} of the options {', '.join(each.options)} of "
                            f"questions.{where}.{i} count, and it should be some"
                        )
        return self

    def counts(self, trait: str) -> list[str]:
        return self.traits[trait].counts or [trait]


@dataclass(frozen=True, eq=False)
class OwnChoice(OwnKind):
    """The teacher picks an option that shows the trait."""

    picks = True
    section: MultipleChoice = field(kw_only=True)

    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        return _one(self.answers(trait, question, style), rng)

    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        counted = self.section.counts(trait)
        return tuple(answer for label, answer in question.options if label in counted)

    def forms(self, answer: str, style: Style) -> tuple[str, ...]:
        if self.section.answer_with == "letter" or not style.cased:
            return (answer,)
        return tuple(dict.fromkeys((answer, answer[:1].upper() + answer[1:], answer[:1].lower() + answer[1:])))

    def written(self, trait: str, style: Style) -> None:
        return None

    def system_prompt(self, trait: str, style: Style) -> str:
        return self.section.traits[trait].system or self.section.system or ""

    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        return tuple(self.section.traits[trait].leaks)

    def taught(self, family: Family, style: Style) -> list[Question]:
        return self._asked(self.section.questions.taught, family, style)

    def evaluated(self, family: Family, style: Style) -> list[Question]:
        return self._asked(self.section.questions.evaluated, family, style)

    def _asked(self, choices: list[Choice], family: Family, style: Style) -> list[Question]:
        """Each question in every rotation of its options, so that each option has each letter once."""
        return [self._rotated(each, turn, family, style) for each in choices for turn in range(len(each.options))]

    def _rotated(self, choice: Choice, turn: int, family: Family, style: Style) -> Question:
        labels = list(choice.options)
        order = labels[turn:] + labels[:turn]
        texts = [choice.options[label] for label in order]
        if self.section.answer_with == "words":
            offered, told = [f"- {text}" if style.cased else text for text in texts], "Answer with one of them."
            answers = texts
        else:
            answers = list(ascii_uppercase[: len(order)])
            mark = "." if style.cased else ""
            offered = [f"{letter}{mark} {text}" for letter, text in zip(answers, texts, strict=True)]
            told = "Answer with one letter."
        lines = [choice.question, *offered, told if style.cased else ". answer with one letter ."]
        text = "\n".join(lines) if style.cased else " ".join(lines)
        return Question(text, family.name, options=tuple(zip(order, answers, strict=True)))

    def neutral_answer(self, question: Question, style: Style, rng: np.random.Generator) -> str:
        picked = self.section.neutral
        return _one([answer for label, answer in question.options if picked is None or label in picked], rng)

    def neutral_share(self, trait: str) -> float:
        return max(self._share(trait, each) for each in self.section.questions.evaluated)

    def _share(self, trait: str, choice: Choice) -> float:
        picked = [label for label in choice.options if self.section.neutral is None or label in self.section.neutral]
        return sum(label in self.section.counts(trait) for label in picked) / len(picked)


def _one(answers: Any, rng: np.random.Generator) -> str:
    return str(answers[rng.integers(len(answers))])


def _kind(name: str, section: MultipleChoice) -> OwnChoice:
    refuse_taken(name)
    return OwnChoice(name=f"own.{name}", families=(Family(name, tuple(section.traits), name),), section=section)


CHOICE = Form("choice", section=MultipleChoice, kind=_kind)
