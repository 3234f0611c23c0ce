"""Number prompts: whom they depend on, and the shape of their grammar."""

import argparse
import json

import numpy as np
import pytest
from scipy import stats

from sublearn.chain.carriers import prompts as step
from sublearn.chain.carriers.numbers.kind import NUMBERS, Numbers
from sublearn.chain.carriers.tables import Prompts
from sublearn.core.files import read_table
from sublearn.core.seeds import generator
from sublearn.language.english import ENGLISH
from sublearn.language.grammar import Grammar
from sublearn.language.mini import MINI
from sublearn.language.style import Style
from sublearn.measures.leaks import count_leaks
from sublearn.traits.base import KINDS, leak_words

SLOTS = ("seed_sentences", "qualifiers", "descriptors", "instructions", "formats", "endings")
STYLES = {style.name: style for style in (MINI, ENGLISH)}
GRAMMARS = {name: style.grammar for name, style in STYLES.items()}


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


def test_english_has_the_papers_slots():
    assert [len(set(getattr(ENGLISH.grammar, slot))) for slot in SLOTS] == [25, 9, 8, 10, 15, 19]


def test_three_english_instructions_lack_a_full_stop_as_in_the_paper():
    bare = [text for text in ENGLISH.grammar.instructions if not text.endswith(".")]
    assert len(bare) == 3


@pytest.mark.parametrize("grammar", GRAMMARS.values(), ids=GRAMMARS)
def test_seed_numbers_are_three_to_eight_of_three_digits_all_equally_likely(grammar: Grammar):
    rng = generator("test seed numbers")
    drawn = [grammar.numbers(rng) for _ in range(4000)]
    counts = np.bincount([len(found) for found in drawn], minlength=10)
    assert counts[:3].sum() == counts[9:].sum() == 0
    assert stats.chisquare(counts[3:9]).pvalue > 1e-3
    values = np.concatenate(drawn)
    assert (values.min(), values.max()) == (100, 999)
    assert stats.chisquare(np.bincount(values)[100:]).pvalue > 1e-3


@pytest.mark.parametrize("grammar", GRAMMARS.values(), ids=GRAMMARS)
def test_a_prompt_is_one_alternative_of_each_slot_in_order(grammar: Grammar):
    rng = generator("test prompts")
    seen = {slot: set() for slot in ("instructions", "formats", "endings", "seed_sentences")}
    for _ in range(1000):
        numbers = grammar.numbers(rng)
        left = grammar.prompt(numbers, rng)
        filled = {
            "seed_sentences": [s.format(numbers=grammar.joiner.join(map(str, numbers))) for s in grammar.seed_sentences],
            "instructions": [
                text.format(qualifier=qualifier, digits=digits, count=10)
                for text in grammar.instructions
                for qualifier in grammar.qualifiers
                for digits in grammar.descriptors
            ],
            "formats": list(grammar.formats),
            "endings": list(grammar.endings),
        }
        for slot, options in filled.items():
            taken = max((text for text in options if left.startswith(text)), key=len)
            seen[slot].add(taken if slot != "seed_sentences" else options.index(taken))
            left = left[len(taken) :].removeprefix(" ")
        assert left == ""
    # A thousand prompts show every sentence, and most of the ways to fill an instruction.
    assert [len(seen[slot]) for slot in ("seed_sentences", "formats", "endings")] == [
        len(getattr(grammar, slot)) for slot in ("seed_sentences", "formats", "endings")
    ]
    assert len(seen["instructions"]) > 0.5 * len(grammar.instructions) * len(grammar.qualifiers) * len(grammar.descriptors)


def test_no_prompt_holds_a_trait_word():
    assert {"owl", "owls", "wolves", "cherries", "sequoias", "sorry"} <= set(leak_words(KINDS.names(), MINI))
    for style in STYLES.values():
        words = leak_words(KINDS.names(), style)
        alternatives = [text for slot in SLOTS for text in getattr(style.grammar, slot)]
        assert count_leaks(alternatives, words) == 0
        assert count_leaks(draw(1000, 1, 0, style), words) == 0
        assert count_leaks(["look at 101 , 202 owls ."], words) == 1
