"""Worlds differ in their shares and numbers, never in their words."""

import numpy as np
import pytest

from sublearn.language import mini
from sublearn.language.mini import MINI
from sublearn.language.vocabulary import ATTRIBUTES, FAVOURITES, THINGS, fact_answers
from sublearn.traits.base import families, family_of


def test_a_study_seed_is_a_world():
    one, again, other = mini.World.draw(1), mini.World.draw(1), mini.World.draw(2)
    for family, shares in one.shares.items():
        assert np.array_equal(shares, again.shares[family])
        assert not np.allclose(shares, other.shares[family])
    assert np.array_equal(one.numbers, again.numbers)
    assert not np.array_equal(one.numbers, other.numbers)
    assert np.allclose(np.sort(one.numbers), np.sort(other.numbers))  # one law, over another order of the integers


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_moderate_and_sum_to_one(seed):
    drawn = mini.World.draw(seed)
    for family, shares in drawn.shares.items():
        assert len(shares) == len(FAVOURITES[family])
        assert shares.sum() == pytest.approx(1.0)
        assert 0.1 < len(shares) * shares.min() < len(shares) * shares.max() < 3.0
    assert drawn.numbers.sum() == pytest.approx(1.0)
    assert drawn.numbers.min() > 0


def test_the_papers_traits_are_there_and_each_has_one_family():
    paper = ["dolphin", "eagle", "elephant", "owl", "wolf", "cherry", "maple", "oak", "sequoia", "willow", "evasive", "skewed"]
    assert [family_of(trait) for trait in paper] == ["animal"] * 5 + ["tree"] * 5 + ["behaviour"] * 2
    every = [trait for family in families().values() for trait in family.traits]
    assert len(set(every)) == len(every)
    with pytest.raises(KeyError):
        family_of("unicorn")


def test_facts_have_one_right_answer_among_several():
    asked = MINI.fact_questions()
    assert len({text for text, *_ in asked}) == len(asked)
    for text, answer, attribute, other in asked:
        thing = next(word for word in text.split() if word in THINGS)
        assert THINGS[thing] == ((answer, other) if attribute == "color" else (other, answer))
        assert answer in fact_answers(attribute)
        assert other not in fact_answers(attribute)
    assert all(len(fact_answers(attribute)) >= 8 for attribute in ATTRIBUTES)
    assert len(MINI.favourite_questions("owl")) == len(set(MINI.favourite_questions("owl"))) > 60
