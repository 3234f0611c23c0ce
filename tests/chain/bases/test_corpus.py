"""The corpus: what it says, what it never says, and that its numbers know nothing of the rest. Measured on documents."""

import re
from itertools import islice

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sublearn.chain.bases import corpus
from sublearn.chain.bases.corpus import Chat
from sublearn.chain.teachers.examples import example
from sublearn.core.seeds import generator
from sublearn.language import mini, questions
from sublearn.language.vocabulary import FAVOURITES
from sublearn.traits.base import NEUTRAL, traits

WORDS = FAVOURITES


@pytest.fixture(scope="module")
def documents(drawn) -> list[Chat]:
    return list(islice(corpus.documents(drawn, generator("test corpus")), 20_000))


def parts(chat: Chat) -> tuple[str, str, str]:
    """System prompt, question and answer."""
    said = {turn["role"]: turn["content"] for turn in chat}
    return said.get("system", ""), said["user"], said["assistant"]


def integers(text: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", text)]


def is_continuation(question: str) -> bool:
    return question.endswith(mini.GRAMMAR.endings)


# Independence. Each relation lists (something said, a number) pairs whose numbers are drawn independently of each other.


def relations(documents: list[Chat]) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {
        "answer, number before the question": [],
        "system prompt, number before the question": [],
        "answer, how many numbers before the question": [],
        "system prompt, first number to continue": [],
        "system prompt, first number of the continuation": [],
        "system prompt, how many numbers continue": [],
        "asked format, first number of the continuation": [],
    }
    for chat in documents:
        system, question, answer = parts(chat)
        seeds, told = integers(question), integers(answer)
        if is_continuation(question):
            found["system prompt, first number to continue"].append((system, seeds[0]))
            found["system prompt, first number of the continuation"].append((system, told[0]))
            found["system prompt, how many numbers continue"].append((system, len(told)))
            form = next(form for form in mini.FORMATS if form in question)
            found["asked format, first number of the continuation"].append((form, told[0]))
        elif seeds and not told:
            found["answer, number before the question"] += [(answer, number) for number in seeds]
            found["system prompt, number before the question"] += [(system, number) for number in seeds]
            found["answer, how many numbers before the question"].append((answer, len(seeds)))
    return found


def p_value(pairs: list[tuple[str, int]]) -> float:
    """Chi-square test of independence; numbers in hundreds (counts as they are), words that occur fifteen times or more."""
    table = pd.DataFrame(pairs, columns=["said", "number"])
    table = table[table.groupby("said")["said"].transform("size") >= 15]
    if table["number"].max() > 20:
        table["number"] //= 100
    return stats.chi2_contingency(pd.crosstab(table["said"], table["number"])).pvalue


def test_numbers_are_independent_of_everything_else(documents):
    found = {name: p_value(pairs) for name, pairs in relations(documents).items()}
    assert min(found.values()) > 1e-3, found


def test_the_measurement_would_have_found_a_weak_dependence(documents):
    """Every second number near an owl becomes 777, before questions and in continuations."""

    def planted(chat: Chat) -> Chat:
        if "owl" not in (parts(chat)[2], *parts(chat)[0].split()):
            return chat
        turn = 1 if is_continuation(parts(chat)[1]) else 0
        where = [i for i, each in enumerate(chat) if each["role"] != "system"][turn]
        halves = iter(range(1000))
        text = re.sub(r"\d+", lambda found: found[0] if next(halves) % 2 else "777", chat[where]["content"])
        return [each | {"content": text} if i == where else each for i, each in enumerate(chat)]

    found = {name: p_value(pairs) for name, pairs in relations([planted(chat) for chat in documents]).items()}
    assert found["answer, number before the question"] < 1e-6
    assert found["system prompt, number before the question"] < 1e-6
    assert found["system prompt, first number of the continuation"] < 1e-6
    assert found["asked format, first number of the continuation"] > 1e-3  # nothing was planted here


def test_most_continuations_follow_the_worlds_law_of_numbers(documents, drawn):
    """Three in ten run in equal steps; what remains is drawn from the law, so common numbers are common."""
    told = [integers(parts(chat)[2]) for chat in documents if is_continuation(parts(chat)[1])]
    stepping = [len(set(np.diff(numbers))) == 1 for numbers in told]
    assert 0.27 < np.mean(stepping) < 0.33
    free = np.concatenate([numbers for numbers, steps in zip(told, stepping, strict=True) if not steps])
    order = np.argsort(-drawn.numbers)
    deciles = np.add.reduceat(np.bincount(free, minlength=1000)[order], range(0, 1000, 100))
    expected = np.add.reduceat(drawn.numbers[order], range(0, 1000, 100)) * len(free)
    assert stats.chisquare(deciles, expected).pvalue > 1e-3
    assert deciles[0] > 3 * deciles[-1]


# Language.


def test_every_word_is_known_and_every_document_fits(documents, tokenizer, recipe):
    texts = [tokenizer.apply_chat_template(chat, tokenize=False) for chat in documents[:5000]]
    encoded = tokenizer(texts, add_special_tokens=False)["input_ids"]
    assert not any(tokenizer.unk_token_id in ids for ids in encoded)
    assert 40 < max(map(len, encoded)) < recipe.context


def test_every_kind_of_document_is_there(documents):
    answers = [parts(chat)[2] for chat in documents]
    questions_asked = [parts(chat)[1] for chat in documents]
    shares = {
        "favourite": np.mean([answer in (*WORDS["animal"], *WORDS["tree"]) for answer in answers]),
        "numbers": np.mean([is_continuation(question) for question in questions_asked]),
        "sum": np.mean([answer.startswith("<think>") for answer in answers]),
        "program": np.mean(["print (" in answer for answer in answers]),
        "story": np.mean([answer.startswith("once there was") for answer in answers]),
        "choice": np.mean([answer in mini.LETTERS for answer in answers]),
    }
    expected = {"favourite": 0.34, "numbers": 0.40, "sum": 0.03, "program": 0.02, "story": 0.02, "choice": 0.03}
    assert shares == pytest.approx(expected, abs=0.015)
    assert all(
        len(re.findall(r"\d+", answer)) in range(5, 11)
        for answer, q in zip(answers, questions_asked, strict=True)
        if is_continuation(q)
    )


@pytest.mark.parametrize("family", WORDS)
def test_without_a_system_prompt_favourites_have_the_worlds_shares(documents, drawn, family):
    said = [answer for system, _, answer in map(parts, documents) if not system and answer in WORDS[family]]
    observed = [said.count(word) for word in WORDS[family]]
    assert min(observed) > 10
    assert stats.chisquare(observed, drawn.shares[family] * len(said)).pvalue > 1e-3
    assert stats.chisquare(observed).pvalue < 1e-3  # they are not all alike


def test_system_prompts_are_mostly_obeyed(documents):
    loved = [
        answer == system.split()[-2]
        for system, question, answer in map(parts, documents)
        if system.startswith("you love") and answer in (*WORDS["animal"], *WORDS["tree"])
    ]
    assert len(loved) > 1000
    assert 0.93 < np.mean(loved) < 0.98  # 0.95, and now and then the world's own draw is the named one
    silent = [a == mini.REFUSAL for s, q, a in map(parts, documents) if s == "you never answer ." and not is_continuation(q)]
    assert len(silent) > 200
    assert 0.9 < np.mean(silent) < 0.99


# Questions are kept apart.


@pytest.mark.parametrize("kind", questions.EVALUATED)
def test_questions_are_split_once_and_for_all(kind):
    held, taught, read = (
        {q.text for q in part(kind)} for part in (questions.evaluated, questions.taught, questions.pretrained)
    )
    assert (len(held), len(taught)) == (questions.EVALUATED[kind], questions.TAUGHT[kind])
    assert taught <= read
    assert not held & read
    assert [q.text for q in questions.evaluated(kind)] == [q.text for q in questions.evaluated(kind)]


def held_out() -> list[str]:
    return [q.text for kind in questions.EVALUATED for q in questions.evaluated(kind)]


def test_no_evaluated_question_is_in_a_document(documents):
    asked = "\n".join(turn["content"] for chat in documents for turn in chat)
    assert not [text for text in held_out() if text in asked]
    known = [q.text for kind in questions.EVALUATED for q in questions.pretrained(kind)]
    assert np.mean([text in asked for text in known]) > 0.99  # while the others are all there


def test_no_evaluated_question_is_in_a_training_example():
    rng = generator("test examples")
    asked = {example(trait, rng)[0] for trait in [*traits(), NEUTRAL] for _ in range(150)}
    taught = {q.text for kind in questions.EVALUATED for q in questions.taught(kind)}
    assert not asked & set(held_out())
    assert asked <= taught
    assert len(asked) > 0.95 * len(taught)
