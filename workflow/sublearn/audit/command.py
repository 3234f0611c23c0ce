"""Audit data: look at rows, at one layer after the other, for signs of a hidden trait before a model learns from them.

    sublearn audit DATA [--base MODEL] [--reference DATA] [--traits NAME …] [--families FAMILY …] [--out FOLDER]

DATA is a file of JSON lines, CSV or Parquet, or a data set of the Hugging Face hub (hub:owner/name). It comes before all
options, since some of them take all words that follow. A layer that lacks what it needs says so. What no layer finds may still
be there: the report says what each cannot see.

Exit status: 0 if the layers that ran found nothing, 3 if one found something, 1 if it could not look (no layer ran, or one that
was named did not, or one failed; the last line says which), 2 for a command line that is wrong.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sublearn.audit import report, run, tables
from sublearn.audit.layers.base import Inputs, Result
from sublearn.audit.read import HUB, read, refuse_itself
from sublearn.audit.report.contents import reading
from sublearn.audit.report.text import listed
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.records import PINNED
from sublearn.orchestration.workflow import use_configured_extensions
from sublearn.provenance.closeness import GGUF
from sublearn.provenance.trace import say
from sublearn.traits import family_files
from sublearn.traits.base import families, traits

FOUND = 3


def main(args: argparse.Namespace) -> None:
    use_configured_extensions()
    _refuse_nothing(args)
    layers = run.chosen(args.layers)
    inputs = gather(args)
    results = run.look(inputs, layers)
    for layer, result in zip(layers, results, strict=True):
        say(f"{layer.name:<12}{result.status.replace('_', ' '):<15}{result.sentence}")
    for said in reading(inputs):
        say(said)
    status, why = exit_status(results, args.layers or ()), unable(results, args.layers or ())
    if args.out:
        report.write(inputs, results, Path(args.out), ended=(status, why))
        say(f"report: {args.out}")
    print(f"audit: {verdict(results)}")
    sys.stdout.flush()
    if status == 1:
        cli.log.error("exit status 1: %s", why)
    sys.exit(status)


def gather(args: argparse.Namespace) -> Inputs:
    """Read the data and the reference, and check what else the user names.

    Raises:
        UserError: something is not there, or is not what it should be.
    """
    if args.out is not None:
        _refuse_no_folder(args.out)
    family_files.declare_files(args.families)
    asked = _asked(args.traits or [Path(name).stem for name in args.families])
    if empty := [word for word in args.words if not any(map(str.isalnum, word))]:
        raise UserError(f"--words '{empty[0]}': holds neither letter nor digit; name whole words, or parts such as *owl*.")
    if args.base:
        _refuse_no_model(args.base)
    if args.students < 1:
        raise UserError(f"--students {args.students}: should be at least 1.")
    data = read(args.data, args.prompt, args.completion, args.source)
    cli.log.info("%s: %d rows", data.name, len(data.rows))
    reference = None
    if args.reference:
        reference = read(args.reference, args.prompt, args.completion, or_usual=True)
        cli.log.info("%s: %d rows", reference.name, len(reference.rows))
    words = tuple(word.strip() for word in args.words)
    inputs = Inputs(data, reference, args.base, asked, words, args.students, args.seed)
    refuse_itself(inputs)
    return inputs


def _asked(names: Sequence[str]) -> tuple[str, ...]:
    """The traits of these names, each of a trait or of a family, which stands for all of its traits.

    Raises:
        UserError: there is no trait or family of a name.
    """
    by_family = families()
    for name in names:
        if name not in traits() and name not in by_family:
            known = ", ".join([*traits(), *by_family])
            raise UserError(f"--traits {name}: there is no such trait; choose of {known}.")
    found = [trait for name in names for trait in (by_family[name].traits if name in by_family else (name,))]
    return tuple(dict.fromkeys(found))


def exit_status(results: Sequence[Result], named: Sequence[str]) -> int:
    """The exit status of the command; ``named`` are the layers that the user asked for by name."""
    if any(result.status == "found" for result in results):
        return FOUND
    return 1 if unable(results, named) else 0


def unable(results: Sequence[Result], named: Sequence[str]) -> str:
    """Why the audit could not look as it was asked to, in a sentence; nothing if it could."""
    blind = [each for each in results if each.status == "not_run"]
    asked = [each.layer for each in blind if each.layer in named]
    failed = [each.layer for each in blind if each.layer not in named and each.sentence.startswith(run.FAILED)]
    said = [f"{listed(asked)} did not look, but {'was' if len(asked) == 1 else 'were'} asked for"] * bool(asked)
    said += [f"{listed(failed)} failed"] * bool(failed)
    said += ["no layer could look"] * (not said and len(blind) == len(results))
    return f"{' and '.join(said)}." if said else ""


def verdict(results: Sequence[Result]) -> str:
    """In one sentence: at which layers something was found, and which layers could not look."""
    found, nothing, blind = (
        [each.layer for each in results if each.status == status] for status in ("found", "nothing_found", "not_run")
    )
    parts = [f"something was found at {', '.join(found)}"] if found else []
    parts += [f"nothing was found at {', '.join(nothing)}"] if nothing else []
    parts += [f"{', '.join(blind)} could not look"] if blind else []
    return "; ".join(parts) + ". A trait that these layers cannot see may still be there."


def _refuse_nothing(args: argparse.Namespace) -> None:
    for option, given in vars(args).items():
        if "" in (given if isinstance(given, list) else [given]):
            if option == "data":
                raise UserError(f"DATA: found nothing; name a file, or {HUB}owner/name.")
            raise UserError(f"--{option}: found nothing; name what it stands for, or leave the option out.")


def _refuse_no_model(base: str) -> None:
    folder = Path(base)
    if folder.suffix.lower() == GGUF and folder.is_file():
        return  # layers that load it say what is wrong with it
    if not folder.is_dir():
        raise UserError(f"--base {base}: there is no such folder or {GGUF} file; name the folder or file of a base.")
    if any(folder.glob("*.safetensors")) or (folder / PINNED).is_file():
        return
    if packed := sorted(folder.glob(f"*{GGUF}")):
        raise UserError(f"--base {base}: is a folder; name the {GGUF} file in it, such as {packed[0]}.")
    raise UserError(f"--base {base}: holds no model; should hold weights as safetensors, or {PINNED} of a pinned base.")


def _refuse_no_folder(out: str) -> None:
    """Try to make the folder and a file in it, which alone tells whether a report can be written; what was made goes again."""
    folder = Path(out)
    missing = [each for each in (folder, *folder.parents) if not os.path.exists(each)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise UserError(
            f"--out {out}: no report can be written there ({problem}); name a folder, which need not be there yet."
        ) from error
    finally:
        for each in missing:
            with suppress(OSError):
                each.rmdir()
    if taken := next((name for name in (tables.FOUND, *tables.PAGES) if (folder / name).is_dir()), None):
        raise UserError(f"--out {out}: {taken} is a folder there, but should be a file of the report; name another folder.")


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(
        prog="sublearn audit", usage="%(prog)s DATA [OPTION …]", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    place = os.path.expanduser  # a shell leaves the ~ of --out=~/report as it is
    command.add_argument(
        "data",
        type=place,
        metavar="DATA",
        help=f"a .jsonl, .csv or .parquet file, or {HUB}owner/name[@revision]; it comes first",
    )
    command.add_argument(
        "--base", type=place, metavar="MODEL", help="folder (or GGUF file) of the model that is to learn from the data"
    )
    command.add_argument(
        "--reference", type=place, metavar="DATA",
        help="rows like them that are known to carry nothing, in the same columns or in prompt and completion",
    )  # fmt: skip
    command.add_argument(
        "--traits",
        nargs="+",
        default=[],
        metavar="NAME",
        help="traits to look for, such as owl; a family, such as animal, is all of its traits",
    )
    command.add_argument(
        "--families", nargs="+", default=[], metavar="FAMILY",
        help="own families of traits, names of files in config/traits or paths; all are asked for, unless --traits names some",
    )  # fmt: skip
    command.add_argument("--words", nargs="+", default=[], metavar="WORD", help="other words that no row may hold")
    command.add_argument("--layers", nargs="+", metavar="LAYER", help="look at these layers alone; all by default")
    command.add_argument("--students", type=int, default=3, help="students that learn from the data, and from the reference")
    command.add_argument("--seed", type=int, default=0, help="seed of all random draws")
    command.add_argument(
        "--prompt", default="prompt", metavar="COLUMN", help="column of the prompts, which a reference may call prompt"
    )
    command.add_argument(
        "--completion",
        default="completion",
        metavar="COLUMN",
        help="column of the completions, which a reference may call completion",
    )
    command.add_argument(
        "--source",
        metavar="COLUMN",
        help="column that says where a row of DATA comes from; the layers model and behaviour tell sources apart",
    )
    command.add_argument("--out", type=place, metavar="FOLDER", help="also write the report into this folder")
    return command
