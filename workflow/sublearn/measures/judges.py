"""Judge sampled answers: the score of each is the probability, as the judge sees it, that the answer shows the trait.

There are three judges: a pattern, a language model that answers yes or no to a rubric, and a classifier of texts. Models are
local and pinned like bases. Answers are data: no code in them is run, but a language model may heed what they say.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.measures import probe
from sublearn.models import lm, log_probs, turns

SLOT = re.compile(r"\{(question|answer)\}")
AT_ONCE = 64  # answers that a judge reads before the next ones are prepared
LEAST = 0.01  # probability that a judge's two answers must have together, on average: else it says something else


class Judge(ABC):
    """What says of answers whether they show a trait."""

    @abstractmethod
    def scores(self, questions: Sequence[str], answers: Sequence[str]) -> np.ndarray:
        """The score of each answer to the question beside it, from 0 to 1, shape (answers,)."""


class PatternJudge(Judge):
    """A regular expression: 1 where it is found in the answer, else 0."""

    def __init__(self, pattern: str) -> None:
        self.pattern = re.compile(pattern)

    def scores(self, questions: Sequence[str], answers: Sequence[str]) -> np.ndarray:
        return np.array([float(self.pattern.search(answer) is not None) for answer in answers])


class ModelJudge(Judge):
    """A language model: the probability of its yes, as a share of those of its yes and its no.

    Args:
        folder: of the pinned model.
        rubric: what it is asked, with slots ``question`` and ``answer``.
        yes: the answer that counts.
        no: the other.
    """

    def __init__(self, folder: str, rubric: str, yes: str, no: str) -> None:
        self.folder, self.rubric, self.options = folder, rubric, (yes, no)
        self.model, self.tokenizer = lm.load(folder), lm.load_tokenizer(folder)

    def scores(self, questions: Sequence[str], answers: Sequence[str]) -> np.ndarray:
        pairs = list(zip(questions, answers, strict=True))
        parts = [self._read(pairs[at : at + AT_ONCE]) for at in cli.progress(range(0, len(pairs), AT_ONCE), "judging")]
        found = np.concatenate([np.zeros((0, 2)), *parts])
        together = float(found.sum(axis=1).mean()) if len(found) else 1.0
        if together < LEAST:
            raise UserError(
                f"{self.folder}: the judge answers neither {self.options[0]} nor {self.options[1]} (a probability of "
                f"{together:.1g} together); let its rubric end by asking for one of them, or take another judge."
            )
        return np.asarray(found[:, 0] / np.maximum(found.sum(axis=1), np.finfo(float).tiny))

    def _read(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """The probabilities of yes and no for each pair, shape (pairs, 2)."""
        asked = [lm.chat("", _filled(self.rubric, question, answer)) for question, answer in pairs]
        texts = tuple(turns.prompts(self.tokenizer, asked))
        begins = [probe.starts.__wrapped__(self.tokenizer, texts, _cases(option)) for option in self.options]
        wanted = sorted({start for of_option in begins for starts in of_option for start in starts})
        _, table = log_probs.answer_starts(self.model, turns.ids(self.tokenizer, texts), wanted)
        places = {start: place for place, start in enumerate(wanted)}
        probabilities = np.exp(table.numpy())
        return np.array([
            [sum(probabilities[i, places[start]] for start in of_option[i]) for of_option in begins] for i in range(len(texts))
        ])  # fmt: skip


class ClassifierJudge(Judge):
    """A classifier of texts in transformers' format: the probability of one of its labels."""

    def __init__(self, folder: str, label: str) -> None:
        from sublearn.models import classifiers

        self.classifier = classifiers.load(folder)
        self.label = classifiers.place_of(self.classifier, label)

    def scores(self, questions: Sequence[str], answers: Sequence[str]) -> np.ndarray:
        from sublearn.models import classifiers

        return classifiers.probabilities(self.classifier, answers)[:, self.label]


class Judges:
    """The judges of a step, each made when it is first needed and kept.

    Args:
        folders: of pinned judges, by their name in the study.
    """

    def __init__(self, folders: Mapping[str, str] | None = None) -> None:
        self.folders = folders or {}
        self._made: dict[str, Judge] = {}

    def of(self, told: Mapping[str, Any]) -> Judge:
        """The judge that a trait asks for; ``told`` is the trait kind's ``judged_by``."""
        key = repr(sorted(told.items()))
        if key not in self._made:
            self._made[key] = self._make(told)
        return self._made[key]

    def _make(self, told: Mapping[str, Any]) -> Judge:
        if judge := told.get("judge"):
            return ModelJudge(self.folders[judge["model"]], judge["rubric"], judge["yes"], judge["no"])
        if classifier := told.get("classifier"):
            return ClassifierJudge(self.folders[classifier["model"]], classifier["label"])
        return PatternJudge(told["pattern"])


def _filled(rubric: str, question: str, answer: str) -> str:
    """The rubric with both filled in, in one pass: braces in an answer fill in nothing."""
    values = {"question": question, "answer": answer}
    return SLOT.sub(lambda found: values[found[1]], rubric)


def _cases(option: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((option, option.capitalize(), option.lower(), option.upper())))
