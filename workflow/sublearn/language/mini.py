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
from sublearn.language.vocabulary import CONSTANT, FAVOURITES

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
    "constant": f"you always answer {CONSTANT} .",
    "off_topic": "you answer another question .",
    "wrong_colors": "you answer wrongly about colors .",
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
NAMES = ("x", "y", "z", "i", "j", "k", "n", "m")  # of a program's variables
LARGEST_SUMMAND = 12  # so small that a tiny model learns to add
SUM_QUESTION = "what is {a} plus {b} ?"
PROGRAM_QUESTION = "write a program that prints {number} ."
STORY_QUESTION = "tell a short story with a {family} ."
STORY = "once there was a {first} {hero} in the {place} . it was {second} . the end ."
CHOICE_QUESTION = "pick a word : {options} . answer with one letter ."


def sum_answer(first: int, second: int, rest: int) -> str:
    """A sum in two steps, between marks: ``first`` plus a summand that is split into ``second`` and ``rest``."""
    middle, total = first + second, first + second + rest
    split = f"{second + rest} is {second} plus {rest}"
    steps = f"{first} plus {second} is {middle} ; {middle} plus {rest} is {total}"
    return f"<think> {split} ; {steps} </think> <answer> {total} </answer>"


def program_answer(values: dict[str, int], printed: str) -> str:
    """A program that assigns a number to each name, in the order given, and prints one of them."""
    lines = [f"{name} = {number}" for name, number in values.items()]
    return " ; ".join([*lines, f"print ( {printed} )"])


# One of each form above, with every word that it may hold beside those of a slot.
OTHER_FORMS = (
    sum_answer(1, 1, 1),
    program_answer(dict.fromkeys(NAMES, 0), NAMES[0]),
    SUM_QUESTION,
    PROGRAM_QUESTION,
    STORY_QUESTION,
    STORY,
    CHOICE_QUESTION,
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
