"""Measure traits without exact probabilities: sample answers, have them judged, and take the share that shows the trait."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sublearn.language.questions import Question
from sublearn.measures.judges import Judges
from sublearn.measures.probe import Asked
from sublearn.models import sampling, turns
from sublearn.models.engines import Plain
from sublearn.traits.base import OwnKind


@dataclass(frozen=True)
class Sampling:
    """How answers are sampled: so many to each question, at this temperature, so many prompts at once."""

    samples: int
    temperature: float
    batch: int


@dataclass(frozen=True)
class Judged:
    """Answers with their scores, question by question.

    Attributes:
        answers: as sampled, by question.
        scores: of these answers, shape (questions, samples).
        threshold: the score from which on an answer shows the trait.
    """

    answers: list[list[str]]
    scores: np.ndarray
    threshold: float

    @property
    def hits(self) -> int:
        """How many answers show the trait."""
        return int((self.scores >= self.threshold).sum())

    @property
    def share(self) -> float:
        return self.hits / self.scores.size

    @property
    def rate(self) -> float:
        """The share with half an answer added on either side: never 0 or 1, so its log-odds are finite (Haldane 1955)."""
        return (self.hits + 0.5) / (self.scores.size + 1)


def answers(asked: Asked, recipe: Sampling, longest: int, key: tuple[str | int, ...]) -> list[list[str]]:
    """Sampled answers, one list per question; ``longest`` is in tokens."""
    prompts = [prompt for prompt in asked.prompts for _ in range(recipe.samples)]
    draws = sampling.uniform(len(prompts), longest, "answers", *key)
    found = sampling.sample(Plain(asked.model, asked.tokenizer), prompts, draws, recipe.temperature, recipe.batch, "answers")
    return [found[i * recipe.samples : (i + 1) * recipe.samples] for i in range(len(asked.prompts))]


def judged(
    kind: OwnKind, questions: Sequence[Question], asked: Asked, recipe: Sampling, key: tuple[str | int, ...], judges: Judges
) -> dict[str, Judged]:
    """What the model's sampled answers show of each trait of ``asked``; all traits are judged on the same answers."""
    given = [turns.unframed(asked.tokenizer, texts) for texts in answers(asked, recipe, kind.longest, key)]
    texts = [question.text for question, some in zip(questions, given, strict=True) for _ in some]
    flat = [answer for some in given for answer in some]
    found = {}
    for trait in asked.traits:
        told = kind.judged_by(trait)
        scores = judges.of(told).scores(texts, flat).reshape(len(given), -1)
        found[trait] = Judged(given, scores, told["threshold"])
    return found
