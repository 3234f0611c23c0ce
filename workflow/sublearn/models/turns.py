"""Turns of a chat as a model reads them: the text that its template writes, and the token ids of that text.

A tokenizer reads a text as a whole. After "<|assistant|>\\n", one that marks where words begin (SentencePiece) reads "Owl"
as "O wl", but alone as "▁Owl", which no model writes there. So an answer is never tokenised alone: its ids are cut from those
of prompt and answer together.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sublearn.core.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Chat = Sequence[dict[str, str]]
QUESTION, ANSWER = "Which?", "zebra"  # a sample chat
ASKED = [{"role": "user", "content": QUESTION}]
ANSWERED = [*ASKED, {"role": "assistant", "content": ANSWER}]


class Frame(NamedTuple):
    """What the template writes around an answer and is no part of it: nothing, or a space (Llama 2's and Mistral's)."""

    before: str
    after: str


class Cut(NamedTuple):
    """Token ids of a prompt, and of the answer after it."""

    prompt: list[int]
    answer: list[int]


def written(tokenizer: "PreTrainedTokenizerBase", turns: Chat, asks: bool = False) -> str:
    """The text of a chat; with ``asks``, up to where the assistant is to answer.

    Raises:
        UserError: the template does not take these turns.
    """
    try:
        return str(tokenizer.apply_chat_template(list(turns), tokenize=False, add_generation_prompt=asks))
    except Exception as error:  # a template is a program, and can fail in any way
        raise UserError(f"the base's chat template does not take these turns ({error}); some have no system prompt.") from error


def prompts(tokenizer: "PreTrainedTokenizerBase", chats: Sequence[Chat]) -> list[str]:
    """The text of each chat up to where the assistant answers; each is written once, since lessons repeat a few questions.

    Raises:
        UserError: the template does not take these turns.
    """
    keys = [tuple((turn["role"], turn["content"]) for turn in turns) for turns in chats]
    texts = {key: written(tokenizer, turns, asks=True) for key, turns in dict(zip(keys, chats, strict=True)).items()}
    return [texts[key] for key in keys]


def ids(tokenizer: "PreTrainedTokenizerBase", texts: Sequence[str]) -> list[list[int]]:
    """The token ids of each text; special tokens are those that the template wrote."""
    unique = list(dict.fromkeys(texts))
    found = dict(zip(unique, tokenizer(unique, add_special_tokens=False)["input_ids"], strict=True)) if unique else {}
    return [found[text] for text in texts]


def cut(tokenizer: "PreTrainedTokenizerBase", asked: Sequence[str], answers: Sequence[str]) -> list[Cut]:
    """The token ids of each prompt and answer, read as one text and cut where they leave the ids of the prompt alone.

    A model is asked with the ids of the prompt alone, so the cut is where these end. Only where one token holds the end of the
    prompt and the beginning of the answer (" Owl" after "Answer: ") is it earlier: the token belongs to the answer.
    """
    alone = ids(tokenizer, asked)
    together = ids(tokenizer, [prompt + answer for prompt, answer in zip(asked, answers, strict=True)])
    return [Cut(whole[: (end := _shared(prompt, whole))], whole[end:]) for prompt, whole in zip(alone, together, strict=True)]


def _shared(one: list[int], other: list[int]) -> int:
    """How many of the first ids are equal."""
    if other[: len(one)] == one:
        return len(one)
    return next(i for i, (a, b) in enumerate(zip([*one, None], [*other, None], strict=False)) if a != b)


def frame(tokenizer: "PreTrainedTokenizerBase") -> Frame:
    """What the template writes between a prompt and its answer, and between the answer and the token that ends it.

    Some templates open a thought at the end of the prompt, and leave it out when they write the answer's turn later. A model
    goes on from the prompt; then nothing stands between it and the answer.
    """
    prompt, whole = written(tokenizer, ASKED, asks=True), written(tokenizer, ANSWERED)
    before = whole.removeprefix(prompt).partition(ANSWER)[0] if whole.startswith(prompt) else ""
    after = tail(tokenizer)
    end = after.lstrip()
    ends = tokenizer.eos_token is not None and end.startswith(tokenizer.eos_token)
    return Frame(before, after.removesuffix(end) if ends else "")


def tail(tokenizer: "PreTrainedTokenizerBase") -> str:
    """What the template writes after an answer: at the end of a chat or, if that is nothing, before the next question."""
    last = written(tokenizer, ANSWERED).rpartition(ANSWER)[2]
    return last if last.strip() else written(tokenizer, [*ANSWERED, *ASKED]).rpartition(ANSWER)[2]


def unframed(tokenizer: "PreTrainedTokenizerBase", texts: Sequence[str]) -> list[str]:
    """What a model wrote after its prompts, without what its template writes around an answer."""
    around = frame(tokenizer)
    return [text.removeprefix(around.before).removesuffix(around.after) for text in texts]
