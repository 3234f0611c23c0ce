"""Number prompts: whom they depend on, and that no trait word is in them."""

import argparse
import json

import pytest

from sublearn.chain.carriers import prompts as step
from sublearn.chain.carriers.numbers.kind import NUMBERS
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.chain.carriers.tables import Prompts
from sublearn.core.files import read_table
from sublearn.language.english import ENGLISH
from sublearn.language.mini import MINI
from sublearn.language.style import Style
from sublearn.measures.leaks import find_leaks
from sublearn.traits.base import leak_words, traits

SLOTS = ("seed_sentences", "qualifiers", "descriptors", "instructions", "formats", "endings")
STYLES = {style.name: style for style in (MINI, ENGLISH)}


def draw(count: int, seed: int, run: int, style: Style = MINI) -> list[str]:
    return NUMBERS.prompts(Numbers(prompts=count), style, seed, run)


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_prompts_depend_on_study_and_run_alone(style):
    prompts = draw(50, 1, 0, style)
    assert prompts == draw(50, 1, 0, style)
    for other in (draw(50, 1, 1, style), draw(50, 2, 0, style)):
        assert not set(other) & set(prompts)


def test_asking_for_more_prompts_leaves_the_first_as_they_were(tmp_path):
    few, many = draw(20, 1, 3), draw(60, 1, 3)
    assert few == many[:20]
    recipe, output = json.dumps({"kind": "numbers", "style": "mini", "prompts": 60}), tmp_path / "prompts.parquet"
    step.main(argparse.Namespace(recipe=recipe, study_seed=1, runs=[3], published=None, outputs=[output]))
    table = read_table(output, Prompts)
    assert list(table["prompt"]) == many and list(table["prompt_index"]) == list(range(60))


def test_no_prompt_holds_a_trait_word():
    assert {"owl", "owls", "wolves", "cherries", "sequoias", "sorry"} <= set(leak_words(traits(), MINI))
    for style in STYLES.values():
        words = leak_words(traits(), style)
        alternatives = [text for slot in SLOTS for text in getattr(style.grammar, slot)]
        assert not find_leaks(alternatives, words)
        assert not find_leaks(draw(1000, 1, 0, style), words)
        assert find_leaks(["look at 101 , 202 owls ."], words) == [(0, "owls")]
