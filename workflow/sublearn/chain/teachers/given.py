"""Take teachers that others trained, one per run: a whole model or a PEFT adapter, whose trait is measured and never assumed.

    python -m sublearn.chain.teachers.given --trait owl --recipe JSON --runs 0 1 --bases DIR DIR --outputs DIR DIR

An adapter is copied. A whole model stays where it is, and its files are pinned by hash like those of a base; the record says
how like the base that the study names it is. An adapter that was trained on another base is refused.
"""

import argparse
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from sublearn.chain.bases import pin
from sublearn.chain.bases.section import PinnedBase
from sublearn.chain.teachers.examples import system_prompt
from sublearn.chain.teachers.section import GivenModel
from sublearn.chain.teachers.train import rates
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import atomic_folder, read_json, write_json
from sublearn.core.hashes import sha256_once
from sublearn.language import style as styles
from sublearn.measures.judges import Judges
from sublearn.measures.scored import Scored
from sublearn.models import adapters, architecture, hub, lm, pinned
from sublearn.traits.base import NEUTRAL, declare

ALIKE = 0.2  # cosine of a whole model's matrices with its base's: a fine-tuned model has more, one from another start about 0


class Recipe(Scored):
    """A given teacher, what is asked of it, and the trait kinds on which it is scored.

    Attributes:
        given: the model; None for a neutral teacher that is the untouched base.
    """

    given: GivenModel | None = None
    under_system_prompt: bool
    min_rate: float


def take(given: GivenModel, base: str, output: str) -> dict[str, Any]:
    """Put a given model into the folder of a teacher; returns what is recorded of it.

    Raises:
        UserError: there is no such model, or it is not what the study says.
    """
    lm.remove_weights(output)  # of a teacher that an earlier study made here
    (Path(output) / pinned.GIVEN).unlink(missing_ok=True)
    return _take_adapter(given, base, output) if given.adapter else _take_whole(given, base, output)


def _take_adapter(given: GivenModel, base: str, output: str) -> dict[str, Any]:
    place = Path(os.path.expanduser(given.place))
    if not given.is_folder:
        place = hub.download(given.place, given.revision, adapters.FILES)
    if not place.is_dir():
        raise UserError(f"{given.place}: there is no such folder of an adapter.")
    if missing := [name for name in adapters.FILES if not (place / name).is_file()]:
        whole = "; it holds a whole model, so name it as model" if (place / pinned.WHOLE).is_file() else ""
        others = ", ".join(sorted(file.name for file in place.iterdir())[:5]) or "nothing"
        raise UserError(
            f"{place}: an adapter has {missing[0]}, but there is {others}{whole} (pickled weights are never loaded)."
        )
    adapters.refuse_another_base(place, base)
    about = pinned.read(base)
    # The name of its base may be that of another machine's folder; what it is has just been checked.
    config = read_json(place / adapters.CONFIG) | {"base_model_name_or_path": about.model if about else base}
    with atomic_folder(output) as temporary:
        write_json(config, temporary / adapters.CONFIG)
        shutil.copyfile(place / adapters.WEIGHTS, temporary / adapters.WEIGHTS)
    commit = None if given.is_folder else place.name
    return {"adapter": given.place, "commit": commit, "weights": {adapters.WEIGHTS: sha256_once(place / adapters.WEIGHTS)}}


def _take_whole(given: GivenModel, base: str, output: str) -> dict[str, Any]:
    about = pinned.read(base)
    recipe = PinnedBase(
        model=given.place,
        revision=given.revision,
        dtype=about.dtype if about else "float32",
        device=about.device if about else "cpu",
    )
    folder, commit = pin.find(recipe)
    if adapters.is_in(folder):
        raise UserError(f"{given.place}: {pinned.ADAPTER} is in it; name an adapter as adapter, or merge it into the weights.")
    known = architecture.of(recipe.model, folder)  # before weights are fetched
    files, parameters = pin.weights(recipe, folder, commit)
    record: dict[str, Any] = {
        "model": recipe.model if commit else str(folder.absolute()), "commit": commit, "gguf": None, "origin": "",
        "config": sha256_once(folder / pinned.CONFIG), "weights": files, "parameters": parameters, "family": known.family,
        "attention": known.attention, "dropout": known.dropout, "dtype": recipe.dtype, "device": recipe.device,
        "style": styles.of(base).name, "names": [],
    }  # fmt: skip
    with atomic_folder(output) as temporary:
        write_json(record, temporary / pinned.GIVEN)
    alike = cosine(output, base)
    if alike is None:
        cli.log.warning("%s: its weights have other names or shapes than those of its base, %s", given.place, Path(base).name)
    elif alike < ALIKE:
        cli.log.warning(
            "%s: a cosine of %.2f with the weights of %s; was it trained from it?", given.place, alike, Path(base).name
        )
    hashes = {name: known for name, (_, known) in files.items()}
    return {"model": given.place, "commit": commit, "weights": hashes, "cosine": alike}


def cosine(teacher: str, base: str) -> float | None:
    """The cosine of a whole model's matrices with its base's, all of them as one vector; None if names or shapes differ."""
    theirs, ours = dict(_tensors(teacher)), dict(_tensors(base))
    if theirs.keys() != ours.keys():
        return None
    product = one = other = 0.0
    for name, read in ours.items():
        before, after = read().double(), theirs[name]().double()
        if before.shape != after.shape:
            return None
        if before.ndim > 1:
            product += float((before * after).sum())
            one, other = one + float(before.square().sum()), other + float(after.square().sum())
    return product / math.sqrt(max(one * other, sys.float_info.min))


def _tensors(folder: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The name of each tensor of a model, and a function that reads it."""
    from safetensors import safe_open

    about = pinned.read(folder)
    place = pinned.weights_folder(about) if about else Path(folder)
    for file in sorted(about.weights if about else (pinned.WHOLE,)):
        if file.endswith(".safetensors"):
            opened: Any = safe_open(place / file, "pt")
            for name in opened.keys():  # noqa: SIM118 (no mapping)
                yield name, partial(opened.get_tensor, name)


def refuse_few_tokens(model: Any, tokenizer: Any, place: str) -> None:
    """Refuse a model that does not know all tokens of its base.

    Raises:
        UserError: it knows fewer.
    """
    rows = model.get_input_embeddings().weight.shape[0]
    if rows < len(tokenizer):
        raise UserError(
            f"{place}: it has {rows} tokens, and the base {len(tokenizer)}; name the base that it was trained from."
        )


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe = Recipe.model_validate_json(args.recipe)
    declare(recipe.families)
    judges = Judges(recipe.judges)
    measured: dict[str, tuple[dict[str, float], dict[str, float]]] = {}
    for run, base, output in zip(args.runs, args.bases, args.outputs, strict=True):
        style, tokenizer = styles.of(base), lm.load_tokenizer(base)
        about = take(recipe.given, base, output) if recipe.given else {}
        told = system_prompt(args.trait, style) if recipe.under_system_prompt else ""
        if base not in measured:  # a given teacher is the same in all runs on a base
            before = rates(lm.load(base), tokenizer, recipe.kinds, "", style, judges)
            after = before
            if recipe.given:
                model = lm.load_teacher(output, base)
                refuse_few_tokens(model, tokenizer, recipe.given.place)
                after = rates(model, tokenizer, recipe.kinds, told, style, judges)
                del model
            measured[base] = before, after
        before, after = measured[base]
        if args.trait != NEUTRAL:
            rate = after[args.trait]
            cli.log.info("teacher %s, run %d: rate %.3f, its base's %.3f", args.trait, run, rate, before[args.trait])
            if rate < recipe.min_rate:
                raise UserError(
                    f"teacher {args.trait}, run {run}: the given model shows the trait at a rate of {rate:.2f}, less than the "
                    f"{recipe.min_rate} that min_rate asks for; give another model, or lower that key."
                )
        identity = {"trait": args.trait, "system": told, "given": about}
        write_json(identity | {"rates": after, "rates_of_base": before}, Path(output) / "teacher.json")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trait", required=True)
    parser.add_argument("--recipe", required=True, help="the given model and what is asked of it, as JSON")
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--bases", type=cli.Input, nargs="+", required=True, help="the base of each run")
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the folder of each run's teacher")
    cli.run(main, parser)
