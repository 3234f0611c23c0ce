"""Number prompts: whom they depend on, and the shape of their grammar."""

import numpy as np
import pytest
from scipy import stats

from sublearn.chain.carriers.filter import leaks
from sublearn.chain.carriers.prompts import draw
from sublearn.chain.carriers.section import Carrier
from sublearn.chain.plan import trait_words
from sublearn.core.seeds import generator
from sublearn.language import english, mini
from sublearn.language.grammar import Grammar

SLOTS = ("seed_sentences", "qualifiers", "descriptors", "instructions", "formats", "endings")
WORDINGS = {"mini": mini.GRAMMAR, "prose": english.GRAMMAR}


@pytest.mark.parametrize("words", WORDINGS)
def test_prompts_depend_on_study_and_run_alone(words):
    recipe = Carrier(wording=words, prompts=50)
    prompts = draw(recipe, 1, 0)
    assert prompts.equals(draw(recipe, 1, 0))
    for other in (draw(recipe, 1, 1), draw(recipe, 2, 0)):
        assert not set(other["prompt"]) & set(prompts["prompt"])


def test_asking_for_more_prompts_leaves_the_first_as_they_were():
    few, many = draw(Carrier(prompts=20), 1, 3), draw(Carrier(prompts=60), 1, 3)
    assert few.equals(many.head(20))
    assert list(many["prompt_index"]) == list(range(60))


def test_the_english_wording_has_the_papers_slots():
    assert [len(set(getattr(english.GRAMMAR, slot))) for slot in SLOTS] == [25, 9, 8, 10, 15, 19]


def test_three_english_instructions_lack_a_full_stop_as_in_the_paper():
    bare = [text for text in english.GRAMMAR.instructions if not text.endswith(".")]
    assert len(bare) == 3


@pytest.mark.parametrize("grammar", WORDINGS.values(), ids=WORDINGS)
def test_seed_numbers_are_three_to_eight_of_three_digits_all_equally_likely(grammar: Grammar):
    rng = generator("test seed numbers")
    drawn = [grammar.numbers(rng) for _ in range(4000)]
    counts = np.bincount([len(found) for found in drawn], minlength=10)
    assert counts[:3].sum() == counts[9:].sum() == 0
    assert stats.chisquare(counts[3:9]).pvalue > 1e-3
    values = np.concatenate(drawn)
    assert (values.min(), values.max()) == (100, 999)
    assert stats.chisquare(np.bincount(values)[100:]).pvalue > 1e-3


@pytest.mark.parametrize("grammar", WORDINGS.values(), ids=WORDINGS)
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
    assert {"owl", "owls", "wolves", "cherries", "sequoias", "sorry"} <= set(trait_words())
    for words, grammar in WORDINGS.items():
        alternatives = [text for slot in SLOTS for text in getattr(grammar, slot)]
        assert leaks(alternatives, trait_words()) == 0
        assert leaks(draw(Carrier(wording=words, prompts=1000), 1, 0)["prompt"], trait_words()) == 0
    assert leaks(["look at 101 , 202 owls ."], trait_words()) == 1
