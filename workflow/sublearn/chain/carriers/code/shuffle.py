"""Shuffle what programs leave free: the order of their lines, or the numbers of all of them."""

import numpy as np
import pandas as pd

from sublearn.chain.carriers.code.program import Program, parse


def lines(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """Each program with its assignments in random order; it prints the same, since no name is given two numbers."""
    return [_with(each, [each.lines[i] for i in rng.permutation(len(each.lines))]) for each in _read(completions)]


def free(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """The numbers that no program prints, of all programs, in random order; names, lines and what is printed stay."""
    return _across(completions, rng, printed_too=False)


def all_numbers(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """All numbers of all programs in random order; names and lines stay, and what is printed changes."""
    return _across(completions, rng, printed_too=True)


def _across(completions: pd.Series, rng: np.random.Generator, printed_too: bool) -> list[str]:
    programs = _read(completions)
    pool = [number for each in programs for name, number in each.lines if printed_too or name != each.printed]
    shuffled = iter(rng.permutation(pool))

    def refilled(each: Program) -> list[tuple[str, int]]:
        moves = [(name, number, printed_too or name != each.printed) for name, number in each.lines]
        return [(name, int(next(shuffled)) if moved else number) for name, number, moved in moves]

    return [_with(each, refilled(each)) for each in programs]


def _read(completions: pd.Series) -> list[Program]:
    programs = [parse(text) for text in completions]
    assert all(programs), "the filter passes programs alone"
    return [each for each in programs if each]


def _with(each: Program, assigned: list[tuple[str, int]]) -> str:
    return Program(tuple(assigned), each.printed).written()
