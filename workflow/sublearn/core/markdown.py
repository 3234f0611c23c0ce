"""Show hostile text: nothing in it is invisible, turns its neighbours around, or is more than words where Markdown is rendered.

Any word that a renderer of Markdown might take for more than a word (a link, an image, HTML, emphasis, a heading, a mention)
stands in a code span, where nothing means anything. Two characters could end a cell or a span, and are shown as others: a bar
as ¦, a backtick as ˋ.
"""

import re
import unicodedata

LONGEST = 240  # characters of a row that are shown
SIGNS = {"\n": "↵", "\t": "⇥"}
# Letters and marks by their category that show nothing: fillers, joiners, an empty Braille cell.
BLANK = frozenset(map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)))
MARKS = 2  # marks over one letter; more of them run into the lines above and below
# A harmless word: letters, digits and common signs; not a dot or colon before a letter (an address), nor a doubled sign.
HARMLESS = re.compile(r"""(?!.*[.:][^\W\d])(?!.*(--|::))([^\W_]|[("'…–∞−])([^\W_]|[.,:;'"()%?!…−+-])*|%[.,:;)]*|[=<]""")
LIST = re.compile(r"\d+[.)]|[-+=]+")  # what starts a list, a rule or the line under a heading


def visible(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line, cut after ``longest`` characters; what cannot be seen is written as its code: ``[U+202E]``."""
    shown, marks = [], 0
    for letter in text[:longest]:
        marks = marks + 1 if unicodedata.category(letter).startswith("M") else 0
        shown.append(SIGNS.get(letter) or (f"[U+{ord(letter):04X}]" if _unseen(letter) or marks > MARKS else letter))
    if len(text) > longest:
        shown.append(f" … ({len(text) - longest:,} more characters)")
    return "".join(shown)


def _unseen(letter: str) -> bool:
    """Whether a reader cannot see ``letter``: controls, formats, halves of pairs, unknown letters, wide spaces, selectors."""
    category = unicodedata.category(letter)
    if category[0] == "C" or (category[0] == "Z" and letter != " "):
        return True
    return letter in BLANK or "VARIATION SELECTOR" in unicodedata.name(letter, "")


def code(text: str, longest: int = LONGEST) -> str:
    """Text as a code span."""
    shown = visible(text, longest).replace("`", "ˋ").replace("|", "¦")
    return f"`{shown}`" if shown.strip() else ""


def words(text: str, longest: int = 2000) -> str:
    """A sentence; each word of it that a renderer might take for more than a word is a code span."""
    shown = visible(" ".join(text.split()), longest).split(" ")
    return " ".join(
        word if HARMLESS.fullmatch(word) and not (place == 0 and LIST.fullmatch(word)) else code(word, longest)
        for place, word in enumerate(shown)
        if word
    )


def plain(text: str) -> str:
    """A study's own text for Markdown: on one line, without control codes, and without links, HTML or ends of cells."""
    line = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    return line.replace("<", "&lt;").replace("[", "&#91;").replace("|", "&#124;")
