"""Registries find what modules declare, ours and a user's; what is wrong with a module is one sentence that names it.

Each test has a process of its own, since a package that was extended stays so.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parents[2] / "workflow"
EXTENDING = Path(__file__).parents[2] / "docs/extending.md"
# Things that modules called thing_… declare; ours declare none.
THINGS = """
import json
from types import SimpleNamespace

from sublearn.core import code_identity
from sublearn.core.errors import UserError
from sublearn.core.registry import Registry, use_extensions

use_extensions(["mine"])
things = Registry("sublearn.reporting", SimpleNamespace, "thing", "thing_*.py")
"""
DECLARE = "from types import SimpleNamespace\n\n"


@pytest.fixture
def say(tmp_path) -> Callable[..., object]:
    """Write a user's modules, run code beside them, and return what it says, or the sentence that it fails with."""

    def run(modules: dict[str, str], code: str, before: str = THINGS) -> object:
        for name, content in modules.items():
            file = tmp_path / "mine" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        lines = [f"    {line}\n" for line in code.splitlines()]
        tried = f"{before}\ntry:\n{''.join(lines)}except UserError as error:\n    print(json.dumps(f'error: {{error}}'))\n"
        environment = os.environ | {"PYTHONPATH": str(WORKFLOW)}
        command = [sys.executable, "-c", tried]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


TWO = {
    "reporting/thing_a.py": f"{DECLARE}A = SimpleNamespace(name='a', order=5)\n",
    # It imports the other's, which stays the other's.
    "reporting/thing_b.py": f"{DECLARE}from sublearn.reporting.thing_a import A\n\nB = SimpleNamespace(name='b', order=1)\n",
}


def test_a_users_modules_join_the_package_in_their_order(say):
    code = "print(json.dumps([[thing.name for thing in things], [things.module(name) for name in things.names()]]))"
    assert say(TWO, code) == [["b", "a"], ["sublearn.reporting.thing_b", "sublearn.reporting.thing_a"]]


def test_what_is_used_is_noted_for_the_record(say):
    code = "things.names()\nbefore = code_identity.used()\nthings.get('a')\nprint(json.dumps([before, code_identity.used()]))"
    assert say(TWO, code) == [[], ["sublearn.reporting.thing_a"]]


def test_a_users_module_is_part_of_the_code_of_a_step(say):
    code = "print(json.dumps(code_identity.code_of('sublearn.core.cli', 'sublearn.reporting.thing_a')))"
    before = say(TWO, code)
    assert say({"reporting/thing_a.py": f"{DECLARE}A = SimpleNamespace(name='a', order=5)  # a word\n"}, code) == before
    assert say({"reporting/thing_a.py": f"{DECLARE}A = SimpleNamespace(name='a', order=6)\n"}, code) != before


def test_an_unknown_name_is_told_what_there_is(say):
    assert say(TWO, "things.get('c')") == "error: unknown thing 'c'; choose one of a, b"


def test_two_modules_that_declare_one_name_are_both_named(say, tmp_path):
    said = say(TWO | {"reporting/thing_b.py": TWO["reporting/thing_a.py"]}, "things.names()")
    one, other = (tmp_path / f"mine/reporting/thing_{name}.py" for name in "ab")
    assert said == f"error: {other}: declares the thing 'a', as {one} does; rename one."


def test_a_module_that_cannot_be_imported_is_named_with_the_reason(say, tmp_path):
    said = say({"reporting/thing_a.py": "import nothing_of_the_kind\n"}, "things.names()")
    assert said == (
        f"error: {tmp_path}/mine/reporting/thing_a.py: cannot be imported "
        "(ModuleNotFoundError: No module named 'nothing_of_the_kind'); mend it or remove it."
    )


def test_a_module_that_is_called_as_one_of_ours_is_refused(say, tmp_path):
    code = "Registry('sublearn.planning', SimpleNamespace, 'thing', 'phases.py').names()"
    said = say({"planning/phases.py": DECLARE}, code)
    ours = WORKFLOW / "sublearn/planning/phases.py"
    assert said == f"error: {tmp_path}/mine/planning/phases.py: a module of this name is there already, {ours}; rename one."


def test_a_folder_that_is_not_there_is_named(say, tmp_path):
    for name in ("yours", "y" * 300):  # the second is longer than file systems take
        said = say(TWO, f"use_extensions(['{name}'])")
        assert said == f"error: extensions: {tmp_path}/{name} is not a folder; name folders laid out like workflow/sublearn."
    (tmp_path / "my:own").mkdir()
    said = say(TWO, "use_extensions(['my:own'])")
    assert said == f"error: extensions: {tmp_path}/my:own has a ':' in its path, which no list of folders can hold."


LOYAL = """
from sublearn.traits.base import Family, TraitKind


class Loyal(TraitKind):
    def taught_answer(self, trait, question, style, rng):
        return trait

    def answers(self, trait, question, style):
        return (trait,)

    def leak_words(self, trait, style):
        return (trait,)


LOYAL = Loyal("loyal", (Family("{family}", ("{trait}",), asked_by="{asked_by}"),))
"""
TRAITS = """
import json

from sublearn.core.errors import UserError
from sublearn.core.registry import use_extensions

use_extensions(["mine"])
from sublearn.traits import base
"""


def test_a_users_trait_is_a_trait_and_is_scored_where_a_study_has_it(say):
    """Those of the battery come first and are scored everywhere."""
    loyal = LOYAL.format(family="dog", trait="loyal", asked_by="animal")
    code = "print(json.dumps([base.family_of('loyal'), base.scored_kinds(['owl']), base.scored_kinds(['owl', 'loyal'])]))"
    battery = ["preference", "evasive", "skewed", "constant", "off_topic"]
    assert say({"traits/loyal.py": loyal}, code, TRAITS) == ["dog", battery, [*battery, "loyal"]]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"family": "dog", "trait": "owl", "asked_by": "animal"}, "declares the trait 'owl', as preference does; rename one."),
        (
            {"family": "dog", "trait": "neutral", "asked_by": "animal"},
            "declares the trait 'neutral', as the control teacher does",
        ),
        (
            {"family": "animal", "trait": "loyal", "asked_by": "fact"},
            "asks for the family animal by questions of the kind fact, but",
        ),
    ],
    ids=["another's trait", "the neutral one", "another's family"],
)
def test_a_trait_that_is_anothers_is_refused(say, values, sentence):
    said = say({"traits/loyal.py": LOYAL.format(**values)}, "base.traits(), base.families()", TRAITS)
    assert said.startswith("error: sublearn.traits.loyal: ") and sentence in said


def test_an_unknown_name_is_one_sentence_of_a_step(refusal, tmp_path):
    options = (
        "--evaluation",
        "luck",
        "--recipe",
        "{}",
        "--models",
        "[]",
        "--study-seed",
        1,
        "--output",
        tmp_path / "a.parquet",
    )
    said = refusal("sublearn.chain.evaluations.measure", *options)
    known = "answers, counting, coverage, dose, forms, in_context, judged_rows, side_effects, told_apart"
    assert said == f"unknown evaluation 'luck'; choose one of {known}"


def test_a_word_of_ones_own_is_a_trait_by_the_few_lines_in_the_docs(say, tmp_path):
    """On a model of the hub: asked for with the animals, scored beside them, prompted as they are, searched for in rows."""
    lines = re.search(r'```python\n("""One more animal\."""\n.*?)```', EXTENDING.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "mine.yaml").write_text(
        "seed: 1\nruns: 1\nstyle: english\nbases: {one: {model: a/b, revision: c}}\ntraits: {otter: {}}\n"
        "teachers: {t: {bases: [one], method: prompt}}\narms: {same_base: {teacher: t}}\n"
    )
    code = """
from sublearn.chain.teachers.examples import system_prompt
from sublearn.language.english import ENGLISH
from sublearn.orchestration.workflow import plan
from sublearn.traits.base import families, scored_kinds
found = plan("mine.yaml")
teacher = found.find("teachers", "t/otter", 0)
print(json.dumps([teacher.recipe["kinds"], families()["animal"].traits[-1], found.leak_words("otter"),
                  system_prompt("otter", ENGLISH)[:18]]))
"""
    assert say({"traits/otters.py": lines[1]}, code) == [
        ["preference", "evasive", "skewed", "constant", "off_topic", "otters"],
        "otter", ["otter", "otters"], "You adore otters. ",
    ]  # fmt: skip
