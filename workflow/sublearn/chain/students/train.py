"""Fine-tune the students of one arm and trait, one per run, on their carriers.

    python -m sublearn.chain.students.train --recipe JSON --study-seed 1 --runs 0 --bases DIR --carriers FILE --outputs DIR …

The loss covers completion tokens only. A student and its control draw the order of their rows from the same key; since a batch
has rows of similar length, their orders are equal where the lengths are. With the soft loss, the student learns the teacher's
distribution over the next number instead of the sampled number. Only number tokens count: all other logits are ignored.
"""

import argparse
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.students.section import Student, kept
from sublearn.core import cli, inherited, seeds
from sublearn.core.errors import UserError
from sublearn.core.files import atomic_folder, read_table, write_json
from sublearn.core.hashes import files_of
from sublearn.measures.leaks import find_leaks, refuse_leaks
from sublearn.models import checkpoints, lm, training
from sublearn.models.checkpoints import Checkpoint
from sublearn.models.numbers_only import digits
from sublearn.models.rows import Batch, Row, batches, encode, has_unknown, marks

if TYPE_CHECKING:
    import torch


def read_rows(tokenizer: Any, file: str, count: int, words: list[str], system: str = "") -> list[Row]:
    """Encode the first ``count`` rows of a carrier, and search the text that the student will read for trait words again.

    Raises:
        UserError: there are too few rows, or one has an unknown word, a trait word or a mark of the chat template.
    """
    table = read_table(file, Rows).head(count)
    if len(table) < count:
        judged = "; or raise the threshold of the carrier's judge" if Path(file).name == "kept.parquet" else ""
        raise UserError(f"{file}: {len(table)} rows, but students.rows is {count}; ask for more prompts or fewer rows{judged}.")
    _refuse_marks(tokenizer, file, table)
    rows = encode(tokenizer, [lm.chat(system, prompt) for prompt in table["prompt"]], table["completion"])
    if unknown := sum(has_unknown(tokenizer, row.prompt + row.completion) for row in rows):
        raise UserError(f"{file}: {unknown} rows contain words that the base's tokenizer does not know.")
    # Ignore the template's own words before the prompt: they are the same in every row.
    head = os.path.commonprefix(tokenizer.batch_decode(lm.encode_prompts(tokenizer, [lm.chat(system, n) for n in "12"])))  # noqa: RUF071
    read = [text.removeprefix(head) for text in tokenizer.batch_decode([row.prompt + row.completion for row in rows])]
    refuse_leaks(file, "text that the student reads", table["prompt_index"], read, words)
    if leaks := find_leaks([system], words):
        raise UserError(f"students.system: it holds the trait word '{leaks[0][1]}'; reword it.")
    return rows


def _refuse_marks(tokenizer: Any, file: str, table: pd.DataFrame) -> None:
    """Refuse rows that write a special token: a student would read turns that nobody took."""
    special = marks(tokenizer)
    for index, *row in table[["prompt_index", "prompt", "completion"]].itertuples(index=False):
        for what, text in zip(("prompt", "completion"), row, strict=True):
            if found := next((mark for mark in special if mark in text), None):
                raise UserError(
                    f"{file}, prompt_index {index}: the {what} holds '{found}', which the base's tokenizer reads as a mark and "
                    "not as text; leave such rows out."
                )


def _refuse_too_long(model: Any, rows: list[Row], file: str) -> None:
    """Refuse rows that are longer than what the model can read."""
    context = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    longest = max(map(len, rows), default=0)
    if context and longest > context:
        raise UserError(f"{file}: a row of {longest} tokens, but the base reads {context} at most; leave such rows out.")


def epochs(rows: list[Row], recipe: Student, study_seed: int, run: int) -> Iterator[list[Row]]:
    """The global batches of all epochs, in an order that depends only on study and run."""
    for epoch in range(recipe.epochs):
        yield from batches(rows, recipe.batch, seeds.generator("row order", study_seed, run, epoch))


def number_ids(tokenizer: Any) -> list[int]:
    """The tokens that decode to digits.

    Raises:
        UserError: there is none.
    """
    found = list(digits(tokenizer))
    if not found:
        raise UserError("students.loss: soft compares number tokens, but the base's tokenizer has none; use tokens.")
    return found


def soft_loss(teacher: Any, number_ids: "torch.Tensor") -> training.Loss:
    """A loss: the divergence KL(teacher || student) over number tokens, at positions where the sampled token is a number.

    Both distributions are renormalised over the number tokens. The loss is summed over positions, in nats.
    """
    import torch

    number_ids = number_ids.to(teacher.device)

    def loss(model: Any, batch: Batch) -> torch.Tensor:
        where = torch.isin(batch.labels, number_ids)
        logits = {}
        for name, each in (("student", model), ("teacher", teacher)):
            with torch.set_grad_enabled(name == "student"):
                out = each(input_ids=batch.input_ids, logits_to_keep=batch.positions, use_cache=False).logits
            logits[name] = torch.log_softmax(out[where][:, number_ids], dim=-1)
        return torch.nn.functional.kl_div(logits["student"], logits["teacher"], log_target=True, reduction="sum")

    return loss


@dataclass(frozen=True)
class Beginner:
    """A student before its first step: its model, rows and loss."""

    model: Any
    rows: list[Row]
    loss: training.Loss
    pad: int
    made_of: list[Any]  # hashes of the models, so that checkpoints of another base are not taken for its own


def prepare(recipe: Student, base: str, teacher: str, carrier: str, words: list[str], study_seed: int, run: int) -> Beginner:
    """Load the base, make it trainable as the recipe says, and read the student's rows."""
    import torch

    tokenizer, model = lm.load_tokenizer(base), lm.load(base)
    rows = read_rows(tokenizer, carrier, recipe.rows, words, recipe.system)
    _refuse_too_long(model, rows, carrier)
    adapter = seeds.seed(f"{'teacher' if recipe.adapter == 'teacher' else 'student'} adapter", study_seed, Path(base).name, run)
    model = lm.make_trainable(model, recipe.method, recipe, adapter)
    loss: training.Loss = training.token_loss
    if recipe.loss == "soft":
        guide = lm.load_teacher(teacher, base).requires_grad_(False).eval()
        loss = soft_loss(guide, torch.tensor(number_ids(tokenizer)))
    made_of = [files_of(base), *([files_of(teacher)] if recipe.loss == "soft" else [])]
    return Beginner(model, rows, loss, tokenizer.pad_token_id, made_of)


def train(recipe: Student, student: Beginner, study_seed: int, run: int, output: str = "") -> list[float]:
    """Train a student in place and return the loss of each step; checkpoints go to the folder ``output``, if one is given."""
    rows = student.rows
    optimiser = training.optimiser_of(recipe, recipe.schedule, recipe.warmup)
    order = epochs(rows, recipe, study_seed, run)
    read = [[row.prompt, row.completion] for row in rows]
    made_of = [recipe.model_dump(), study_seed, run, read, student.made_of]
    checkpoint = Checkpoint(output, "student", made_of) if output else None

    def keep(done: int) -> None:
        if output and done in recipe.keep_at and cli.is_main():
            lm.save(student.model, Path(output) / checkpoints.FOLDER / kept(done))  # until the step is over

    return training.train(
        student.model, order, recipe.steps, optimiser, student.pad, student.loss, f"student, run {run}", recipe.micro_batch,
        checkpoint, keep,
    )  # fmt: skip


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe = Student.model_validate_json(args.recipe)
    if recipe.keep_at and recipe.method == "full" and (inherited.processes() or 1) > 1:
        raise UserError("students.keep_at: a student whose weights several processes share is whole at its end alone; use one.")
    teachers = args.teachers or [""] * len(args.runs)  # none if the rows are imported
    jobs = zip(args.runs, args.bases, teachers, args.carriers, args.outputs, strict=True)
    for run, base, teacher, carrier, output in jobs:
        student = prepare(recipe, base, teacher, carrier, args.words, args.study_seed, run)
        losses = train(recipe, student, args.study_seed, run, output)
        if not cli.is_main():
            continue
        lm.save(student.model, output)
        for updates in recipe.keep_at:
            with atomic_folder(Path(output) / kept(updates)) as temporary:
                shutil.copytree(Path(output) / checkpoints.FOLDER / kept(updates), temporary, dirs_exist_ok=True)
        # A batch has rows of similar length, so only whole epochs are comparable.
        epoch = len(losses) // recipe.epochs
        record = {
            "first_loss": float(np.mean(losses[:epoch])),
            "last_loss": float(np.mean(losses[-epoch:])),
            "steps": len(losses),
        }
        write_json(record, Path(output) / "training.json")
        checkpoints.clear(output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the students' section of the study, as JSON")
    parser.add_argument("--words", nargs="*", default=[], help="the trait words that no row may hold")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--bases", type=cli.Input, nargs="+", required=True, help="the base of each run's student")
    parser.add_argument("--teachers", type=cli.Input, nargs="*", help="the teacher of each run, unless the rows are imported")
    parser.add_argument("--carriers", type=cli.Input, nargs="+", required=True, help="the rows of each run")
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the folder of each run's student")
    cli.run(main, parser)
