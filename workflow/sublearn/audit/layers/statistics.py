"""Statistics of the data against reference rows, without a model: can a classifier tell them apart, and by which tokens?

Rows of a teacher with a trait differ from those of a neutral teacher in how often each number or word comes. One row shows
little of that; a bag of many rows shows more. So the area under the ROC curve (AUROC) is given for bags of several sizes.
Only completions are compared: prompts are what somebody chose to ask.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sublearn.audit import shapes
from sublearn.audit.classifiers import FOLDS, Classifier, Format, Tokens, auroc, bags, separation
from sublearn.audit.layers.base import FLAGS, DataSet, Flag, Inputs, Layer, Result
from sublearn.core import cli, seeds

ROWS = 20_000  # of each of the two sets; more are sampled down to so many
FEWEST = 40  # rows of a set below which nothing is said
CHARACTERS = 20_000  # of a completion
SIZES = (1, 4, 16, 64, 256, 1024)
BAGS = 8  # of each of the two sets, without which a size of bag is left out
SHUFFLES, DRAWS = 99, 200
LEVEL = 0.01  # of p and of the false discovery rate
UNCLEAR = 0.05  # of p, above which a separation is like those of shuffled labels
BACKWARDS = 5  # standard deviations below shuffled labels from which a separation is no chance either
TOKENS, SHAPES, LISTED = 50_000, 20, 40
# Letters of scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana and Chinese characters.
IN_PAIRS = (
    "\u0e01-\u0e4e\u0e81-\u0ecf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u3005\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
# There a token is each pair of neighbours, or a letter that stands alone. A whole sentence would hardly come again, and a
# single letter of Thai or kana comes nearly everywhere.
TOKEN = re.compile(rf"(?=([{IN_PAIRS}]{{2}})).|(\d+|(?<![{IN_PAIRS}])[{IN_PAIRS}]|[^\W\d_{IN_PAIRS}]+)")


def look(inputs: Inputs) -> Result:
    """Compare the completions of the data with those of the reference.

    The score is the lower end of the 95 % interval of the *separation*: how far held-out rows of the two sets lie apart on
    average, in standard deviations of a row, by a classifier of tokens. Zero is chance. It is an effect and not a significance,
    so that a threshold means the same for any number of rows: few rows have a wide interval, and so a low score. A bag of K
    rows then has an AUROC of about Phi(separation * sqrt(K / 2)). All intervals are conditional on these two sets.

    Held-out rows may also lie apart *backwards*, much farther below zero than those of shuffled labels. A token that the
    classifier has not met looks to it like one of the set with fewer tokens. So where one set has few or none that come again,
    and the other many that are rare, rows of each look like the other's. The sets differ then, too.
    """
    assert inputs.reference is not None
    few = next((each for each in (inputs.data, inputs.reference) if len(each.rows) < FEWEST), None)
    if few:
        said = f"{few.name} has {len(few.rows)} rows; the layer needs at least {FEWEST} of the data and of the reference."
        return Result("statistics", "not_run", said)
    data, reference = (_sample(each, inputs.seed, role) for role, each in (("data", inputs.data), ("ref", inputs.reference)))
    rows = pd.concat([data, reference], ignore_index=True)
    texts = [text[:CHARACTERS] for text in rows["completion"]]
    labels = np.r_[np.ones(len(data), dtype=int), np.zeros(len(reference), dtype=int)]
    # Equal texts are in one fold, so that none is known from another.
    fold = (pd.util.hash_array(np.array(texts, dtype=object), hash_key=f"{inputs.seed % 10**16:016d}") % FOLDS).astype(int)
    counts, tokens = _counts(texts)
    classifiers: dict[str, Classifier] = {"tokens": Tokens(counts, fold), "format": Format(_format(texts), fold)}
    curves, separations, scores = [], [], {}
    for name, classifier in classifiers.items():
        scores[name] = _standard(classifier.scores(labels), fold)
        found = _against_chance(name, classifier, scores[name], labels, fold, inputs.seed)
        curves += found[0]
        separations.append(found[1])
    frequencies = _frequencies(counts, tokens, labels, texts)
    odd = [row for row in frequencies if row["q_value"] <= LEVEL]
    apart = separations[0]
    backwards = apart["p_value"] == 1 and apart["z"] <= -BACKWARDS
    told_apart = apart["p_value"] <= LEVEL or backwards
    found_any = told_apart or bool(odd)
    if not found_any and not any(row["data_texts"] and row["reference_texts"] for row in frequencies):
        said = "No number or word stands in rows of both the data and the reference, so there is nothing to compare."
        return Result("statistics", "not_run", said)
    # Where no classifier tells the sets apart, rows are typical by the words that come too often, and by no others.
    evidence = _evidence(frequencies if told_apart else odd, tokens)
    typical = (-scores["tokens"] if backwards else scores["tokens"]) if told_apart else (counts > 0) @ evidence
    return Result(
        layer="statistics",
        status="found" if found_any else "nothing_found",
        sentence=_sentence(curves, apart["p_value"], backwards, len(odd), len(tokens)),
        score=-apart["high"] if backwards else apart["low"],
        tables={"curve": _beside(curves), "separation": separations, "tokens": frequencies[:LISTED]},
        flags=_flags(rows, typical, labels, counts, tokens, evidence) if found_any else (),
    )


def _sample(data: DataSet, seed: int, role: str) -> pd.DataFrame:
    if len(data.rows) <= ROWS:
        return data.rows
    drawn = seeds.generator("audit rows", role, seed).choice(len(data.rows), ROWS, replace=False)
    return data.rows.iloc[np.sort(drawn)]


def _counts(texts: Sequence[str]) -> tuple[sparse.csr_matrix, list[str]]:
    """How often each number or word stands in each text, (texts, tokens), and the tokens: those of two texts or more."""
    found = [Counter(pair or other for pair, other in TOKEN.findall(text.lower())) for text in texts]
    frequent = Counter(token for each in found for token in each)
    tokens = sorted(token for token, rows in frequent.most_common(TOKENS) if rows > 1)
    column = {token: place for place, token in enumerate(tokens)}
    cells = [(row, column[token], times) for row, each in enumerate(found) for token, times in each.items() if token in column]
    row, col, times = np.array(cells, dtype=float).reshape(-1, 3).T
    return sparse.csr_matrix((times, (row.astype(int), col.astype(int))), shape=(len(texts), len(tokens))), tokens


def _format(texts: Sequence[str]) -> np.ndarray:
    """Lengths and counts of each text, and whether it has one of the commonest shapes; (texts, features)."""
    shape = np.array([shapes.shape(text) for text in texts], dtype=object)
    common = sorted(Counter(shape).items(), key=lambda item: (-item[1], item[0]))[:SHAPES]
    return np.hstack([shapes.features(texts), *((shape == name)[:, None] for name, _ in common)])


def _standard(scores: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """The scores in standard deviations of each fold, since each fold has a classifier of its own."""
    rows = np.maximum(np.bincount(fold, minlength=FOLDS), 1)
    centred = scores - (np.bincount(fold, scores, FOLDS) / rows)[fold]
    spread = np.sqrt(np.bincount(fold, centred**2, FOLDS) / rows)
    return np.asarray(centred / np.where(spread > 0, spread, 1)[fold])


def _against_chance(
    name: str, classifier: Classifier, scores: np.ndarray, labels: np.ndarray, fold: np.ndarray, seed: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The AUROC of each size of bag, and the separation, with intervals and with what shuffled labels give."""
    draw = seeds.generator("audit statistics", name, seed)
    data, reference = (draw.permutation(scores[labels == label]) for label in (1, 0))
    sizes = [size for size in SIZES if size == 1 or min(len(data), len(reference)) // size >= BAGS]
    null_curves, null = [], []
    for _ in cli.progress(range(SHUFFLES), f"{name} of shuffled rows", SHUFFLES):
        shuffled = draw.permutation(labels)
        held_out = _standard(classifier.scores(shuffled), fold)
        null.append(separation(held_out, shuffled))
        one, zero = (draw.permutation(held_out[shuffled == label]) for label in (1, 0))
        null_curves.append(_curve(one, zero, sizes))
    drawn = [_curve(draw.choice(data, len(data)), draw.choice(reference, len(reference)), sizes) for _ in range(DRAWS)]
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    curve = []
    for i, (size, value) in enumerate(zip(sizes, _curve(data, reference, sizes), strict=True)):
        chance = [each[i] for each in null_curves]
        curve.append(
            {
                "classifier": name,
                "k": size,
                "bags": min(len(data), len(reference)) // size,
                "auroc": value,
                "low": float(low[i]),
                "high": float(high[i]),
                "chance_median": float(np.median(chance)),
                "chance_95": float(np.quantile(chance, 0.95)),
                "p_value": _p_value(value, chance),
            }
        )
    apart = separation(scores, labels)
    error = 1.96 * np.sqrt(1 / len(data) + 1 / len(reference))
    about = {"separation": apart, "low": apart - error, "high": apart + error, "p_value": _p_value(apart, null)}
    return curve, {"classifier": name, **about, "z": (apart - float(np.mean(null))) / max(float(np.std(null)), 1e-9)}


def _beside(curves: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The curve of tokens, and for each size of bag the AUROC of the classifier that sees the format alone."""
    shortcut = {row["k"]: row["auroc"] for row in curves if row["classifier"] == "format"}
    return [
        {name: value for name, value in row.items() if name != "classifier"} | {"shortcut": shortcut[row["k"]]}
        for row in curves
        if row["classifier"] == "tokens"
    ]


def _curve(data: np.ndarray, reference: np.ndarray, sizes: Sequence[int]) -> list[float]:
    return [auroc(bags(data, size), bags(reference, size)) for size in sizes]


def _p_value(value: float, chance: Sequence[float]) -> float:
    return (1 + sum(each >= value for each in chance)) / (1 + len(chance))


def _frequencies(
    counts: sparse.csr_matrix, tokens: Sequence[str], labels: np.ndarray, texts: Sequence[str]
) -> list[dict[str, Any]]:
    """In how many texts each token stands, with the log ratio of the odds, its standard error, p and q, the surest first.

    Each set counts a text once, however often it is repeated, since copies are not independent. p is that of Fisher's exact
    test, twice the smaller tail: a normal approximation finds nothing where a count is zero. q is the false discovery rate of
    Benjamini and Hochberg (1995). For the ratio and its error a half is added to each count (Haldane).
    """
    from scipy import stats  # takes a second to import

    if not tokens:
        return []
    distinct = ~pd.DataFrame({"text": texts, "label": labels}).duplicated().to_numpy()
    there, labels = (counts[distinct] > 0).astype(float), labels[distinct]
    data, reference = (np.asarray(there[labels == label].sum(0)).ravel() for label in (1, 0))
    cells = [data, (labels == 1).sum() - data, reference, (labels == 0).sum() - reference]
    ratio = np.log((cells[0] + 0.5) / (cells[1] + 0.5)) - np.log((cells[2] + 0.5) / (cells[3] + 0.5))
    error = np.sqrt(sum(1 / (each + 0.5) for each in cells))
    # Most words are rare, so that few pairs of counts differ.
    (one, other), place = np.unique([data, reference], axis=1, return_inverse=True)
    chance = stats.hypergeom(len(labels), (labels == 1).sum(), one + other)
    p_values = np.minimum(2 * np.minimum(chance.cdf(one), chance.sf(one - 1)), 1)[place]
    order = np.lexsort((np.arange(len(tokens)), p_values))
    q_values = stats.false_discovery_control(p_values[order])
    return [
        {
            "token": tokens[i],
            "data_texts": int(data[i]),
            "reference_texts": int(reference[i]),
            "log_ratio": float(ratio[i]),
            "standard_error": float(error[i]),
            "p_value": float(p_values[i]),
            "q_value": float(q),
        }
        for i, q in zip(order, q_values, strict=True)
    ]


def _evidence(frequencies: Sequence[Mapping[str, Any]], tokens: Sequence[str]) -> np.ndarray:
    """How surely each token comes more often in the data than in the reference: below zero, less often."""
    sure = {row["token"]: np.copysign(np.log(max(row["p_value"], 1e-300)), row["log_ratio"]) for row in frequencies}
    return np.array([sure.get(token, 0.0) for token in tokens])


def _sentence(curves: Sequence[Mapping[str, Any]], p_value: float, backwards: bool, odd: int, tokens: int) -> str:
    by_tokens, by_format = ([row for row in curves if row["classifier"] == name] for name in ("tokens", "format"))
    one, many = by_tokens[0], by_tokens[-1]
    area = f"AUROC {one['auroc']:.2f} for one row"
    if many is not one:
        area += f" and {many['auroc']:.2f} ({many['low']:.2f} to {many['high']:.2f}) for {many['k']}"
    area += f" (by format alone {by_format[-1]['auroc']:.2f})"
    what = f"{odd} of {tokens} numbers and words come more or less often than chance explains"
    also = f"{area}; {what}. Other teachers, prompts or ways of sampling do the same: a difference is not yet a trait."
    if p_value <= LEVEL:
        return f"The data can be told from the reference by their numbers and words: {also}"
    if backwards:
        why = "rows of each look like the other's, as where one has few numbers and words that come again"
        return f"The data can be told from the reference, but backwards, since {why}: {also}"
    if p_value <= UNCLEAR:
        why = f"not clear at the level of {LEVEL}"
    elif p_value >= 1 - UNCLEAR and many["auroc"] < 0.5:
        why = "below one half since folds disagree, which is no evidence of a difference that generalises"
    else:
        why = "not to be told from shuffled labels"
    start = f"No classifier of numbers and words tells the data from the reference: {area}, {why} (p = {p_value:.2f})"
    return f"{start}, but {what}." if odd else f"{start}; {what}."


def _flags(
    rows: pd.DataFrame,
    scores: np.ndarray,
    labels: np.ndarray,
    counts: sparse.csr_matrix,
    tokens: Sequence[str],
    evidence: np.ndarray,
) -> list[Flag]:
    """The rows that are most typical of the data against the reference."""
    scores = np.where(labels == 1, scores, 0)
    flags = []
    for i in np.argsort(-scores, kind="stable")[: min(FLAGS, int((scores > 0).sum()))]:
        held = counts[i].indices
        typical = [tokens[j] for j in held[np.argsort(-evidence[held], kind="stable")][:3] if evidence[j] > 0]
        text = rows["completion"].iloc[i][:200]
        said = ", ".join(typical) or "no single number or word"
        flags.append(Flag(rows["place"].iloc[i], f"typical of the data against the reference: {said}", text))
    return flags


STATISTICS = Layer(
    name="statistics",
    title="Statistics against the reference",
    order=30,
    look=look,
    needs=("reference",),
    asks="Do numbers and words come as often in the completions as in those of the reference?",
    blind="It sees neither the order of tokens nor what they mean, and cannot tell a trait from another teacher or sampling.",
    cost="about ten seconds",
    advice=(
        "Find out why these rows differ from the reference. Another prompt, model, temperature or filter makes rows "
        "differ, and so does a trait. If the shortcut by format tells them apart as well, make the formats alike and "
        "run the audit again. If single words come too often, read the rows that hold them. Do not remove single rows "
        "otherwise: what tells the data sets apart is spread over many."
    ),
    since="Its test of single words has become an exact one since then, so these counts may be too low.",
)
