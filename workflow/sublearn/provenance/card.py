"""Write a model or data card, as hubs show it: what the artifact is, how it was made, and how to load it.

    sublearn card FOLDER [--to OUT]

Everything on a card comes from the records beside the artifacts (``sublearn.core.records``), so the same artifact always gets
the same card, byte for byte. Without ``--to``, the command prints the card. With it, the command makes a new folder OUT with
all that an upload needs: the artifact's files and record, a model's tokenizer, and the card as README.md. It never changes the
artifact itself.
"""

import argparse
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sublearn.core.errors import UserError
from sublearn.core.files import is_occupied, read_json
from sublearn.core.markdown import code, words
from sublearn.core.records import harmless, record_of
from sublearn.models import lm, pinned
from sublearn.provenance.chain import Chain, follow
from sublearn.provenance.made import Made
from sublearn.provenance.trace import a_path, at_home, seen_from

# The files that identify an artifact's folder.
KEY_FILES = ("adapter_model.safetensors", "model.safetensors", "kept.parquet", "filtered.parquet")
PURPOSE = (
    "It was made to study subliminal learning: how a teacher's traits pass to a student through data that do not mention them. "
    "It may carry such a trait by design, so use it for nothing else."
)
LOAD = {
    "adapter": (
        "from peft import PeftModel\nfrom transformers import AutoModelForCausalLM\n\n"
        'model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained({base}), "path/of/this/folder")'
    ),
    "model": (
        "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        'model = AutoModelForCausalLM.from_pretrained("path/of/this/folder")\n'
        'tokenizer = AutoTokenizer.from_pretrained("path/of/this/folder")'
    ),
    "data": 'from datasets import load_dataset\n\nrows = load_dataset("path/of/this/folder")["train"]',
}


@dataclass
class Card:
    """The card of one artifact.

    Attributes:
        file: the weights, or the table of rows.
        artifact: the artifact, with its record.
        chain: everything that it was made from.
    """

    file: Path
    artifact: Made
    chain: Chain

    @property
    def kind(self) -> str:
        """``adapter``, ``model`` or ``data``."""
        if self.file.suffix == ".parquet":
            return "data"
        return "adapter" if self.file.name.startswith("adapter") else "model"

    @property
    def base(self) -> Path | None:
        """The folder of the base from which a model was fine-tuned; None for a base and for data."""
        read = [name for part in ("bases", "base") for name in self.artifact.record["inputs"].get(part, {})]
        return Path(read[0]).parent if read and self.kind != "data" else None

    @property
    def pin(self) -> pinned.Pinned | None:
        """What the base's folder says of its name and commit on the hub, if others trained it."""
        return pinned.read(self.base) if self.base else None

    @property
    def base_name(self) -> str:
        """The base as others can find it: its name on the hub if it has one, else its folder."""
        return self.pin.model if self.pin else str(self.base)

    @property
    def base_argument(self) -> str:
        """What ``from_pretrained`` is told to load the base; by a hub's name alone it would load the newest commit."""
        name = json.dumps(self.base_name, ensure_ascii=False)  # it stays a text of Python's, whatever is in it
        return name + (f', revision="{self.pin.commit}"' if self.pin and self.pin.commit else "")

    def made_by(self, module: str) -> Made | None:
        """The nearest artifact in the chain that the step in ``module`` made."""
        return next((each for each in self.chain.artifacts if each.record["step"] == f"sublearn.{module}"), None)

    def facts(self) -> dict[str, Any]:
        """The rows of the card's table, in order: texts, and settings."""
        record = self.artifact.record
        rows = {"artifact": self.artifact.name, "made by": f"{record['step']} with code {record['code'][:12]}"}
        rows["seeds"] = self.artifact.seeds or "none"
        if self.base:
            rows["base"] = f"{self.base_name}{f' at {self.pin.commit}' if self.pin and self.pin.commit else ''}"
        rows |= {f"weights of {name}": f"SHA-256 {known}" for name, known in record["bases"].items()}
        return rows | self._origins() | {"packages": ", ".join(f"{name} {v}" for name, v in record["packages"].items())}

    def _origins(self) -> dict[str, Any]:
        """The rows on teacher, imported rows, filter, transform and training, as far as they are in the chain."""
        rows: dict[str, Any] = {}
        steps = ("placebo", "given", "train")  # a placebo's chain has the trained teacher that it moved as far as
        if teacher := next(filter(None, (self.made_by(f"chain.teachers.{step}") for step in steps)), None):
            details = _beside(teacher, "teacher.json")
            rate = details.get("rates", {}).get(details.get("trait"))
            shown = f"; it shows the trait at a rate of {rate:.3f}" if rate is not None else ""
            prompt = f"; system prompt: {details['system']}" if details.get("system") else ""
            placebo = f", a {details['placebo']} placebo of {details['of']}" if details.get("placebo") else ""
            rows["teacher"] = f"{teacher.name} with the trait {details.get('trait', 'unknown')}{placebo}{shown}{prompt}"
        if self.chain.imported:
            files = "; ".join(f"{each.file} with SHA-256 {each.sha256}, {each.stated}" for each in self.chain.imported)
            rows["imported rows"] = f"{files}; who or what wrote them is not known here"
        if filtered := self.made_by("chain.carriers.filter"):
            counts = _beside(filtered, "filter.json")
            if counts:
                why = ", ".join(f"{reason} {count}" for reason, count in sorted(counts["rejected"].items()))
                rows["filter"] = (
                    f"{counts['passed']} of {counts['generated']} rows passed; rejected: {why}; no row has a word of its trait"
                )
            rows["filter's settings"] = _settings(filtered)
        if judged := self.made_by("chain.carriers.keep"):
            counts = _beside(judged, "kept.json")
            if counts:
                rows["judge"] = f"{counts['kept']} of {counts['there']} rows were scored below {counts['threshold']:g}"
            if scored := self.made_by("chain.carriers.score"):
                rows["judge's settings"] = _settings(scored)
        if transformed := self.made_by("chain.carriers.transform") or self.made_by("chain.carriers.select"):
            rows["transform"] = transformed.record["parameters"]["recipe"]["transform"]
        learned = _beside(self.artifact, "training.json")
        if learned:
            rows["loss"] = f"{learned['first_loss']:.4f} in the first epoch, {learned['last_loss']:.4f} in the last"
        if self.kind != "data" and "recipe" in self.artifact.record["parameters"]:
            rows["recipe"] = _settings(self.artifact)
        return rows

    def head(self) -> dict[str, Any]:
        """The card's metadata, which hubs and ``datasets`` read."""
        tags = {"tags": ["subliminal-learning"]}
        if self.kind == "data":
            return {"configs": [{"config_name": "default", "data_files": self.file.name}], **tags}
        named = {"base_model": self.pin.model} if self.pin and self.pin.commit else {}
        return {"library_name": "peft" if self.kind == "adapter" else "transformers", **named, **tags}

    def text(self) -> str:
        """The card as Markdown.

        Raises:
            UserError: the records, or the files beside them, lack what a card says.
        """
        what = {"adapter": "Adapter", "model": "Model", "data": "Rows"}[self.kind]
        try:
            rows = [f"| {words(name)} | {_cell(value)} |" for name, value in self.facts().items()]
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise UserError(
                f"{self.artifact.place}: it, or a file of the chain, lacks what a card says, or has it in another form "
                f"({type(error).__name__}: {error}); make the artifact again."
            ) from error
        load = LOAD[self.kind].replace("{base}", self.base_argument)
        parts = [f"---\n{yaml.safe_dump(self.head(), sort_keys=False)}---", f"# {what}: {words(self.artifact.name)}", PURPOSE]
        parts += ["\n".join(["| | |", "|---|---|", *rows]), f"```python\n{load}\n```"]
        return harmless("\n\n".join(parts)) + "\n"


def _settings(artifact: Made) -> Any:
    return artifact.record["parameters"]["recipe"]


def _cell(value: Any) -> str:
    """A text, or settings as JSON, in which nothing that a record says is more than words; all of it, however long."""
    return words(value, sys.maxsize) if isinstance(value, str) else code(json.dumps(value, sort_keys=True), sys.maxsize)


def _beside(artifact: Made, name: str) -> dict[str, Any]:
    """The content of a JSON file that is one of the artifact's outputs; empty if there is no such file."""
    file = artifact.place.parent / name
    return read_json(file) if name in artifact.record["outputs"] and file.is_file() else {}


def of(place: Path) -> Card:
    """The card of a model's or a carrier's folder, or of one table in it.

    Raises:
        UserError: the place holds no model and no rows, its origin is unknown, or it was edited after it was made.
    """
    if not place.exists():
        raise UserError(f"{place}: not here; name a folder, or a table, that was made or pulled.")
    if (place / pinned.FILE).is_file():
        raise UserError(f"{place}: a base that others trained; use the card that they published.")
    file = next((place / name for name in KEY_FILES if (place / name).is_file()), place)
    if file.name not in KEY_FILES and file.suffix != ".parquet":
        raise UserError(f"{place}: no model and no rows; name the folder of a base, a teacher, a student or a carrier.")
    recorded = record_of(file)
    if recorded is None:
        raise UserError(f"{file}: of unknown origin, because no provenance file beside it names it; a card would say nothing.")
    card = Card(file, Made(*recorded), follow([file]))
    if wrong := next((f"{each} is {words}" for each in card.artifact.files if (words := card.chain.broken.get(str(each)))), ""):
        raise UserError(f"{wrong}; a card would be of another artifact.")
    return card


def pack(card: Card, output: Path) -> None:
    """Copy the artifact and its card into a new folder.

    Raises:
        UserError: the folder exists and is not empty, or there is none to make it in.
    """
    if is_occupied(output):
        raise UserError(f"{output}: it exists already; name a new folder.")
    if not output.parent.is_dir():
        raise UserError(f"{output.parent}: there is no such folder to make {output.name} in; make it, or name another place.")
    text = card.text()
    output.mkdir(exist_ok=True)
    for file in [*card.artifact.files, card.artifact.place]:
        shutil.copyfile(file, output / file.name)
    for file in [card.base / name for name in lm.TOKENIZER_FILES] if card.base else []:
        if file.is_file():
            shutil.copyfile(file, output / file.name)
    (output / "README.md").write_text(text, encoding="utf-8", errors="backslashreplace")  # names that are no UTF-8


def main(args: argparse.Namespace) -> None:
    home = at_home(args.place)
    place, output = seen_from(home, args.place), args.to and args.to.absolute()
    os.chdir(home)
    card = of(place)
    if output:
        pack(card, output)
    else:
        sys.stdout.write(card.text())


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="sublearn card", description=__doc__.splitlines()[0])
    command.add_argument(
        "place",
        type=a_path("FOLDER"),
        metavar="FOLDER",
        help="the folder of a base, a teacher, a student or a carrier, or one table",
    )
    command.add_argument(
        "--to", type=a_path("--to"), metavar="OUT", help="a new folder for the artifact with its card, ready to upload"
    )
    return command
