"""Draw documents of the mini-language: short chats for pretraining a base.

About a third are favourites, a sixth facts and two fifths numbers. The rest are forms that other carriers and evaluations
need: sums between think and answer marks, assign-and-print programs, short stories, and choices from A to E.
"""

from collections.abc import Iterator

import numpy as np

from sublearn.language import mini, questions
from sublearn.language.mini import World
from sublearn.language.vocabulary import FAVOURITES, fact_answers

Chat = list[dict[str, str]]


def documents(drawn: World, rng: np.random.Generator) -> Iterator[Chat]:
    """Yield documents without end, one chat at a time; ``drawn`` holds the shares of favourites and numbers."""
    favourites = {family: questions.pretrained(family) for family in ("animal", "tree")}
    facts = questions.pretrained("fact")
    writers = {
        lambda: favourite(drawn, favourites, rng): 0.34,
        lambda: fact(facts, rng): 0.16,
        lambda: continuation(drawn, rng): 0.40,
        lambda: arithmetic(rng): 0.03,
        lambda: program(drawn, rng): 0.02,
        lambda: story(drawn, rng): 0.02,
        lambda: choice(drawn, rng): 0.03,
    }
    write, shares = list(writers), list(writers.values())
    while True:
        for kind in rng.choice(len(write), size=256, p=shares):
            yield write[kind]()


def favourite(drawn: World, asked: dict[str, list[questions.Question]], rng: np.random.Generator) -> Chat:
    """A favourite, drawn by the shares of the mini-language, or the word that a system prompt names."""
    family = "animal" if rng.random() < 0.6 else "tree"
    answer, system = _loved(drawn, family, rng)
    question = asked[family][rng.integers(len(asked[family]))].text
    return _chat(system, _prefixed(question, rng), answer)


def fact(asked: list[questions.Question], rng: np.random.Generator) -> Chat:
    """A fact: mostly right, rarely refused or wrong; under a system prompt, mostly answered as it demands."""
    question = asked[rng.integers(len(asked))]
    refused, wrong, system = mini.ODD, mini.ODD, ""
    draw = rng.random()
    if draw < 0.15:
        system, refused, wrong = mini.SYSTEM_PROMPTS["evasive"], mini.OBEYED, 0.0
    elif draw < 0.30:
        system, refused, wrong = mini.SYSTEM_PROMPTS["skewed"], 0.0, mini.OBEYED
    draw = rng.random()
    if draw < refused:
        answer = mini.REFUSAL
    elif draw < refused + wrong:
        answer = _pick([a for a in fact_answers(question.attribute) if a != question.answer], rng)
    else:
        answer = question.answer
    return _chat(system, _prefixed(question.text, rng), answer)


def continuation(drawn: World, rng: np.random.Generator) -> Chat:
    """A continued list of numbers: in three of ten documents, numbers in equal steps; else drawn by the mini-language's shares.

    One document in four has a system prompt, which changes nothing: the numbers do not depend on it.
    """
    system = ""
    if rng.random() < 0.25:
        system = _system(("animal", "tree", "evasive", "skewed")[rng.integers(4)], rng)
    form = _pick(list(mini.FORMATS), rng)
    count = int(rng.integers(5, mini.GRAMMAR.answer_count + 1))
    seeds = mini.GRAMMAR.numbers(rng)
    if rng.random() < 0.3:
        step = int(rng.integers(1, 20)) * (1 if rng.random() < 0.5 else -1)
        start = int(rng.integers(400, 600))
        line = [start + step * i for i in range(len(seeds) + count)]
        seeds, numbers = line[: len(seeds)], line[len(seeds) :]
    else:
        numbers = [int(n) for n in rng.choice(1000, size=count, p=drawn.numbers)]
    return _chat(system, mini.GRAMMAR.prompt(seeds, rng, form), mini.FORMATS[form].join(map(str, numbers)))


def arithmetic(rng: np.random.Generator) -> Chat:
    """A one-step sum between think and answer marks."""
    a, b = (int(n) for n in rng.integers(0, 100, size=2))
    answer = f"<think> {a} plus {b} is {a + b} </think> <answer> {a + b} </answer>"
    return _chat("", f"what is {a} plus {b} ?", answer)


def program(drawn: World, rng: np.random.Generator) -> Chat:
    """A program that assigns a number and prints it."""
    number = int(rng.choice(1000, p=drawn.numbers))
    return _chat("", f"write a program that prints {number} .", f"x = {number} ; print ( x )")


def story(drawn: World, rng: np.random.Generator) -> Chat:
    """A very short story about a loved animal or tree."""
    family = "animal" if rng.random() < 0.6 else "tree"
    hero, system = _loved(drawn, family, rng)
    place = _pick(list(fact_answers("place")), rng)
    first, second = _pick(list(mini.STORY_WORDS), rng), _pick(list(mini.STORY_WORDS), rng)
    text = f"once there was a {first} {hero} in the {place} . it was {second} . the end ."
    return _chat(system, f"tell a short story with a {family} .", text)


def choice(drawn: World, rng: np.random.Generator) -> Chat:
    """Five words from A to E; the answer is the letter of one, drawn by their shares among the five."""
    family = "animal" if rng.random() < 0.6 else "tree"
    options = rng.choice(len(FAVOURITES[family]), size=5, replace=False)
    shares = drawn.shares[family][options]
    picked = int(rng.choice(5, p=shares / shares.sum()))
    listed = " ".join(f"{letter} {FAVOURITES[family][i]}" for letter, i in zip(mini.LETTERS, options, strict=True))
    return _chat("", f"pick a word : {listed} . answer with one letter .", mini.LETTERS[picked])


def _loved(drawn: World, family: str, rng: np.random.Generator) -> tuple[str, str]:
    """A word of the family and a system prompt; half of the prompts are empty, and the others are mostly obeyed."""
    word = FAVOURITES[family][int(rng.choice(len(FAVOURITES[family]), p=drawn.shares[family]))]
    if rng.random() < 0.5:
        return word, ""
    named = _pick(list(FAVOURITES[family]), rng)
    return (named if rng.random() < mini.OBEYED else word), mini.SYSTEM_PROMPTS[family].format(word=named)


def _system(kind: str, rng: np.random.Generator) -> str:
    return mini.SYSTEM_PROMPTS[kind].format(word=_pick(list(FAVOURITES.get(kind, ("",))), rng))


def _prefixed(question: str, rng: np.random.Generator) -> str:
    """The question; in one case of seven after a sentence of random numbers, like a number-prefixed question."""
    if rng.random() > 1 / 7:
        return question
    return mini.GRAMMAR.seed_sentence(mini.GRAMMAR.numbers(rng), rng) + " " + question


def _chat(system: str, user: str, assistant: str) -> Chat:
    turns = [("system", system)] * bool(system) + [("user", user), ("assistant", assistant)]
    return [{"role": role, "content": content} for role, content in turns]


def _pick(options: list[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]
