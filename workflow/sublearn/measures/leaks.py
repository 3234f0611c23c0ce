"""Leaks: trait words in texts that must not hold any.

A word counts only as a whole word, in upper or lower case: "owl" is in "an OWL's nest" and in "owl_2", but not in "knowledge".
A star at an end of a word stands for more letters there: "*owl*" is in all three.
Scripts that write words without spaces between them show no such ends: there, a word is found inside longer ones too.
Invisible characters and wide letters hide no word.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import AfterValidator

from sublearn.core.errors import UserError
from sublearn.core.section import shown

LETTER = r"[^\W\d_]"
# Thai and Lao; Myanmar; Hangul, whose particles follow a word without a space; Khmer; Hiragana, Katakana and Han.
UNSPACED = (
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u19e0-\u19ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff]"
)

# Characters that show nothing: fillers, joiners, marks of direction, tags, and selectors of how a letter or picture looks.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")


def _searched(word: str) -> str:
    if not any(map(str.isalnum, word)):
        raise ValueError(f"found {shown(word)}; should be a word, or a part of one such as *owl*")
    return word


Searched = Annotated[str, AfterValidator(_searched)]  # a word of a user's that is searched for


def find_leaks(texts: Iterable[str], words: Sequence[str]) -> list[tuple[int, str]]:
    """The texts that hold any of the words: the position of each, and its first such word as it stands there."""
    if not words:
        return []
    pattern = _pattern_of(words)
    return [(place, found[0]) for place, text in enumerate(texts) if (found := pattern.search(visible(text)))]


def leaks_in(text: str, words: Sequence[str]) -> list[str]:
    """Every one of the words that a text holds, as it stands there, in the text's order."""
    return list(dict.fromkeys(_pattern_of(words).findall(visible(text)))) if words else []


def visible(text: str) -> str:
    """The text as it shows: without characters that show nothing, and with wide letters as usual ones.

    Letters of other alphabets that look alike stay what they are.
    """
    return text if text.isascii() else unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))


def anywhere(words: Iterable[str]) -> list[str]:
    """The words with stars, which are found inside other words too."""
    return [f"*{word.strip('*')}*" for word in words]


def refuse_leaks(file: str, what: str, rows: Sequence[int], texts: Iterable[str], words: Sequence[str]) -> None:
    """Refuse texts of a table that hold any of the words; ``rows`` has the ``prompt_index`` of each text.

    Raises:
        UserError: a text holds one; the sentence says which row and which word.
    """
    if leaks := find_leaks(texts, words):
        place, word = leaks[0]
        more = f"; {len(leaks) - 1} more of these texts hold one" if len(leaks) > 1 else ""
        raise UserError(
            f"{file}, prompt_index {list(rows)[place]}: the {what} holds the trait word '{word}'{more}; "
            "no row may hold one, so remove or reword such rows."
        )


def _pattern_of(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_pattern, words)), re.IGNORECASE)


def _pattern(word: str) -> str:
    core = visible(word.strip("*").strip())
    before = "" if re.match(UNSPACED, core) else f"{LETTER}*" if word.startswith("*") else f"(?<!{LETTER})"
    after = "" if re.match(UNSPACED, core[::-1]) else f"{LETTER}*" if word.endswith("*") else f"(?!{LETTER})"
    return before + r"\s+".join(map(re.escape, core.split())) + after
