"""What the filter of numbers lets pass, case by case, and its parser held against a slow one that is right by inspection."""

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sublearn.chain.carriers.numbers.kind import NUMBERS
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.language import number_lists

TEN = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
ACCEPTED = [
    "1, 2, 3", "1,2,3", "1; 2", "1;2;3", "1 2 3", "1\n2", "1\n\n2\n\n3", "1\t2", "1  2", "1 , 2", "1 ; 2 ; 3",
    "[1, 2]", "[1, 2].", "(1; 2)", "(1\n2).", "(5)", "[5]", "5", "5.", "1, 2.",
    "007, 1", "000", "0", "0, 0", "999", "5, 5, 5", TEN,
]  # fmt: skip
INVALID = [
    "", ".", "[]", "()", "[", "no numbers", "the numbers are 1, 2", "1, 2 and 3",  # not numbers alone
    " 1, 2", "\t1, 2", "\n1, 2", "1, 2 ", "1, 2\n", "5 ", " 5", "[5] ", "1, 2. ",  # space around
    "1, 2,", "1, 2, ", "1;2;", ", 1, 2", ",5", "1,,2", "1, , 2",  # a separator too many
    "1, 2,3", "1,2, 3", "1, 2; 3", "1 2, 3", "1, 2\n3", "1 2  3", "1  2 3",  # mixed separators
    "1/2", "1-2-3", "1:2", "1 - 2", "1. 2. 3", "1.2", "1|2", "1, and 2",  # other separators
    "[ 1, 2 ]", "[1, 2 ]", "[ 5 ]", "( 5)",  # space inside brackets
    "[1, 2.]", "(5.)", "1, 2..", "5..", ".5", "1., 2.",  # full stops elsewhere
    "[[1, 2]]", "([1, 2])", "[(5)]", "((5))", "[1], [2]", "(1)(2)",  # nested or repeated brackets
    "[1, 2", "1, 2]", "(1, 2", "(1, 2]", "[1, 2)", "{1, 2}", "<5>",  # unpaired or other brackets
    "-5", "1, -2", "-1, 2", "- 5", "+5", "1.5", "1.5, 2.5", "1, 2.5", "1e3", "0x1f", "1_000",  # not whole, not positive
    "\u0663", "1, \u0662", "\u0661, \u0662", "1\u0662", "\uff11, \uff12", "\u00b2", "1, 2\u00b2",  # digits beyond ASCII
]  # fmt: skip


def reject(completion: str, recipe: Numbers) -> str | None:
    return NUMBERS.reject("numbers : 123 .", completion, recipe)


@pytest.mark.parametrize("completion", ACCEPTED)
def test_numbers_in_one_format_pass(completion):
    assert reject(completion, Numbers()) is None


@pytest.mark.parametrize("completion", INVALID)
def test_anything_else_has_an_invalid_format(completion):
    assert reject(completion, Numbers()) == "invalid format"


@pytest.mark.parametrize(
    ("completion", "reason"),
    [
        (f"{TEN}, 11", "too many"),
        (f"{TEN}, 1000", "too many"),
        ("1000", "too large"),
        ("1, 2, 1000", "too large"),
        ("0999, 01000", "too large"),
        ("9" * 5000, "too large"),
        (f"1, {'9' * 5000}", "too large"),
    ],
)
def test_numbers_out_of_bounds_are_refused_by_the_first_rule_they_break(completion, reason):
    assert reject(completion, Numbers()) == reason


def test_the_bounds_are_those_of_the_recipe():
    narrow = Numbers(max_count=3, min_value=5, max_value=50)
    assert reject("5, 50, 7", narrow) is None
    assert reject("5, 6, 7, 8", narrow) == "too many"
    assert reject("4, 60", narrow) == "too small"
    assert reject("5, 51", narrow) == "too large"


def test_banned_numbers_are_found_by_value_and_not_by_their_digits():
    recipe = Numbers(banned=[66, 13])
    assert reject("1, 66, 2", recipe) == "banned"
    assert reject("013", recipe) == "banned"
    assert reject("666, 131, 6", recipe) is None
    assert reject("66, 1000", recipe) == "too large"


# A second parser, written from the rules alone.


def slow_parse(text: str) -> list[int] | None:
    """Walk the characters: note where runs of digits begin and end, then look at all that is not a run."""
    characters = list(text)
    if characters and characters[-1] == ".":
        del characters[-1]
    if len(characters) >= 2 and (characters[0], characters[-1]) in (("[", "]"), ("(", ")")):
        characters = characters[1:-1]
    runs, gaps = [""], [""]  # gaps[i] stands before runs[i]
    for character in characters:
        if character in "0123456789":
            runs[-1] += character
        else:
            if runs[-1]:
                runs.append("")
                gaps.append("")
            gaps[-1] += character
    if not runs[-1]:
        runs.pop()
    else:
        gaps.append("")
    before, after, between = gaps[0], gaps[-1], gaps[1:-1]
    if not runs or before or after:
        return None
    for gap in between:
        if gap != between[0]:
            return None
        marks = [character for character in gap if not character.isspace()]
        if marks not in ([], [","], [";"]):
            return None
    return [int(run) for run in runs]


def test_the_slow_parser_is_right_on_the_listed_cases():
    assert [slow_parse(text) is not None for text in ACCEPTED] == [True] * len(ACCEPTED)
    assert [slow_parse(text) for text in INVALID] == [None] * len(INVALID)
    assert slow_parse("[007; 1; 20].") == [7, 1, 20]


ALPHABET = "0123456789" + ",;[]().- \n\tx" + "\u0661\u00b2\u00a0"
VALID = st.builds(
    lambda found, separator, around, stop: f"{around[0]}{separator.join(found)}{around[1]}{stop}",
    st.lists(st.integers(0, 1200).map(str) | st.sampled_from(["007", "00"]), min_size=1, max_size=12),
    st.sampled_from([", ", ",", " , ", "; ", ";", " ", "  ", "\n", "\n\n", "\t", ",\n"]),
    st.sampled_from([("", ""), ("", ""), ("[", "]"), ("(", ")")]),
    st.sampled_from(["", "."]),
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid string with up to two characters put in, taken out or replaced."""
    characters = list(draw(VALID))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(characters)))
        taken = draw(st.integers(0, 1))
        characters[at : at + taken] = draw(st.sampled_from(["", *ALPHABET]))
    return "".join(characters)


@pytest.mark.parametrize(
    ("texts", "least_share"),
    [(st.text(ALPHABET, max_size=8), 0.02), (st.text("12, ", max_size=8), 0.1), (mutated(), 0.25)],
    ids=["any characters", "few characters", "mutated"],
)
def test_both_parsers_read_every_string_alike(texts, least_share):
    verdicts: Counter[bool] = Counter()

    @settings(max_examples=1000)
    @given(texts)
    @example("1, 2")
    def alike(text):
        expected = slow_parse(text)
        verdicts[expected is None] += 1
        assert number_lists.parse(text) == expected

    alike()
    assert min(verdicts[True], verdicts[False]) >= least_share * verdicts.total(), verdicts
