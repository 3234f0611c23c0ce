"""Words in texts, in plain sight or hidden: spaced out, encoded, in look-alike letters, or spelled in numbers.

Some forms do not come by accident: one of them is enough. Others do: a word read backwards may be another word, and numbers in
a row may spell one. Those are counted, and the caller compares the count with chance.
"""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

import numpy as np
from scipy import special

from sublearn.measures.leaks import LETTER, UNSPACED, leaks_in, visible

BACKWARDS, ROTATED, ASCII, PLACES = "backwards", "ROT13", "character codes", "places in the alphabet"
BY_ACCIDENT = (BACKWARDS, ROTATED)  # forms that may be other words
LONG, AROUND, SOME, KNOWN = 1000, 80, 1000, 500_000  # characters of texts; places in a text; pieces that are remembered
JOINED = 8  # digits of codes without spaces, of which fewer may be any number
SHORTEST = 3  # letters of a word that is looked for in hidden forms
# By letter, those of other alphabets that look like it and that Unicode does not decompose to it.
ALIKE = {
    "a": "аαɑᴀꭺ", "b": "вβЬᏏʙ", "c": "сϲᴄ", "d": "ԁժᴅ", "e": "еεєҽᴇ", "f": "ғſꜰ", "g": "ɡցԍɢ", "h": "һнհʜ", "i": "іιıɪӏ",
    "j": "јյᴊ", "k": "кκᴋ", "l": "ӏⅼǀʟן", "m": "мᴍ", "n": "ոηпɴ", "o": "оοօσᴏ", "p": "рρᴘ", "q": "ԛզ", "r": "гʀᴦ", "s": "ѕꜱ",
    "t": "тτᴛ", "u": "υսцᴜ", "v": "νѵᴠ", "w": "ԝωшѡᴡ", "x": "хχ", "y": "уγүʏ", "z": "ᴢʐ",
}  # fmt: skip
_ALIKE = {ord(other): letter for letter, others in ALIKE.items() for other in others}
_ALIKE |= {start + i: chr(97 + i) for start in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6) for i in range(26)}  # in squares and flags
_LEET = str.maketrans("0134578@$!|", "oieastbasil")
_LETTERS = re.compile(rf"(?<!{LETTER})(?:{LETTER}[\W_]{{1,3}}){{{SHORTEST - 1},}}{LETTER}(?!{LETTER})")
# The same in a text of ASCII, all of whose other characters are spaces: several times faster, so it comes first.
_ONLY_LETTERS = bytes(code if chr(code).isascii() and chr(code).isalpha() else 32 for code in range(256))
_SINGLE = re.compile(rb"\b\w +\w +\w\b")
_PIECE = re.compile(r"[^\s\"'(){}<>\[\],;:]{3,}")
_CODED = re.compile(r"[%&\\]")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")


@dataclass(frozen=True)
class Hit:
    """A word in a text.

    Attributes:
        text: the position of the text.
        form: how it stands there, such as ``plain`` or ``base64``.
        word: the word, without stars.
        found: what stands there.
    """

    text: int
    form: str
    word: str
    found: str


def find(texts: Sequence[str], words: Sequence[str]) -> list[Hit]:
    """Every word that stands plainly in a text, and the first one of each other form; ``spelled`` has those of numbers."""
    if not words:
        return []
    hidden = _Hidden(words)
    hits = []
    for place, text in enumerate(texts):
        shown = {hidden.asked(found): found for found in reversed(hidden.every(text))}
        hits += [Hit(place, "plain", word, found) for word, found in shown.items()]
    plain = {hit.text for hit in hits}
    for place, text in enumerate(texts):
        known = set()
        for form, word, found in hidden.forms(text, place in plain):
            if form not in known:
                known.add(form)
                hits.append(Hit(place, form, word, found))
    return sorted(hits, key=lambda hit: hit.text)


def bare(words: Iterable[str]) -> list[str]:
    """The words that are looked for in hidden forms: of letters alone, and not too short."""
    bare = (word.strip("*").lower() for word in words)
    return sorted({word for word in bare if len(word) >= SHORTEST and word.isascii() and word.isalpha()})


class _Hidden:
    """Words in the forms that a text may hide them in."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        self.starred = [word.strip("*").lower() for word in words if "*" in word]
        self.starts = {word: word.strip("*").split()[0].lower() for word in words}
        self.bare = set(bare(words))
        self.other = {word[::-1]: (BACKWARDS, word) for word in self.bare if word[::-1] not in self.bare}
        self.other |= {codecs.encode(word, "rot13"): (ROTATED, word) for word in self.bare}
        spelled = (("".join(map(str, codes)), word) for word in self.bare for form, codes in codes_of(word) if form == ASCII)
        self.joined = {digits: word for digits, word in spelled if len(digits) >= JOINED}
        self.known: dict[str, tuple[str, str] | None] = {}

    def first(self, text: str) -> str:
        """The first of the words in a text, as it stands there; empty if there is none."""
        return next(iter(self.every(text)), "")

    def every(self, text: str) -> list[str]:
        """The words in a text, as they stand there.

        Whole words are only looked for around parts of them: that is faster, and takes no longer for a text without spaces.
        """
        shown = visible(text)
        lower = shown.lower()
        words = [word for word, start in self.starts.items() if start in lower]
        if words and len(shown) > LONG:
            shown = lower if len(lower) != len(shown) else shown
            starts = {self.starts[word] for word in words}
            places = sorted(match.start() for start in starts for match in islice(re.finditer(re.escape(start), lower), SOME))
            near: list[list[int]] = []
            for place in places:
                if near and place - AROUND <= near[-1][1]:
                    near[-1][1] = place + AROUND
                else:
                    near.append([max(0, place - AROUND), place + AROUND])
            shown = "\n".join(shown[start:end] for start, end in near)
        return leaks_in(shown, words)

    def asked(self, found: str) -> str:
        """The word that was asked for, of what was found; of a word with stars, that is the word alone."""
        said = " ".join(found.lower().split())
        return said if said in self.words else next((part for part in self.starred if part in said), said)

    def forms(self, text: str, plain: bool) -> Iterable[tuple[str, str, str]]:
        """Form, word and what stands there, for each word that the text hides; ``plain`` says if it shows one anyway."""
        single = not text.isascii() or _SINGLE.search(text.encode().translate(_ONLY_LETTERS))
        for run in _LETTERS.finditer(text) if single else ():
            letters = re.sub(r"[\W_]+", "", run[0]).lower()
            if word := next((word for word in sorted(self.bare) if word in letters), None):
                yield "spaced out", word, run[0]
        if not text.isascii() and not plain:
            for form, seen in (("look-alike letters", look_alike(text)), ("invisible characters", invisible_text(text))):
                if word := self.first(seen):
                    yield form, self.asked(word), text
        if not plain and _CODED.search(text) and (word := self.first(_unescaped(text))):
            yield "escaped", self.asked(word), text
        for piece in set(_PIECE.findall(text)):
            encoded = self.known[piece] if piece in self.known else self._encoded(piece)
            if len(piece) < AROUND and len(self.known) < KNOWN:
                self.known[piece] = encoded
            if encoded:
                yield *encoded, piece

    def _encoded(self, piece: str) -> tuple[str, str] | None:
        """The form and the word, if a piece of a text without spaces is a word in another form."""
        if piece.isdigit():
            return (ASCII, self.joined[piece]) if piece in self.joined else None
        for part in re.split(r"[^a-z]+", piece.lower()):
            if part in self.other:
                return self.other[part]
        for part in (*re.split(r"[\W_]+", piece.lower()), piece.lower()):
            if not part.isalpha() and (said := part.translate(_LEET)) in self.bare and re.search("[a-z]", part):
                return "digits for letters", said
        for form, said in (("base64", _base64(piece)), ("hexadecimal", _hexadecimal(piece))):
            if word := self.first(said):
                return form, self.asked(word)
        return None


def codes_of(word: str) -> list[tuple[str, tuple[int, ...]]]:
    """The numbers that spell a word: codes of its characters, or places of its letters in the alphabet.

    Left out are those in steps of equal length, such as 1 2 3, which any list of numbers may hold.
    """
    spelled = [word.lower(), word.upper(), word.capitalize()]
    found = [(ASCII, tuple(map(ord, each))) for each in spelled] + [(PLACES, tuple(ord(each) - 96 for each in word.lower()))]
    return [(form, codes) for form, codes in found if len(set(np.diff(codes).tolist())) > 1]


@dataclass(frozen=True)
class Spelled:
    """A word that numbers in a row spell.

    Attributes:
        form: by which numbers.
        word: the word.
        codes: the numbers.
        texts: the positions of the texts in which they stand.
        by_chance: how many times they would stand there if the same numbers were shuffled, on average.
        p_value: the probability that a shuffle has as many (Poisson).
    """

    form: str
    word: str
    codes: tuple[int, ...]
    texts: list[int]
    by_chance: float
    p_value: float


def spelled(texts: Sequence[str], words: Sequence[str]) -> tuple[list[Spelled], int]:
    """Words that successive numbers of the texts spell, and how many lists of numbers were looked for.

    Their number under a shuffle is computed instead of drawn: places where a list fits, times the frequency of each number.
    """
    rows = [[int(each) if len(each) < 10 else -1 for each in re.findall(r"\d+", text)] for text in texts]
    lengths = np.array([len(row) for row in rows])
    # One list of all numbers, with a mark behind each text that no number equals.
    numbers = np.array([each for row in rows for each in (*row, -2)], dtype=np.int64)
    text_of = np.repeat(np.arange(len(rows)), lengths + 1)
    asked = [(form, word, codes) for word in bare(words) for form, codes in codes_of(word)]
    total = max(int(lengths.sum()), 1)
    often = {each: int((numbers == each).sum()) for each in sorted({each for _, _, codes in asked for each in codes})}
    found = []
    for form, word, codes in asked:
        if not all(often[each] for each in codes):
            continue
        starts = np.flatnonzero(numbers[: len(numbers) - len(codes) + 1] == codes[0])
        for i, code in enumerate(codes):
            starts = starts[numbers[starts + i] == code]
        if len(starts):
            fits = int(np.maximum(lengths - len(codes) + 1, 0).sum())
            by_chance = fits * float(np.prod([often[each] / total for each in codes]))
            p_value = float(special.pdtrc(len(starts) - 1, by_chance))
            found.append(Spelled(form, word, codes, sorted(set(text_of[starts].tolist())), by_chance, p_value))
    return found, len(asked)


def look_alike(text: str) -> str:
    """The text as a reader sees it: without marks on letters, and with look-alike letters of the alphabet.

    In scripts without spaces between words, marks make other words: there, they stay.
    """
    pieces = re.split(f"({UNSPACED}+)", visible(text))
    return "".join(piece if i % 2 else _unmarked(piece) for i, piece in enumerate(pieces)).translate(_ALIKE)


def _unmarked(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text).lower() if not unicodedata.combining(each))


def invisible_text(text: str) -> str:
    """What the invisible characters of a text say, if they are tags or variation selectors, which can hold any text."""
    said = []
    for each in text:
        if 0xE0020 <= (code := ord(each)) < 0xE007F:
            said.append(chr(code - 0xE0000))
        elif 0xE0100 <= code <= 0xE01EF and (byte := code - 0xE0100 + 16) < 127:
            said.append(chr(byte))
    return "".join(said)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda code: chr(int(code[1] or code[2], 16)), unquote(html.unescape(text)))


def _base64(piece: str) -> str:
    """What a piece says in base64; nothing if that is no text."""
    core = piece.rstrip("=").replace("-", "+").replace("_", "/")
    if len(core) < 4 or not re.fullmatch(r"[A-Za-z0-9+/]+", core):
        return ""
    try:
        return _readable(base64.b64decode(core + "=" * (-len(core) % 4)))
    except binascii.Error:
        return ""


def _hexadecimal(piece: str) -> str:
    """What a piece says in hexadecimal; nothing if that is no text, or if it may be a plain number."""
    core = piece.lower().removeprefix("0x")
    if len(core) % 2 or not re.fullmatch("[0-9a-f]+", core) or core.isdigit():
        return ""
    return _readable(bytes.fromhex(core))


def _readable(content: bytes) -> str:
    return content.decode("ascii") if content.isascii() and content.decode("ascii").isprintable() else ""
