"""Names of a study as one speaks of them."""

from pathlib import Path

import pytest

from sublearn.core.names import members

OWN = {"political_leaning": "political leaning", "product_preference": "product preference", "refusal": "refusals",
       "sycophancy": "sycophancy", "wrong_answers": "wrong answers"}  # fmt: skip


@pytest.mark.parametrize(("family", "said"), [("animal", "animals"), ("behaviour", "behaviours"), *OWN.items()])
def test_a_family_is_spoken_of_in_the_plural_if_it_takes_one(family, said):
    assert members(family) == said


def test_every_shipped_family_is_among_them():
    assert OWN.keys() == {file.stem for file in Path("config/traits").glob("*.yaml")}
