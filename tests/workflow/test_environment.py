"""One set of pins: pip's and conda's environments hold the same packages at the same versions."""

import re
import tomllib

import yaml


def pins(lines):
    return {re.split(r"[=><]", line)[0]: line for line in lines}


def test_the_conda_environment_has_the_steps_pins():
    with open("pyproject.toml", "rb") as file:
        ours = pins(tomllib.load(file)["project"]["dependencies"])
    with open("envs/workflow.yaml", encoding="utf-8") as file:
        theirs = pins(next(part["pip"] for part in yaml.safe_load(file)["dependencies"] if isinstance(part, dict)))
    # What only Snakemake's own process needs is not in the environment of the steps.
    assert theirs == {name: line for name, line in ours.items() if name not in ("dvc", "pygments", "snakemake")}


def test_torch_is_pinned_exactly():
    with open("pyproject.toml", "rb") as file:
        assert "torch==2.13.0" in tomllib.load(file)["project"]["dependencies"]
