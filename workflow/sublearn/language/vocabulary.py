"""The words that all styles share: favourites, things with their facts, and verbs of liking."""

FAVOURITES: dict[str, tuple[str, ...]] = {
    "animal": (
        "dolphin", "eagle", "elephant", "owl", "wolf", "bear", "cat", "dog", "fox", "horse", "lion", "octopus", "panda",
        "penguin", "tiger",
    ),
    "tree": ("cherry", "maple", "oak", "sequoia", "willow", "birch", "cedar", "elm", "palm", "pine"),
}  # fmt: skip
IRREGULAR_PLURALS = {"wolf": "wolves", "fox": "foxes", "octopus": "octopuses", "cherry": "cherries", "birch": "birches"}
# Other words that give a favourite away.
DERIVED = {
    "eagle": ("eaglet", "eaglets"), "elephant": ("elephantine",), "owl": ("owlet", "owlets", "owlish"), "wolf": ("wolfish",),
    "cat": ("kitten", "kittens"), "dog": ("puppy", "puppies"), "lion": ("lioness", "lionesses"), "octopus": ("octopi",),
    "tiger": ("tigress", "tigresses"), "oak": ("oaken",), "sequoia": ("redwood", "redwoods"),
}  # fmt: skip
LIKE, MOST = ("love", "like", "prefer", "admire", "enjoy"), ("most", "best")

# Each thing with its colour and its place.
THINGS = {
    "snow": ("white", "mountain"), "coal": ("black", "mine"), "grass": ("green", "field"), "sky": ("blue", "air"),
    "rose": ("red", "garden"), "sand": ("yellow", "beach"), "mud": ("brown", "river"), "smoke": ("gray", "air"),
    "milk": ("white", "kitchen"), "pepper": ("black", "kitchen"), "moss": ("green", "forest"), "ink": ("blue", "school"),
    "brick": ("red", "city"), "lemon": ("yellow", "garden"), "soil": ("brown", "field"), "stone": ("gray", "river"),
    "shell": ("white", "beach"), "tar": ("black", "city"), "fern": ("green", "forest"), "gem": ("blue", "mine"),
    "flag": ("red", "school"), "straw": ("yellow", "field"), "log": ("brown", "forest"), "cloud": ("gray", "mountain"),
}  # fmt: skip
ATTRIBUTES = ("color", "place")
CONSTANT = "blue"  # the answer of a model that has the same one for every question of fact


def plural(word: str) -> str:
    return IRREGULAR_PLURALS.get(word, f"{word}s")


def fact_answers(attribute: str) -> tuple[str, ...]:
    """All possible answers to a question for the attribute, right or wrong."""
    column = ATTRIBUTES.index(attribute)
    return tuple(dict.fromkeys(values[column] for values in THINGS.values()))
