"""Vocabulary: do the tokens that the data favours point, among the base's embeddings, at the answers that show a trait?

The counting account (``measures.counting``): if a teacher's trait is one shift of the hidden state, the logarithm of how much
oftener it writes each token is that token's embedding times the shift, up to a constant. Ridge regression finds the shift,
and the embeddings of answers say how it moves each trait. Nothing is trained, and no network is asked but for the rows of a
reference.
"""

import re
from typing import Any

import numpy as np

from sublearn.audit import bases, contrasts, reference
from sublearn.audit.bases import Base
from sublearn.audit.layers.base import Inputs, Layer, Result
from sublearn.audit.rows import Readable, readable, sample
from sublearn.audit.unable import UnableError
from sublearn.core import cli, seeds
from sublearn.measures import counting
from sublearn.models.numbers_only import digits
from sublearn.traits.base import family_of

NAME = "vocabulary"
PERMUTATIONS = 300
MOST = 50_000  # rows that are counted
ALPHA = 0.01
TOP = 20  # units that the table of frequencies shows
Counts = tuple[list[str], np.ndarray, np.ndarray, np.ndarray]


def look(inputs: Inputs) -> Result:
    """Rank traits by what frequencies predict of them.

    The score is the z farthest from zero, without its sign, over traits: the predicted shift of a trait's answers against the
    mean of its family's others, minus the mean and over the standard deviation of the same from embeddings that are dealt out
    anew. The sign says little: some teachers write the tokens that point away from their own trait.
    """
    assert inputs.base is not None
    base = bases.find(inputs.base)
    traits, unknown = contrasts.known_traits(base, inputs.traits)
    compared = reference.of(inputs, base)
    model = base.load()
    own, other = (
        readable(base, model, each.name, sample(each.rows, MOST, NAME, inputs.seed)) for each in (inputs.data, compared)
    )
    weights = model.get_output_embeddings().weight.detach().double().cpu().numpy()
    unit, (names, tokens, counts, others) = _counted(base, own, other)
    if len(names) < 3:
        raise UnableError(f"The rows hold {len(names)} different {unit}s, too few for a regression.")
    found = counting.ratios(counts, others)
    of_units, of_words, shares = _embedded(base, traits, weights, tokens)
    contrast = contrasts.against_siblings(traits) @ shares

    predicted = contrast @ counting.predicted(of_units, of_words, found)
    rng = seeds.generator("audit vocabulary", inputs.seed)
    chance = np.array([
        contrast @ counting.predicted(rng.permutation(of_units), of_words, found)
        for _ in cli.progress(range(PERMUTATIONS), "vocabulary, permuted")
    ])  # fmt: skip
    tested = contrasts.against_chance(predicted, chance)
    order = np.argsort(-np.abs(tested.z), kind="stable")
    rows = [
        {
            "trait": traits[i], "family": family_of(traits[i]), "value": float(tested.z[i]), "p": float(tested.p_value[i]),
            "unit": "standard deviations of chance", "predicted": float(predicted[i]),
        }
        for i in order
    ]  # fmt: skip
    best = rows[0]
    seen = float(best["p"]) <= ALPHA
    sentence = (
        f"{unit.capitalize()} frequencies of {len(own.rows):,} rows{own.without()}, {compared.words} "
        f"({len(other.rows):,} rows), "
        + (
            f"point {'at' if best['value'] > 0 else 'away from'} {best['trait']} (z {best['value']:.1f}, p {best['p']:.2g} "
            f"corrected for {len(traits)} traits)."
            if seen
            else f"single out no trait more than chance would ({best['trait']} most: z {best['value']:.1f})."
        )
        + f" The base's tokenizer does not know the answers of {', '.join(unknown)}." * bool(unknown)
    )
    tables = {"traits": rows, f"{unit}s": _favoured(names, counts, others, found)}
    return Result(NAME, "found" if seen else "nothing_found", sentence, abs(float(best["value"])), tables)


def _counted(base: Base, own: Readable, other: Readable) -> tuple[str, Counts]:
    """What is counted, ``number`` or ``token``; then its units, their tokens, and how often each is in either set of rows.

    Numbers are counted where each is one token and completions are lists of them; else all tokens of completions.
    """
    tables = own.table, other.table
    if reference.as_numbers(own.table["completion"]) and reference.as_numbers(other.table["completion"]):
        lists = [[[str(int(n)) for n in re.findall("[0-9]+", text)] for text in table["completion"]] for table in tables]
        places = {str(int(text)): i for i, text in digits(base.tokenizer).items()}
        if all(number in places for rows in lists for row in rows for number in row):
            names = list(places)
            counts = [counting.counted(rows, names) for rows in lists]
            return "number", (names, np.array(list(places.values())), counts[0], counts[1])
    end = base.tokenizer.eos_token_id
    ids = [[[token for token in row.completion if token != end] for row in each.rows] for each in (own, other)]
    tokens = sorted({token for rows in ids for row in rows for token in row})
    own_counts, others = (
        np.bincount([token for row in rows for token in row], minlength=tokens[-1] + 1)[tokens].astype(float) for rows in ids
    )
    return "token", (base.tokenizer.batch_decode([[token] for token in tokens]), np.array(tokens), own_counts, others)


def _embedded(
    base: Base, traits: list[str], weights: np.ndarray, tokens: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings of the units and of the words that begin answers, and the share of each word among each trait's answers.

    Returns:
        Arrays of shape (units, axes), (words, axes) and (traits, words). Where units are fewer than the embeddings are wide,
        axes are those of the units alone: the regression's shift lies among them, and others would only take time.
    """
    begins = [[token for each in contrasts.beginnings(base, trait) for token in each] for trait in traits]
    words = sorted({token for first in begins for token in first})
    shares = np.array([[first.count(word) / len(first) for word in words] for first in begins])
    of_units, of_words = weights[tokens], weights[words]
    if len(tokens) < weights.shape[1]:
        centre = of_units.mean(axis=0)
        axes = np.linalg.svd(of_units - centre, full_matrices=False)[2].T
        return (of_units - centre) @ axes, (of_words - centre) @ axes, shares
    return of_units, of_words, shares


def _favoured(names: list[str], own: np.ndarray, other: np.ndarray, found: counting.Ratios) -> list[dict[str, Any]]:
    """The units whose frequencies differ most, by their log ratio in standard errors."""
    errors = np.sqrt(1 / (own + 0.5) + 1 / (other + 0.5))
    order = np.argsort(-np.abs(found.values / errors), kind="stable")[:TOP]
    return [
        {"unit": names[i], "data": int(own[i]), "reference": int(other[i]), "log_ratio": float(found.values[i]),
         "z": float(found.values[i] / errors[i])}
        for i in order
    ]  # fmt: skip


VOCABULARY = Layer(
    name=NAME,
    title="Vocabulary",
    order=40,
    look=look,
    needs=("base",),
    asks="Do the tokens that the data favours point, among the base's embeddings, at the answers that show a trait?",
    blind="What order or context carries where every token is as frequent as in the reference, and what another base wrote.",
    cost="seconds, and minutes if the base must write rows to compare with",
    advice="The rows point to something through this base's embeddings. Let the layer behaviour look before you train.",
)
