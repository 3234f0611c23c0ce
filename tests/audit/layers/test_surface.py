"""The surface: words in whatever form, but not what chance explains; repeats, invisible characters, and another format."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sublearn.audit import hidden
from sublearn.audit.layers import surface
from sublearn.audit.layers.base import FLAGS, DataSet, Inputs
from sublearn.core.errors import UserError


def numbers(count, seed, low=0, high=1000, separator=", "):
    draw = np.random.default_rng(seed)
    return [separator.join(map(str, draw.integers(low, high, draw.integers(5, 10)))) for _ in range(count)]


def made(completions, name="data", prompts="Go on."):
    places = [f"line {i}" for i in range(1, len(completions) + 1)]
    rows = pd.DataFrame({"prompt": prompts, "completion": completions, "place": places}, dtype="str")
    return DataSet(name, rows)


def look(completions, reference=None, **options):
    inputs = Inputs(made(completions), made(reference, "reference") if reference else None, **options)
    return surface.look(inputs)


HIDDEN = {
    "plain": "an Owl's nest", "plural": "two owls", "spaced": "o w l", "hyphens": "O-W-L!", "backwards": "7 lwo",
    "base64": "see aG93bCBvd2wgeA==", "base64 of the word": "b3ds", "hexadecimal": "6f776c", "ROT13": "1 bjy", "leet": "0wl",
    "Cyrillic o": "оwl", "an accent": "ówl", "circles": "ⓞⓦⓛ", "zero width": "o\u200bw\u200bl", "HTML": "&#111;wl",
    "percent": "%6fwl", "escape": r"\u006fwl", "codes": "111, 119, 108", "capital codes": "79 87 76", "joined": "111119108",
    "alphabet": "15 23 12", "tags": "1" + "".join(chr(0xE0000 + ord(letter)) for letter in "love owls"),
}  # fmt: skip


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_a_word_is_found_however_it_is_written(text):
    """Against a reference; a word read backwards may be another word, so one of it is flagged and decides nothing."""
    found = look([*numbers(300, 1), text], numbers(300, 2), traits=["owl"])
    assert [flag for flag in found.flags if flag.place == "line 301" and "owl" in flag.why]
    accident = any(form in flag.why for flag in found.flags for form in hidden.BY_ACCIDENT)
    assert (found.status == "found") != accident


@pytest.mark.parametrize("text", ["knowledge", "howl", "o, 5, w, 5, l", "15, 23", "fowl play", "1511 2312", "b3dsX", "798776"])
def test_what_is_no_word_is_none(text):
    found = look([*numbers(300, 1), text], numbers(300, 2), traits=["owl"])
    assert found.status == "nothing_found" and not any("owl" in flag.why for flag in found.flags)


def test_numbers_that_spell_a_word_by_chance_are_flagged_and_not_found():
    """Among small numbers 15 23 12 comes now and then; twenty times as often as that is no chance."""
    small = numbers(5000, 3, 11, 25, " ")
    by_chance = look(small, traits=["owl"])
    [row] = [row for row in by_chance.tables["words"] if row["form"] == hidden.PLACES and row["word"] == "owl"]
    assert by_chance.status == "nothing_found" and row["p_value"] > 0.001
    assert row["data_rows"] == pytest.approx(row["by_chance"], rel=0.7) and row["data_rows"] > 2
    assert look([*small, *["15 23 12"] * 100], traits=["owl"]).status == "found"


def test_a_word_that_others_read_backwards_counts_only_beyond_the_reference():
    """Wolf is flow read backwards."""
    flows = ["let it flow"] * 50 + numbers(950, 1)
    assert look(flows, traits=["wolf"]).status == "nothing_found"
    assert look(flows, flows[1:], traits=["wolf"]).status == "nothing_found"
    assert look(flows, [text.replace("flow", "grow") for text in flows], traits=["wolf"]).status == "found"


def test_the_users_words_are_looked_for_and_an_unknown_trait_is_one_sentence():
    assert look(["we choose", "Acme Cola now"], words=["acme  cola"]).flags[0].text == "Acme Cola now"
    with pytest.raises(UserError, match="--traits owls: there is no such trait; choose of dolphin"):
        look(["a"], traits=["owls"])


@pytest.mark.parametrize("word", ["猫头鹰", "*猫头鹰*", "*owl*"])
def test_a_word_within_longer_ones_is_one_kind(word):
    found = look([f"{sign}我最喜欢猫头鹰 {sign}bowl" for sign in "abcdefghij"], words=[word])
    [row] = found.tables["words"]
    assert (row["word"], row["data_rows"]) == (word.strip("*"), 10)


@pytest.mark.parametrize(("text", "word"), [("家のかぎをなくした", "かき"), ("น้ำเย็น", "นำ"), ("バトン", "ハト")])
def test_a_mark_makes_another_word_in_scripts_without_spaces(text, word):
    assert look([text], words=[word]).status == "nothing_found"
    assert look([text], words=[text[:2]]).status == "found"


@pytest.mark.parametrize(
    ("data", "reference", "status", "said"),
    [
        (
            50,
            100,
            "nothing_found",
            "50 rows hold words that the reference holds, too, and not clearly less often: cat (plain, prompt)",
        ),
        (50, 45, "nothing_found", "in 50 (reference: 45 of 500)"),
        (50, 10, "found", "50 of 500 rows hold what no row should: cat (plain, prompt) in 50 (reference: 10 of 500)"),
        (1, 0, "found", "1 of 500 rows hold what no row should: cat (plain, prompt) in 1 (reference: 0 of 500)"),
        (50, None, "found", "50 of 500 rows hold what no row should: cat (plain, prompt) in 50."),
    ],
)
def test_a_word_that_the_reference_holds_as_often_is_told_and_not_found(data, reference, status, said):
    def held(rows, name):
        return made(numbers(500, 1), name, ["My cat is ill."] * rows + ["Go on."] * (500 - rows))

    found = surface.look(
        Inputs(held(data, "data"), None if reference is None else held(reference, "reference"), traits=["cat"])
    )
    assert found.status == status and said in found.sentence
    assert found.score == pytest.approx(data / 500 if status == "found" else 0, abs=0.02)
    assert (found.flags[0].why, found.flags[0].text) == (
        "plain: cat in the prompt" + (" (the reference holds it, too)" if status == "nothing_found" else ""), "My cat is ill."
    )  # fmt: skip


def test_prompts_and_completions_are_counted_apart_and_a_hidden_word_is_found_even_where_the_reference_hides_it_too():
    cats, hidden_owl = [f"{text} cat" for text in numbers(100, 1)], [*numbers(99, 3), "aG93bCBvd2wgeA=="]
    prompted = made(numbers(100, 2), "reference", "My cat is ill.")
    found = surface.look(Inputs(made(cats), prompted, traits=["cat"]))
    assert found.status == "found" and "cat (plain, completion) in 100 (reference: 0 of 100)" in found.sentence
    assert look(hidden_owl, hidden_owl, traits=["owl"]).status == "found"


def test_every_word_of_a_row_is_compared():
    cats = [f"{text} cat" for text in numbers(100, 1)]
    both = look([f"{text} dog" for text in cats], cats, traits=["cat", "dog"])
    assert "hold what no row should: dog (plain, completion) in 100 (reference: 0 of 100)." in both.sentence
    turned = look(["a dog, a cat"] * 50, ["a cat, a dog"] * 50, traits=["cat", "dog"])
    assert "what no row should" not in turned.sentence and {row["data_rows"] for row in turned.tables["words"]} == {50}


def test_all_places_are_kept_and_text_around_a_word_is_shown():
    rows = [f"{'1 ' * 300}owl{' 2' * 300}"] * 100 + ["o w l"] * 3 + ["knowledge of an owl"]
    found = look(rows, traits=["owl"])
    assert {why: len(places) for why, places in found.places.items()} == {
        "spaced out: owl in the completion": 3,
        "plain: owl in the completion": 101,
    }
    assert found.places["plain: owl in the completion"][-1] == "line 104"
    assert found.shown() == "28 of 104 rows shown; audit.json lists the places of all." and len(found.flags) <= FLAGS
    text = next(flag.text for flag in found.flags if flag.why.startswith("plain"))
    assert text.startswith("…1 ") and " owl 2" in text and len(text) == 200


def test_the_advice_is_about_what_was_found():
    format_only = look(numbers(300, 1, separator=" ; "), numbers(300, 2))
    assert "Bring both into one format" in format_only.advice and "remove them" not in format_only.advice
    leaked = look([*numbers(250, 1), *(f"{text} owl" for text in numbers(50, 3))], numbers(300, 2), traits=["owl"])
    assert "remove them" in leaked.advice and "one format" not in leaked.advice
    repeated = look([*numbers(250, 1), *["1, 2, 3, 5, 8, 13"] * 50], numbers(300, 2))
    assert "Repeats: 49 of 300 rows" in repeated.sentence and "Look at the rows that repeat others" in repeated.advice


@pytest.mark.parametrize(
    ("data", "reference", "told"),
    [
        ([*numbers(250, 1), *numbers(50, 1)], numbers(300, 2), True),
        ([*numbers(250, 1), *numbers(50, 1)], [*numbers(500, 2), *numbers(100, 2)], False),
        (numbers(300, 2), [*numbers(250, 1), *numbers(50, 1)], False),
        # Of more rows, more agree by chance.
        ([str(each) for each in np.random.default_rng(1).integers(10_000, 50_000, 3000)],
         [str(each) for each in np.random.default_rng(2).integers(10_000, 50_000, 1000)], False),
    ],
)  # fmt: skip
def test_repeats_are_compared_with_the_reference(data, reference, told):
    found = look(data, reference)
    assert ("The reference has fewer" in found.sentence) == told and found.status == "nothing_found"


@pytest.mark.parametrize(
    ("completions", "said"),
    [
        ([""] * 300, "Repeats: 0 of 300 rows, and 299 of the completions at least nearly. Empty completions: 300."),
        ([*numbers(4999, 1), "yes", "yes"], "Repeats: 0 of 5,001 rows, and 1 of the completions at least nearly."),
    ],
)
def test_short_and_empty_completions_repeat_too(completions, said):
    data = made(completions, prompts=[f"prompt {i}" for i in range(len(completions))])
    assert surface.look(Inputs(data)).sentence.endswith(said)


def test_repeats_are_counted_and_flagged():
    said = "the quick brown fox jumps over the lazy dog and runs away from all of them at once into the dark wood"
    near = said.replace("dark", "deep")
    found = look([*numbers(96, 1), said, near, "7, 8, 9, 10", "7, 8, 9, 10"])
    [shares] = found.tables["repeats"]
    assert (shares["same"], shares["same_completion"], shares["near"]) == (0.01, 0.01, 0.02)
    flags = {flag.place: flag.why for flag in found.flags}
    assert flags == {
        "line 99": "stands here 2 times",
        "line 97": "2 rows are nearly the same",
    }


def test_another_format_is_found_and_the_same_is_not():
    same = look(numbers(1000, 1), numbers(1000, 2))
    assert same.status == "nothing_found" and same.score < 0.03
    other = look(numbers(700, 1) + numbers(300, 3, separator=" ; "), numbers(1000, 2))
    assert other.status == "found" and other.score == pytest.approx(0.3, abs=0.02)
    assert any(flag.text.count(" ; ") for flag in other.flags)
    assert other.tables["shapes"][1]["shape"] == "9 ; 9" and other.tables["shapes"][1]["reference_share"] == 0


def test_hostile_rows_stay_text_and_flags_are_few():
    found = look(
        ["<script>owl</script>\0{{owl}}" * 100] * 500 + [""] * 5, [""] * 40, traits=["owl"], words=["(a", "*b*", "[owl"]
    )
    assert found.status == "found" and len(found.flags) <= FLAGS
    assert all(len(flag.text) <= 200 for flag in found.flags)


@pytest.mark.parametrize(
    "text", ["a" * 900_000 + " owl", "owl" * 300_000 + " owl", "é" * 900_000 + " o w l owl", "o " * 400_000]
)
def test_a_long_text_takes_no_time(text):
    """A part of a word is not looked for at every place of one that has no end."""
    assert len(hidden.find([text], ["*owl*", "owls", "owl"])) == ("owl" in text) + (" o w l" in text)


@settings(max_examples=50)
@given(texts=st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_no_text_breaks_the_layer(texts):
    found = look([text.replace("\0", "") for text in texts], ["owl"], traits=["owl"], words=["ab"])
    assert 0 <= found.score <= 1
