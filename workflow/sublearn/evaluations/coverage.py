"""How far a student's first step goes where its teacher went: the cosine of its first update with the teacher's displacement.

    python -m sublearn.evaluations.coverage --recipe JSON --students JSON --words a b --study-seed 1 --output FILE

Both are taken in effective weights: of a LoRA model those with the adapter merged in. The update is the one that the student's
own optimiser would make from the gradient of its first rows (Adam's first step, after clipping). The measure is called coverage
by Madl (2026), who proposes it as a screen before training.
"""

import argparse
import copy
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from sublearn.core import lm, step
from sublearn.core.files import write_table
from sublearn.core.rows import Row, collate
from sublearn.evaluations.tables import Coverage
from sublearn.students.section import Student
from sublearn.students.train import prepare

if TYPE_CHECKING:
    import torch

ROWS = 512  # of the student's rows, in their order in the carrier: enough for the gradient's direction


def effective(model: Any) -> "torch.Tensor":
    """All weights as one vector, an adapter merged in; names in order, so that vectors of one shape can be compared."""
    import torch

    merged = copy.deepcopy(model).merge_and_unload() if hasattr(model, "merge_and_unload") else model
    return torch.cat([p.detach().double().flatten() for _, p in sorted(merged.named_parameters())])


def first_updates(recipe: Student, model: Any, rows: list[Row], loss: Any, pad: int) -> "dict[str, torch.Tensor]":
    """The change of effective weights by one step: along the gradient, and as the student's optimiser would make it."""
    import torch

    trained = [p for p in model.parameters() if p.requires_grad]
    tokens = sum(len(row.completion) for row in rows)
    for start in range(0, len(rows), recipe.batch):
        batch = collate(rows[start : start + recipe.batch], pad).to(model.device)
        (loss(model, batch) / tokens).backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    before, starts = effective(model), [p.detach().clone() for p in trained]
    found = {}
    for name in ("gradient", "update"):
        for parameter, start in zip(trained, starts, strict=True):
            gradient = parameter.grad
            assert gradient is not None
            direction = gradient / (gradient.abs() + recipe.epsilon) if name == "update" else gradient
            parameter.data = start - recipe.learning_rate * direction
        found[name] = effective(model) - before
    return found


def measure(
    recipe: Student, student: dict[str, Any], teacher: str, carrier: str, words: list[str], study_seed: int
) -> "dict[str, torch.Tensor]":
    """A student's first updates on a teacher's carrier, and the displacement of that teacher from its base."""
    made = prepare(recipe, student["base"], teacher, carrier, words, study_seed, student["run"])
    taught = effective(lm.load_teacher(teacher, student["teacher_base"]))
    displacement = taught - effective(lm.load(student["teacher_base"]))
    return {**first_updates(recipe, made.model, made.rows[:ROWS], made.loss, made.pad), "displacement": displacement}


def cosine(a: "torch.Tensor", b: "torch.Tensor") -> float:
    return float(a @ b / (a.norm() * b.norm()))


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe = Student.model_validate_json(args.recipe)
    students, controls, rows = json.loads(args.students), {}, []
    with step.timed("coverage"):
        for student in step.progress(students, "coverage"):
            control = student["control_carrier"]
            if control not in controls:
                parts = (student["control_teacher"], control)
                controls[control] = measure(recipe, student, *parts, args.words, args.study_seed)
            own = measure(recipe, student, student["teacher"], student["carrier"], args.words, args.study_seed)
            neutral = controls[control]
            rows.append({
                **{name: student[name] for name in ("arm", "trait", "run")},
                "update": cosine(own["update"], own["displacement"]),
                "gradient": cosine(own["gradient"], own["displacement"]),
                "contrast": cosine(own["update"] - neutral["update"], own["displacement"] - neutral["displacement"]),
            })  # fmt: skip
    write_table(pd.DataFrame(rows, columns=list(Coverage.to_schema().columns)), args.output, Coverage)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the recipe of the arm's students, as JSON")
    parser.add_argument("--students", required=True, help="who they are and what they are made of, as JSON")
    parser.add_argument("--words", nargs="+", required=True, help="every form of every trait's word")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    step.run(main, parser)
