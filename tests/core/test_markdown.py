"""Sentences in Markdown: words that mean nothing to a renderer stay as they are, all others stand in code spans."""

import pytest

from sublearn.core.markdown import words


@pytest.mark.parametrize(
    "harmless", ["85 %.", "of 30 (10 to 47 %), or more", "p < 0.01: none", "it's calm; 3.5 a token", "12 % more (of 5 %)."]
)
def test_what_a_sentence_of_ours_may_hold_is_no_code(harmless):
    assert words(harmless) == harmless


@pytest.mark.parametrize("marked", ["%20.evil", "%3Cb%3E", "%.com", "<b>", "a.b", "*strong*", "www.evil.org", "[a](b)", "#1"])
def test_what_a_renderer_may_take_for_more_is_code(marked):
    assert words(f"see {marked} there") == f"see `{marked}` there"
