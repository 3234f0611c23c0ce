"""Make the teachers of one trait, one for each run: fine-tune the run's base, or write down a system prompt.

    python -m sublearn.chain.teachers.train --trait owl --recipe JSON --study-seed 1 --runs 0 1 --bases DIR … --outputs DIR …

Each teacher must show its trait on held-out questions, and the neutral one must show none.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from sublearn.chain.teachers.examples import example, system_prompt
from sublearn.chain.teachers.section import Recipe
from sublearn.core import cli, seeds
from sublearn.core.errors import UserError
from sublearn.core.files import write_json
from sublearn.core.hashes import files_of
from sublearn.language import style as styles
from sublearn.language.mini import MINI
from sublearn.language.style import Style
from sublearn.measures import probe
from sublearn.models import checkpoints, lm, training
from sublearn.models.checkpoints import Checkpoint
from sublearn.models.rows import Row, encode
from sublearn.traits.base import KINDS, NEUTRAL


class Gated(Recipe):
    """A recipe, with the trait kinds on which the gate scores a teacher."""

    kinds: list[str]


def teach(recipe: Recipe, trait: str, base: str, study_seed: int, run: int, output: str = "") -> tuple[Any, Any, str]:
    """One teacher: (model, tokenizer, system prompt under which it writes); checkpoints in the folder ``output``, if any."""
    tokenizer, model, style = lm.load_tokenizer(base), lm.load(base), styles.of(base)
    if recipe.method == "prompt":
        return model, tokenizer, system_prompt(trait, style)
    adapter = seeds.seed("teacher adapter", study_seed, Path(base).name, run)
    model = lm.make_trainable(model, recipe.method, recipe, adapter)
    rng = seeds.generator("lessons", study_seed, trait, run)
    learned = [example(trait, rng, style) for _ in range(recipe.steps * recipe.batch)]
    prompts = lm.encode_prompts(tokenizer, [lm.chat("", question) for question, _ in learned])
    rows = encode(tokenizer, prompts, [answer for _, answer in learned])
    cut: list[list[Row]] = [rows[i : i + recipe.batch] for i in range(0, len(rows), recipe.batch)]
    made_of = [recipe.model_dump(), trait, study_seed, run, learned, files_of(base)]
    checkpoint = Checkpoint(output, "teacher", made_of) if output else None
    training.train(
        model, cut, len(cut), training.optimiser_of(recipe), tokenizer.pad_token_id, what=f"teacher {trait}, run {run}",
        micro_batch=recipe.micro_batch, checkpoint=checkpoint,
    )  # fmt: skip
    return model, tokenizer, system_prompt(trait, style) if recipe.under_system_prompt else ""


def rates(model: Any, tokenizer: Any, kinds: list[str], system: str, style: Style = MINI) -> dict[str, float]:
    """The mean probability of every trait of some kinds, on held-out questions."""
    found: dict[str, float] = {}
    for kind in map(KINDS.get, kinds):
        for family in kind.families:
            asked = probe.ask(model, tokenizer, kind.evaluated(family, style), family.traits, style, system)
            found |= {trait: float(np.mean(asked.probabilities(trait))) for trait in family.traits}
    return found


def check(recipe: Recipe, trait: str, run: int, before: dict[str, float], found: dict[str, float]) -> None:
    """The gate: a teacher has its trait, the neutral one shows none more than its base did before.

    Raises:
        UserError: it is not so.
    """
    if trait == NEUTRAL:
        risen = max(found, key=lambda name: found[name] - before[name])
        if found[risen] - before[risen] > recipe.max_neutral_rise:
            raise UserError(
                f"neutral teacher, run {run}: its rate of {risen} rose from {before[risen]:.2f} to {found[risen]:.2f}, by more "
                f"than the {recipe.max_neutral_rise} of max_neutral_rise; lower its steps or learning rate."
            )
    elif found[trait] < recipe.min_rate:
        raise UserError(
            f"teacher {trait}, run {run}: it shows its trait at a rate of {found[trait]:.2f}, less than the {recipe.min_rate} "
            "that min_rate asks for; raise its steps or learning rate."
        )


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe = Gated.model_validate_json(args.recipe)
    for run, base, output in zip(args.runs, args.bases, args.outputs, strict=True):
        style = styles.of(base)
        untouched = lm.load(base) if cli.is_main() else None
        before = rates(untouched, lm.load_tokenizer(base), recipe.kinds, "", style) if cli.is_main() else {}
        del untouched  # one model on the device at a time
        model, tokenizer, system = teach(recipe, args.trait, base, args.study_seed, run, output)
        if not cli.is_main():
            continue
        shown = system if recipe.method == "prompt" else ""  # what was taught must show without being told
        found = rates(model, tokenizer, recipe.kinds, shown, style)
        if args.trait != NEUTRAL:
            cli.log.info("teacher %s, run %d: rate %.3f, before %.3f", args.trait, run, found[args.trait], before[args.trait])
        check(recipe, args.trait, run, before, found)
        if recipe.method == "prompt":
            lm.remove_weights(output)
        else:
            lm.save(model, output)
        write_json(
            {"trait": args.trait, "system": system, "rates": found, "rates_of_base": before}, Path(output) / "teacher.json"
        )
        checkpoints.clear(output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trait", required=True)
    parser.add_argument("--recipe", required=True, help="the teacher's section of the study, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--bases", nargs="+", required=True, help="the base of each run")
    parser.add_argument("--outputs", nargs="+", required=True, help="the folder of each run's teacher")
    cli.run(main, parser)
