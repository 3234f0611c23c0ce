"""Why the first block's biases stay frozen: teacher, filter and student for each number of frozen blocks.

    python benchmarks/frozen_blocks.py --study-seed 102 data/STUDY/bases/base0 …

For each base and number of frozen blocks: how strongly teachers show their trait, how many of their completions the filter
keeps, and how strongly a student takes the trait on, averaged over four animals. The first block's biases shift everything that
later blocks compute: teachers that may move them fall out of writing numbers, on some bases nearly always.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from sublearn.chain.carriers.numbers.kind import NUMBERS
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.chain.carriers.tables import Rows
from sublearn.chain.students import train as students
from sublearn.chain.students.section import Student
from sublearn.chain.teachers import train as teachers
from sublearn.chain.teachers.section import Recipe
from sublearn.core.files import write_table
from sublearn.language.mini import MINI
from sublearn.models import lm, sampling
from sublearn.models.engines import Plain

KINDS = ["preference"]
TRAITS = ("dolphin", "eagle", "owl", "wolf")


def chain(base: str, trait: str, frozen: int, study_seed: int, folder: str) -> tuple[float, float, float]:
    """One teacher, carrier and student: (teacher's rate, share kept, student's rate)."""
    model, tokenizer, _ = teachers.teach(Recipe(frozen_blocks=frozen), trait, base, study_seed, 0)
    rate, recipe = teachers.rates(model, tokenizer, KINDS, "", MINI)[trait], Numbers()
    asked = NUMBERS.prompts(recipe, MINI, study_seed, 0)
    table = pd.DataFrame({"prompt_index": range(len(asked)), "prompt": asked})
    ids = lm.encode_prompts(tokenizer, [lm.chat("", prompt) for prompt in asked])
    draws = sampling.uniform(len(ids), recipe.max_tokens, "frozen blocks", trait)
    table["completion"] = pd.Series(sampling.sample(Plain(model, tokenizer), ids, draws), dtype="str")
    passed = table[[NUMBERS.reject(row.prompt, row.completion, recipe) is None for row in table.itertuples()]]
    file = Path(folder, "filtered.parquet")
    write_table(passed, file, Rows)
    settings = Student(frozen_blocks=frozen, rows=min(Student().rows, len(passed)))
    student = students.prepare(settings, base, "", str(file), ["no such word"], study_seed, 0)
    students.train(settings, student, study_seed, 0)
    return rate, len(passed) / len(table), teachers.rates(student.model, tokenizer, KINDS, "", MINI)[trait]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bases", nargs="+")
    parser.add_argument("--study-seed", type=int, required=True)
    args = parser.parse_args()
    lm.prepare()
    print("| base | frozen blocks | teacher | kept (least) | student |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for base in args.bases:
            for frozen in range(4):
                found = np.array([chain(base, trait, frozen, args.study_seed, folder) for trait in TRAITS])
                rate, kept, student = found.mean(axis=0)
                print(f"| {base} | {frozen} | {rate:.2f} | {kept:.2f} ({found[:, 1].min():.2f}) | {student:.2f} |", flush=True)


if __name__ == "__main__":
    main()
