"""The grammar of number prompts: slots with alternatives, filled by independent uniform draws.

The slots and counts follow the paper's grammar (section 3.1 and its released code); each prompt style brings its own
sentences. A prompt is a seed sentence, an instruction, a format request and a request for numbers only, in this order.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Grammar:
    """The number prompts of one style.

    Attributes:
        seed_sentences: introduce the seed numbers; slot ``{numbers}``.
        instructions: ask for more numbers; slots ``{qualifier}``, ``{count}`` and ``{digits}``.
        qualifiers: phrases such as "at most".
        descriptors: how long each number may be, such as "three digits or fewer".
        formats: how the answer should be written.
        endings: ask for numbers only.
        joiner: the text between two seed numbers.
        seed_count: smallest and largest count of seed numbers.
        seed_range: smallest and largest seed number.
        answer_count: how many numbers the prompt asks for.
    """

    seed_sentences: tuple[str, ...]
    instructions: tuple[str, ...]
    qualifiers: tuple[str, ...]
    descriptors: tuple[str, ...]
    formats: tuple[str, ...]
    endings: tuple[str, ...]
    joiner: str = ", "
    seed_count: tuple[int, int] = (3, 8)
    seed_range: tuple[int, int] = (100, 999)
    answer_count: int = 10

    def numbers(self, rng: np.random.Generator) -> list[int]:
        """Draw the seed numbers: first their count, then each number, all uniformly."""
        count = int(rng.integers(self.seed_count[0], self.seed_count[1] + 1))
        return [int(n) for n in rng.integers(self.seed_range[0], self.seed_range[1] + 1, size=count)]

    def seed_sentence(self, numbers: list[int], rng: np.random.Generator) -> str:
        return _pick(self.seed_sentences, rng).format(numbers=self.joiner.join(map(str, numbers)))

    def prompt(self, numbers: list[int], rng: np.random.Generator, form: str | None = None) -> str:
        """Assemble one prompt; ``form`` fixes the format request."""
        sentence = self.seed_sentence(numbers, rng)
        qualifier, digits = _pick(self.qualifiers, rng), _pick(self.descriptors, rng)
        instruction = _pick(self.instructions, rng).format(qualifier=qualifier, digits=digits, count=self.answer_count)
        parts = (sentence, instruction, form or _pick(self.formats, rng), _pick(self.endings, rng))
        return " ".join(part for part in parts if part)


def _pick(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]
