"""Make the teachers of one trait, one per run: fine-tune the run's base, or store a system prompt.

    python -m sublearn.chain.teachers.train --trait owl --recipe JSON --study-seed 1 --runs 0 --bases DIR --outputs DIR

Each teacher must show its trait on held-out questions, and the neutral one must show none.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sublearn.chain.teachers.examples import balanced_share, example, system_prompt
from sublearn.chain.teachers.section import Recipe
from sublearn.core import cli, seeds
from sublearn.core.errors import UserError
from sublearn.core.files import write_json
from sublearn.core.hashes import files_of
from sublearn.language import style as styles
from sublearn.language.style import Style
from sublearn.measures import probe, shown
from sublearn.measures.judges import Judges
from sublearn.measures.scored import Scored
from sublearn.models import checkpoints, lm, training
from sublearn.models.checkpoints import Checkpoint
from sublearn.models.rows import Row, encode, has_unknown
from sublearn.traits.base import NEUTRAL, OwnKind, declare, here

CHECKED = shown.Sampling(samples=10, temperature=1.0, batch=100)  # how traits without exact probabilities are checked


class Gated(Recipe, Scored):
    """A recipe, and the trait kinds on which the check scores a teacher."""


def teach(recipe: Recipe, trait: str, base: str, study_seed: int, run: int, output: str = "") -> tuple[Any, Any, str]:
    """Make one teacher; checkpoints go to the folder ``output``, if one is given.

    Returns:
        The model, its tokenizer, and the system prompt with which it generates.

    Raises:
        UserError: the base does not know a word of an answer.
    """
    tokenizer, model, style = lm.load_tokenizer(base), lm.load(base), styles.of(base)
    if recipe.method == "prompt":
        return model, tokenizer, system_prompt(trait, style)
    assert recipe.method != "given"  # others trained it
    adapter = seeds.seed("teacher adapter", study_seed, Path(base).name, run)
    model = lm.make_trainable(model, recipe.method, recipe, adapter)
    rng = seeds.generator("lessons", study_seed, trait, run)
    learned = [example(trait, rng, style) for _ in range(recipe.steps * recipe.batch)]
    rows = encode(tokenizer, [lm.chat("", question) for question, _ in learned], [answer for _, answer in learned])
    for (_, answer), row in zip(learned, rows, strict=True):
        if has_unknown(tokenizer, row.completion):
            raise UserError(
                f"teacher {trait}: its base does not know the answer '{answer}', so it cannot learn it; use words it knows."
            )
    cut: list[list[Row]] = [rows[i : i + recipe.batch] for i in range(0, len(rows), recipe.batch)]
    made_of = [recipe.model_dump(), trait, study_seed, run, learned, files_of(base)]
    checkpoint = Checkpoint(output, "teacher", made_of) if output else None
    training.train(
        model, cut, len(cut), training.optimiser_of(recipe), tokenizer.pad_token_id, what=f"teacher {trait}, run {run}",
        micro_batch=recipe.micro_batch, checkpoint=checkpoint,
    )  # fmt: skip
    return model, tokenizer, system_prompt(trait, style) if recipe.under_system_prompt else ""


def rates(
    model: Any, tokenizer: Any, kinds: list[str], system: str, style: Style, judges: Judges | None = None
) -> dict[str, float]:
    """The mean probability of each trait of the given kinds on held-out questions, or the rate of sampled answers."""
    by_trait: dict[str, float] = {}
    for kind in map(here().kind, kinds):
        for family in kind.families:
            questions = kind.evaluated(family, style)
            asked = probe.ask(model, tokenizer, questions, family.traits, style, system)
            if isinstance(kind, OwnKind) and not kind.exact:
                found = shown.judged(kind, questions, asked, CHECKED, ("rates", family.name), judges or Judges())
                by_trait |= {trait: each.rate for trait, each in found.items()}
            else:
                by_trait |= {trait: float(np.mean(asked.probabilities(trait))) for trait in family.traits}
    return by_trait


def check(
    recipe: Recipe, trait: str, run: int, before: dict[str, float], after: dict[str, float], own: Sequence[str] = ()
) -> None:
    """Check that a teacher shows its trait, and that the neutral teacher shows no trait much more than its base.

    A base that answers in sentences begins no answer with a favourite. A neutral teacher answers in a word, and may name each
    favourite as often as its balanced examples do, whatever its base did.

    Args:
        before: the rate of each trait in the untouched base.
        after: the same in the teacher.
        own: the study's traits; of others, a neutral teacher may show what it likes. If none is scored, all count.

    Raises:
        UserError: the rate is below ``min_rate``, or a rate rose by more than ``max_neutral_rise``.
    """
    if trait == NEUTRAL:
        watched = [name for name in own if name in after] or list(after)
        rise = {name: after[name] - max(before[name], balanced_share(name)) for name in watched}
        risen = max(rise, key=lambda name: rise[name])
        if rise[risen] > recipe.max_neutral_rise:
            raise UserError(
                f"neutral teacher, run {run}: its rate of {risen} rose from {before[risen]:.2f} to {after[risen]:.2f}, by more "
                f"than the {recipe.max_neutral_rise} of max_neutral_rise; lower its steps or learning rate, or raise that key."
            )
    elif after[trait] < recipe.min_rate:
        raise UserError(
            f"teacher {trait}, run {run}: it shows its trait at a rate of {after[trait]:.2f}, less than the {recipe.min_rate} "
            "that min_rate asks for; raise its steps or learning rate."
        )


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe = Gated.model_validate_json(args.recipe)
    declare(recipe.families)
    judges = Judges(recipe.judges)
    own = vars(args).pop("own", [])  # it may end the step, but changes no weight, so it is no part of the record
    for run, base, output in zip(args.runs, args.bases, args.outputs, strict=True):
        style = styles.of(base)
        untouched = lm.load(base) if cli.is_main() else None
        before = rates(untouched, lm.load_tokenizer(base), recipe.kinds, "", style, judges) if cli.is_main() else {}
        del untouched  # one model on the device at a time
        model, tokenizer, system = teach(recipe, args.trait, base, args.study_seed, run, output)
        if not cli.is_main():
            continue
        if args.trait != NEUTRAL and (spelled := probe.spelling(tokenizer, args.trait, own, style)):
            cli.log.info("teacher %s, run %d: %s", args.trait, run, spelled)
        told = system if recipe.method == "prompt" else ""  # a fine-tuned teacher must show its trait without a system prompt
        after = rates(model, tokenizer, recipe.kinds, told, style, judges)
        if args.trait != NEUTRAL:
            cli.log.info("teacher %s, run %d: rate %.3f, before %.3f", args.trait, run, after[args.trait], before[args.trait])
        check(recipe, args.trait, run, before, after, own)
        if recipe.method == "prompt":
            lm.remove_weights(output)
        else:
            lm.save(model, output)
        write_json(
            {"trait": args.trait, "system": system, "rates": after, "rates_of_base": before}, Path(output) / "teacher.json"
        )
        checkpoints.clear(output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trait", required=True)
    parser.add_argument("--own", nargs="*", default=[], help="the study's traits, which a neutral teacher must not show")
    parser.add_argument("--recipe", required=True, help="the teacher's section of the study, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--bases", type=cli.Input, nargs="+", required=True, help="the base of each run")
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the folder of each run's teacher")
    cli.run(main, parser)
