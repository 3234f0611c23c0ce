"""Sums with their steps: which texts have the form, which rows pass the filter, and what is left when splits are drawn anew."""

from collections import Counter
from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sublearn.chain.bases import corpus
from sublearn.chain.carriers.base import KINDS
from sublearn.chain.carriers.reasoning.thought import Thought, asked, parse, steps
from sublearn.language import mini

KIND = KINDS.get("reasoning")
RIGHT, FREE = (KIND.section.model_validate({"kind": "reasoning", "steps": steps}) for steps in ("right", "anything"))
PROMPT = mini.SUM_QUESTION.format(a=8, b=10)
ANY_THOUGHT = st.builds(Thought, *[st.integers(0, 999)] * 10)


@given(ANY_THOUGHT)
def test_every_answer_of_the_form_is_read_as_it_was_written(thought):
    assert parse(thought.written()) == thought


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    """An answer with up to three characters put in, taken out or replaced."""
    characters = list(draw(ANY_THOUGHT).written())
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(characters)))
        characters[at : at + draw(st.integers(0, 1))] = draw(st.sampled_from(["", *" 0;<>/\n\u0663"]))
    return "".join(characters)


@given(st.text(max_size=40) | _damaged())
@example("<think> " * 50_000)
@example(mini.sum_answer(8, 3, 7) + "\n")
@example(mini.sum_answer(8, 3, 7).replace("18", "9" * 5000))
def test_any_other_text_has_another_form(text):
    found = parse(text)
    assert found is None or (found.written() == text and max(astuple(found)) <= 999)


@pytest.mark.parametrize(
    ("completion", "reason", "freely"),
    [
        (mini.sum_answer(8, 3, 7), None, None),
        (mini.sum_answer(10, 1, 7), None, None),
        (mini.sum_answer(8, 10, 0), None, None),
        ("", "other form", "other form"),
        ("18", "other form", "other form"),
        ("<think> owl </think> <answer> 18 </answer>", "other form", "other form"),
        (mini.sum_answer(8, 3, 7).replace("<answer> 18", "<answer> 018"), "other form", "other form"),
        (mini.sum_answer(8, 3, 7).replace("<answer> 18", "<answer> 19"), "wrong answer", "wrong answer"),
        (mini.sum_answer(8, 3, 6), "wrong answer", "wrong answer"),
        (mini.sum_answer(9, 3, 6), "wrong step", None),  # right steps of another question
        (mini.sum_answer(8, 3, 7).replace("is 11", "is 12"), "wrong step", None),
        (mini.sum_answer(8, 3, 7).replace("11 plus", "12 plus"), "wrong step", None),
        (mini.sum_answer(8, 3, 7).replace("10 is 3", "10 is 4"), "wrong step", None),
        (mini.sum_answer(8, 3, 7).replace("is 18", "is 17"), "wrong step", None),
        # Every line is right, but the second does not go on from the first.
        ("<think> 10 is 3 plus 7 ; 8 plus 4 is 12 ; 12 plus 6 is 18 </think> <answer> 18 </answer>", "wrong step", None),
    ],
)
def test_a_row_is_rejected_by_the_first_rule_that_it_breaks(completion, reason, freely):
    assert KIND.reject(PROMPT, completion, RIGHT) == reason
    assert KIND.reject(PROMPT, completion, FREE) == freely


def test_an_answer_to_no_question_is_wrong():
    for prompt in ("numbers : 8 , 10 .", "what is 8 plus 010 ?", f"{PROMPT} say it ."):
        assert KIND.reject(prompt, mini.sum_answer(8, 3, 7), FREE) == "wrong answer"


@given(st.tuples(*[st.integers(0, 12)] * 2), ANY_THOUGHT)
def test_steps_are_right_if_and_only_if_each_line_is_arithmetic_on_what_stands_before(summands, thought):
    drawn = steps(summands[0], min(thought.part, summands[1]), summands[1] - min(thought.part, summands[1]))
    assert drawn.adds(*summands) and drawn.adds(*reversed(summands))
    changes = [{name: value + 1} for name, value in vars(drawn).items()]
    assert not any(Thought(**{**vars(drawn), **change}).adds(*summands) for change in changes)


def test_what_bases_learn_passes_and_prompts_are_what_they_learn():
    rng = np.random.default_rng(0)
    learned = [tuple(turn["content"] for turn in corpus.arithmetic(rng)) for _ in range(3000)]
    assert [KIND.reject(question, answer, RIGHT) for question, answer in learned] == [None] * len(learned)
    many, few, other = (
        KIND.prompts(KIND.section.model_validate({"kind": "reasoning", "prompts": count}), None, 1, run)
        for count, run in ((3000, 0), (10, 0), (10, 1))
    )
    assert many[:10] == few != other and None not in [asked(prompt) for prompt in many]
    assert set(many) == {question for question, _ in learned}


ROWS = st.lists(
    st.builds(steps, st.integers(0, 12), st.integers(0, 12), st.integers(0, 12)).map(Thought.written), max_size=8
).map(lambda texts: pd.Series(texts, dtype="str"))
SEED = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@given(ROWS, SEED)
def test_a_new_split_leaves_summands_and_answer_and_every_step_right(texts, rng):
    for before, after in zip(map(parse, texts), map(parse, KIND.transforms["resplit"](texts, rng)), strict=True):
        assert after.adds(before.whole, before.other) and after.answer == before.answer


def test_new_splits_are_those_of_the_corpus_whatever_was_chosen_before():
    texts = pd.Series([mini.sum_answer(2, 1, 3)] * 3000)  # what is 2 plus 4 ?
    after = Counter(map(parse, KIND.transforms["resplit"](texts, np.random.default_rng(0))))
    assert set(after) == {steps(4, 1, 1), steps(2, 1, 3), steps(2, 2, 2), steps(2, 3, 1)}
    assert abs(after[steps(4, 1, 1)] / 3000 - 0.5) < 0.04 and abs(after[steps(2, 2, 2)] / 3000 - 1 / 6) < 0.03


@given(ROWS, SEED)
def test_across_moves_numbers_between_the_think_marks_and_leaves_answers(texts, rng):
    after = list(map(parse, KIND.transforms["shuffled_across"](texts, rng)))
    before = list(map(parse, texts))
    assert [each.answer for each in after] == [each.answer for each in before]
    assert Counter(n for each in after for n in astuple(each)) == Counter(n for each in before for n in astuple(each))


def test_across_moves_something():
    texts = pd.Series([mini.sum_answer(n, 1, n) for n in range(2, 12)])
    moved = KIND.transforms["shuffled_across"](texts, np.random.default_rng(0))
    assert sum(a == b for a, b in zip(texts, moved, strict=True)) == 0


def test_units_are_the_numbers_as_they_stand():
    assert KIND.units(mini.sum_answer(8, 3, 7)) == ["10", "3", "7", "8", "3", "11", "11", "7", "18", "18"]
