"""Number prompts are put together from the slots of the paper's grammar, each filled at random."""

import numpy as np
import pytest
from scipy import stats

from sublearn.core.seeds import generator
from sublearn.language.english import ENGLISH
from sublearn.language.grammar import Grammar
from sublearn.language.mini import MINI

SLOTS = ("seed_sentences", "qualifiers", "descriptors", "instructions", "formats", "endings")
GRAMMARS = {style.name: style.grammar for style in (MINI, ENGLISH)}


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
