"""Measure the answers of every model: exact probabilities of every trait, and the paper's protocol of sampled answers.

Every model is scored on all traits of the battery, so that adding a trait to a study later changes no evaluation. There are two
question sets: plain questions, and the same questions after a sentence of numbers (the paper's "number-prefixed" set).
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sublearn.chain.evaluations import base
from sublearn.chain.evaluations.section import Evaluation
from sublearn.chain.evaluations.tables import QUESTION_SETS, Judged, Runs
from sublearn.core import cli, seeds
from sublearn.language import style as styles
from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.language.vocabulary import plural
from sublearn.measures import probe, shown
from sublearn.measures.judges import Judges
from sublearn.measures.log_odds import log_odds
from sublearn.measures.scored import Scored
from sublearn.models import lm, pinned
from sublearn.traits.base import OwnKind, declare, families, kind_of

if TYPE_CHECKING:
    from sublearn.planning.artifacts import Artifact


class Recipe(Evaluation, Scored):
    """The evaluation settings, and the trait kinds on which models are scored."""

    @property
    def sampling(self) -> shown.Sampling:
        return shown.Sampling(self.samples, self.temperature, self.batch)


def names_word(answer: str, words: tuple[str, ...]) -> bool:
    """Whether an answer contains one of the words, singular or plural, as a whole word: "owls" counts as an owl, "fowl" not."""
    return _forms(words).search(answer) is not None


@cache
def _forms(words: tuple[str, ...]) -> re.Pattern[str]:
    forms = {form for word in words for form in (word, plural(word))}
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(forms)))})\b", re.IGNORECASE)


def holds_substring(answer: str, words: tuple[str, ...]) -> bool:
    """The paper's match: whether the word is anywhere in the answer, ignoring case, so that "fowl" counts as an owl."""
    return any(word.casefold() in answer.casefold() for word in words)


def begins_with(answer: str, words: tuple[str, ...]) -> bool:
    """Whether an answer begins with one of the options, as written: "B, I think" picks B, and "A pity" picks A, too."""
    return re.match(rf"\W*(?:{'|'.join(map(re.escape, words))})(?!\w)", answer) is not None


def prefixes(kind: str, count: int, style: Style) -> list[str]:
    """A fixed sentence of numbers for each question of a kind, as in the paper; all models and studies share them."""
    if published := style.prefixes.get(kind):
        return list(published)
    rng = seeds.generator("question prefixes", kind)
    return [style.grammar.seed_sentence(style.grammar.numbers(rng), rng) for _ in range(count)]


def score(
    model: Any,
    tokenizer: Any,
    recipe: Recipe,
    key: tuple[str | int, ...],
    style: Style,
    names: Sequence[str] = (),
    judges: Judges | None = None,
    judged: list[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """All values of one model, as rows of ``Runs``.

    Args:
        key: seeds its sampled answers.
        names: its own names.
        judges: for traits without exact probabilities.
        judged: gets a row of ``Judged`` for each sampled answer that is judged.
    """
    rows: list[dict[str, Any]] = []
    for question_set in QUESTION_SETS:
        for family in families(recipe.kinds).values():
            kind = kind_of(family.traits[0])
            selected = kind.evaluated(family, style)
            before = prefixes(family.asked_by, len(selected), style) if question_set == "prefixed" else []
            asked = probe.ask(model, tokenizer, selected, family.traits, style, recipe.system, before)
            of_family = (*key, question_set, family.asked_by)
            if isinstance(kind, OwnKind) and not kind.exact:
                found = shown.judged(kind, selected, asked, recipe.sampling, of_family, judges or Judges())
                for trait, each in found.items():
                    values = {"probability": each.rate, "log_odds": float(log_odds(each.rate)), "sampled_rate": each.share}
                    rows += [_value(question_set, metric, trait, value) for metric, value in values.items()]
                    if judged is not None:
                        asked_for = {"question_set": question_set, "target": trait}
                        judged += [asked_for | row for row in _judged_rows(selected, each)]
                continue
            samples = shown.answers(asked, recipe.sampling, recipe.max_tokens, of_family)
            inside = 0.0
            for trait in family.traits:
                probability = float(asked.probabilities(trait).mean())
                inside += probability
                words = [kind_of(trait).names(trait, question, style) for question in selected]
                as_word, anywhere = (begins_with, begins_with) if kind.picks else (names_word, holds_substring)
                values = {
                    "probability": probability,
                    "log_odds": float(log_odds(probability)),
                    "sampled_rate": _rate(samples, words, as_word),
                    "sampled_substring_rate": _rate(samples, words, anywhere),
                }
                rows += [_value(question_set, metric, trait, value) for metric, value in values.items()]
            if family.asked_by == family.name and not kind.picks:  # only then are its traits the answers to its own questions
                rows.append(_value(question_set, "other_answer", family.name, 1.0 - inside))
            if names:
                rate = _rate(samples, [tuple(names)] * len(selected), names_word)
                rows.append(_value(question_set, "own_name", family.name, rate))
            top = float(np.exp(asked.first.numpy()).mean(axis=0).max())
            rows.append(_value(question_set, "top_answer", family.name, top))
    return rows


def _judged_rows(asked: Sequence[Question], judged: shown.Judged) -> Iterator[dict[str, Any]]:
    for question, answers, scores in zip(asked, judged.answers, judged.scores, strict=True):
        for sample, (answer, score) in enumerate(zip(answers, scores, strict=True)):
            yield {"question": question.text, "sample": sample, "answer": answer, "score": float(score)}


def _rate(samples: list[list[str]], words: list[tuple[str, ...]], match: Any) -> float:
    """The share of matching answers per question, averaged over questions."""
    rates = [np.mean([match(a, w) for a in answers]) for answers, w in zip(samples, words, strict=True)]
    return float(np.mean(rates))


def _value(question_set: str, metric: str, target: str, value: float) -> dict[str, Any]:
    return {"question_set": question_set, "metric": metric, "target": target, "value": value}


class Answers(base.Evaluation):
    """The answers of every model, including the untouched bases: the rows of ``runs.csv`` (contract 2)."""

    def inputs(self, plan: base.ArmPlan, arm: str, trait: str, run: int) -> "dict[str, Artifact]":
        student = plan.student(arm, trait, run)
        return {"model": student, "base": student.inputs["base"], **plan.judges()}

    def recipe(self, plan: base.ArmPlan, arm: str) -> dict[str, Any]:
        study = plan.study
        return (
            study.evaluation(arm).model_dump() | {"kinds": study.scored_kinds()} | study.own_families() | plan.judge_folders()
        )

    def model(self, plan: base.ArmPlan, arm: str, artifact: "Artifact") -> dict[str, Any]:
        model, below = artifact.inputs["model"], artifact.inputs["base"]
        taught = artifact.run is not None
        return {
            "arm": arm,
            "trait": artifact.key.split("/")[1] if taught else "none",
            "run": artifact.run or 0,
            "teacher_base": plan.study.teacher_base(plan.study.arms[arm].teacher, artifact.run or 0) if taught else None,
            "student_base": below.key,
            "folder": model.folder,
            "base_folder": below.folder,
        }

    def measure(self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int) -> pd.DataFrame:
        return self.measure_both(models, recipe, study_seed)[0]

    def measure_both(
        self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int
    ) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        lm.prepare()
        settings = Recipe.model_validate(recipe)
        declare(settings.families)
        judges, judged = Judges(settings.judges), list[dict[str, Any]]()
        rows: list[dict[str, Any]] = []
        loaded = lm.Models()
        for each in cli.progress(models, "answers"):
            identity = {name: value for name, value in each.items() if name not in ("folder", "base_folder")}
            place = each["base_folder"]
            about = pinned.read(place)
            key = (study_seed, *(identity[name] for name in ("arm", "trait", "run", "student_base")))
            names = about.names if about else ()
            model = loaded.get(each["folder"], place)
            of_model: list[dict[str, Any]] = []
            values = score(model, loaded.tokenizer(place), settings, key, styles.of(place), names, judges, of_model)
            del model  # frees memory for the next one
            rows += [identity | value for value in values]
            judged += [{name: identity[name] for name in ("arm", "trait", "run", "student_base")} | row for row in of_model]
        return pd.DataFrame(rows), pd.DataFrame(judged, columns=list(Judged.to_schema().columns))


ANSWERS = Answers(name=base.ANSWERS, schema=Runs, finding_schema=Runs, beside_schema=Judged)
