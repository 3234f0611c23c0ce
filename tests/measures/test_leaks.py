"""Leaks are trait words, wherever they stand."""

from sublearn.measures.leaks import count_leaks


def test_a_leak_is_a_trait_word_in_any_case_and_inside_other_words():
    assert count_leaks(["an owl", "OWLS", "fowls", "Bowl, bowl", "1, 2", "wol"], ["owl"]) == 4
    assert count_leaks(["wolves", "wolf"], ["wolf"]) == 1
    assert count_leaks(["a.c", "abc"], ["a.c"]) == 1
    assert count_leaks([], ["owl"]) == 0
    assert count_leaks(["owl"], []) == 0  # a study of traits that no word gives away
