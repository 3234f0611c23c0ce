"""One set of pins in pip's lock, conda's environment and the package; and what the reviewer installs holds no torch."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from sublearn.core.code_identity import modules_of
from sublearn.core.errors import UserError
from sublearn.orchestration.environment import refuse_untried_snakemake

WORKFLOW = Path("workflow").absolute()
# What only Snakemake's own process, and not a step, needs is not in the environment of the steps.
NOT_OF_THE_STEPS = {"dvc", "prov", "pygments", "snakemake"}
TRAINING = ("torch", "transformers", "peft", "accelerate", "tokenizers", "safetensors", "sklearn", "tqdm")


@pytest.fixture(scope="module")
def required():
    with open("pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    parts = {"base": project["dependencies"], **project["optional-dependencies"]}
    return {part: {one.name: one for one in map(Requirement, lines)} for part, lines in parts.items()}


@pytest.fixture(scope="module")
def locked():
    lines = Path("envs/lock.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    assert all(str(pin.specifier).startswith("==") for pin in pins)
    return {pin.name.replace("_", "-").lower(): str(pin.specifier).removeprefix("==") for pin in pins}


def test_the_lock_has_what_the_package_requires(required, locked):
    for part in required.values():
        for name, one in part.items():
            assert one.specifier.contains(locked[name.replace("_", "-").lower()]), one
    assert not any("+" in version for version in locked.values())  # 2.13.0+cpu is in no registry


def test_the_conda_environment_has_the_steps_pins(required, locked):
    content = yaml.safe_load(Path("envs/workflow.yaml").read_text())
    listed = next(part["pip"] for part in content["dependencies"] if isinstance(part, dict))
    theirs = {one.name: str(one.specifier) for one in map(Requirement, listed)}
    ours = {*required["base"], *required["train"]} - NOT_OF_THE_STEPS
    assert theirs == {name: f"=={locked[name]}" for name in ours}


HIDDEN = f"""
import importlib, sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {TRAINING!r}:
            raise ModuleNotFoundError(f"{{name}} is not installed here", name=name)

sys.meta_path.insert(0, Hidden())
"""


def without_training(code):
    """Run Python where what training needs cannot be imported."""
    environment = os.environ | {"PYTHONPATH": str(WORKFLOW)}
    done = subprocess.run([sys.executable, "-c", HIDDEN + code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("newer", ["9.28.0", "10.0", "9.100.2.dev1"])
def test_a_snakemake_that_nobody_tried_is_refused_and_the_pinned_one_is_not(locked, newer):
    refuse_untried_snakemake(locked["snakemake"])
    with pytest.raises(UserError, match=rf"^Snakemake {newer}: .* was tried with versions before 9\.28; install one of them"):
        refuse_untried_snakemake(newer)


def test_planning_needs_no_torch():
    """A dry run of studies of all kinds, in one process, so that nothing can slip in by a job's door."""
    without_training(
        "from sublearn.orchestration.workflow import plan_all; plan_all({'studies': ['tiny-controls', 'classifier', 'theory']})"
    )


def test_findings_need_no_torch():
    """Neither when they are imported, nor later: no module that they reach imports it inside a function."""
    package = WORKFLOW / "sublearn"
    files = [*package.glob("chain/findings/**/*.py"), *package.glob("*/findings.py"), *package.glob("*/figures/*.py")]
    files += [package / "core/draw.py", *package.glob("traits/*.py")]
    names = [".".join(file.relative_to(WORKFLOW).with_suffix("").parts) for file in files if file.name != "__init__.py"]
    assert len(names) > 20
    found = "from sublearn.chain.carriers.base import KINDS; from sublearn.chain.evaluations.base import EVALUATIONS"
    found += "; list(KINDS), list(EVALUATIONS)"  # what registries find is imported too
    without_training(f"for name in {names!r}: importlib.import_module(name)\n{found}")
    training = {"sublearn.models.lm", "sublearn.models.training", "sublearn.models.sampling", "sublearn.classifier.networks"}
    assert training <= {
        f"sublearn.{'.'.join(file.relative_to(package).with_suffix('').parts)}" for file in package.rglob("*.py")
    }
    assert not training & set(modules_of(*names))
