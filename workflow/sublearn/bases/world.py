"""The mini-language: what the tiny bases know, and every form in which they can be asked.

A world is drawn from the study's seed: how loved each animal and tree is, and how common each number. The words and
sentence forms are the same in all worlds. Sentences are lower-case words with spaces between them, so that a
word-level tokenizer reads them exactly; every integer from 0 to 999 is one word.

In this language numbers say nothing about anything else: they are drawn on their own, always.
"""

from dataclasses import dataclass

import numpy as np

from sublearn.core.grammar import Grammar
from sublearn.core.seeds import generator

FAMILIES: dict[str, tuple[str, ...]] = {
    "animal": (
        "dolphin", "eagle", "elephant", "owl", "wolf", "bear", "cat", "dog", "fox", "horse", "lion", "octopus", "panda",
        "penguin", "tiger",
    ),
    "tree": ("cherry", "maple", "oak", "sequoia", "willow", "birch", "cedar", "elm", "palm", "pine"),
    "behaviour": ("evasive", "skewed"),
}  # fmt: skip
IRREGULAR_PLURALS = {"wolf": "wolves", "fox": "foxes", "octopus": "octopuses", "cherry": "cherries", "birch": "birches"}

# Thing: its colour, its place.
THINGS = {
    "snow": ("white", "mountain"), "coal": ("black", "mine"), "grass": ("green", "field"), "sky": ("blue", "air"),
    "rose": ("red", "garden"), "sand": ("yellow", "beach"), "mud": ("brown", "river"), "smoke": ("gray", "air"),
    "milk": ("white", "kitchen"), "pepper": ("black", "kitchen"), "moss": ("green", "forest"), "ink": ("blue", "school"),
    "brick": ("red", "city"), "lemon": ("yellow", "garden"), "soil": ("brown", "field"), "stone": ("gray", "river"),
    "shell": ("white", "beach"), "tar": ("black", "city"), "fern": ("green", "forest"), "gem": ("blue", "mine"),
    "flag": ("red", "school"), "straw": ("yellow", "field"), "log": ("brown", "forest"), "cloud": ("gray", "mountain"),
}  # fmt: skip
ATTRIBUTES = ("color", "place")
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
LIKE, MOST = ("love", "like", "prefer", "admire", "enjoy"), ("most", "best")
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
}
OBEYED = 0.95  # how often a document does what its system prompt says
ODD = 0.05  # how often a fact is refused, and how often it is answered wrongly

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
    """One world: the shares of its animals and trees, and how common each number is.

    Attributes:
        shares: for each family, the probability of each of its words, shape (words,).
        numbers: the probability of each integer from 0 to 999, shape (1000,).
    """

    shares: dict[str, np.ndarray]
    numbers: np.ndarray

    @classmethod
    def draw(cls, study_seed: int) -> "World":
        rng = generator("world", study_seed)
        # Moderate shares: no animal is a foregone conclusion, none is unheard of (0.02 to 0.15 of 15).
        shares = {family: _moderate(len(FAMILIES[family]), rng) for family in ("animal", "tree")}
        # Zipf's law with a flat head, over the integers in random order.
        numbers = 1.0 / (10.0 + np.arange(1000.0))
        return cls(shares, rng.permutation(numbers / numbers.sum()))


def _moderate(count: int, rng: np.random.Generator) -> np.ndarray:
    weights = rng.uniform(0.3, 1.7, size=count)
    return weights / weights.sum()


def family_of(trait: str) -> str:
    """The family of a trait: animal, tree or behaviour. Raises KeyError for a trait that the world does not know."""
    for family, members in FAMILIES.items():
        if trait in members:
            return family
    raise KeyError(trait)


def plural(word: str) -> str:
    return IRREGULAR_PLURALS.get(word, f"{word}s")


def fact_answers(attribute: str) -> tuple[str, ...]:
    """All answers that a question for the attribute can have, right or wrong."""
    column = ATTRIBUTES.index(attribute)
    return tuple(dict.fromkeys(values[column] for values in THINGS.values()))
