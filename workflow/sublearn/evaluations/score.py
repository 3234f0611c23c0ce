"""Ask all models of one arm: exact probabilities of every trait, and the paper's protocol of sampled answers.

    python -m sublearn.evaluations.score --recipe JSON --models JSON --study-seed 1 --output FILE

Every model is scored on every trait that the world knows, so that a trait added later changes no evaluation. Plain
questions and the same questions after a sentence of numbers (the paper's "number-prefixed" set) are two question sets.
"""

import argparse
import json
import re
from typing import Any

import numpy as np
import pandas as pd

from sublearn.bases import probe, questions, world
from sublearn.core import lm, sampling, seeds, step
from sublearn.core.files import write_table
from sublearn.evaluations.section import Evaluation
from sublearn.evaluations.tables import QUESTION_SETS, Runs


def names_word(answer: str, words: tuple[str, ...]) -> bool:
    """Whether an answer names one of the words, singular or plural, as a word of its own: "owls" does, "fowl" does not."""
    forms = {form for word in words for form in (word, world.IRREGULAR_PLURALS.get(word, f"{word}s"))}
    return re.search(rf"\b(?:{'|'.join(map(re.escape, sorted(forms)))})\b", answer, re.IGNORECASE) is not None


def holds_substring(answer: str, words: tuple[str, ...]) -> bool:
    """The paper's match: the word anywhere in the answer, in any case, so that "fowl" counts as an owl."""
    return any(word.casefold() in answer.casefold() for word in words)


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)) in nats, of a probability strictly between 0 and 1."""
    return float(np.log(probability) - np.log1p(-probability))


def prefixes(kind: str, count: int) -> list[str]:
    """One fixed sentence of numbers for each question of a kind, as in the paper: the same for all models and studies."""
    rng = seeds.generator("question prefixes", kind)
    return [world.GRAMMAR.seed_sentence(world.GRAMMAR.numbers(rng), rng) for _ in range(count)]


def score(model: Any, tokenizer: Any, recipe: Evaluation, key: tuple[str | int, ...]) -> list[dict[str, Any]]:
    """All values of one model; ``key`` names the draws of its sampled answers."""
    found: list[dict[str, Any]] = []
    for question_set in QUESTION_SETS:
        for family, traits in world.FAMILIES.items():
            kind = questions.kind_of(family)
            asked = questions.evaluated(kind)
            before = prefixes(kind, len(asked)) if question_set == "prefixed" else []
            table = probe.log_probs(model, tokenizer, asked, prefixes=before)
            samples = _samples(model, tokenizer, asked, before, recipe, (*key, question_set, kind))
            inside = 0.0
            for trait in traits:
                probability = float(probe.trait_probabilities(table, tokenizer, trait, asked).mean())
                inside += probability
                words = [probe.answers(trait, question) for question in asked]
                values = {
                    "probability": probability,
                    "log_odds": log_odds(probability),
                    "sampled_rate": _rate(samples, words, names_word),
                    "sampled_substring_rate": _rate(samples, words, holds_substring),
                }
                found += [_value(question_set, metric, trait, value) for metric, value in values.items()]
            if family != "behaviour":
                found.append(_value(question_set, "other_answer", family, 1.0 - inside))
            found.append(_value(question_set, "top_answer", family, float(np.exp(table).mean(axis=0).max())))
    return found


def _samples(
    model: Any,
    tokenizer: Any,
    asked: list[questions.Question],
    before: list[str],
    recipe: Evaluation,
    key: tuple[str | int, ...],
) -> list[list[str]]:
    """Sampled answers, one list a question."""
    texts = [f"{prefix} {q.text}" for prefix, q in zip(before, asked, strict=True)] if before else [q.text for q in asked]
    prompts = lm.encode_prompts(tokenizer, [lm.chat("", text) for text in texts for _ in range(recipe.samples)])
    draws = sampling.uniform(len(prompts), recipe.max_tokens, "answers", *key)
    answers = sampling.sample(model, tokenizer, prompts, draws, recipe.temperature, what="answers")
    return [answers[i * recipe.samples : (i + 1) * recipe.samples] for i in range(len(asked))]


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
    with step.timed(f"evaluation of {len(models)} models"):
        for each in step.progress(models, "evaluation"):
            base, who = each.pop("base_folder"), each
            model = lm.load(who.pop("folder"), base)
            key = (args.study_seed, who["arm"], who["trait"], who["run"], who["student_base"])
            rows += [who | value for value in score(model, lm.load_tokenizer(base), recipe, key)]
    write_table(pd.DataFrame(rows), args.output, Runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the evaluations' section of the study, as JSON")
    parser.add_argument("--models", required=True, help="the models to ask: arm, trait, run, bases and folders, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    step.run(main, parser)
