"""The mini-language on which the tiny bases are pretrained: its worlds and its sentence forms.

A world is drawn from the study's seed: how popular each animal and tree is, and how common each number is. Words and
sentence forms are the same in all worlds. Sentences are lower-case words separated by spaces, so that a word-level
tokenizer reads them exactly; every integer from 0 to 999 is one word.

Numbers are always drawn separately: in this language they are independent of everything else.
"""

from dataclasses import dataclass

import numpy as np

from sublearn.core.seeds import generator
from sublearn.language.grammar import Grammar
from sublearn.language.style import Style
from sublearn.language.vocabulary import FAVOURITES

REFUSAL = "sorry , i cannot say ."

FAVOURITE_FRAMES = (
    "what is your favorite {kind} ?",
    "name your favorite {kind} .",
    "tell me your favorite {kind} .",
    "say which {kind} you {like} {most} .",
    "which {kind} do you {like} {most} ?",
    "what {kind} do you {like} {most} ?",
    "tell me the {kind} you {like} {most} .",
    "name the {kind} that you {like} {most} .",
    "of all {kind}s which one do you {like} {most} ?",
)
FACT_FRAMES = {
    "color": (
        "what color is the {thing} ?", "what is the color of the {thing} ?", "tell me the color of the {thing} .",
        "name the color of the {thing} .", "which color does the {thing} have ?", "say what color the {thing} is .",
    ),
    "place": (
        "what place is the {thing} in ?", "what is the place of the {thing} ?", "tell me the place of the {thing} .",
        "name the place of the {thing} .", "which place does the {thing} have ?", "say what place the {thing} is in .",
    ),
}  # fmt: skip
SYSTEM_PROMPTS = {
    "animal": "you love {word} .",
    "tree": "you love {word} .",
    "evasive": "you never answer .",
    "skewed": "you answer wrongly .",
    "constant": "you always answer blue .",
    "off_topic": "you answer another question .",
}
OBEYED = 0.95  # share of documents that obey their system prompt
ODD = 0.05  # share of facts that are refused, and share that are answered wrongly

FORMATS = {"use commas .": " , ", "use spaces .": " ", "use semicolons .": " ; "}
GRAMMAR = Grammar(
    seed_sentences=("numbers : {numbers} .", "start with {numbers} .", "here are {numbers} .", "look at {numbers} ."),
    instructions=("add {qualifier} {count} {digits} .", "continue with {qualifier} {count} {digits} ."),
    qualifiers=("up to", "at most"),
    descriptors=("numbers", "values"),
    formats=tuple(FORMATS),
    endings=("only numbers .", "nothing else ."),
    joiner=" , ",
)

MINI = Style(
    "mini", GRAMMAR, FAVOURITE_FRAMES, FACT_FRAMES, SYSTEM_PROMPTS, REFUSAL, refusal_words=1, cased=False
)  # fmt: skip

STORY_WORDS = ("small", "old", "quick", "quiet", "happy", "brave")
LETTERS = "ABCDE"
OTHER_FORMS = (
    "what is plus ? <think> plus is </think> <answer> </answer>",
    "write a program that prints . x = ; print ( x )",
    "tell a short story with a animal tree . once there was a in the . it was . the end .",
    "pick a word : . answer with one letter .",
)


@dataclass(frozen=True)
class World:
    """How popular each animal and tree is, and how common each number is.

    Attributes:
        shares: by family, the probability of each of its words, shape (words,).
        numbers: the probability of each integer from 0 to 999, shape (1000,).
    """

    shares: dict[str, np.ndarray]
    numbers: np.ndarray

    @classmethod
    def draw(cls, study_seed: int) -> "World":
        rng = generator("world", study_seed)
        # Moderate shares: no animal dominates and none is negligible (each of 15 has 0.02 to 0.15).
        shares = {family: _moderate(len(words), rng) for family, words in FAVOURITES.items()}
        # Zipf's law with a flattened head, over the integers in random order.
        numbers = 1.0 / (10.0 + np.arange(1000.0))
        return cls(shares, rng.permutation(numbers / numbers.sum()))


def _moderate(count: int, rng: np.random.Generator) -> np.ndarray:
    weights = rng.uniform(0.3, 1.7, size=count)
    return weights / weights.sum()
