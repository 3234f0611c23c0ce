"""The hash of a step's code: it changes when what the step does may change, and not when its words do."""

from pathlib import Path

import pytest

from sublearn.core import code_identity
from sublearn.core.code_identity import code_of, meaning, modules_of

SOURCE = '''"""What the module is for."""

import argparse

LIMIT = 3  # rows


class Recipe(Section):
    """How it is done."""

    rows: int = Field(5, description="how many rows")


def work(rows, least=1):
    """Do the work."""
    if rows < least:
        raise UserError(f"{rows} rows are too few; ask for more.")
    log.info("%d rows", rows)
    return rows * LIMIT


parser = argparse.ArgumentParser(description="Work on rows.")
parser.add_argument("--rows", type=int, help="how many")
'''
WORDS = {
    "the module's docstring": ("What the module is for.", "What it is good for."),
    "a class's docstring": ("How it is done.", "Anyhow."),
    "a function's docstring": ('    """Do the work."""\n', ""),
    "a comment": ("# rows", "# of a table"),
    "layout": ("def work(rows, least=1):", "def work(\n    rows,\n    least=1,\n):"),
    "an option's help": ("how many", "their number"),
    "a parser's description": ("Work on rows.", "Work."),
    "a setting's description": ("how many rows", "the number of rows"),
    "an error's message": ("rows are too few; ask for more.", "rows; more are needed."),
    "a line of the log": ("%d rows", "rows: %d"),
}
DEEDS = {
    "a constant": ("LIMIT = 3", "LIMIT = 4"),
    "a default": ("least=1", "least=2"),
    "a setting's default": ("Field(5", "Field(6"),
    "an option's type": ("type=int", "type=float"),
    "a condition": ("rows < least", "rows <= least"),
    "what is computed for a message": ('f"{rows} rows', 'f"{rows + 1} rows'),
    "the kind of error": ("UserError", "OSError"),
}


@pytest.mark.parametrize("change", WORDS.values(), ids=WORDS)
def test_mended_words_mean_the_same(change):
    assert change[0] in SOURCE
    assert meaning(SOURCE.replace(*change)) == meaning(SOURCE)


@pytest.mark.parametrize("change", DEEDS.values(), ids=DEEDS)
def test_changed_deeds_mean_something_else(change):
    assert change[0] in SOURCE
    assert meaning(SOURCE.replace(*change)) != meaning(SOURCE)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of a few modules in the place of ours; writes its files and returns the hash of ``pack.step``."""
    root = tmp_path / "pack"
    monkeypatch.setattr(code_identity, "PACKAGE", root)
    caches = [function for function in vars(code_identity).values() if hasattr(function, "cache_clear")]

    def write(**files: str) -> str:
        for name, content in files.items():
            file = root / f"{name.replace('__dot__', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        for cache in caches:
            cache.cache_clear()
        return code_of("pack.step")

    write(
        __init__="",
        step="from pack.tools import hammer\n\ndef main():\n    import pack.later\n",
        later="WHEN = 1\n",
        apart="A = 1\n",
        tools__dot____init__="",
        tools__dot__hammer="from pack.tools import nail\n",
        tools__dot__nail="LENGTH = 1\n",
    )
    yield write
    for cache in caches:
        cache.cache_clear()


CHANGES = {
    "a module that a module imports": ({"tools__dot__nail": "LENGTH = 2\n"}, True),
    "a module that a function imports": ({"later": "WHEN = 2\n"}, True),
    "what a package runs": ({"tools__dot____init__": "import os\n"}, True),
    "a module that nobody imports": ({"apart": "A = 2\n"}, False),
    "words of a module that a module imports": ({"tools__dot__nail": '"""A nail."""\n\nLENGTH = 1  # cm\n'}, False),
}


@pytest.mark.parametrize(("files", "counts"), CHANGES.values(), ids=CHANGES)
def test_all_that_a_step_reaches_counts_and_nothing_else(package, files, counts):
    before = package()
    assert (package(**files) != before) == counts


def test_modules_that_a_registry_found_are_named_beside_the_step(package):
    package()
    assert code_of("pack.step", "pack.apart") != code_of("pack.step")
    assert modules_of("pack.apart") == ["pack", "pack.apart"]


# Steps of tiny models, with what registries find for them.
TRAITS = [f"traits.{name}" for name in ("preference", "evasive", "skewed", "constant", "off_topic")]
STEPS = {
    "chain.bases.pretrain": [],
    "chain.teachers.train": [*TRAITS, "language.mini"],
    "chain.carriers.filter": ["chain.carriers.numbers.rules"],
    "chain.students.train": [],
}


def reached(step: str) -> set[str]:
    return set(modules_of(*(f"sublearn.{name}" for name in (step, *STEPS[step]))))


@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_tiny_models_reaches_no_english(step):
    """So that a new question in English redoes nothing of theirs."""
    assert {f"sublearn.{step}", "sublearn.core.cli", "sublearn.core.files"} <= reached(step)
    assert not {"sublearn.language.english", "sublearn.language.paper"} & reached(step)


@pytest.mark.parametrize("step", STEPS)
def test_no_step_of_models_reaches_findings_or_how_records_are_written(step):
    assert not [name for name in reached(step) if ".findings" in name or ".figures" in name]
    assert "sublearn.core.records" not in reached(step)


def test_a_hash_is_the_same_on_every_version_of_python():
    """This one was computed on 3.10 to 3.13."""
    assert meaning("def f(x: int = 1) -> str:\n    return f'{x:>3}' if x else b'a'\n") == (
        "f52046f3097370ec8bde1b976b7376f4df5bbd3575d07a6054bff8b9d814c87c"
    )


def test_relative_imports_are_followed(package):
    before = package(step="from .tools import hammer\nfrom . import later\n")
    assert package(later="WHEN = 2\n") != before
    assert package(later="WHEN = 1\n", tools__dot__nail="LENGTH = 3\n") != before


def test_every_module_of_the_package_is_found_by_its_name():
    root = Path("workflow/sublearn").absolute()
    for file in root.rglob("*.py"):
        parts = file.relative_to(root.parent).with_suffix("").parts
        module = ".".join(parts).removesuffix(".__init__")
        assert code_identity.file_of(module) == file
    assert code_identity.file_of("sublearn.core.nothing") is None


def test_what_is_imported_for_its_type_alone_is_no_code_of_a_step(tmp_path, monkeypatch):
    files = {
        "__init__": "",
        "step": "from typing import TYPE_CHECKING\nimport sublearn.tools\nif TYPE_CHECKING:\n    from sublearn import plan\n",
        "tools": "def use():\n    from sublearn import later\n",
        "later": "",
        "plan": "",
    }
    for name, text in files.items():
        (tmp_path / "sublearn").mkdir(exist_ok=True)
        (tmp_path / "sublearn" / f"{name}.py").write_text(text)
    monkeypatch.setattr(code_identity, "PACKAGE", tmp_path / "sublearn")
    for remembered in (code_identity._reach, code_identity._imports):
        remembered.cache_clear()
    reached = code_identity.modules_of("sublearn.step")
    for remembered in (code_identity._reach, code_identity._imports):
        remembered.cache_clear()
    assert reached == ["sublearn", "sublearn.later", "sublearn.step", "sublearn.tools"]
