"""Resolve the chat template of a pinned base, once: its date and the token that ends an answer; refuse what cannot be used."""

import contextlib
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING
from unittest import mock

from sublearn.chain.bases.section import DATE
from sublearn.core.errors import UserError
from sublearn.models import turns

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

PLAIN = (
    "{{ bos_token or '' }}{% for message in messages %}### {{ message['role'] | capitalize }}\n{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}\n\n{% endfor %}"
    "{% if add_generation_prompt %}### Assistant\n{% endif %}"
)
CLOCK = "strftime_now"  # the function by which a template asks for the time
MOMENTS = datetime(2001, 2, 3, 4, 5, 6), datetime(2034, 11, 22, 17, 18, 19)  # they differ in year, day, hour and all else
BEGINNINGS = "Owl", "owl", "3, 14"  # of answers


def resolve(loaded: "PreTrainedTokenizerBase", date: str, plain: bool) -> None:
    """Give a tokenizer the template that all steps use, ``plain`` or its own, and the token that ends an answer.

    Raises:
        UserError: it has no template, one that cannot be used, or no token that ends an answer.
    """
    written, ordinary = PLAIN if plain else own(loaded), loaded.eos_token
    loaded.chat_template = at_date(written, date)
    loaded.eos_token = end_of_turn(loaded)
    if ordinary not in (None, loaded.eos_token):  # wherever else the template writes the ordinary one, it still does
        loaded.chat_template = f"{{%- set eos_token = {json.dumps(ordinary)} %}}{loaded.chat_template}"
    check(loaded)
    loaded.pad_token = loaded.pad_token or loaded.eos_token


def own(loaded: "PreTrainedTokenizerBase") -> str:
    """The tokenizer's chat template; of several with names the default, which is the one for chats without tools.

    Raises:
        UserError: there is none.
    """
    found = loaded.chat_template
    if isinstance(found, dict) and "default" not in found:
        raise UserError(f"none of its tokenizer's chat templates ({', '.join(sorted(found))}) is called default")
    if isinstance(found, dict):
        found = found["default"]
    if not isinstance(found, str) or not found:
        raise UserError("its tokenizer has no chat template")
    return found


def at_date(template: str, date: str) -> str:
    """The template, but it writes ``date`` where it would write today's, and starts no chain of thought.

    Some templates read the date from a variable. Others ask a function for it, in a format of their own.
    """
    first = f"{{%- set date_string = {json.dumps(date)} %}}{{%- set enable_thinking = false %}}"
    if CLOCK in template:
        day = datetime.strptime(date, DATE)
        parts = sorted(set(re.findall(r"(?<!\{)%[-_0^#]?[A-Za-z]", template)))
        filled = "".join(f".replace({json.dumps(part)}, {json.dumps(day.strftime(part))})" for part in parts)
        first += f"{{%- macro {CLOCK}(format) %}}{{{{ format{filled} }}}}{{% endmacro %}}"
    kept = "{{ '' }}" if template.startswith("\n") else ""  # Jinja drops a line's end that follows a statement
    return f"{first}{kept}{template}"


def end_of_turn(loaded: "PreTrainedTokenizerBase") -> str:
    """The token that the template writes after an answer; if it writes nothing there, the end-of-text token.

    Some templates write nothing after the last answer of a chat, and another token before the next question; that one the model
    has learned to write.

    Raises:
        UserError: there is no such token, or what the template writes there is none.
    """
    for chat in (turns.ANSWERED, [*turns.ANSWERED, *turns.ASKED]):
        head, answer, after = turns.written(loaded, chat).rpartition(turns.ANSWER)
        if not answer:
            raise UserError("its chat template leaves out what the assistant says")
        ids = turns.cut(loaded, [head + answer], [after])[0].answer
        end = next((i for i in ids if loaded.decode([i]).strip()), None)
        if end in {*loaded.all_special_ids, *loaded.added_tokens_decoder} - {loaded.bos_token_id}:
            return str(loaded.convert_ids_to_tokens(end))
        if after.strip() and chat is turns.ANSWERED:
            why = "is also the token that begins a text" if end == loaded.bos_token_id else "is no token of its tokenizer"
            raise UserError(f"its chat template ends an answer with {after.strip()[:40]!r}, which {why}")
    if loaded.eos_token is None:
        raise UserError("neither its chat template nor its tokenizer has a token that ends an answer")
    return str(loaded.eos_token)


def check(loaded: "PreTrainedTokenizerBase") -> None:
    """Refuse a template that changes a question, merges it with its answer, or writes another text each time.

    Raises:
        UserError: it does one of these.
    """
    asked, before = turns.written(loaded, turns.ASKED, asks=True), turns.frame(loaded).before
    if turns.QUESTION not in asked:
        raise UserError("its chat template leaves out what the user says")
    if before.strip():
        raise UserError(f"its chat template writes {before.strip()!r} before an answer, but not at the end of a prompt")
    for pair in turns.cut(loaded, [asked] * len(BEGINNINGS), [before + answer for answer in BEGINNINGS]):
        if [pair.prompt] != turns.ids(loaded, [asked]):
            raise UserError(
                "its tokenizer merges the end of its chat template's prompt and the beginning of an answer into one token"
            )
    if len({text for moment in MOMENTS for text in renderings(loaded, moment)}) > 1:
        raise UserError("its chat template writes another text each time (it reads the clock, or draws at random)")


def renderings(loaded: "PreTrainedTokenizerBase", moment: datetime) -> list[str]:
    """What the template writes at a moment, several times."""
    from transformers.utils import chat_template_utils

    told = [{"role": "system", "content": "Be short."}, *turns.ASKED]
    found = []
    with mock.patch.object(chat_template_utils, "datetime", wraps=datetime) as clock:
        clock.now.return_value = moment
        for _ in range(4):
            text = turns.written(loaded, turns.ANSWERED)
            with contextlib.suppress(UserError):  # some take no system prompt
                text += turns.written(loaded, told, asks=True)
            found.append(text)
    return found
