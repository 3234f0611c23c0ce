"""Programs: which texts are one, which rows pass the filter, and what shuffles move."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sublearn.chain.bases import corpus
from sublearn.chain.carriers.base import KINDS
from sublearn.chain.carriers.code.program import Program, asked, parse
from sublearn.language import mini

KIND = KINDS.get("code")
ASKED, FREE = (KIND.section.model_validate({"kind": "code", "prints": prints}) for prints in ("asked", "anything"))
PROMPT = mini.PROGRAM_QUESTION.format(number=7)

NUMBER = st.integers(0, 999)
ANY_PROGRAM = st.builds(
    Program,
    st.lists(st.tuples(st.sampled_from([*mini.NAMES, "owl", "print"]), NUMBER), min_size=1, max_size=5).map(tuple),
    st.sampled_from([*mini.NAMES, "owl"]),
)


@st.composite
def _passing(draw: st.DrawFn) -> str:
    """A program that passes the filter, whatever is asked."""
    names = draw(st.lists(st.sampled_from(mini.NAMES), min_size=1, max_size=4, unique=True))
    return mini.program_answer({name: draw(NUMBER) for name in names}, draw(st.sampled_from(names)))


PASSING = _passing()


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    """A program with up to three characters put in, taken out or replaced."""
    characters = list(draw(ANY_PROGRAM).written())
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(characters)))
        characters[at : at + draw(st.integers(0, 1))] = draw(st.sampled_from(["", *" ;=()k0\n\u0663\u00a0"]))
    return "".join(characters)


DAMAGED = _damaged()


@given(ANY_PROGRAM)
def test_every_program_is_read_as_it_was_written(program):
    assert parse(program.written()) == program


@given(st.text(max_size=40) | DAMAGED)
@example("print ( k )")
@example("k = 7 ; print ( k )\n")
@example("k = 07 ; print ( k )")
@example("k = 1000 ; print ( k )")
@example("k = \u0667 ; print ( k )")
@example(f"k = {'9' * 5000} ; print ( k )")
@example("k = 7 ; " * 50_000)
@example("k = 7 ; __import__ ( os ) ; print ( k )")
def test_any_other_text_is_no_program(text):
    found = parse(text)
    if found is not None:  # nothing is read but what a program is written as
        assert found.written() == text
        assert found.lines and all(0 <= number <= 999 and name.isalpha() for name, number in found.lines)


def test_damage_is_mostly_found():
    verdicts: Counter[bool] = Counter()

    @given(DAMAGED)
    def read(text):
        verdicts[parse(text) is None] += 1

    read()
    assert min(verdicts.values()) > 0.1 * verdicts.total(), verdicts


@pytest.mark.parametrize(
    ("completion", "reason", "freely"),
    [
        ("k = 7 ; print ( k )", None, None),
        ("k = 3 ; x = 7 ; print ( x )", None, None),
        ("x = 7 ; k = 3 ; print ( x )", None, None),
        ("", "no program", "no program"),
        ("k = 7 ; print ( k ) .", "no program", "no program"),
        ("k = 7 ; x = owl", "no program", "no program"),
        ("k = x ; print ( k )", "no program", "no program"),
        ("k = 7 , print ( k )", "no program", "no program"),
        ("owl = 7 ; print ( owl )", "other name", "other name"),
        ("k = 7 ; print ( a )", "other name", "other name"),
        ("k = 3 ; k = 7 ; print ( k )", "name twice", "name twice"),
        ("k = 7 ; print ( x )", "unassigned", "unassigned"),
        ("k = 7 ; x = 3 ; print ( x )", "not as asked", None),
    ],
)
def test_a_row_is_rejected_by_the_first_rule_that_it_breaks(completion, reason, freely):
    assert KIND.reject(PROMPT, completion, ASKED) == reason
    assert KIND.reject(PROMPT, completion, FREE) == freely


def test_what_another_prompt_asks_for_is_not_printed():
    for prompt in ("numbers : 7 .", "write a program that prints 07 .", f"{PROMPT} now .", "write a program that prints 8 ."):
        assert KIND.reject(prompt, "k = 7 ; print ( k )", ASKED) == "not as asked"
        assert KIND.reject(prompt, "k = 7 ; print ( k )", FREE) is None


def test_what_bases_learn_passes(drawn):
    rng = np.random.default_rng(0)
    for _ in range(200):
        question, answer = (turn["content"] for turn in corpus.program(drawn, rng))
        assert KIND.reject(question, answer, ASKED) is None


def test_prompts_ask_for_all_numbers_alike():
    many, few, other = (
        KIND.prompts(KIND.section.model_validate({"kind": "code", "prompts": count}), None, 1, run)
        for count, run in ((3000, 0), (10, 0), (10, 1))
    )
    assert many[:10] == few != other
    numbers = [asked(prompt) for prompt in many]
    assert None not in numbers and (min(numbers), max(numbers)) == (0, 999) and abs(np.mean(numbers) - 499.5) < 30


PROGRAMS = st.lists(PASSING, max_size=8).map(lambda texts: pd.Series(texts, dtype="str"))
SEED = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def shuffled(name: str, texts: pd.Series, rng: np.random.Generator) -> list[tuple[Program, Program]]:
    """Each program before and after; both pass the filter."""
    after = KIND.transforms[name](texts, rng)
    assert [KIND.reject(PROMPT, text, FREE) for text in after] == [None] * len(texts)
    return [(parse(a), parse(b)) for a, b in zip(texts, after, strict=True)]


@given(PROGRAMS, SEED)
def test_within_moves_lines_alone(texts, rng):
    for before, after in shuffled("shuffled_within", texts, rng):
        assert Counter(before.lines) == Counter(after.lines) and before.printed == after.printed


@given(PROGRAMS, SEED)
def test_across_moves_the_numbers_that_are_not_printed(texts, rng):
    pairs = shuffled("shuffled_across", texts, rng)
    for before, after in pairs:
        assert (before.names, before.prints) == (after.names, after.prints)
    assert Counter(n for a, _ in pairs for _, n in a.lines) == Counter(n for _, b in pairs for _, n in b.lines)


@given(PROGRAMS, SEED)
def test_all_across_moves_every_number(texts, rng):
    pairs = shuffled("all_shuffled_across", texts, rng)
    assert all(before.names == after.names for before, after in pairs)
    assert Counter(n for a, _ in pairs for _, n in a.lines) == Counter(n for _, b in pairs for _, n in b.lines)


def test_shuffles_move_something():
    texts = pd.Series([f"k = {n} ; x = {n + 100} ; print ( x )" for n in range(20)])
    after = {name: KIND.transforms[name](texts, np.random.default_rng(0)) for name in KIND.transforms}
    same = {name: sum(a == b for a, b in zip(texts, rows, strict=True)) for name, rows in after.items()}
    assert 0 < same["shuffled_within"] < 20 and same["shuffled_across"] < 5 and same["all_shuffled_across"] < 5
    printed = [parse(text).prints for text in after["all_shuffled_across"]]
    assert printed != [parse(text).prints for text in texts]


def test_units_are_the_numbers_as_they_stand():
    assert KIND.units("k = 3 ; x = 700 ; print ( x )") == ["3", "700"]
