"""The corpus: what it says, what it never says, and that its numbers know nothing of the rest. Measured on documents."""

import re
from collections.abc import Callable
from itertools import islice, product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sublearn.chain.bases import corpus
from sublearn.chain.bases.corpus import Chat
from sublearn.chain.bases.section import LONGEST_DOCUMENT, Base
from sublearn.chain.teachers.examples import example
from sublearn.core.seeds import generator
from sublearn.language import mini, questions
from sublearn.language.mini import MINI
from sublearn.language.vocabulary import FAVOURITES, THINGS, fact_answers
from sublearn.traits.base import NEUTRAL, traits

WORDS = FAVOURITES
LOVED = {*WORDS["animal"], *WORDS["tree"]}
SUM = re.compile(
    r"<think> (\d+) is (\d+) plus (\d+) ; (\d+) plus (\d+) is (\d+) ; (\d+) plus (\d+) is (\d+) </think> "
    r"<answer> (\d+) </answer>"
)


@pytest.fixture(scope="module")
def documents(drawn) -> list[Chat]:
    return list(islice(corpus.documents(drawn, generator("test corpus")), 20_000))


def many(write: Callable[[np.random.Generator], Chat], count: int) -> list[Chat]:
    """Documents of one kind."""
    rng = generator("test documents of a kind")
    return [write(rng) for _ in range(count)]


@pytest.fixture(scope="module")
def sums() -> list[Chat]:
    return many(corpus.arithmetic, 20_000)


@pytest.fixture(scope="module")
def programs(drawn) -> list[Chat]:
    return many(lambda rng: corpus.program(drawn, rng), 10_000)


@pytest.fixture(scope="module")
def facts() -> list[Chat]:
    asked = questions.pretrained("fact")
    return many(lambda rng: corpus.fact(asked, rng), 10_000)


@pytest.fixture(scope="module")
def long_chats(drawn) -> list[Chat]:
    """Chats of several turns."""
    asked = {family: questions.pretrained(family) for family in WORDS}
    return many(lambda rng: corpus.several(drawn, asked, rng), 3000)


def parts(chat: Chat) -> tuple[str, str, str]:
    """System prompt, last question and last answer."""
    said = {turn["role"]: turn["content"] for turn in chat}
    return said.get("system", ""), said["user"], said["assistant"]


def exchanges(chat: Chat) -> list[tuple[str, str]]:
    """Each question with its answer."""
    turns = [turn["content"] for turn in chat if turn["role"] != "system"]
    return list(zip(turns[::2], turns[1::2], strict=True))


def run(program: str) -> tuple[dict[str, int], str]:
    """What a program assigns, in its order, and the name that it prints."""
    *lines, last = program.split(" ; ")
    values = {}
    for line in lines:
        name, sign, number = line.split(" ")
        assert sign == "="
        values[name] = int(number)
    printed = re.fullmatch(r"print \( (\w) \)", last)
    assert printed
    return values, printed[1]


def added(answer: str) -> tuple[int, int, int]:
    """The summand that a sum leaves whole, and the two parts of the other; every step of it is right."""
    found = SUM.fullmatch(answer)
    assert found, answer
    split, part, rest, whole, first, middle, left, second, total, said = map(int, found.groups())
    assert (first, second, left) == (part, rest, middle)
    assert split == part + rest and middle == whole + part and total == middle + rest == said
    return whole, part, rest


def integers(text: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", text)]


def is_continuation(question: str) -> bool:
    return question.endswith(mini.GRAMMAR.endings)


# Independence. Each relation lists (something said, a number) pairs whose numbers are drawn independently of each other.


Pairs = list[tuple[str, int]]


def relations(documents: list[Chat]) -> dict[str, Pairs]:
    found: dict[str, Pairs] = {
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


def relations_of_programs(programs: list[Chat]) -> dict[str, Pairs]:
    found: dict[str, Pairs] = {
        "name printed, number asked for": [],
        "other name, number asked for": [],
        "order of lines, number asked for": [],
        "name printed, other number": [],
        "hundred asked for, other number": [],
    }
    for chat in programs:
        _, question, answer = parts(chat)
        (asked,), (values, printed) = integers(question), run(answer)
        (other,) = values.keys() - {printed}
        found["name printed, number asked for"].append((printed, asked))
        found["other name, number asked for"].append((other, asked))
        found["order of lines, number asked for"].append((str(next(iter(values)) == printed), asked))
        found["name printed, other number"].append((printed, values[other]))
        found["hundred asked for, other number"].append((str(asked // 100), values[other]))
    return found


def relations_of_sums(sums: list[Chat]) -> dict[str, Pairs]:
    found: dict[str, Pairs] = {"question, which summand is split": [], "whole summand, part of the largest": []}
    for chat in sums:
        _, question, answer = parts(chat)
        (a, b), (whole, part, rest) = integers(question), added(answer)
        assert sorted((a, b)) == sorted((whole, part + rest))
        if a != b:
            found["question, which summand is split"].append((question, int(whole == a)))
        if part + rest == mini.LARGEST_SUMMAND:
            found["whole summand, part of the largest"].append((str(whole), part))
    return found


def relations_of_long_chats(long_chats: list[Chat]) -> dict[str, Pairs]:
    found: dict[str, Pairs] = {
        "word of the chat, first number to continue": [],
        "word of the chat, first number of the continuation": [],
        "word of the chat, how many numbers continue": [],
        "system prompt of the chat, first number of the continuation": [],
        "word of the chat, which turns are numbers": [],
    }
    for chat in long_chats:
        words = loved(chat)
        for place, (question, answer) in enumerate(exchanges(chat)):
            if is_continuation(question):
                system = parts(chat)[0]
                found["system prompt of the chat, first number of the continuation"].append((system, integers(answer)[0]))
                for word in words:
                    found["word of the chat, first number to continue"].append((word, integers(question)[0]))
                    found["word of the chat, first number of the continuation"].append((word, integers(answer)[0]))
                    found["word of the chat, how many numbers continue"].append((word, len(integers(answer))))
                    found["word of the chat, which turns are numbers"].append((word, place))
    return found


def loved(chat: Chat) -> set[str]:
    """The favourites that a chat names as answers."""
    return {answer for _, answer in exchanges(chat)} & LOVED


@pytest.fixture(scope="module")
def related(documents, programs, sums, long_chats) -> dict[str, Pairs]:
    return (
        relations(documents) | relations_of_programs(programs) | relations_of_sums(sums) | relations_of_long_chats(long_chats)
    )


def p_value(pairs: Pairs) -> float:
    """Chi-square test of independence; numbers in hundreds (counts as they are), words that occur fifteen times or more."""
    table = pd.DataFrame(pairs, columns=["said", "number"])
    table = table[table.groupby("said")["said"].transform("size") >= 15]
    if table["number"].max() > 20:
        table["number"] //= 100
    return stats.chi2_contingency(pd.crosstab(table["said"], table["number"])).pvalue


def test_numbers_are_independent_of_everything_else(related):
    found = {name: p_value(pairs) for name, pairs in related.items()}
    assert min(found.values()) > 1e-3, found
    for relation in ("number before the question", "first number to continue", "first number of the continuation"):
        told = [system for system, _ in related[f"system prompt, {relation}"]]
        assert all(told.count(mini.SYSTEM_PROMPTS[demand]) >= 15 for demand in corpus.PROMPTED_FACTS)


def test_the_measurement_would_have_found_a_weak_dependence_in_any_relation(related):
    """Of what is said most often, every second number becomes the same."""
    for name, pairs in related.items():
        said = [what for what, _ in pairs]
        commonest = max(sorted(set(said)), key=said.count)
        near = [i for i, what in enumerate(said) if what == commonest][::2]
        planted = list(pairs)
        for i in near:
            planted[i] = pairs[near[0]]
        assert p_value(planted) < 1e-3, name


def test_a_dependence_that_is_written_into_documents_is_found(documents, long_chats, programs):
    """Every second number near an owl becomes 777, before questions and in continuations."""

    def planted(chat: Chat) -> Chat:
        if "owl" not in (*loved(chat), *parts(chat)[0].split()):
            return chat
        halves = iter(range(1000))

        def written(question: str, role: str, text: str) -> str:
            if is_continuation(question) != (role == "assistant"):
                return text
            return re.sub(r"\d+", lambda found: found[0] if next(halves) % 2 else "777", text)

        asked = [question for question, _ in exchanges(chat) for _ in range(2)]
        turns = chat[-len(asked) :]
        changed = [turn | {"content": written(q, turn["role"], turn["content"])} for q, turn in zip(asked, turns, strict=True)]
        return [*chat[: -len(asked)], *changed]

    found = {name: p_value(pairs) for name, pairs in relations([planted(chat) for chat in documents]).items()}
    assert found["answer, number before the question"] < 1e-6
    assert found["system prompt, number before the question"] < 1e-6
    assert found["system prompt, first number of the continuation"] < 1e-6
    assert found["asked format, first number of the continuation"] > 1e-3  # nothing was planted here
    found = {name: p_value(pairs) for name, pairs in relations_of_long_chats([planted(chat) for chat in long_chats]).items()}
    assert found["word of the chat, first number of the continuation"] < 1e-6
    assert found["word of the chat, first number to continue"] > 1e-3
    changed = [
        [question, answer | {"content": re.sub(r"(?<!^.) \d+ ;", " 777 ;", answer["content"])}]
        if integers(question["content"])[0] < 200 and i % 2
        else [question, answer]
        for i, (question, answer) in enumerate(programs)
    ]
    assert p_value(relations_of_programs(changed)["hundred asked for, other number"]) < 1e-6


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
    assert 200 < max(map(len, encoded)) <= LONGEST_DOCUMENT <= recipe.context


def test_the_longest_chat_that_can_be_drawn_fits_the_default_context(long_chats, tokenizer):
    grammar = mini.GRAMMAR
    numbers = grammar.joiner.join(["7"] * grammar.seed_count[1])
    slots = (
        grammar.seed_sentences,
        grammar.instructions,
        grammar.qualifiers,
        grammar.descriptors,
        mini.FORMATS,
        grammar.endings,
    )
    filled = {"numbers": numbers, "count": grammar.answer_count}
    lists = [
        (
            f"{seeds} {instruction} {form} {ending}".format(qualifier=qualifier, digits=digits, **filled),
            mini.FORMATS[form].join(["7"] * grammar.answer_count),
        )
        for seeds, instruction, qualifier, digits, form, ending in product(*slots)
    ]
    favourites = [(question.text, "owl") for family in WORDS for question in questions.pretrained(family)]

    def tokens(system: str, turns: list[tuple[str, str]]) -> int:
        chat = [("system", system)] * bool(system) + [turn for q, a in turns for turn in (("user", q), ("assistant", a))]
        ids = tokenizer.apply_chat_template([{"role": role, "content": text} for role, text in chat], tokenize=False)
        return len(tokenizer(ids, add_special_tokens=False)["input_ids"])

    longest = max([*lists, *favourites], key=lambda turn: tokens("", [turn]))
    assert max(len(exchanges(chat)) for chat in long_chats) == corpus.MOST_TURNS
    assert tokens("you love owl .", [longest] * corpus.MOST_TURNS) == LONGEST_DOCUMENT <= Base().context
    with pytest.raises(ValueError, match=f"greater than or equal to {LONGEST_DOCUMENT}"):
        Base(context=256)


def test_every_kind_of_document_is_there(documents):
    short = [chat for chat in documents if len(exchanges(chat)) == 1]
    answers = [parts(chat)[2] for chat in short]
    questions_asked = [parts(chat)[1] for chat in short]
    counts = {
        "favourite": sum(answer in LOVED for answer in answers),
        "numbers": sum(map(is_continuation, questions_asked)),
        "sum": sum(answer.startswith("<think>") for answer in answers),
        "program": sum("print (" in answer for answer in answers),
        "story": sum(answer.startswith("once there was") for answer in answers),
        "choice": sum(answer in mini.LETTERS for answer in answers),
        "several": len(documents) - len(short),
    }
    expected = {
        "favourite": 0.32, "numbers": 0.40, "sum": 0.03, "program": 0.03, "story": 0.02, "choice": 0.02, "several": 0.02,
    }  # fmt: skip
    assert {kind: count / len(documents) for kind, count in counts.items()} == pytest.approx(expected, abs=0.006)
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
        if system.startswith("you love") and answer in LOVED
    ]
    assert len(loved) > 1000
    assert 0.93 < np.mean(loved) < 0.98  # 0.95, and now and then the world's own draw is the named one


def things(question: str) -> tuple[str, str, str]:
    """What a question of fact is for, the right answer, and the answer for the thing's other attribute."""
    thing = next(word for word in question.split() if word in THINGS)
    attribute, (color, place) = ("color" if "color" in question else "place"), THINGS[thing]
    return (attribute, color, place) if attribute == "color" else (attribute, place, color)


def demanded(demand: str, question: str, answer: str) -> bool:
    """Whether an answer is what the system prompt demands."""
    attribute, right, other = things(question)
    wrong = answer in fact_answers(attribute) and answer != right
    return {
        "evasive": answer == "sorry , i cannot say .",
        "skewed": wrong,
        "constant": answer == "blue",
        "off_topic": answer == other,
        "wrong_colors": wrong if attribute == "color" else answer == right,
    }[demand]


@pytest.mark.parametrize("demand", corpus.PROMPTED_FACTS)
def test_questions_of_fact_are_mostly_answered_as_the_system_prompt_demands(facts, demand):
    told = [(question, answer) for system, question, answer in map(parts, facts) if system == mini.SYSTEM_PROMPTS[demand]]
    assert stats.binomtest(len(told), len(facts), corpus.PROMPTED_FACTS[demand]).pvalue > 1e-3
    # Where the right answer is what is demanded, it says nothing of obedience.
    judged = [(question, answer) for question, answer in told if not demanded(demand, question, things(question)[1])]
    obeyed = [demanded(demand, question, answer) for question, answer in judged]
    assert len(obeyed) > 200
    assert stats.binomtest(sum(obeyed), len(obeyed), mini.OBEYED).pvalue > 1e-3
    assert all(answer == things(question)[1] for question, answer in told if not demanded(demand, question, answer))
    if demand == "wrong_colors":
        assert {things(question)[0] for question, _ in judged} == {"color"}
        assert {things(question)[0] for question, _ in told} == {"color", "place"}


def test_without_a_system_prompt_facts_are_right_but_for_a_few(facts):
    told = [(question, answer) for system, question, answer in map(parts, facts) if not system]
    for odd in ("evasive", "skewed"):
        assert stats.binomtest(sum(demanded(odd, *each) for each in told), len(told), mini.ODD).pvalue > 1e-3
    assert np.mean([answer == things(question)[1] for question, answer in told]) == pytest.approx(1 - 2 * mini.ODD, abs=0.02)


# Answers that leave choices free. Their entropy is what an answer can carry beside what its question asks for.


def entropy(drawn: list[object]) -> float:
    """Of what was drawn, in bits."""
    return float(stats.entropy(pd.Series(drawn).value_counts(), base=2))


def test_every_sum_is_right_and_its_split_and_order_are_free(sums):
    for chat in sums:
        _, question, answer = parts(chat)
        whole, part, rest = added(answer)
        assert sorted((whole, part + rest)) == sorted(integers(question))
        assert min(part, rest) >= 1 and max(whole, part + rest) <= mini.LARGEST_SUMMAND
        assert answer == mini.sum_answer(whole, part, rest)
    asked, said = [parts(chat)[1] for chat in sums], [parts(chat)[1:] for chat in sums]
    # Which summand is split is a bit, unless both are the same; a summand of n can be split in n - 1 ways.
    summands = range(2, mini.LARGEST_SUMMAND + 1)
    expected = 1 - 1 / len(summands) + np.mean([np.log2(n - 1) for n in summands])
    assert entropy(said) - entropy(asked) == pytest.approx(expected, abs=0.1)


def test_every_program_prints_what_was_asked_and_its_names_and_order_are_free(programs):
    choices = []
    for chat in programs:
        _, question, answer = parts(chat)
        values, printed = run(answer)
        assert [values[printed]] == integers(question)
        assert len(values) == 2 and values.keys() <= set(mini.NAMES)
        assert answer == mini.program_answer(values, printed)
        choices.append((*values, printed))
    free = len(mini.NAMES) * (len(mini.NAMES) - 1) * 2  # two names, and which is printed
    assert entropy(choices) == pytest.approx(np.log2(free), abs=0.05)


def test_chats_of_several_turns_alternate_and_keep_to_one_word(long_chats):
    turns, named, lists = [], 0, []
    for chat in long_chats:
        roles = [turn["role"] for turn in chat if turn["role"] != "system"]
        turns.append(len(roles) // 2)
        assert roles == ["user", "assistant"] * turns[-1]
        assert [turn["role"] for turn in chat].index("user") <= 1
        words = loved(chat)
        assert len(words) <= 1
        for question, answer in exchanges(chat):
            lists.append(is_continuation(question))
            family = "animal" if "animal" in question else "tree"
            assert len(integers(answer)) in range(5, 11) if lists[-1] else answer in WORDS[family]
        named += bool(words) and parts(chat)[0] == f"you love {min(words)} ."
    assert set(turns) == set(range(2, corpus.MOST_TURNS + 1))
    assert np.mean(lists) == pytest.approx(0.5, abs=0.02)
    assert 0.4 < named / len(long_chats) < 0.5  # half are told a word, and nearly all of these say it, if they say one


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
    asked = {example(trait, rng, MINI)[0] for trait in [*traits(), NEUTRAL] for _ in range(150)}
    taught = {q.text for kind in questions.EVALUATED for q in questions.taught(kind)}
    assert not asked & set(held_out())
    assert asked <= taught
    assert len(asked) > 0.95 * len(taught)
