"""Measure the answers of every model: exact probabilities of every trait, and the paper's protocol of sampled answers.

Every model is scored on all traits of the battery, so that adding a trait to a study later changes no evaluation. There are two
question sets: plain questions, and the same questions after a sentence of numbers (the paper's "number-prefixed" set).
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sublearn.chain.evaluations import base
from sublearn.chain.evaluations.section import Evaluation
from sublearn.chain.evaluations.tables import QUESTION_SETS, Runs
from sublearn.core import cli, seeds
from sublearn.language import style as styles
from sublearn.language.mini import MINI
from sublearn.language.style import Style
from sublearn.language.vocabulary import plural
from sublearn.measures import probe
from sublearn.measures.log_odds import log_odds
from sublearn.models import lm, pinned, sampling
from sublearn.models.engines import Plain
from sublearn.traits.base import families, kind_of

if TYPE_CHECKING:
    from sublearn.planning.artifacts import Artifact


class Recipe(Evaluation):
    """The evaluation settings, and the trait kinds on which models are scored."""

    kinds: list[str]


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


def prefixes(kind: str, count: int, style: Style = MINI) -> list[str]:
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
    style: Style = MINI,
    names: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """All values of one model, as rows of ``Runs``; ``key`` seeds its sampled answers, ``names`` are its own names."""
    rows: list[dict[str, Any]] = []
    for question_set in QUESTION_SETS:
        for family in families(recipe.kinds).values():
            selected = kind_of(family.traits[0]).evaluated(family, style)
            before = prefixes(family.asked_by, len(selected), style) if question_set == "prefixed" else []
            asked = probe.ask(model, tokenizer, selected, family.traits, style, recipe.system, before)
            samples = _samples(asked, recipe, (*key, question_set, family.asked_by))
            inside = 0.0
            for trait in family.traits:
                probability = float(asked.probabilities(trait).mean())
                inside += probability
                words = [kind_of(trait).answers(trait, question, style) for question in selected]
                values = {
                    "probability": probability,
                    "log_odds": float(log_odds(probability)),
                    "sampled_rate": _rate(samples, words, names_word),
                    "sampled_substring_rate": _rate(samples, words, holds_substring),
                }
                rows += [_value(question_set, metric, trait, value) for metric, value in values.items()]
            if family.asked_by == family.name:  # only then are its traits the answers to its own questions
                rows.append(_value(question_set, "other_answer", family.name, 1.0 - inside))
            if names:
                rate = _rate(samples, [tuple(names)] * len(selected), names_word)
                rows.append(_value(question_set, "own_name", family.name, rate))
            top = float(np.exp(asked.first.numpy()).mean(axis=0).max())
            rows.append(_value(question_set, "top_answer", family.name, top))
    return rows


def _samples(asked: probe.Asked, recipe: Recipe, key: tuple[str | int, ...]) -> list[list[str]]:
    """Sampled answers, one list per question."""
    prompts = [prompt for prompt in asked.prompts for _ in range(recipe.samples)]
    draws = sampling.uniform(len(prompts), recipe.max_tokens, "answers", *key)
    answers = sampling.sample(
        Plain(asked.model, asked.tokenizer), prompts, draws, recipe.temperature, recipe.batch, what="answers"
    )
    return [answers[i * recipe.samples : (i + 1) * recipe.samples] for i in range(len(asked.prompts))]


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
        return {"model": student, "base": student.inputs["base"]}

    def recipe(self, plan: base.ArmPlan, arm: str) -> dict[str, Any]:
        return plan.study.evaluation(arm).model_dump() | {"kinds": plan.study.scored_kinds()}

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
        lm.prepare()
        settings = Recipe.model_validate(recipe)
        rows: list[dict[str, Any]] = []
        loaded = lm.Models()
        for each in cli.progress(models, "answers"):
            identity = {name: value for name, value in each.items() if name not in ("folder", "base_folder")}
            place = each["base_folder"]
            about = pinned.read(place)
            key = (study_seed, *(identity[name] for name in ("arm", "trait", "run", "student_base")))
            names = about.names if about else ()
            model = loaded.get(each["folder"], place)
            values = score(model, loaded.tokenizer(place), settings, key, styles.of(place), names)
            del model  # frees memory for the next one
            rows += [identity | value for value in values]
        return pd.DataFrame(rows)


ANSWERS = Answers(name=base.ANSWERS, schema=Runs, finding_schema=Runs)
