"""docs/architecture.md names every package on its floor, and every folder of the repository."""

import re
import tomllib
from pathlib import Path

PAGE = Path("docs/architecture.md").read_text(encoding="utf-8")


def test_packages_are_on_the_floors_that_the_import_linter_holds_them_to():
    table = PAGE.partition("| package | holds |")[2].partition("\n\n")[0]
    told = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in table.splitlines()[2:]]
    contracts = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    floors = [re.findall(r"\w+", floor) for floor in contracts[0]["layers"]]
    assert told == [floor for floor in floors if floor != ["__main__"]]


def test_folders_of_the_repository_are_named():
    named = set(re.findall(r"`([\w./]+?)(?:/<\w+>(?:/<\w+>)?)?`", PAGE.partition("## The package")[0]))
    there = {place.name for place in Path().iterdir() if place.is_dir() and not place.name.startswith(".")}
    ours = {"benchmarks", "config", "data", "docs", "envs", "profiles", "results", "tests", "workflow"}  # others may lie beside
    assert there & ours <= {name.partition("/")[0] for name in named}
    assert all(Path(name).exists() for name in named if "/" in name)
