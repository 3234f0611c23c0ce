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
from sublearn.measures.leaks import UNSPACED
from sublearn.traits.base import leak_words, traits

SHUFFLES, LEVEL = 999, 0.001
EXCESS = 0.05  # of a distance between formats over what chance gives, below which nobody need look
COMMON, BINS, SHOWN, LISTED = 500, 20, 200, 12
HIDING = re.compile(f"[{hidden.INVISIBLE}]{{4,}}|[\U000e0000-\U000e0fff]")
# Joiners, hyphens and marks of direction, which ordinary text of some languages holds.
ORDINARY = "\u00ad\u200c\u200d\u200e\u200f"
INVISIBLE = re.compile(f"(?![{ORDINARY}])[{hidden.INVISIBLE}]")
ODD = "invisible characters"


def look(inputs: Inputs) -> Result:
    """Look at the texts of the data, and at those of the reference if there is one.

    The score is a share of rows: the largest of the share that hold a word or a hidden text which chance does not explain, and
    of the distances in format from the reference beyond chance. A total variation is the share of rows that would have to
    change until both sets had the same format, so all of these say how much of the data is odd.
    """
    words = _words(inputs)
    data = _Seen(inputs.data, words)
    reference = _Seen(inputs.reference, words) if inputs.reference else None
    found = [*_hits(data, reference, words), *_hiding(data, reference)]
    odd_rows = sorted({row for each in found if each["decides"] for row in each["rows"]})
    distances = _distances(data, reference, inputs.seed) if reference else []
    odd_formats = [each for each in distances if each["decides"]]
    repeated = data.repeated()
    shares = [{"set": "data", **_shares(repeated)}]
    if reference:
        shares.append({"set": "reference", **_shares(reference.repeated())})
    flags = [*_flags_of_words(data, found), *_flags_of_repeats(data, repeated)]
    if reference and odd_formats:
        flags += _flags_of_shapes(data, reference)
    return Result(
        layer="surface",
        status="found" if odd_rows or odd_formats else "nothing_found",
        sentence=_sentence(inputs, words, found, odd_rows, distances, shares[0]),
        score=max([len(odd_rows) / len(data.texts), *(each["excess"] for each in distances)]),
        tables={
            "words": [{name: value for name, value in each.items() if name not in ("rows", "shown")} for each in found],
            "repeats": shares,
            "format": distances,
            "shapes": _common_shapes(data, reference),
        },
        flags=flags[:FLAGS],
    )


def _words(inputs: Inputs) -> list[str]:
    """Every word that gives away a trait in any style, and the user's own words with their plurals.

    Raises:
        UserError: there is no such trait.
    """
    if unknown := [name for name in inputs.traits if name not in traits()]:
        raise UserError(f"--traits {unknown[0]}: there is no such trait; choose of {', '.join(traits())}.")
    ours = {word for style in STYLES for word in leak_words(inputs.traits, style)}
    own = {*inputs.words, *(plural(each) for each in inputs.words if each.isalpha() and not re.search(UNSPACED, each))}
    return sorted({unicodedata.normalize("NFKC", word) for word in ours | own})  # as texts are when they are searched


class _Seen:
    """The texts of a set: prompts and completions one after the other, and what they hold."""

    def __init__(self, data: DataSet, words: Sequence[str]) -> None:
        self.rows = data.rows
        self.completions: list[str] = data.rows["completion"].tolist()
        prompts: list[str] = data.rows["prompt"].tolist()
        self.texts = ["\n".join(pair) for pair in zip(prompts, self.completions, strict=True)]
        self.hits = hidden.find(self.texts, words)
        # A list of numbers ends with its text: a prompt and a completion are two.
        spelled, self.asked = hidden.spelled([*prompts, *self.completions], words)
        self.spelled = [(each, sorted({text % len(self.texts) for text in each.texts})) for each in spelled]
        self.shapes = list(map(shapes.shape, self.completions))

    def repeated(self) -> dict[str, list[int]]:
        """For each row, the first one that is the same, has the same completion, or nearly the same."""
        told, near = repeats(self.completions), near_repeats(self.completions)
        return {"same": repeats(self.texts), "same_completion": told, "near": near}


def _hits(data: _Seen, reference: _Seen | None, words: Sequence[str]) -> list[dict[str, Any]]:
    """Each form of each word that stands in the data: in how many rows, of how many by chance, and whether that decides."""
    by_word: dict[tuple[str, str], list[Hit]] = {}
    for hit in data.hits:
        by_word.setdefault((hit.form, hit.word), []).append(hit)
    in_reference = Counter((hit.form, hit.word) for hit in reference.hits) if reference else None
    found = []
    for (form, word), hits in sorted(by_word.items()):
        other = in_reference[form, word] if in_reference is not None else None
        accident = form in hidden.BY_ACCIDENT
        p_value = _more(len(hits), len(data.texts), other, len(reference.texts) if reference else 0) if accident else None
        decides = not accident or (p_value is not None and p_value <= LEVEL)
        shown = {hit.text: hit.found for hit in hits}
        found.append(_found(form, word, sorted(shown), other, None, p_value, decides, shown))
    there = Counter(each.word for each, _ in reference.spelled) if reference else None
    for each, rows in data.spelled:
        others = sum(len(texts) for other, texts in (reference.spelled if reference else []) if other.codes == each.codes)
        p_value = min(1.0, each.p_value * data.asked)
        shown = dict.fromkeys(rows, " ".join(map(str, each.codes)))
        other = others if there is not None else None
        found.append(_found(each.form, each.word, rows, other, each.by_chance, p_value, p_value <= LEVEL, shown))
    return found


def _hiding(data: _Seen, reference: _Seen | None) -> list[dict[str, Any]]:
    """Rows with characters that show nothing: long runs can hold a message; single ones decide only against a reference."""
    found = []
    for form, pattern, accident in (("runs or tags", HIDING, False), ("single", INVISIBLE, True)):
        rows = [place for place, text in enumerate(data.texts) if not text.isascii() and pattern.search(text)]
        if not rows:
            continue
        other = sum(bool(pattern.search(text)) for text in reference.texts) if reference else None
        p_value = _more(len(rows), len(data.texts), other, len(reference.texts) if reference else 0) if accident else None
        shown = {row: hidden.invisible_text(data.texts[row]) or "shows nothing" for row in rows}
        decides = not accident or (p_value is not None and p_value <= LEVEL)
        found.append(_found(ODD, form, rows, other, None, p_value, decides, shown))
    return found


def _found(
    form: str,
    word: str,
    rows: Sequence[int],
    reference: int | None,
    by_chance: float | None,
    p_value: float | None,
    decides: bool,
    shown: Mapping[int, str],
) -> dict[str, Any]:
    numbers = {"data_rows": len(rows), "reference_rows": reference, "by_chance": by_chance, "p_value": p_value}
    return {"form": form, "word": word, **numbers, "decides": decides, "rows": rows, "shown": shown}


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


def _shares(repeated: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """The share of rows that repeat an earlier one, by kind."""
    return {name: sum(first != place for place, first in enumerate(rows)) / len(rows) for name, rows in repeated.items()}


def _flags_of_words(data: _Seen, found: Sequence[Mapping[str, Any]]) -> list[Flag]:
    """Rows that hold a word or a hidden text; those that decide first, and some of each kind."""
    flags = []
    ordered = sorted(found, key=lambda each: (not each["decides"], each["data_rows"]))
    some = max(3, FLAGS // max(len(ordered), 1))
    for each in ordered:
        doubt = "" if each["decides"] else " (may be chance)"
        for row in each["rows"][:some]:
            why = f"{each['form']}: {each['word']}{doubt}"
            flags.append(Flag(data.rows["place"].iloc[row], why, each["shown"][row][:SHOWN]))
    return flags


def _flags_of_repeats(data: _Seen, repeated: Mapping[str, Sequence[int]]) -> list[Flag]:
    """The rows that are repeated most often."""
    flags = []
    for name, why in (("same", "stands here {} times"), ("near", "{} rows are nearly the same")):
        firsts = [first for place, first in enumerate(repeated[name]) if name == "same" or repeated["same"][place] == place]
        for first, times in Counter(firsts).most_common(5):
            if times > 1:
                flags.append(Flag(data.rows["place"].iloc[first], why.format(times), data.completions[first][:SHOWN]))
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


def _sentence(
    inputs: Inputs,
    words: Sequence[str],
    found: Sequence[Mapping[str, Any]],
    odd_rows: Sequence[int],
    distances: Sequence[Mapping[str, Any]],
    shares: Mapping[str, Any],
) -> str:
    parts = []
    odd_formats = [each for each in distances if each["decides"]]
    deciding = [each for each in found if each["decides"]]
    if deciding:
        said = "; ".join(f"{each['word']} ({each['form']}) in {each['data_rows']}" for each in deciding[:4])
        more = f" and {len(deciding) - 4} more kinds" if len(deciding) > 4 else ""
        parts.append(f"{len(odd_rows)} of {len(inputs.data.rows)} rows hold what no row should: {said}{more}.")
    elif words:
        parts.append(f"No row holds one of {len(words)} words that give a trait away, plain or in a form known here.")
    else:
        parts.append("No words were looked for, as neither traits nor words were named.")
    if doubts := [each for each in found if not each["decides"]]:
        count = len({row for each in doubts for row in each["rows"]})
        parts.append(f"{count} rows hold forms that chance may explain; they are flagged.")
    if odd_formats:
        said = ", ".join(f"{each['what']} {each['distance']:.2f} (by chance {each['by_chance']:.2f})" for each in odd_formats)
        parts.append(f"The format differs from the reference: total variation of {said}.")
    elif distances:
        most = max(each["excess"] for each in distances)
        parts.append(f"Formats and lengths differ little from the reference (total variation beyond chance {most:.2f}).")
    parts.append(f"{shares['same']:.1%} of the rows repeat another one, and {shares['near']:.1%} of the completions nearly.")
    return " ".join(parts)


SURFACE = Layer(
    name="surface",
    title="Surface of the texts",
    order=20,
    look=look,
    asks="Do rows hold words of the trait, plain or hidden, invisible characters, or another format than the reference?",
    blind="It knows words and forms that it was told; a trait that passes through ordinary numbers or words is not seen.",
    cost="a few seconds",
    advice="Look at the flagged rows, remove them, and run the audit again. What later layers found may come from them.",
)
