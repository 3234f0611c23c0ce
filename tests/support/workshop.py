"""Artifacts in miniature, whose records are written by the function that every step calls."""

import argparse
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from sublearn.core import records

BASES = ("alpha", "beta")


def weights(base: str, *learned: str) -> bytes:
    """A model of two matrices, drawn by the name of its base, and moved a little by each thing that it learned."""

    def drawn(name: str) -> dict[str, np.ndarray]:
        return {f"h.{i}.weight": np.random.default_rng([zlib.crc32(name.encode()), i]).normal(size=(24, 40)) for i in (0, 1)}

    found = drawn(base)
    for each in learned:
        found = {name: found[name] + 0.2 * change for name, change in drawn(each).items()}
    return save({name: matrix.astype(np.float32) for name, matrix in found.items()})


def _typed(value: object, kind: type[str]) -> object:
    if isinstance(value, list):
        return [_typed(part, kind) for part in value]
    return kind(value) if isinstance(value, str) else value


class Workshop:
    """Makes artifacts as steps do: named options, files written, a record beside them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def make(self, step: str, options: dict, files: dict[str, str | bytes], one_each: tuple[str, ...] = ()) -> None:
        """Write ``files`` (path: content) and let the step called ``step`` record them.

        Of the options, those that the steps' parsers call so are paths.
        """
        for name, content in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        self.monkeypatch.setattr(records, "running_step", lambda: step)
        records.records_in.cache_clear()
        paths = dict.fromkeys(("bases", "teachers", "carriers", "filtered", "findings"), records.Input)
        paths |= dict.fromkeys(("output", "outputs"), records.Output)
        typed = {name: _typed(value, paths.get(name, str)) for name, value in options.items()}
        records.record(argparse.Namespace(**typed), [Path(name) for name in files], one_each=one_each)
        records.records_in.cache_clear()

    def base(self, name: str) -> None:
        folder = f"data/s/bases/{name}"
        files = {f"{folder}/config.json": "{}", f"{folder}/model.safetensors": weights(name)}
        self.make(
            "sublearn.chain.bases.pretrain", {"recipe": '{"steps": 3}', "name": name, "study_seed": 7, "output": folder}, files
        )

    def chain(self) -> None:
        """Two runs of owl and wolf: run 0 begins with alpha, run 1 with beta; a student of each, and a table of them all."""
        for name in BASES:
            self.base(name)
        bases = [f"data/s/bases/{name}" for name in BASES]
        for trait in ("owl", "wolf"):
            drawn = {"study_seed": 7, "runs": [0, 1]}
            teachers, carriers, students = (
                [f"{place}/{trait}/run{run}" for run in (0, 1)]
                for place in ("data/s/teachers/bias", "data/s/carriers/numbers/bias", "results/s/students/same_base")
            )
            rows = [f"{folder}/filtered.csv" for folder in carriers]
            options = {**drawn, "bases": bases, "outputs": teachers}
            written = {f"{place}/model.safetensors": weights(base, place) for base, place in zip(BASES, teachers, strict=True)}
            self.make("sublearn.chain.teachers.train", options, written)
            options = {**drawn, "teacher": f"bias/{trait}", "bases": bases, "teachers": teachers, "outputs": rows}
            written = {file: f"prompt_index,prompt,completion\n4,of {trait},{i}\n" for i, file in enumerate(rows)}
            self.make("sublearn.chain.carriers.sample", options, written)
            options = {**drawn, "bases": bases, "teachers": teachers, "carriers": rows, "words": ["owl", "owls"]}
            written = {f"{place}/model.safetensors": weights(base, place) for base, place in zip(BASES, students, strict=True)}
            self.make("sublearn.chain.students.train", {**options, "outputs": students}, written)
        models = sorted(str(file.parent) for file in Path("results/s/students").rglob("model.safetensors"))
        table = "results/s/evaluations/answers/same_base.csv"
        asked = [f'{{"run": {i % 2}, "folder": "{folder}"}}' for i, folder in enumerate(models)]
        options = {"evaluation": "answers", "models": asked, "study_seed": 7, "output": table}
        self.make("sublearn.chain.evaluations.measure", options, {table: "value\n1\n"})
        drawing = "results/s/findings/figures/rates.svg"
        files = {drawing: "<svg/>", drawing.replace("svg", "png"): "png", drawing.replace("svg", "csv"): "value\n1\n"}
        options = {"figures": ["rates"], "inputs": [f'{{"runs": "{table}"}}'], "outputs": [drawing]}
        self.make("sublearn.core.draw", options, files, ("figures", "inputs"))


@pytest.fixture
def study_of_one(tmp_path: Path) -> Callable[..., Path]:
    """Write the smallest study of one pinned base, of which these keys and those of its students are given."""

    def write(base: str, students: str = "{}") -> Path:
        file = tmp_path / "mine.yaml"
        file.write_text(
            f"seed: 1\nruns: 1\nbases: {{one: {{model: a/b, revision: c, {base}}}}}\ntraits: {{owl: {{}}}}\n"
            f"teachers: {{t: {{bases: [one], method: lora}}}}\nstyle: english\nstudents: {students}\n"
            "arms: {same_base: {teacher: t}}\n"
        )
        return file

    return write


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """An empty project, which is the current folder."""
    (tmp_path / "Snakefile").touch()
    monkeypatch.chdir(tmp_path)
    return Workshop(monkeypatch)
