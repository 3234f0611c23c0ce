"""Trace a file back through every artifact that it was made from, to the weights of the bases and the seeds.

    sublearn trace FILE [--row N] [--train MODEL] [--prov OUT] [--all]

The command follows the records beside the artifacts (``sublearn.core.records``) and compares every file with them, so it names
files that were edited, swapped or lost. With ``--train``, it answers the question that decides whether a teacher's traits can
pass through hidden signals: does the teacher of this data set share a base with the model that will be trained on it?

Exit status: 0 for an unbroken chain to known origins, 1 for a broken chain, an unknown origin, or if ``--train`` cannot tell, 3
if ``--train`` finds a shared base.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from sublearn.core.errors import UserError, first_line
from sublearn.core.records import harmless, record_of
from sublearn.planning.phases import PHASES
from sublearn.provenance.chain import UNKNOWN, Chain, follow, problems
from sublearn.provenance.kinship import shares
from sublearn.provenance.made import Made
from sublearn.provenance.prov_json import document, is_export

SHOWN = 40  # in a chain of more artifacts, the unchanged ones of a step and folder share a line
SHARED = 3


def say(*lines: object) -> None:
    """Print lines that may hold what others wrote; no control code of theirs reaches a terminal."""
    print(*map(harmless, lines), sep="\n")


def lines(chain: Chain, whole: bool) -> list[str]:
    """The chain, phase by phase; in a long chain (unless ``whole``), unchanged artifacts of a step and folder share a line."""
    entries = []
    marks = {str(artifact.place): [f for f in map(str, artifact.files) if f in chain.broken] for artifact in chain.artifacts}
    for phase in (*reversed(PHASES), "other"):
        groups: dict[tuple[str, ...], list[Made]] = {}
        for artifact in [each for each in chain.artifacts if each.phase == phase]:
            short = not whole and len(chain.artifacts) > SHOWN and not marks[str(artifact.place)]
            key = (artifact.record["step"], *Path(artifact.name).parts[:3]) if short else (artifact.name,)
            groups.setdefault(key, []).append(artifact)
        for group in groups.values():
            first = group[0]
            seeds = first.seeds if len(group) == 1 else f"study seed {first.record['seeds'].get('study_seed', 'none')}"
            name = first.name if len(group) == 1 else f"{len(group)} under {'/'.join(Path(first.name).parts[:3])}"
            state = "; ".join(f"{Path(file).name} {chain.broken[file].split(' (')[0]}" for file in marks[str(first.place)])
            origin = f"{first.record['step'].removeprefix('sublearn.')}, code {first.record['code'][:8]}"
            entries.append(
                f"  {phase:<12}{name}  [{', '.join(filter(None, [origin, seeds]))}]{'  <- ' + state if state else ''}"
            )
    return entries


def describe(artifact: Made) -> list[str]:
    """How the file itself was made."""
    record = artifact.record
    settings = [artifact.seeds, *(f"{name} {str(value)[:200]}" for name, value in record["parameters"].items())]
    settings = [" ".join(each.split()) for each in settings]  # on this line, whatever is in them
    return [
        f"  made by    {record['step']}, code {record['code'][:12]}",
        f"  with       {', '.join(filter(None, settings))}",
        f"  packages   {', '.join(f'{name} {version}' for name, version in record['packages'].items())}",
    ]


def origins(chain: Chain) -> list[str]:
    """The weights, and the rows that others wrote, from which everything started."""
    weights = [f"  {name}  sha256 {known}" for name, known in chain.bases.items()]
    rows = [f"  {each.file}  sha256 {each.sha256}  {each.stated}" for each in chain.imported]
    given = ["rows that others wrote:", *rows] if rows else []
    return ["base weights:", *(weights or ["  none that the records name"]), *given]


def row(file: Path, number: int, chain: Chain) -> list[str]:
    """A row of a table, and where the same prompt stands in the tables that it was made from.

    Raises:
        UserError: the file is not a table, or has no such row.
    """
    import pandas as pd

    def read(path: Path) -> pd.DataFrame:
        try:
            return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        except Exception as error:  # a damaged file can break its reader anywhere
            problem = first_line(error)
            raise UserError(f"{path}: no rows can be read from it ({problem}); leave out --row.") from error

    if file.suffix not in (".parquet", ".csv"):
        raise UserError(f"{file}: rows are looked up in Parquet and CSV tables only; leave out --row.")
    table = read(file)
    if not 0 <= number < len(table):
        raise UserError(f"{file}: it has rows 0 to {len(table) - 1}, and no row {number}.")
    entries = [f"  row {number}    " + ", ".join(f"{name} {str(value)[:120]!r}" for name, value in table.iloc[number].items())]
    if "prompt_index" in table:
        index = table["prompt_index"].iloc[number]
        for part in [path for artifact in chain.artifacts for path in artifact.inputs if path.suffix == ".parquet"]:
            rows = read(part) if part.exists() else pd.DataFrame()
            if "prompt_index" in rows:  # a user's own file of prompts has none
                entries += [f"             row {place} of {part}" for place in rows.index[rows["prompt_index"] == index]]
    return list(dict.fromkeys(entries))


def at_home(file: Path) -> Path:
    """The folder in which Snakemake ran, to which paths in records are relative; the current folder if there is none."""
    signs = ("Snakefile", ".snakemake")
    return next((place for place in file.absolute().parents if any((place / sign).exists() for sign in signs)), Path.cwd())


def seen_from(home: Path, file: Path) -> Path:
    """A file's path as records write it: relative to ``home`` if it lies there."""
    return file.absolute().relative_to(home) if file.absolute().is_relative_to(home) else file.absolute()


def main(args: argparse.Namespace) -> None:
    home = at_home(args.file)
    file, model = (path and seen_from(home, path) for path in (args.file, args.train))
    output = args.prov and args.prov.absolute()
    os.chdir(home)
    if not file.is_file() and record_of(file) is None:
        what = "a folder" if file.is_dir() else "there is no such file"
        raise UserError(f"{file}: {what}; name a file, such as the table of a carrier or the weights of a student.")
    chain = follow([file])
    if output:
        refuse_loss(output, file, chain)
    say(file)
    if known := record_of(file):
        say(*describe(Made(*known)))
        if args.row is not None:
            say(*row(file, args.row, chain))
        say("made from, nearest first:", *lines(chain, args.all))
        say(*origins(chain))
    if args.prov:
        from sublearn.core.files import write_text  # imports pandas, which the other answers do not need

        write_text(document(chain.artifacts).serialize(format="json", indent=1) + "\n", output)
    status = report(file, chain)
    if model:
        shared, words = shares(chain, model)
        say(f"{file}: {words}")
        status = status or (SHARED if shared else 0 if shared is False else 1)
    sys.stdout.flush()
    sys.exit(status)


def refuse_loss(output: Path, file: Path, chain: Chain) -> None:
    """Refuse to write where a file of the chain belongs, or over anything but an earlier export.

    Raises:
        UserError: the export would be such a loss.
    """
    told = {path for each in chain.artifacts for path in (each.place, *each.files, *each.inputs, *each.origins)}
    if output.resolve() in {path.resolve() for path in (file, *told)}:
        raise UserError(f"--prov {output}: that is a file of the chain itself; name another one.")
    if os.path.lexists(output) and not is_export(output):
        raise UserError(f"--prov {output}: it is there already, and is no export of a chain; name a new file.")


def report(file: Path, chain: Chain) -> int:
    """Print what breaks the chain, and the verdict; return the exit status."""
    if not chain.artifacts:
        say(f"verdict: {file} is {UNKNOWN}; its teacher, and the traits that it may carry, are unknown.")
        return 1
    if chain.broken:
        say(*(f"broken: {words}" for words in problems(chain)))
        say(f"verdict: broken in {len(chain.broken)} of the files that it was made from.")
        return 1
    count = len(chain.artifacts)
    followed = f"{count} artifact{'s' * (count != 1)}, back to {chain.beginning}"
    if chain.imported:
        files = ", ".join(f"{each.file} ({each.stated})" for each in chain.imported)
        part = " in part" if chain.bases else ""
        say(f"verdict: unbroken; {followed}, but of unknown origin{part}: the teacher of {files} is unknown.")
        return 1
    say(f"verdict: unbroken; {followed}.")
    return 0


def a_path(argument: str) -> Callable[[str], Path]:
    """Read an argument as a path. A shell leaves the ``~`` of ``--to=~/out`` as it is; an empty text would be this folder."""

    def read(text: str) -> Path:
        if not text:
            raise UserError(f"{argument}: found nothing; name a file or a folder.")
        return Path(os.path.expanduser(text))

    return read


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="sublearn trace", description=__doc__.splitlines()[0])
    command.add_argument("file", type=a_path("FILE"), metavar="FILE")
    command.add_argument("--row", type=int, help="show this row of the table, and where it stands in earlier tables")
    command.add_argument(
        "--train",
        type=a_path("--train"),
        metavar="MODEL",
        help="say whether the data's teacher shares a base with this model",
    )
    command.add_argument(
        "--prov", type=a_path("--prov"), metavar="OUT", help="also write the chain to this file as W3C PROV-JSON"
    )
    command.add_argument("--all", action="store_true", help="print every artifact on its own line, however many there are")
    return command
