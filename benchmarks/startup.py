"""How much processor time a step that uses a model takes to start, in two checkouts of this repository.

    python benchmarks/startup.py OLD NEW [--repeats 3]

Each checkout makes the study below by its own commands, as its dry run names them: two tiny bases, one teacher, its carrier and
a student. The steps of a model then run by turns in both; they have so little to do that nearly all they take is their start.
What they write must be the same bytes.
"""

import argparse
import hashlib
import os
import re
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

STUDY = """\
extends: smoke
title: As little as a model's steps can have to do
runs: 1
teachers:
  bias: {steps: 2}
students: {rows: 16, epochs: 1}
"""
MADE_BY_RUNS = {"data", "results", "logs", ".snakemake", ".git", "config"}
# A step's command has all of these in it, before the move of the package or after.
BEFORE = [(r"bases\.pretrain ",), (r"carriers\.prompts ",)]
TIMED = {
    "teacher": (r"teachers\.train ", "/neutral/"),
    "carrier": (r"carriers\.sample ", "/neutral/"),
    "student": (r"students\.train ", "/neutral/", "same_base"),
    "answers": (r"evaluations\.(score|measure) ", '"arm": "base"', '"samples"'),
}
FILTER = (r"carriers\.filter ", "/neutral/")


class Side:
    """One checkout, and a folder in which its commands run.

    Args:
        checkout: the repository.
        folder: an empty folder for what is made.
    """

    def __init__(self, checkout: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for entry in checkout.iterdir():
            if entry.name not in MADE_BY_RUNS:
                (folder / entry.name).symlink_to(entry)
        shutil.copytree(checkout / "config", folder / "config")
        (folder / "config/studies/startup.yaml").write_text(STUDY)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = os.environ | {"PYTHONPATH": str(checkout / "workflow"), "PATH": path, "OMP_NUM_THREADS": "1"}
        asked = ["snakemake", "--dryrun", "--printshellcmds", "--cores", "1", "--config", "studies=[startup]"]
        said = subprocess.run(asked, cwd=folder, env=self.environment, capture_output=True, text=True, check=True).stdout
        self.commands = [
            line.removeprefix("Shell command: ") for line in said.splitlines() if line.startswith("Shell command: ")
        ]

    def named(self, words: tuple[str, ...]) -> list[str]:
        """The commands that have some patterns in them."""
        return [command for command in self.commands if all(re.search(word, command) for word in words)]

    def run(self, command: str) -> float:
        """Run a command; returns the processor time that it took, in seconds."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        plain = re.sub(r" 2> \S+", "", command)
        done = subprocess.run(
            plain, shell=True, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{plain}\n{done.stderr}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def made(self, command: str) -> set[str]:
        """Hashes of the weights or tables that a command has written."""
        words = shlex.split(command)
        place = self.folder / words[next(i for i, word in enumerate(words) if word in ("--output", "--outputs")) + 1]
        files = [place] if place.is_file() else sorted(place.glob("*.safetensors"))
        return {hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sides = [Side(args.old.absolute(), Path(name) / "old"), Side(args.new.absolute(), Path(name) / "new")]
        for side in sides:
            for command in [command for words in BEFORE for command in side.named(words)]:
                side.run(command)
        print("step     old s    new s    new / old        the same bytes")
        for step, words in TIMED.items():
            commands = [side.named(words)[0] for side in sides]
            turns = [[side.run(command) for side, command in zip(sides, commands, strict=True)] for _ in range(args.repeats)]
            if step == "carrier":
                for side in sides:
                    side.run(side.named(FILTER)[0])
            old, new = (statistics.median(column) for column in zip(*turns, strict=True))
            ratios = [after / before for before, after in turns]
            written = [side.made(command) for side, command in zip(sides, commands, strict=True)]
            same = "yes" if written[0] == written[1] and written[0] else "NO"
            spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            print(f"{step:8} {old:5.2f}    {new:5.2f}    {spread}   {same}", flush=True)


if __name__ == "__main__":
    main()
