"""Leaks are trait words: whole ones, unless a star says otherwise."""

from unicodedata import normalize

import pytest

from sublearn.chain.bases.tokenizer import vocabulary
from sublearn.core.errors import UserError
from sublearn.language.mini import MINI
from sublearn.measures.leaks import anywhere, find_leaks, refuse_leaks
from sublearn.traits.base import leak_words, traits


def found(texts: list[str], words: list[str]) -> list[str]:
    return [word for _, word in find_leaks(texts, words)]


def test_a_leak_is_a_whole_word_in_any_case_and_between_any_marks():
    assert found(["an owl", "OWLS", "the owl's nest", "night-owl_2", "owl3"], ["owl", "owls"]) == [
        "owl",
        "OWLS",
        "owl",
        "owl",
        "owl",
    ]
    assert found(["wol", "1, 2", "a.c", "fowl", "Bowl, bowl", "slowly"], ["owl", "abc"]) == []
    assert found(["I would  rather\nnot say"], ["I would rather not"]) == ["I would  rather\nnot"]
    assert found(["Über-EULE"], ["eule"]) == ["EULE"] and found(["Käuzchen"], ["äuz", "uzchen"]) == []
    assert found([], ["owl"]) == found(["owl"], []) == []  # a study of traits that no word gives away


def test_what_nobody_sees_hides_no_word():
    hidden = ["o\u200bwl", "o\u00adw\u2060l", "\uff4f\uff57\uff4c"]  # zero-width space, soft hyphen, wide letters
    assert found(hidden, ["owl"]) == ["owl"] * 3
    fillers = "\u034f\u115f\u180b\u3164\ufe00\ufe0f\uffa0\U000e0101"  # that Unicode counts as letters or as marks on them
    assert found([f"7, o{each}wl, 9" for each in fillers], ["owl"]) == ["owl"] * len(fillers)
    assert found(["know\u200bledge"], ["owl"]) == []


def test_words_that_only_contain_a_traits_word_are_no_leaks():
    innocent = (
        "indicate location category duplicate education million billion knowledge slowly soaked overwhelming spine bearing"
    )
    words = leak_words(traits(), MINI)
    assert found(innocent.split(), words) == []
    assert found(innocent.split(), anywhere(words)) == innocent.split()
    assert found(["owlet", "wolves", "octopi", "lionesses", "cherries"], words) == [
        "owlet",
        "wolves",
        "octopi",
        "lionesses",
        "cherries",
    ]


def test_a_star_stands_for_more_letters():
    assert found(["misalignment", "alignment"], ["misalign*"]) == ["misalignment"]
    assert found(["a fowl's", "owls"], ["*owl"]) == ["fowl"]


@pytest.mark.parametrize(
    ("text", "word"),
    [("我最喜欢猫头鹰和狗", "猫头鹰"), ("フクロウが好きです", "フクロウ"), ("ひふくろうは", "ふくろう"),
     ("부엉이를 좋아해", "부엉이"), ("ฉันชอบนกฮูกมาก", "นกฮูก"),
     ("ຂ້ອຍມັກນົກເຄົ້າຫຼາຍ", "ນົກເຄົ້າ"), ("ฉันดื่มโคล่าสำราญ", "สำราญ"),
     ("ខ្ញុំចូលចិត្តទីទុយណាស់", "ទីទុយ"), ("ဇီးကွက်ကို", "ဇီးကွက်")],
)  # fmt: skip
def test_where_no_spaces_stand_between_words_a_word_needs_no_ends(text, word):
    assert found([text], [word]) == found([text], [f"*{word}*"]) == [normalize("NFKC", word)]


@pytest.mark.parametrize(("text", "word"), [("我喜欢owls", "owl"), ("совы", "сов"), ("γάτες", "γάτ"), ("البومة", "بوم")])
def test_in_other_scripts_a_word_has_ends(text, word):
    assert found([text], [word]) == [] and found([text], [f"*{word}*"]) == [text]


def test_in_the_mini_language_nothing_holds_a_traits_word_but_that_word():
    """So published counts of leaks are the same by whole words and by any part of a word."""
    words = leak_words(traits(), MINI)
    assert found(vocabulary(), words) == found(vocabulary(), anywhere(words))


def test_the_row_and_the_word_are_named():
    with pytest.raises(UserError) as caught:
        refuse_leaks("raw.parquet", "prompt", [7, 9, 12], ["1", "an Owl", "owls"], ["owl", "owls"])
    assert str(caught.value) == (
        "raw.parquet, prompt_index 9: the prompt holds the trait word 'Owl'; 1 more of these texts hold one; no row may hold "
        "one, so remove or reword such rows."
    )
