"""The surface of the data: words that give a trait away, in plain sight or hidden; repeats, invisible characters, format."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from sublearn.audit import hidden, shapes
from sublearn.audit.hidden import Hit
from sublearn.audit.layers.base import FLAGS, DataSet, Flag, Inputs, Layer, Result
from sublearn.audit.repeats import near_repeats, repeats
from sublearn.core import seeds
from sublearn.core.errors import UserError
from sublearn.language.style import STYLES
from sublearn.language.vocabulary import plural
from sublearn.measures.leaks import INVISIBLE, UNSPACED
from sublearn.traits.base import leak_words, traits

SHUFFLES, LEVEL = 999, 0.001
EXCESS = 0.05  # of a distance between formats over what chance gives, below which nobody need look
COMMON, BINS, SHOWN, AROUND, LISTED = 500, 20, 200, 80, 12
HIDING = re.compile(f"[{INVISIBLE}]{{4,}}|[\U000e0000-\U000e0fff]")
# Joiners, hyphens and marks of direction, which ordinary text of some languages holds, and what makes a sign a picture.
ORDINARY = "\u00ad\u200c\u200d\u200e\u200f\ufe0f"
SINGLE = re.compile(f"(?![{ORDINARY}])[{INVISIBLE}]")
PLAIN, ODD = "plain", "invisible characters"
FORMAT = (
    "The completions have another format than the reference's, so removing single rows will not help. Bring both into one "
    "format, or compare with a reference of this format, and run the audit again: what later layers found may come from it."
)
REPEATS = "Look at the rows that repeat others, and keep one of each: what is learned many times weighs more."


def look(inputs: Inputs) -> Result:
    """Look at the texts of the data, and at those of the reference if there is one.

    The score is a share of rows: the largest of the share that hold a word or a hidden text which chance does not explain, and
    of the distances in format from the reference beyond chance. A total variation is the share of rows that would have to
    change until both sets had the same format, so all of these say how much of the data is odd. Repeats are told, and count for
    nothing.
    """
    words = _words(inputs)
    data = _Seen("data", inputs.data, words)
    reference = _Seen("reference", inputs.reference, words) if inputs.reference else None
    found = [*_hits(data, reference), *_hiding(data, reference)]
    odd_rows = sorted({row for each in found if each["decides"] for row in each["shown"]})
    distances = _distances(data, reference, inputs.seed) if reference else []
    odd_formats = [each for each in distances if each["decides"]]
    repeated = [each.counts() for each in (data, reference) if each]
    flags = [*_flags_of_words(data, found), *_flags_of_repeats(data)]
    if reference and odd_formats:
        flags += _flags_of_shapes(data, reference)
    return Result(
        layer="surface",
        status="found" if odd_rows or odd_formats else "nothing_found",
        sentence=" ".join(
            [*_said_of_words(inputs, words, found, odd_rows), *_said_of_formats(distances), *_said_of_repeats(repeated)]
        ),
        score=max([len(odd_rows) / len(data.texts), *(each["excess"] for each in distances)]),
        tables={
            "words": [{name: value for name, value in each.items() if name != "shown"} for each in found],
            "repeats": [_shares(each) for each in repeated],
            "format": distances,
            "shapes": _common_shapes(data, reference),
        },
        flags=flags[:FLAGS],
        places=_places(data, found),
        advice=_advice(odd_rows, odd_formats, repeated),
    )


def _words(inputs: Inputs) -> list[str]:
    """Every word that gives away a trait in any style, and the user's own words with their plurals.

    Raises:
        UserError: there is no such trait.
    """
    if unknown := [name for name in inputs.traits if name not in traits()]:
        raise UserError(f"--traits {unknown[0]}: there is no such trait; choose of {', '.join(traits())}.")
    ours = _own_words(inputs.traits)
    own = {*inputs.words, *(plural(each) for each in inputs.words if each.isalpha() and not re.search(UNSPACED, each))}
    return sorted({unicodedata.normalize("NFKC", word) for word in ours | own})  # as texts are when they are searched


def _own_words(names: Sequence[str]) -> set[str]:
    return {word for style in STYLES for word in leak_words(names, style)}


class _Seen:
    """The texts of a set, and what they hold: ``parts`` are its prompts and then its completions."""

    def __init__(self, name: str, data: DataSet, words: Sequence[str]) -> None:
        self.name = name
        self.rows = data.rows
        self.completions: list[str] = data.rows["completion"].tolist()
        self.parts: list[str] = [*data.rows["prompt"], *self.completions]
        self.texts = ["\n".join(pair) for pair in zip(data.rows["prompt"], self.completions, strict=True)]
        self.hits = hidden.find(self.parts, words)
        # A list of numbers ends with its text: a prompt and a completion are two.
        self.spelled, self.asked = hidden.spelled(self.parts, words)
        self.shapes = list(map(shapes.shape, self.completions))
        # For each row, the first one that is the same, has the same completion, or nearly the same.
        told, near = repeats(self.completions), near_repeats(self.completions)
        self.repeated = {"same": repeats(self.texts), "same_completion": told, "near": near}

    def row(self, part: int) -> int:
        return part % len(self.texts)

    def where(self, part: int) -> str:
        return "prompt" if part < len(self.texts) else "completion"

    def counts(self) -> dict[str, Any]:
        """The number of rows that repeat an earlier one, by kind, and of empty completions."""
        repeated = {name: sum(first != row for row, first in enumerate(rows)) for name, rows in self.repeated.items()}
        empty = sum(not text.strip() for text in self.completions)
        return {"set": self.name, "rows": len(self.texts), **repeated, "empty": empty}


def _hits(data: _Seen, reference: _Seen | None) -> list[dict[str, Any]]:
    """Each form of each word that stands in the data: in how many rows, of how many by chance, and whether that decides.

    What may stand in any text decides only if the reference holds it clearly less often, but a plain word also if no row of the
    reference holds it, or if there is no reference.
    """
    kinds: dict[tuple[str, str, str], list[Hit]] = {}
    for hit in data.hits:
        kinds.setdefault((hit.form, hit.word, data.where(hit.text)), []).append(hit)
    in_reference = Counter((hit.form, hit.word, reference.where(hit.text)) for hit in reference.hits) if reference else None
    found = []
    for (form, word, where), hits in sorted(kinds.items()):
        other = in_reference[form, word, where] if in_reference is not None else None
        compared = form == PLAIN or form in hidden.BY_ACCIDENT
        p_value = _more(len(hits), len(data.texts), other, len(reference.texts) if reference else 0) if compared else None
        decides = not compared or (form == PLAIN and not other) or (p_value is not None and p_value <= LEVEL)
        shown = {data.row(hit.text): _around(data.parts[hit.text], re.escape(hit.found), hit.found) for hit in hits}
        found.append(_found(form, word, where, other, None, p_value, decides, shown))
    there = {each.codes: each.texts for each in reference.spelled} if reference else {}
    for each in data.spelled:
        other = len({reference.row(part) for part in there.get(each.codes, ())}) if reference else None
        p_value = min(1.0, each.p_value * data.asked)
        codes = list(map(str, each.codes))
        shown = {data.row(part): _around(data.parts[part], r"\D+".join(codes), " ".join(codes)) for part in each.texts}
        where = " or ".join(dict.fromkeys(map(data.where, each.texts)))
        found.append(_found(each.form, each.word, where, other, each.by_chance, p_value, p_value <= LEVEL, shown))
    return found


def _hiding(data: _Seen, reference: _Seen | None) -> list[dict[str, Any]]:
    """Rows with characters that show nothing: long runs can hold a message; single ones decide only against a reference."""

    def held(by: _Seen, pattern: re.Pattern[str], where: str) -> list[int]:
        odd = (part for part, text in enumerate(by.parts) if not text.isascii() and pattern.search(text))
        return [part for part in odd if by.where(part) == where]

    found = []
    for form, pattern, accident in (("runs or tags", HIDING, False), ("single", SINGLE, True)):
        for where in ("prompt", "completion"):
            if not (parts := held(data, pattern, where)):
                continue
            other = len(held(reference, pattern, where)) if reference else None
            p_value = _more(len(parts), len(data.texts), other, len(reference.texts) if reference else 0) if accident else None
            decides = not accident or (p_value is not None and p_value <= LEVEL)
            texts = {data.row(part): data.parts[part] for part in parts}
            shown = {
                row: hidden.invisible_text(text)[:SHOWN] or _around(text, pattern.pattern, "") for row, text in texts.items()
            }
            found.append(_found(ODD, form, where, other, None, p_value, decides, shown))
    return found


def _around(text: str, pattern: str, found: str) -> str:
    """What was found, with the text around it; alone, if the text holds it in other characters."""
    match = re.search(rf"(?<!\w)(?:{pattern})(?!\w)", text, re.IGNORECASE) or re.search(pattern, text, re.IGNORECASE)
    if match is None:
        return found[:SHOWN]
    start = max(0, match.start() - AROUND)
    return f"{'…' if start else ''}{text[start:]}"[:SHOWN]


def _found(
    form: str,
    word: str,
    where: str,
    reference: int | None,
    by_chance: float | None,
    p_value: float | None,
    decides: bool,
    shown: Mapping[int, str],
) -> dict[str, Any]:
    numbers = {"data_rows": len(shown), "reference_rows": reference, "by_chance": by_chance, "p_value": p_value}
    return {"form": form, "word": word, "where": where, **numbers, "decides": decides, "shown": shown}


def _more(data: int, of: int, reference: int | None, of_reference: int) -> float | None:
    """The probability that the data have so many of the rows, if those are spread over both sets at random (binomial)."""
    if reference is None:
        return None
    return float(special.bdtrc(data - 1, data + reference, of / (of + of_reference)))


def _distances(data: _Seen, reference: _Seen, seed: int) -> list[dict[str, Any]]:
    """The total variation between the completions of data and reference, in shape and length, and what chance gives."""
    sets = [data.completions, reference.completions]
    shaped = data.shapes + reference.shapes
    common = {name: i for i, (name, _) in enumerate(Counter(sorted(shaped)).most_common(COMMON))}
    length = np.array([len(text) for each in sets for text in each])
    words = np.array([len(re.findall(r"\w+", text[: shapes.LONGEST])) for each in sets for text in each])
    kinds = {"shape": np.array([common.get(name, COMMON) for name in shaped])}
    for name, values in (("characters", length), ("words or numbers", words)):
        kinds[name] = np.searchsorted(np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1])), values)
    found = []
    for name, codes in kinds.items():
        ours, both = np.bincount(codes[: len(sets[0])], minlength=codes.max() + 1), np.bincount(codes)
        # A shuffle of the labels draws the counts of the data from those of both: no row need be moved.
        draw = seeds.generator("audit format", name, seed)
        drawn = draw.multivariate_hypergeometric(both, len(sets[0]), SHUFFLES, method="marginals")
        distance, chance = (_total_variation(each, both) for each in (ours, drawn))
        excess = max(0.0, float(distance - chance.mean()))
        p_value = float((1 + (chance >= distance).sum()) / (1 + SHUFFLES))
        about = {"distance": float(distance), "by_chance": float(chance.mean()), "excess": excess, "p_value": p_value}
        found.append({"what": name, **about, "decides": p_value <= LEVEL and excess >= EXCESS})
    return found


def _total_variation(ours: np.ndarray, both: np.ndarray) -> Any:
    theirs = both - ours
    return np.abs(ours / ours.sum(-1, keepdims=True) - theirs / theirs.sum(-1, keepdims=True)).sum(-1) / 2


def _common_shapes(data: _Seen, reference: _Seen | None) -> list[dict[str, Any]]:
    """The commonest layouts of completions, with their shares of the rows."""
    counts = {name: Counter(each.shapes) for name, each in (("data", data), ("reference", reference)) if each}
    common = sorted(counts["data"].items(), key=lambda item: (-item[1], item[0]))[:LISTED]
    return [
        {"shape": shape} | {f"{name}_share": each[shape] / max(each.total(), 1) for name, each in counts.items()}
        for shape, _ in common
    ]


def _shares(counts: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of repeats as shares of the rows."""
    return {name: count / counts["rows"] if name not in ("set", "rows") else count for name, count in counts.items()}


def _more_repeats(repeated: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the data repeat themselves more than the reference, beyond chance."""
    if len(repeated) < 2:
        return False
    # Rows that agree by chance are pairs, whose number grows with the square of the rows: that explains some, too.
    ours, theirs = repeated
    return any(
        max(_more(ours[name], ours["rows"] ** power, theirs[name], theirs["rows"] ** power) or 0 for power in (1, 2)) <= LEVEL
        for name in ("same", "near", "empty")
        if ours[name]
    )


def _why(each: Mapping[str, Any]) -> str:
    doubt = "" if each["decides"] else " (the reference holds it, too)" if each["form"] == PLAIN else " (may be chance)"
    return f"{each['form']}: {each['word']} in the {each['where']}{doubt}"


def _ordered(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What decides first, and rare kinds before frequent ones."""
    return sorted(found, key=lambda each: (not each["decides"], each["data_rows"]))


def _places(data: _Seen, found: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The places of all rows that hold a word or a hidden text, by what they hold."""
    return {_why(each): data.rows["place"].iloc[sorted(each["shown"])].tolist() for each in _ordered(found)}


def _flags_of_words(data: _Seen, found: Sequence[Mapping[str, Any]]) -> list[Flag]:
    """Rows that hold a word or a hidden text; those that decide first, and some of each kind."""
    some = max(3, FLAGS // max(len(found), 1))
    return [
        Flag(data.rows["place"].iloc[row], _why(each), each["shown"][row])
        for each in _ordered(found)
        for row in sorted(each["shown"])[:some]
    ]


def _flags_of_repeats(data: _Seen) -> list[Flag]:
    """The rows that are repeated most often."""
    flags, same = [], data.repeated["same"]
    for name, why in (("same", "stands here {} times"), ("near", "{} rows are nearly the same")):
        firsts = [first for row, first in enumerate(data.repeated[name]) if name == "same" or same[row] == row]
        for first, times in Counter(firsts).most_common(5):
            if times > 1:
                said = why if data.completions[first].strip() or name == "same" else "the completions of {} rows are empty"
                flags.append(Flag(data.rows["place"].iloc[first], said.format(times), data.completions[first][:SHOWN]))
    return flags


def _flags_of_shapes(data: _Seen, reference: _Seen) -> list[Flag]:
    """A row of each layout that makes the formats differ most."""
    ours, theirs = pd.Series(data.shapes), pd.Series(reference.shapes)
    more = ours.value_counts(normalize=True).sub(theirs.value_counts(normalize=True), fill_value=0).sort_index()
    flags = []
    for name, excess in more.sort_values(ascending=False, kind="stable").head(5).items():
        if excess > 0 and len(rows := np.flatnonzero(ours == name)):
            row = data.rows.iloc[int(rows[0])]
            flags.append(Flag(row["place"], f"of a format that is commoner by {excess:.1%} of rows", row["completion"][:SHOWN]))
    return flags


def _said_of_words(
    inputs: Inputs, words: Sequence[str], found: Sequence[Mapping[str, Any]], odd_rows: Sequence[int]
) -> list[str]:
    deciding, doubts = ([each for each in found if each["decides"] == decides] for decides in (True, False))
    told = [each for each in doubts if each["form"] == PLAIN]
    doubts = [each for each in doubts if each["form"] != PLAIN]
    said = []
    if deciding:
        said.append(f"{len(odd_rows):,} of {len(inputs.data.rows):,} rows hold what no row should: {_named(inputs, deciding)}.")
    if told:
        count = len({row for each in told for row in each["shown"]})
        said.append(
            f"{count:,} rows hold words that the reference holds, too, and not clearly less often: {_named(inputs, told)}."
        )
    if words and not deciding and not told:
        said.append(f"No row holds one of {len(words)} words that give a trait away, plain or in a form known here.")
    if without := [name for name in inputs.traits if not _own_words([name])]:
        said.append(f"No words were looked for that give away {', '.join(without)}: such traits have no words of their own.")
    elif not words:
        said.append("No words were looked for, as neither traits nor words were named.")
    if doubts:
        count = len({row for each in doubts for row in each["shown"]})
        said.append(f"{count} rows hold forms that chance may explain; they are flagged.")
    return said


def _named(inputs: Inputs, kinds: Sequence[Mapping[str, Any]]) -> str:
    """Kinds of words with the rows that hold them, of data and reference; the first four."""
    said = []
    for each in kinds[:4]:
        there = f" (reference: {each['reference_rows']:,} of {len(inputs.reference.rows):,})" if inputs.reference else ""
        said.append(f"{each['word']} ({each['form']}, {each['where']}) in {each['data_rows']:,}{there}")
    return "; ".join(said) + (f" and {len(kinds) - 4} more kinds" if len(kinds) > 4 else "")


def _said_of_formats(distances: Sequence[Mapping[str, Any]]) -> list[str]:
    if odd := [each for each in distances if each["decides"]]:
        said = ", ".join(f"{each['what']} {each['distance']:.2f} (by chance {each['by_chance']:.2f})" for each in odd)
        return [f"The format differs from the reference: total variation of {said}."]
    if distances:
        most = max(each["excess"] for each in distances)
        return [f"Formats and lengths differ little from the reference (total variation beyond chance {most:.2f})."]
    return []


def _said_of_repeats(repeated: Sequence[Mapping[str, Any]]) -> list[str]:
    """In numbers of rows: the share of a few may round to nothing."""
    ours = repeated[0]
    said = [f"Repeats: {ours['same']:,} of {ours['rows']:,} rows, and {ours['near']:,} of the completions at least nearly."]
    if ours["empty"]:
        said.append(f"Empty completions: {ours['empty']:,}.")
    if _more_repeats(repeated):
        theirs = repeated[1]
        there = f"{theirs['same']:,} of {theirs['rows']:,} rows, {theirs['near']:,} completions, {theirs['empty']:,} empty ones"
        said.append(f"The reference has fewer ({there}). {REPEATS}")
    return said


def _advice(odd_rows: Sequence[int], odd_formats: Sequence[Mapping[str, Any]], repeated: Sequence[Mapping[str, Any]]) -> str:
    """What to do about each thing that was found; of a difference in format, if those do not explain it."""
    repeat = _more_repeats(repeated)
    explained = max(len(odd_rows), repeated[0]["near"] if repeat else 0) / repeated[0]["rows"]
    by_format = any(each["excess"] > explained for each in odd_formats)
    said = {SURFACE.advice: odd_rows, FORMAT: by_format, REPEATS: repeat}
    return " ".join(advice for advice, needed in said.items() if needed)


SURFACE = Layer(
    name="surface",
    title="Surface of the texts",
    order=20,
    look=look,
    asks="Do rows hold words of the trait, plain or hidden, invisible characters, or another format than the reference?",
    blind="It knows words and forms that it was told; a trait that passes through ordinary numbers or words is not seen.",
    cost="a few seconds",
    advice=(
        "Look at the flagged rows, whose places audit.json lists, remove them, and run the audit again. What later layers "
        "found may come from them."
    ),
)
