"""Ask all models of one arm: exact probabilities of every trait, and the paper's protocol of sampled answers.

    python -m sublearn.evaluations.score --recipe JSON --models JSON --study-seed 1 --output FILE

Every model is scored on every trait that the world knows, so that a trait added later changes no evaluation. Plain
questions and the same questions after a sentence of numbers (the paper's "number-prefixed" set) are two question sets.
"""

import argparse
import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from sublearn.bases import probe, questions, wordings, world
from sublearn.bases.wordings import MINI, Wording
from sublearn.core import lm, pinned, sampling, seeds, step
from sublearn.core.engines import Plain
from sublearn.core.files import write_table
from sublearn.evaluations.section import Evaluation
from sublearn.evaluations.tables import QUESTION_SETS, Runs


def names_word(answer: str, words: tuple[str, ...]) -> bool:
    """Whether an answer names one of the words, singular or plural, as a word of its own: "owls" does, "fowl" does not."""
    return _forms(words).search(answer) is not None


@cache
def _forms(words: tuple[str, ...]) -> re.Pattern[str]:
    forms = {form for word in words for form in (word, world.plural(word))}
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(forms)))})\b", re.IGNORECASE)


def holds_substring(answer: str, words: tuple[str, ...]) -> bool:
    """The paper's match: the word anywhere in the answer, in any case, so that "fowl" counts as an owl."""
    return any(word.casefold() in answer.casefold() for word in words)


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)) in nats; of a probability that rounding left at 0 or 1, that of the nearest one between."""
    probability = min(max(probability, np.finfo(float).tiny), 1.0 - 2.0**-53)
    return float(np.log(probability) - np.log1p(-probability))


def prefixes(kind: str, count: int, wording: Wording = MINI) -> list[str]:
    """One fixed sentence of numbers for each question of a kind, as in the paper: the same for all models and studies."""
    if given := wording.prefixes.get(kind):
        return list(given)
    rng = seeds.generator("question prefixes", kind)
    return [wording.grammar.seed_sentence(wording.grammar.numbers(rng), rng) for _ in range(count)]


def score(
    model: Any,
    tokenizer: Any,
    recipe: Evaluation,
    key: tuple[str | int, ...],
    wording: Wording = MINI,
    names: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """All values of one model; ``key`` names the draws of its sampled answers, ``names`` what the model calls itself."""
    found: list[dict[str, Any]] = []
    for question_set in QUESTION_SETS:
        for family, traits in world.FAMILIES.items():
            kind = questions.kind_of(family)
            selected = questions.evaluated(kind, wording)
            before = prefixes(kind, len(selected), wording) if question_set == "prefixed" else []
            asked = probe.ask(model, tokenizer, selected, wording, recipe.system, before)
            samples = _samples(asked, recipe, (*key, question_set, kind))
            inside = 0.0
            for trait in traits:
                probability = float(asked.probabilities(trait).mean())
                inside += probability
                words = [probe.answers(trait, question, wording) for question in selected]
                values = {
                    "probability": probability,
                    "log_odds": log_odds(probability),
                    "sampled_rate": _rate(samples, words, names_word),
                    "sampled_substring_rate": _rate(samples, words, holds_substring),
                }
                found += [_value(question_set, metric, trait, value) for metric, value in values.items()]
            if family != "behaviour":
                found.append(_value(question_set, "other_answer", family, 1.0 - inside))
            if names:
                found.append(
                    _value(question_set, "own_name", family, _rate(samples, [tuple(names)] * len(selected), names_word))
                )
            top = float(np.exp(asked.first.numpy()).mean(axis=0).max())
            found.append(_value(question_set, "top_answer", family, top))
    return found


def _samples(asked: probe.Asked, recipe: Evaluation, key: tuple[str | int, ...]) -> list[list[str]]:
    """Sampled answers, one list a question."""
    prompts = [prompt for prompt in asked.prompts for _ in range(recipe.samples)]
    draws = sampling.uniform(len(prompts), recipe.max_tokens, "answers", *key)
    # The tiny bases' published answers come from reading every prompt anew; reading once rounds otherwise.
    engine = Plain(asked.model, asked.tokenizer, read_once=asked.wording != MINI)
    answers = sampling.sample(engine, prompts, draws, recipe.temperature, recipe.batch, what="answers")
    return [answers[i * recipe.samples : (i + 1) * recipe.samples] for i in range(len(asked.prompts))]


def _rate(samples: list[list[str]], words: list[tuple[str, ...]], match: Any) -> float:
    """The share of matching answers, first per question, then over questions."""
    rates = [np.mean([match(a, w) for a in answers]) for answers, w in zip(samples, words, strict=True)]
    return float(np.mean(rates))


def _value(question_set: str, metric: str, target: str, value: float) -> dict[str, Any]:
    return {"question_set": question_set, "metric": metric, "target": target, "value": value}


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe, models = Evaluation.model_validate_json(args.recipe), json.loads(args.models)
    rows: list[dict[str, Any]] = []
    loaded = lm.Models()
    with step.timed(f"evaluation of {len(models)} models"):
        for each in step.progress(models, "evaluation"):
            base, who = each.pop("base_folder"), each
            model, about = loaded.get(who.pop("folder"), base), pinned.read(base)
            key = (args.study_seed, who["arm"], who["trait"], who["run"], who["student_base"])
            values = score(model, loaded.tokenizer(base), recipe, key, wordings.of(base), about.names if about else ())
            rows += [who | value for value in values]
    write_table(pd.DataFrame(rows), args.output, Runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the evaluations' section of the study, as JSON")
    parser.add_argument("--models", required=True, help="the models to ask: arm, trait, run, bases and folders, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    step.run(main, parser)
