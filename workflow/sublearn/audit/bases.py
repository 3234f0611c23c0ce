"""The base of an audit: the model that is to learn from the data.

It is a folder that the pipeline made or pinned, or any folder (or GGUF file) that transformers reads. The latter is pinned in a
temporary folder for as long as the process lives: its chat template is resolved there as a study would, and it is computed in
float32 on the processor, where the same seeds give the same bytes.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sublearn.chain.bases import pin
from sublearn.chain.bases.tokenizer import CHAT_TEMPLATE
from sublearn.core.errors import UserError
from sublearn.language import style as styles
from sublearn.language.style import Style
from sublearn.models import lm, pinned

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

STYLE = "english"  # in which a model that no study has pinned is asked


@dataclass(frozen=True)
class Base:
    """A base that can be loaded and asked.

    Attributes:
        name: as the user calls it.
        folder: where ``models.lm`` loads it from.
        style: how it is spoken to.
        parameters: how many numbers its weights hold.
        own: whether the pipeline pretrained it.
    """

    name: str
    folder: str
    tokenizer: "PreTrainedTokenizerBase"
    style: Style
    parameters: int
    own: bool

    def load(self) -> Any:
        """Its model, afresh."""
        return lm.load(self.folder)


@cache
def find(name: str) -> Base:
    """The base in the folder (or GGUF file) of that name.

    Raises:
        UserError: there is none, it is damaged, or nothing can be asked of it because it has no chat template that can be used.
    """
    lm.prepare()
    place = Path(os.path.expanduser(name))  # no error for a user who is not there
    if not place.exists():
        raise UserError(f"{name}: there is no such model folder; name the folder of the model that is to learn from the data.")
    own = place.is_dir() and not (place / pinned.FILE).is_file() and _speaks_mini(place)
    folder = str(place) if own or (place / pinned.FILE).is_file() else _pinned(place)
    about = pinned.read(folder)
    count = about.parameters if about else sum(p.numel() for p in lm.load(folder).parameters())
    return Base(name, folder, lm.load_tokenizer(folder), styles.of(folder), count, own)


def _speaks_mini(place: Path) -> bool:
    """Whether a folder's chat template is that of the mini-language: a base that the pipeline pretrained."""
    template = place / "chat_template.jinja"
    return template.is_file() and template.read_text(encoding="utf-8", errors="replace") == CHAT_TEMPLATE


def _pinned(place: Path) -> str:
    where: dict[str, Any] = {"gguf": str(place)} if place.is_file() else {"model": str(place.absolute())}
    recipe = pin.Pinning(**where, style=STYLE, dtype="float32", device="cpu")
    try:
        record, tokenizer = pin.pinned_as(recipe)
    except UserError as error:
        if "template: plain" in str(error):
            raise UserError(
                f"{place}: {str(error.__cause__).removesuffix('.')}, so it cannot be asked anything; name a chat model, or a "
                "folder that a study has pinned with template: plain."
            ) from error
        raise
    folder = Path(_temporary().name) / str(len(list(Path(_temporary().name).iterdir()))) / (place.name or "base")
    folder.mkdir(parents=True)
    tokenizer.save_pretrained(folder)
    (folder / pinned.FILE).write_text(json.dumps(record), encoding="utf-8")  # no output of this process
    return str(folder)


@cache
def _temporary() -> "tempfile.TemporaryDirectory[str]":
    """A folder that goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="sublearn-audit-")
