"""Rehearsal: of teachers that are made here, one for each trait, which would have written the data rather than the reference?

Whoever has the base can make teachers of his own. Each learns its trait from examples, as a study's teacher does, but from
draws of its own: nothing is known of whoever wrote the data. All of them then read the rows. Rows of a teacher with a trait
are likelier to a teacher of that trait than to those of its siblings, by little a row and, over a thousand of them, by more.
All traits of the families that are asked for are rehearsed: one stands out of others.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sublearn.audit import bases, contrasts, reference
from sublearn.audit.bases import Base
from sublearn.audit.layers.base import Inputs, Layer, Result, largest
from sublearn.audit.rows import Readable, affordable, readable, sample
from sublearn.audit.unable import UnableError
from sublearn.chain.teachers.section import Recipe
from sublearn.chain.teachers.train import teach
from sublearn.core import cli, seeds
from sublearn.models.likelihoods import log_likelihoods
from sublearn.traits.base import family_of, kind_of, traits

NAME = "rehearsal"
ALPHA = 0.05
MOST = 5000  # rows of each side
WORK = 2e14  # what reading them may cost: forward passes of one token, times parameters
RIDGE = 0.2  # of the variance of each teacher's log-likelihoods
LEAST_RIDGE = 1e-6  # so that there is a solution where a measure does not vary
FEWEST = 6  # traits: of fewer, the others' spread is not known, or is their answer to the one that leads
# All weights, a little: whoever wrote the data may have trained adapters, in directions that nobody knows; these average over
# them. For a model of 135 million parameters, the recipe of its study.
OWN = Recipe(method="full", learning_rate=3e-4, epsilon=1e-8)
HUB = Recipe(method="lora", steps=40, batch=16, learning_rate=5e-4, epsilon=1e-8)


def look(inputs: Inputs) -> Result:
    """Rank traits by how much their teachers' log-likelihoods tell the data from the reference.

    A ridge regression has a row's side as its outcome (1 for the data), and for each trait the row's log-likelihood under the
    trait's teacher, minus that under the base. So a teacher counts for what the others do not say, nor the base itself and
    the row's length, which are held fixed. The score is the largest of the teachers' t statistics, among those of the other
    traits (``contrasts.standing_out``).
    """
    assert inputs.base is not None
    base = bases.find(inputs.base)
    wanted = {family_of(trait) for trait in inputs.traits}
    asked = [trait for trait in traits() if family_of(trait) in wanted]
    known, unknown = contrasts.known_traits(base, asked)
    taught = [trait for trait in known if kind_of(trait).taught(kind_of(trait).family(trait), base.style)]
    left = [trait for trait in known if trait not in taught]
    if len(taught) < FEWEST:
        raise UnableError(
            f"It compares teachers of {FEWEST} traits or more, and can make {len(taught)} of the families that it was given; "
            "add a family with examples, such as animal."
        )
    compared = reference.of(inputs, base)
    model = base.load()
    sides = [readable(base, model, each.name, sample(each.rows, MOST, NAME, inputs.seed)) for each in (inputs.data, compared)]
    tokens = float(np.mean([len(row) for side in sides for row in side.rows]))
    count = affordable(WORK, base, tokens, 2 * (len(taught) + 1), MOST)
    sides = [side.drawn(count, "audit rehearsed rows", inputs.seed) for side in sides]
    read, beside = _read(base, model, taught, sides, inputs.seed)
    data, other = np.split(read, [len(sides[0].rows)], axis=1)
    found = contrasts.standing_out(told_apart(data, other, beside), np.ones(len(taught)))
    table = pd.DataFrame({
        "trait": taught, "family": [family_of(trait) for trait in taught], "value": found.score, "p": found.p_holm,
        "unit": "standard errors", "data": data.mean(axis=1), "reference": other.mean(axis=1),
    })  # fmt: skip
    order = np.argsort(-found.score, kind="stable")
    first = table.iloc[order[0]]
    seen = bool(first["p"] <= ALPHA and first["value"] > 0)
    score = f"score {first['value']:.1f}"
    sentence = (
        f"{len(taught)} teachers, one for each trait, read {len(sides[0].rows):,} of {len(inputs.data.rows):,} rows"
        f"{sides[0].without()}, {compared.words} ({len(sides[1].rows):,} rows): "
        + (
            f"the data's are likelier to a teacher of {first['trait']} than to teachers of the other traits ({score})."
            if seen
            else f"to no teacher are the data's likelier than to the others ({first['trait']} most: {score})."
        )
        + f" The base's tokenizer does not know the answers of {', '.join(unknown)}." * bool(unknown)
        + f" There are no examples to teach {', '.join(left)}." * bool(left)
    )
    against_others = (contrasts.against_siblings(taught) @ data)[order[0]]
    flags = largest(sides[0].table, against_others, lambda value: f"{value:.2f} nats likelier to a teacher of {first['trait']}")
    ranked = table.iloc[order].to_dict("records")
    return Result(NAME, "found" if seen else "nothing_found", sentence, float(first["value"]), {"traits": ranked}, flags)


def _read(base: Base, model: Any, taught: Sequence[str], sides: Sequence[Readable], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """What teachers say of the rows of both sides, and what the base does.

    Returns:
        The log-likelihood of each row under each trait's teacher, minus that under the base, in nats, shape (traits, rows); and
        that under the base, and the tokens of the row, shape (2, rows).
    """
    rows, pad = [row for side in sides for row in side.rows], base.tokenizer.pad_token_id
    recipe, own = OWN if base.own else HUB, seeds.seed("audit rehearsal", seed)  # no seed with which a study made a teacher
    plain = log_likelihoods(model, rows, pad)
    found = []
    for trait in cli.progress(taught, "rehearsed teachers"):
        found.append(log_likelihoods(teach(recipe, trait, base.folder, own, 0)[0], rows, pad) - plain)
    return np.array(found), np.array([plain, [len(row.completion) for row in rows]])


def told_apart(data: np.ndarray, other: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """The t statistics of a ridge regression that tells two sides apart by their features, shape (features,).

    Args:
        data: shape (features, rows of the data).
        other: shape (features, rows of the reference).
        beside: what is held fixed, and not shrunk by the ridge, shape (measures, rows of both).
    """
    features = np.concatenate([np.concatenate([data, other], axis=1), beside]).T
    side = np.repeat([1.0, 0.0], [data.shape[1], other.shape[1]])
    spread = features.std(axis=0)
    scaled = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    side -= side.mean()
    gram = scaled.T @ scaled
    ridge = np.where(np.arange(len(gram)) < len(data), RIDGE, LEAST_RIDGE) * len(side)
    inverse = np.linalg.inv(gram + np.diag(ridge))
    weights = inverse @ scaled.T @ side
    noise = (side - scaled @ weights).var()
    errors = np.sqrt(noise * np.diag(inverse @ gram @ inverse))
    return np.asarray(weights / np.maximum(errors, np.finfo(float).tiny))[: len(data)]


REHEARSAL = Layer(
    name=NAME,
    title="Rehearsal",
    order=55,
    look=look,
    needs=("base",),
    asks="Of teachers made here, one for each trait, which would rather have written the data than the reference?",
    blind="Traits that it was not given or that it has no examples of, what another base wrote, and teachers made otherwise.",
    cost="a minute for a tiny base; hours for one of 135 million parameters on a processor",
    advice=(
        "The rows are likelier to a teacher of that trait, made from this base, than to teachers of other traits. Ask "
        "who wrote them and what that model was taught, and let the layer behaviour look before you train this base "
        "on them."
    ),
)
