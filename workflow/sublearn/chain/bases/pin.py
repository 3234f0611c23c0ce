"""Pin a base that others trained: record its files, and fix its tokenizer and chat template.

    python -m sublearn.chain.bases.pin --recipe JSON --output data/llama-3.2-1b/bases/llama [--published FILE]

The chat template is resolved here, once. Its date is fixed, and the token that ends a turn becomes the tokenizer's end-of-text
token, so that teachers, students and evaluations read and end turns in the same way.
"""

import argparse
import os
import shutil
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sublearn.chain.bases import template
from sublearn.chain.bases.section import JudgeModel, PinnedBase
from sublearn.core import cli
from sublearn.core.errors import UserError, first_line
from sublearn.core.files import atomic_folder, write_json
from sublearn.core.hashes import refuse_another, sha256_once
from sublearn.language import style
from sublearn.models import architecture, gguf_file, hub, lm, pinned

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# What of a repository says what the model is and how its text is read; pickles and code are never fetched.
DESCRIPTION = (
    pinned.CONFIG,
    pinned.INDEX,
    "tokenizer*",
    "*.model",
    "vocab.json",
    "merges.txt",
    "special_tokens_map.json",
    "chat_template*",
    "added_tokens.json",
)


def find(recipe: PinnedBase) -> tuple[Path, str | None]:
    """The folder of the model's configuration and tokenizer, and its commit on the hub (None for a local folder).

    Raises:
        UserError: there is no such model.
    """
    if recipe.is_folder:
        folder = Path(os.path.expanduser(recipe.model))  # leaves a user who is not there as it is
        if not folder.is_dir():
            raise UserError(f"{recipe.model}: there is no such model folder.")
        return folder, None
    # A GGUF file says all of a model, so it is fetched at once.
    folder = hub.download(recipe.model, recipe.revision, [recipe.gguf] if recipe.gguf else DESCRIPTION)
    return folder, folder.name  # the cache names a snapshot by its commit


def weights(recipe: PinnedBase, folder: Path, commit: str | None) -> tuple[dict[str, tuple[int, str]], int]:
    """Size in bytes and SHA-256 of each weights file that is read, fetched if need be, and the total number of parameters.

    Raises:
        UserError: there are none, or a file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    names = pinned.weights_in(folder, hub.files_of(recipe.model, folder) if commit else None, recipe.gguf)
    if recipe.gguf:
        file = folder / recipe.gguf
        return {recipe.gguf: (file.stat().st_size, sha256_once(file))}, gguf_file.describe(file).parameters
    if commit:
        hub.fetch(recipe.model, commit, names)
    files, parameters = {}, 0
    for name in cli.progress(names, "pinning"):
        file = folder / name
        if not file.is_file():
            raise UserError(f"{file}: missing; {pinned.INDEX} beside it names it.")
        try:
            with safe_open(file, "np") as opened:
                parameters += sum(prod(opened.get_slice(key).get_shape()) for key in opened.keys())  # noqa: SIM118 (no mapping)
        except (SafetensorError, OSError) as error:
            raise UserError(f"{file}: damaged or truncated ({error}); fetch it again.") from error
        files[name] = (file.stat().st_size, sha256_once(file))  # a model that is given for many runs is read once
    return files, parameters


def tokenizer(recipe: PinnedBase, folder: Path, chats: bool = True) -> "PreTrainedTokenizerBase":
    """The model's tokenizer with its chat template resolved, if it ``chats``.

    Raises:
        UserError: it cannot be loaded, has no chat template that can be used, or has no token that ends an answer.
    """
    from transformers import AutoTokenizer

    try:
        loaded = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, **gguf_file.named(recipe.gguf))
    except Exception as error:  # a damaged tokenizer can break its reader anywhere
        raise UserError(f"{recipe.model}: the tokenizer cannot be loaded ({first_line(error)}).") from error
    try:
        if chats:
            template.resolve(loaded, recipe.date, plain=recipe.template == "plain")
    except UserError as error:
        other = "take another model" if recipe.template == "plain" else "set template: plain to use a plain one"
        raise UserError(f"{recipe.model}: {str(error).removesuffix('.')}; {other}.") from error
    return loaded


def classified(folder: Path) -> architecture.Architecture:
    """What is known of a classifier of texts, which is no language model.

    Raises:
        UserError: its configuration names no labels, so it is none.
    """
    config = pinned.description(folder / pinned.CONFIG)
    labels = config.get("id2label")
    if not isinstance(labels, dict) or not labels:
        raise UserError(f"{folder / pinned.CONFIG}: it names no labels (id2label), so the model is no classifier of texts.")
    return architecture.Architecture(str(config.get("model_type")), "eager", {})


class Pinning(JudgeModel):
    """A pinned base or judge, and the prompt style of the study."""

    style: str


def pinned_as(recipe: Pinning) -> "tuple[dict[str, Any], PreTrainedTokenizerBase]":
    """The record of a base, and its tokenizer with the chat template resolved; its weights are fetched if need be.

    Raises:
        UserError: the model is not there, damaged, or cannot be used here.
    """
    folder, commit = find(recipe)
    origin = recipe.origin
    if recipe.gguf:
        file = folder / recipe.gguf
        if recipe.sha256 and file.is_file():
            refuse_another(file, sha256_once(file), recipe.sha256)
        licence = gguf_file.describe(file).licence  # refuses a file that cannot be read
        origin = origin or f"licence, as the file says: {licence or 'none'}"
    # Before weights are fetched.
    known = classified(folder) if recipe.reads == "classifier" else architecture.of(recipe.model, folder, recipe.gguf)
    files, parameters = weights(recipe, folder, commit)
    record: dict[str, Any] = {
        "model": recipe.model if commit else str(folder.absolute()),
        "commit": commit,
        "gguf": recipe.gguf,
        "origin": origin,
        "config": sha256_once(folder / pinned.described_in(recipe.gguf)),
        "weights": files,
        "parameters": parameters,
        "family": known.family,
        "attention": known.attention,
        "dropout": known.dropout,
        "style": recipe.style,
        **recipe.model_dump(include={"dtype", "device", "names"}),
    }
    return record, tokenizer(recipe, folder, recipe.reads != "classifier")


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe = Pinning.model_validate_json(args.recipe)
    record, words = pinned_as(recipe)
    with atomic_folder(args.output) as temporary:
        words.save_pretrained(temporary)
        write_json(record, temporary / pinned.FILE)
        if args.published:
            shutil.copyfile(args.published, temporary / style.FILE)
    millions, family, commit = record["parameters"] / 1e6, record["family"], record["commit"]
    cli.log.info("%s: %s, %.1f million parameters, commit %s", recipe.model, family, millions, commit)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the base's section of the study, as JSON")
    parser.add_argument(
        "--published", type=cli.Input, help="the file with the authors' prompts and questions, if the study uses them"
    )
    parser.add_argument("--output", type=cli.Output, required=True, help="the folder of the base")
    cli.run(main, parser)
