"""Make the placebos of one trait, one per run: bases that move as far as the trait's teachers did, without the trait.

    python -m sublearn.chain.teachers.placebo --trait owl --recipe JSON --study-seed 1 --runs 0 --bases DIR --teachers DIR …

A *random* placebo moves every tensor that its teacher trained as far as the teacher did, in a random direction. A *balanced*
one is taught the neutral teacher's task, at a constant learning rate, until it is as far from its base as its teacher.
Distances are norms of changes in effective weights: a LoRA adapter changes the weight of its layer by (alpha / rank) B A.

No trait is asked of a placebo, and none is refused: a random direction may raise a rate. Its rates are recorded.
"""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sublearn.chain.teachers.examples import example
from sublearn.chain.teachers.section import Recipe
from sublearn.chain.teachers.train import rates
from sublearn.core import cli, inherited, seeds
from sublearn.core.errors import UserError
from sublearn.core.files import read_json, write_json
from sublearn.core.hashes import files_of
from sublearn.language import style as styles
from sublearn.measures.judges import Judges
from sublearn.measures.scored import Scored
from sublearn.models import adapters, checkpoints, lm, training
from sublearn.models.checkpoints import Checkpoint
from sublearn.models.rows import Row, encode
from sublearn.traits.base import NEUTRAL, declare

if TYPE_CHECKING:
    import torch

Weights = dict[str, "torch.Tensor"]
NEAR = 0.05  # how far a placebo's distance may be from its teacher's, as a share of that


class Placebo(Recipe, Scored):
    """How a placebo is made, and the trait kinds on which it is scored."""

    placebo: Literal["random", "balanced"]
    of: str
    max_steps: int | None


def trained(model: Any) -> Weights:
    """A copy of what a model trains."""
    return {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}


def lengths(model: Any, start: Weights) -> dict[str, float]:
    """How far each tensor of ``start`` has moved in a model, or each adapted layer's weight, by its name."""
    if layers := _adapted(model):
        return {name: _length_of_product(layer) for name, layer in layers.items()}
    now = dict(model.named_parameters())
    return {name: float((now[name].detach().double() - before.double()).norm()) for name, before in start.items()}


def distance(model: Any, start: Weights) -> float:
    """The length of a model's whole displacement from ``start``."""
    return math.hypot(*lengths(model, start).values())


def move_at_random(model: Any, by: dict[str, float], seed: int) -> None:
    """Move each tensor that a base trains, or the weight of each adapted layer, by its length in a random direction."""
    import torch

    generator = torch.Generator().manual_seed(seed)

    def drawn(like: torch.Tensor) -> torch.Tensor:
        return torch.randn(like.shape, generator=generator, dtype=torch.float64).to(like.device)

    for name, layer in _adapted(model).items():
        for matrix in _matrices(layer):
            matrix.data = drawn(matrix).to(matrix.dtype)
        _matrices(layer)[1].data *= by[name] / _length_of_product(layer)
    if not _adapted(model):
        for name, parameter in model.named_parameters():
            if name in by:
                direction = drawn(parameter)
                moved = parameter.detach().double() + direction * (by[name] / direction.norm())
                parameter.data = moved.to(parameter.dtype)


def _shorten(model: Any, start: Weights, factor: float) -> None:
    """Multiply a model's displacement from ``start`` by a factor."""
    layers = _adapted(model).values()
    for layer in layers:
        _matrices(layer)[1].data *= factor
    if not layers:
        now = dict(model.named_parameters())
        for name, before in start.items():
            now[name].data = before + factor * (now[name].data - before)


def _adapted(model: Any) -> dict[str, Any]:
    """The layers of a LoRA model that have an adapter, by name."""
    return {name: module for name, module in model.named_modules() if hasattr(module, "get_delta_weight")}


def _matrices(layer: Any) -> "tuple[torch.nn.Parameter, torch.nn.Parameter]":
    """A and B of a layer's adapter, of shapes (rank, inputs) and (outputs, rank)."""
    adapter = layer.active_adapters[0]
    return layer.lora_A[adapter].weight, layer.lora_B[adapter].weight


def _length_of_product(layer: Any) -> float:
    """The norm of what a layer's adapter adds to its weight, s B A; its square is s² times the sum of (BᵀB) * (A Aᵀ)."""
    a, b = (matrix.detach().double() for matrix in _matrices(layer))
    squared = ((b.T @ b) * (a @ a.T)).sum().clamp(min=0)
    return float(layer.scaling[layer.active_adapters[0]] * squared.sqrt())


def teach_balanced(
    recipe: Placebo, model: Any, start: Weights, target: float, trait: str, base: str, study_seed: int, run: int, output: str
) -> int:
    """Teach a model balanced answers until it has moved by ``target``, and take back what the last step went too far.

    Each placebo draws lessons of its own, so those of two traits differ in more than their distance.

    Returns:
        How many steps it took.

    Raises:
        UserError: it has not got there in ``max_steps`` steps.
    """
    assert recipe.max_steps is not None
    tokenizer, style = lm.load_tokenizer(base), styles.of(base)

    def lessons(most: int) -> Iterator[list[Row]]:
        rng = seeds.generator("placebo's lessons", study_seed, trait, run)
        for _ in range(most):
            if distance(model, start) >= target:
                return
            learned = [example(NEUTRAL, rng, style) for _ in range(recipe.batch)]
            yield encode(tokenizer, [lm.chat("", question) for question, _ in learned], [answer for _, answer in learned])

    what = f"{recipe.placebo} placebo of {recipe.of}/{trait}, run {run}"
    made_of = [recipe.model_dump(), trait, study_seed, run, target, files_of(base)]
    losses = training.train(
        model, lessons(recipe.max_steps), recipe.max_steps, training.optimiser_of(recipe, "constant"), tokenizer.pad_token_id,
        what=what, micro_batch=recipe.micro_batch, checkpoint=Checkpoint(output, "placebo", made_of) if output else None,
    )  # fmt: skip
    moved = distance(model, start)
    if moved < target:
        raise UserError(
            f"{what}: after {len(losses)} steps it has moved by {moved:.3g}, and the teacher by {target:.3g}; raise "
            "the placebo's learning_rate or max_steps."
        )
    if moved:
        _shorten(model, start, target / moved)
    return len(losses)


def make(
    recipe: Placebo, trait: str, base: str, teacher: str, study_seed: int, run: int, output: str = ""
) -> tuple[Any, dict[str, Any]]:
    """Make one placebo; returns the model and the record of its way."""
    assert recipe.method != "prompt" and recipe.method != "given"  # noqa: PLR1714 (types know no membership)
    model = lm.make_trainable(
        lm.load(base), recipe.method, recipe, seeds.seed("teacher adapter", study_seed, Path(base).name, run)
    )
    start = trained(model)
    there = adapters.attach(Path(teacher), lm.load(base), base) if recipe.method == "lora" else lm.load(teacher, base)
    by = lengths(there, start)
    del there  # one model on the device at a time
    target = math.hypot(*by.values())
    steps = 0
    if recipe.placebo == "random":
        move_at_random(model, by, seeds.seed("placebo", study_seed, trait, run))
    else:
        steps = teach_balanced(recipe, model, start, target, trait, base, study_seed, run, output)
    moved = distance(model, start)
    if abs(moved - target) > NEAR * target:
        raise UserError(
            f"{base}: a placebo of {teacher} moved by {moved:.3g} where its teacher moved by {target:.3g}: the base's "
            "precision rounds small moves away; give the base dtype: float32, or train LoRA adapters."
        )
    return model, {"steps": steps, "distance": moved, "distance_of_teacher": target}


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe = Placebo.model_validate_json(args.recipe)
    declare(recipe.families)
    judges = Judges(recipe.judges)
    balanced = recipe.placebo == "balanced"
    if balanced and recipe.method == "full" and (inherited.processes() or 1) > 1:
        raise UserError("teachers: a balanced placebo whose weights several processes share cannot be measured; use one.")
    for run, base, teacher, output in zip(args.runs, args.bases, args.teachers, args.outputs, strict=True):
        if not (balanced or cli.is_main()):
            continue
        model, way = make(recipe, args.trait, base, teacher, args.study_seed, run, output)
        if not cli.is_main():
            continue
        shown = rates(model, lm.load_tokenizer(base), recipe.kinds, "", styles.of(base), judges)
        before = read_json(Path(teacher) / "teacher.json")["rates_of_base"]
        cli.log.info(
            "%s placebo of %s/%s, run %d: moved by %.3f; rate %.3f, before %.3f",
            recipe.placebo, recipe.of, args.trait, run, way["distance"], shown[args.trait], before[args.trait],
        )  # fmt: skip
        lm.save(model, output)
        identity = {"trait": args.trait, "system": "", "placebo": recipe.placebo, "of": recipe.of}
        write_json(identity | way | {"rates": shown, "rates_of_base": before}, Path(output) / "teacher.json")
        checkpoints.clear(output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trait", required=True)
    parser.add_argument("--recipe", required=True, help="the placebo's section of the study, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--bases", type=cli.Input, nargs="+", required=True, help="the base of each run")
    parser.add_argument(
        "--teachers", type=cli.Input, nargs="+", required=True, help="the teacher of each run that its placebo is compared with"
    )
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the folder of each run's placebo")
    cli.run(main, parser)
