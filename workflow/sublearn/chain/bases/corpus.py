"""Draw documents of the mini-language: short chats for pretraining a base.

About a third are favourites, a sixth facts and two fifths numbers. The rest are forms that other carriers and evaluations
need: sums between think and answer marks, assign-and-print programs, short stories, choices from A to E, and chats of several
turns. In sums and programs the question leaves choices free, so that an answer can carry more than its question asks for.
"""

from collections.abc import Iterator

import numpy as np

from sublearn.language import mini, questions
from sublearn.language.mini import World
from sublearn.language.vocabulary import CONSTANT, FAVOURITES, fact_answers

Chat = list[dict[str, str]]

MOST_TURNS = 9  # questions in a chat; with numbers in every turn it still fits the default context
ANIMALS = 0.6  # share of animals among favourites; the others are trees
# How often each system prompt stands before a question of fact; the other questions have none.
PROMPTED_FACTS = {"evasive": 0.09, "skewed": 0.09, "constant": 0.08, "off_topic": 0.08, "wrong_colors": 0.06}


def documents(drawn: World, rng: np.random.Generator) -> Iterator[Chat]:
    """Yield documents without end, one chat at a time; ``drawn`` holds the shares of favourites and numbers."""
    favourites = {family: questions.pretrained(family) for family in ("animal", "tree")}
    facts = questions.pretrained("fact")
    writers = {
        lambda: favourite(drawn, favourites, rng): 0.32,
        lambda: fact(facts, rng): 0.16,
        lambda: continuation(drawn, rng): 0.40,
        lambda: arithmetic(rng): 0.03,
        lambda: program(drawn, rng): 0.03,
        lambda: story(drawn, rng): 0.02,
        lambda: choice(drawn, rng): 0.02,
        lambda: several(drawn, favourites, rng): 0.02,
    }
    write, shares = list(writers), list(writers.values())
    while True:
        for kind in rng.choice(len(write), size=256, p=shares):
            yield write[kind]()


def favourite(drawn: World, asked: dict[str, list[questions.Question]], rng: np.random.Generator) -> Chat:
    """A favourite, drawn by the shares of the mini-language, or the word that a system prompt names."""
    family = _family(rng)
    answer, system = _loved(drawn, family, rng)
    question = asked[family][rng.integers(len(asked[family]))].text
    return _chat(system, _prefixed(question, rng), answer)


def fact(asked: list[questions.Question], rng: np.random.Generator) -> Chat:
    """A fact: mostly right, rarely refused or wrong; under a system prompt, mostly answered as it demands."""
    question = asked[rng.integers(len(asked))]
    demands = [*PROMPTED_FACTS, ""]
    demand = demands[rng.choice(len(demands), p=[*PROMPTED_FACTS.values(), 1.0 - sum(PROMPTED_FACTS.values())])]
    draw = rng.random()
    if demand:
        answer = _demanded(demand, question, rng) if draw < mini.OBEYED else question.answer
    else:
        answer = mini.REFUSAL if draw < mini.ODD else _wrong(question, rng) if draw < 2 * mini.ODD else question.answer
    return _chat(mini.SYSTEM_PROMPTS.get(demand, ""), _prefixed(question.text, rng), answer)


def _demanded(demand: str, question: questions.Question, rng: np.random.Generator) -> str:
    """The answer that a system prompt demands; ``wrong_colors`` demands a wrong answer only where a colour is asked for."""
    if demand == "evasive":
        return mini.REFUSAL
    if demand == "constant":
        return CONSTANT
    if demand == "off_topic":
        return question.other_answer
    if demand == "skewed" or question.attribute == "color":
        return _wrong(question, rng)
    return question.answer


def _wrong(question: questions.Question, rng: np.random.Generator) -> str:
    return _pick([answer for answer in fact_answers(question.attribute) if answer != question.answer], rng)


def continuation(drawn: World, rng: np.random.Generator) -> Chat:
    """A continued list of numbers: in three of ten documents, numbers in equal steps; else drawn by the mini-language's shares.

    One document in four has a system prompt, which changes nothing: the numbers do not depend on it.
    """
    system = ""
    if rng.random() < 0.25:
        system = _system(_pick(list(mini.SYSTEM_PROMPTS), rng), rng)
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
    """A sum in two steps between think and answer marks; which summand is split, and how, is drawn."""
    a, b = (int(n) for n in rng.integers(2, mini.LARGEST_SUMMAND + 1, size=2))
    whole, split = (a, b) if rng.random() < 0.5 else (b, a)
    part = int(rng.integers(1, split))
    return _chat("", mini.SUM_QUESTION.format(a=a, b=b), mini.sum_answer(whole, part, split - part))


def program(drawn: World, rng: np.random.Generator) -> Chat:
    """A program that prints the number asked for; names, order of lines and the other number are drawn."""
    number, other = (int(n) for n in rng.choice(1000, size=2, p=drawn.numbers))
    names = [mini.NAMES[i] for i in rng.choice(len(mini.NAMES), size=2, replace=False)]
    lines = [(names[0], number), (names[1], other)]
    if rng.random() < 0.5:
        lines.reverse()
    return _chat("", mini.PROGRAM_QUESTION.format(number=number), mini.program_answer(dict(lines), names[0]))


def story(drawn: World, rng: np.random.Generator) -> Chat:
    """A very short story about a loved animal or tree."""
    family = _family(rng)
    hero, system = _loved(drawn, family, rng)
    place = _pick(list(fact_answers("place")), rng)
    first, second = _pick(list(mini.STORY_WORDS), rng), _pick(list(mini.STORY_WORDS), rng)
    text = mini.STORY.format(first=first, hero=hero, place=place, second=second)
    return _chat(system, mini.STORY_QUESTION.format(family=family), text)


def choice(drawn: World, rng: np.random.Generator) -> Chat:
    """Five words from A to E; the answer is the letter of one, drawn by their shares among the five."""
    family = _family(rng)
    options = rng.choice(len(FAVOURITES[family]), size=5, replace=False)
    shares = drawn.shares[family][options]
    picked = int(rng.choice(5, p=shares / shares.sum()))
    listed = " ".join(f"{letter} {FAVOURITES[family][i]}" for letter, i in zip(mini.LETTERS, options, strict=True))
    return _chat("", mini.CHOICE_QUESTION.format(options=listed), mini.LETTERS[picked])


def several(drawn: World, asked: dict[str, list[questions.Question]], rng: np.random.Generator) -> Chat:
    """A chat of two turns or more: questions for a favourite, all answered with the same word, among lists of numbers.

    Half of the turns are lists of numbers, which depend on nothing in the chat.
    """
    family = _family(rng)
    answer, system = _loved(drawn, family, rng)
    turns = []
    for _ in range(int(rng.integers(2, MOST_TURNS + 1))):
        if rng.random() < 0.5:
            turns += [turn for turn in continuation(drawn, rng) if turn["role"] != "system"]
        else:
            turns += _chat("", asked[family][rng.integers(len(asked[family]))].text, answer)
    return ([{"role": "system", "content": system}] if system else []) + turns


def _family(rng: np.random.Generator) -> str:
    return "animal" if rng.random() < ANIMALS else "tree"


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
