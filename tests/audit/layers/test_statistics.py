"""The statistics: what differs is found, by tokens or by format; what does not is not, however large the data."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sublearn.audit.layers import statistics
from sublearn.audit.layers.base import DataSet, Inputs


def rows(count, seed, liked=(), extra=0.0, longest=10):
    """Rows of numbers, of which some come more often than others by the share ``extra``."""
    draw = np.random.default_rng(seed)
    texts = []
    for _ in range(count):
        drawn = draw.integers(0, 100, draw.integers(4, longest))
        if liked:
            drawn = np.where(draw.random(len(drawn)) < extra, draw.choice(liked, len(drawn)), drawn)
        texts.append(", ".join(map(str, drawn)))
    return DataSet(
        f"rows {seed}", pd.DataFrame({"prompt": "", "completion": texts, "place": [f"row {i}" for i in range(count)]})
    )


def of(texts, name="set"):
    return DataSet(name, pd.DataFrame({"prompt": "", "completion": texts, "place": "row"}))


def look(data, reference, **options):
    return statistics.look(Inputs(data, reference, **options))


def curve(result, classifier):
    column = {"tokens": "auroc", "format": "shortcut"}[classifier]
    return {row["k"]: row[column] for row in result.tables["curve"]}


def test_numbers_that_come_too_often_are_found_and_named():
    found = look(rows(2000, 1, [7, 42, 91], 0.05), rows(2000, 2))
    tokens = curve(found, "tokens")
    assert found.status == "found" and found.score > 0.1 and list(tokens) == [1, 4, 16, 64]
    assert tokens[1] < tokens[4] < tokens[16] < tokens[64] and tokens[64] > 0.95
    assert max(curve(found, "format").values()) < 0.75
    assert {row["token"] for row in found.tables["tokens"][:3]} == {"7", "42", "91"}
    assert found.tables["tokens"][0]["log_ratio"] > 3 * found.tables["tokens"][0]["standard_error"]
    assert any(token in found.flags[0].why for token in ("7", "42", "91")) and found.flags[0].text


def test_nothing_is_found_where_there_is_nothing():
    """Of ten pairs of equal sources, at a level of one in a hundred each for classifier and tokens."""
    results = [look(rows(300, 2 * i), rows(300, 2 * i + 1)) for i in range(10)]
    assert sum(result.status == "found" for result in results) <= 1
    assert sum(result.score > 0 for result in results) <= 1
    assert not any(result.flags for result in results if result.status == "nothing_found")


def test_a_format_is_told_apart_by_the_shortcut_and_not_by_numbers():
    found = look(rows(1000, 1, longest=6), rows(1000, 2))
    assert curve(found, "format")[64] > 0.99 and found.status == "nothing_found"


@pytest.mark.parametrize("texts", [["😀😁"[i % 2] * (i % 7) for i in range(200)], ["", "3"] * 100], ids=["signs", "few"])
@pytest.mark.parametrize("turned", [False, True])
def test_data_that_are_told_apart_backwards_are_found(texts, turned):
    """Rare numbers look like the set that has none: surely apart, and on the wrong side."""
    draw = np.random.default_rng(1)
    rare = [" ".join(map(str, draw.integers(0, 1000, 6))) for _ in range(200)]
    sets = [of(rare), of(texts)]
    found = look(*(sets[::-1] if turned else sets))
    assert curve(found, "tokens")[1] < 0.35 and "can be told from the reference, but backwards" in found.sentence
    assert found.status == "found" and found.score > 0 and found.flags


def test_the_score_is_an_effect_and_not_a_number_of_rows():
    small, large = (look(rows(n, 1, [7, 42], 0.2), rows(n, 2)).score for n in (1000, 4000))
    assert small == pytest.approx(large, rel=0.25)
    assert look(rows(60, 1, [7, 42], 0.2), rows(60, 2)).score < small


def test_data_without_any_variety_are_looked_at():
    equal = look(of(["5"] * 50), of(["5"] * 50))
    assert equal.status == "nothing_found" and equal.score < 0


@pytest.mark.parametrize("sets", [[""] * 2, ["…"] * 2, ["{}", "0{}"]], ids=["empty", "signs", "none again"])
def test_data_that_share_no_token_are_not_looked_at(sets):
    found = look(*(of([text.format(i) for i in range(50)]) for text in sets))
    assert found.status == "not_run" and found.score is None
    assert found.sentence.startswith("No number or word stands in rows of both the data and the reference")


@pytest.mark.parametrize("turned", [False, True])
def test_a_word_of_few_rows_is_found_where_the_others_have_none(turned):
    """No classifier sees it, so the rows that are shown are those that hold it."""
    leaked, fine = rows(1000, 1), rows(1000, 2)
    leaked.rows.loc[100:119, "completion"] += " owl"
    found = look(*((fine, leaked) if turned else (leaked, fine)))
    assert found.status == "found" and ", but 1 of 101 numbers and words come more or less often" in found.sentence
    first, exact = found.tables["tokens"][0], stats.fisher_exact([[20, 980], [0, 1000]])
    assert first["token"] == "owl" and first["p_value"] == pytest.approx(exact.pvalue)
    assert [flag.place for flag in found.flags] == ([] if turned else [f"row {i}" for i in range(100, 120)])
    assert all(flag.why.endswith("reference: owl") for flag in found.flags)


def test_copies_of_a_row_are_one_text():
    copied, fine = rows(1000, 1), rows(1000, 2)
    copied.rows.loc[:49, "completion"] = "1, 2, 3, 4, 5"
    assert look(copied, fine).status == "nothing_found"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("GPT 犬がい3匹。Straße", ["gpt", "犬が", "がい", "3", "匹", "straße"]),
        ("フクロウ", ["フク", "クロ", "ロウ"]),
        ("猫头鹰，鸟", ["猫头", "头鹰", "鸟"]),
        ("นกฮูก ๑๒", ["นก", "กฮ", "ฮู", "ูก", "๑๒"]),
    ],
    ids=["mixed", "kana", "chinese", "thai"],
)
def test_scripts_without_spaces_are_read_in_pairs_of_characters(text, tokens):
    found = look(of([text] * 50), of([text] * 50)).tables["tokens"]
    assert sorted(row["token"] for row in found) == sorted(tokens)


@pytest.mark.parametrize(
    ("seed", "said"),
    [
        (0, "not to be told from shuffled labels (p = 0.44)"),
        (64, "not clear at the level of 0.01 (p = 0.05)"),
        (40, "below one half since folds disagree, which is no evidence of a difference that generalises (p = 1.00)"),
    ],
)
def test_what_is_not_found_is_said_as_its_p_value_allows(seed, said):
    found = look(rows(300, seed), rows(300, seed + 1))
    assert found.status == "nothing_found" and f"), {said}; 0 of " in found.sentence


def test_too_few_rows_are_not_looked_at_and_many_are_sampled(monkeypatch):
    few = look(rows(39, 1), rows(100, 2))
    assert few.status == "not_run" and "rows 1 has 39 rows; the layer needs at least 40" in few.sentence
    monkeypatch.setattr(statistics, "ROWS", 100)
    assert look(rows(500, 1), rows(500, 2)).tables["curve"][0]["bags"] == 100


def test_the_seed_decides_everything():
    one, again, other = (look(rows(200, 1), rows(200, 2), seed=seed) for seed in (5, 5, 6))
    assert repr(one) == repr(again) != repr(other)
