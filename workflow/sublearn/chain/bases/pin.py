"""Pin a base that others trained: record its files, and fix its tokenizer and chat template.

    python -m sublearn.chain.bases.pin --recipe JSON --output data/llama-3.2-1b/bases/llama [--published FILE]

The chat template is resolved here, once. Its date is fixed, and the token that ends a turn becomes the tokenizer's end-of-text
token, so that teachers, students and evaluations read and end turns in the same way.
"""

import argparse
import shutil
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sublearn.chain.bases.section import PinnedBase
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import atomic_folder, write_json
from sublearn.core.hashes import sha256
from sublearn.language import style
from sublearn.models import architecture, lm, pinned

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

PLAIN_TEMPLATE = (
    "{{ bos_token or '' }}{% for message in messages %}### {{ message['role'] | capitalize }}\n{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}\n\n{% endfor %}"
    "{% if add_generation_prompt %}### Assistant\n{% endif %}"
)
PROBE = "zebra"  # a sample answer; the token after it ends a turn


def find(recipe: PinnedBase) -> tuple[Path, str | None]:
    """The folder of the model's configuration and tokenizer, and its commit on the hub (None for a local folder).

    Raises:
        UserError: there is no such model.
    """
    if recipe.is_folder:
        folder = Path(recipe.model).expanduser()
        if not folder.is_dir():
            raise UserError(f"{recipe.model}: there is no such model folder.")
        return folder, None
    folder = pinned.download(recipe.model, recipe.revision, (*pinned.DESCRIPTION, *pinned.TOKENIZER_PATTERNS))
    return folder, folder.name  # the cache names a snapshot by its commit


def weights(recipe: PinnedBase, folder: Path, commit: str | None) -> tuple[dict[str, tuple[int, str]], int]:
    """Size in bytes and SHA-256 of each weights file that is read, fetched if need be, and the total number of parameters.

    Raises:
        UserError: there are none, or a file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    names = pinned.weights_in(folder, pinned.files_of(recipe.model, folder) if commit else None)
    if commit:
        pinned.fetch(recipe.model, commit, names)
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
        files[name] = (file.stat().st_size, sha256(file))
    return files, parameters


def tokenizer(recipe: PinnedBase, folder: Path) -> "PreTrainedTokenizerBase":
    """The model's tokenizer with its chat template resolved.

    Raises:
        UserError: it cannot be loaded, has no chat template, or has no token that ends a turn.
    """
    from transformers import AutoTokenizer

    try:
        loaded = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # a damaged tokenizer can break its reader anywhere
        raise UserError(f"{recipe.model}: the tokenizer cannot be loaded ({(str(error).splitlines() or ['?'])[0]}).") from error
    if recipe.template == "plain":
        loaded.chat_template = PLAIN_TEMPLATE
    if not loaded.chat_template:
        raise UserError(f"{recipe.model}: its tokenizer has no chat template; set template: plain to use a plain one.")
    # Without these settings, some templates write today's date or start a chain of thought.
    loaded.chat_template = (
        f'{{%- set date_string = "{recipe.date}" %}}{{%- set enable_thinking = false %}}' + loaded.chat_template
    )
    loaded.eos_token = end_of_turn(recipe, loaded)
    loaded.pad_token = loaded.pad_token or loaded.eos_token
    return loaded


def end_of_turn(recipe: PinnedBase, loaded: "PreTrainedTokenizerBase") -> str:
    """The token that the template writes after an answer; if it writes none, the end-of-text token.

    Raises:
        UserError: there is neither.
    """
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": PROBE}]
    tail = str(loaded.apply_chat_template(turns, tokenize=False)).rpartition(PROBE)[2].strip()
    ids: list[int] = loaded(tail, add_special_tokens=False)["input_ids"] if tail else []
    if ids and ids[0] in loaded.all_special_ids + list(loaded.added_tokens_decoder):
        return str(loaded.convert_ids_to_tokens(ids[0]))
    if loaded.eos_token is None:
        raise UserError(f"{recipe.model}: neither its chat template nor its tokenizer has a token that ends an answer.")
    return str(loaded.eos_token)


class Pinning(PinnedBase):
    """A pinned base, and the prompt style of the study."""

    style: str


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe = Pinning.model_validate_json(args.recipe)
    folder, commit = find(recipe)
    known = architecture.of(recipe.model, folder)  # before weights are fetched
    files, parameters = weights(recipe, folder, commit)
    record: dict[str, Any] = {
        "model": recipe.model if commit else str(folder.absolute()),
        "commit": commit,
        "weights": files,
        "parameters": parameters,
        "family": known.family,
        "attention": known.attention,
        "dropout": known.dropout,
        "style": recipe.style,
        **recipe.model_dump(include={"dtype", "device", "names"}),
    }
    with atomic_folder(args.output) as temporary:
        tokenizer(recipe, folder).save_pretrained(temporary)
        write_json(record, temporary / pinned.FILE)
        if args.published:
            shutil.copyfile(args.published, temporary / style.FILE)
    cli.log.info("%s: %s, %.1f million parameters, commit %s", recipe.model, known.family, parameters / 1e6, commit)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the base's section of the study, as JSON")
    parser.add_argument("--published", help="the file with the authors' prompts and questions, if the study uses them")
    parser.add_argument("--output", required=True, help="the folder of the base")
    cli.run(main, parser)
