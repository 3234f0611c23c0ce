"""Sample completions: the teachers of one trait answer the prompts of their runs.

python -m sublearn.chain.carriers.sample --teacher bias/owl --recipe JSON --study-seed 1 --runs 0 --prompts FILE …
"""

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from sublearn.chain.carriers.base import Sampling
from sublearn.chain.carriers.tables import Prompts, Rows
from sublearn.chain.carriers.trial import Trial
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import read_json, read_table, write_table
from sublearn.core.hashes import files_of, sha256
from sublearn.models import engines, lm, pinned, sampling, turns
from sublearn.models.numbers_only import NumbersOnly
from sublearn.models.rows import has_unknown


def refuse_unknown(tokenizer: Any, file: str, prompts: list[str], ids: list[list[int]]) -> None:
    """Refuse prompts with words that a tiny base does not know.

    Raises:
        UserError: the first such prompt.
    """
    for i, (prompt, read) in enumerate(zip(prompts, ids, strict=True)):
        if has_unknown(tokenizer, read):
            odd = (word for word in prompt.split() if has_unknown(tokenizer, tokenizer.encode(word, add_special_tokens=False)))
            raise UserError(
                f"{file}, prompt_index {i}: the base does not know {next(odd, 'a word')!r} of {prompt[:60]!r}; tiny bases read "
                "the mini-language, so ask in its words, or take a model of the hub."
            )


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe = Sampling.model_validate_json(args.recipe)
    trial = vars(args).pop("trial", None)  # it may end the step, but changes no row, so it is no part of the record
    jobs = zip(args.runs, args.prompts, args.bases, args.teachers, args.outputs, strict=True)
    for run, prompts_file, base, folder, output in jobs:
        prompts = read_table(prompts_file, Prompts)
        system = read_json(Path(folder) / "teacher.json")["system"]
        tokenizer = lm.load_tokenizer(base)
        numbers = NumbersOnly(tokenizer, recipe.numbers_only) if recipe.numbers_only else None
        engine = engines.start(recipe.engine, folder, base, tokenizer, numbers)
        ids = lm.encode_prompts(tokenizer, [lm.chat(system, prompt) for prompt in prompts["prompt"]])
        if pinned.read(base) is None:
            refuse_unknown(tokenizer, prompts_file, list(prompts["prompt"]), ids)
        draws = sampling.uniform(len(ids), recipe.max_tokens, "sampling", args.study_seed, args.teacher, run)
        what = f"carrier of {args.teacher}, run {run}"
        made_of = [args.recipe, args.study_seed, args.teacher, run, sha256(prompts_file), files_of(folder), files_of(base)]
        chunks = sampling.Chunks(Path(output).parent, made_of)
        unframed = partial(turns.unframed, tokenizer)
        look = Trial(json.loads(trial), list(prompts["prompt"]), what, unframed) if trial else None
        with cli.timed(what):
            completions = sampling.sample(engine, ids, draws, recipe.temperature, recipe.batch, what, chunks, look)
            completions = unframed(completions)
        if cli.is_main():
            write_table(prompts.assign(completion=pd.Series(completions, dtype="str")), output, Rows)
            chunks.clear()
        del engine  # free the device before the next model is loaded


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", required=True, help="the teacher's name and trait, such as bias/owl")
    parser.add_argument("--recipe", required=True, help="the carrier's sampling settings, as JSON")
    parser.add_argument("--trial", help="the filter's settings and the rows that students learn, as JSON; tried at once")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--prompts", type=cli.Input, nargs="+", required=True, help="the prompts of each run")
    parser.add_argument("--bases", type=cli.Input, nargs="+", required=True, help="the base of each run")
    parser.add_argument("--teachers", type=cli.Input, nargs="+", required=True, help="the teacher of each run")
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the table of each run")
    cli.run(main, parser, described=("trial",))  # its patterns may read like paths, and are none
