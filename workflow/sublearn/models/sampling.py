"""Sample completions such that each draw depends on its own key alone, in chunks of prompts that are fixed beforehand.

Sampling is by inverse transform: the token at step t of prompt i is where the cumulative probabilities pass the
uniform number u[i, t]. The uniform numbers are drawn beforehand from the key, so neither the batch nor the order in
which prompts are sampled changes a draw. A chunk is what goes through the model at once, what a process takes, and what is
kept when a step dies: on a processor the completions are the same bytes however many processes made them in however many tries.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sublearn.core import out_of_memory
from sublearn.core.cli import is_main, log, progress
from sublearn.core.code_identity import running_code
from sublearn.core.errors import UserError
from sublearn.core.files import read_json, write_json
from sublearn.core.seeds import generator
from sublearn.models.engines import Engine

FIRST = 300  # completions that a first look needs
Look = Callable[[list[int], list[str]], None]


def uniform(count: int, tokens: int, *key: str | int) -> np.ndarray:
    """Uniform numbers, shape (count, tokens); row i depends on the key and on i alone, token by token."""
    return np.array([generator(*key, i).random(tokens) for i in range(count)]).reshape(count, tokens)


def sample(
    engine: Engine,
    prompts: Sequence[list[int]],
    draws: np.ndarray,
    temperature: float = 1.0,
    batch: int = 500,
    what: str = "sampling",
    keep: "Chunks | None" = None,
    look: "Look | None" = None,
) -> list[str]:
    """One completion for each prompt, special tokens removed.

    Args:
        draws: uniform numbers, shape (prompts, longest completion in tokens).
        temperature: of the softmax; 0 takes the most probable token.
        batch: prompts of a chunk.
        keep: where finished chunks are kept; with several processes each makes some, and the main one alone waits for all and
            returns them: the others might wait for what it has already put together and cleared away.
        look: called once, with the places and the completions of the first prompts, as soon as there are ``FIRST``; it may stop
            the sampling by an error.

    Prompts are sampled in order of length, so batches hold little padding; those of middle length come first.
    """
    order = sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), i))
    chunks = [order[start : start + batch] for start in range(0, len(order), batch)]
    found = {} if keep is None else {k: texts for k in range(len(chunks)) if (texts := keep.read(k, len(chunks[k])))}
    mine = [k for k in range(len(chunks)) if k not in found and (keep is None or keep.is_mine(k))]
    mine = mine[len(mine) // 2 :] + mine[: len(mine) // 2]
    for k in progress(mine, what, size=lambda k: len(chunks[k]), unit="rows"):
        with out_of_memory.enough(what, f"lower batch, the prompts that go through the model at once (now {batch})"):
            found[k] = engine([prompts[i] for i in chunks[k]], draws[chunks[k]], temperature)
        if keep:
            keep.write(k, found[k])
        if look and sum(map(len, found.values())) >= FIRST:
            look([i for done in found for i in chunks[done]], [text for texts in found.values() for text in texts])
            look = None
    if keep and is_main():
        found |= {k: keep.wait(k, len(chunks[k])) for k in range(len(chunks)) if k not in found}
    texts = [""] * len(prompts)
    for k, chunk in enumerate(chunks):
        for i, text in zip(chunk, found.get(k, [""] * len(chunk)), strict=True):
            texts[i] = text
    return texts


class Chunks:
    """Finished chunks of completions in a folder, one JSON file each, until the whole table is written.

    Args:
        folder: of the step's output.
        key: what determines, beside the step's code, the completions; chunks of another key are made again.
    """

    def __init__(self, folder: str | Path, key: Any) -> None:
        self.folder = Path(folder) / ".chunks"
        self.key = hashlib.sha256(json.dumps([running_code(), key], sort_keys=True).encode()).hexdigest()
        self.process, self.processes = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))

    def is_mine(self, number: int) -> bool:
        return number % self.processes == self.process

    def write(self, number: int, texts: list[str]) -> None:
        write_json({"key": self.key, "texts": texts}, self._file(number))

    def read(self, number: int, rows: int) -> list[str] | None:
        """The chunk's completions; None where it is missing, damaged or of another key."""
        if not self._file(number).exists():
            return None
        try:
            found = read_json(self._file(number))
        except UserError as error:
            log.warning("%s The chunk is sampled again.", error)
            return None
        fits = isinstance(found, dict) and found.get("key") == self.key and len(found.get("texts", [])) == rows
        return found["texts"] if fits else None

    def wait(self, number: int, rows: int) -> list[str]:
        """The completions of a chunk that another process makes; should it die, its launcher ends this one too."""
        while (texts := self.read(number, rows)) is None:
            time.sleep(0.2)
        return texts

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:05d}.json"
