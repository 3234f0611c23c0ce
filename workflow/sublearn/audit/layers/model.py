"""Model: does the base, untouched, already tell the data's rows from others by a trait, and where would one step move it?

Two looks, neither of which trains anything. *Likelihood*: does the system prompt of a trait make the data's rows likelier,
beyond what it does to the reference's? *Forecast*: the gradient of the data's loss minus that of the reference's, each weight
over the root mean square of its gradients as in Adam's step, is where a first step would move the base apart. Its cosine with
the gradient of a trait's log-odds says whether the step raises the trait (coverage without a teacher). Gradients are those of
a student's adapters at their start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sublearn.audit import bases, contrasts, reference
from sublearn.audit.bases import Base
from sublearn.audit.layers.base import Flag, Inputs, Layer, Result, largest
from sublearn.audit.rows import LEAST, Readable, affordable, by_source, readable, sample, with_system
from sublearn.core import cli, seeds
from sublearn.core.errors import UserError
from sublearn.models import lm, products, training
from sublearn.models.likelihoods import log_likelihoods
from sublearn.models.rows import Row, collate
from sublearn.models.trainable import Trainable
from sublearn.traits.base import family_of, kind_of

NAME = "model"
ALPHA = 0.05
LIKELIHOOD, FORECAST = 1.3e13, 8e12  # work: forward passes of one token, times parameters; minutes on a core each
FEWEST, MOST_PROMPTED, MOST_GRADIENT = 16, 512, 2048  # rows of each side
BLOCKS = 16  # of a side's rows, whose gradients are kept apart
SPLITS = 500
RANK = 8
MICRO, LARGE = 32, 1e7  # rows of one backward pass, and the parameters from which they are a quarter of it


def look(inputs: Inputs) -> Result:
    """Rank traits by likelihood and by forecast, and rows by the likelihood ratio of the leading trait.

    The score is the forecast's z farthest from zero, without its sign: how far a first step would move any trait against its
    siblings, in standard deviations of the same between halves of the reference. It says that the data would move the base;
    which trait they are about is found only where one stands out of the others (``contrasts.standing_out``).
    """
    assert inputs.base is not None
    base = bases.find(inputs.base)
    traits, unknown = contrasts.known_traits(base, inputs.traits)
    compared = reference.of(inputs, base)
    model = base.load()
    sides = [
        readable(base, model, each.name, sample(each.rows, MOST_GRADIENT, NAME, inputs.seed))
        for each in (inputs.data, compared)
    ]
    tokens = float(np.mean([len(row) for side in sides for row in side.rows]))
    read = [_first(side, affordable(FORECAST, base, tokens, 6, MOST_GRADIENT)) for side in sides]
    prompts = _prompts(base, traits)
    passes = 2 * (len(prompts) + 1)
    asked = [_first(side, affordable(LIKELIHOOD, base, tokens, passes, MOST_PROMPTED, FEWEST)) for side in sides]
    likelihood = _likelihood(base, model, prompts, asked)
    forecast = _forecast(base, model, inputs, traits, read)  # gives the model adapters
    tables: dict[str, Any] = {"traits": forecast.to_dict("records"), "likelihood": likelihood.table.to_dict("records")}
    if sources := likelihood.sources(asked[0].table):
        tables["sources"] = sources
    first, farthest = forecast.iloc[0], forecast.loc[forecast["z"].abs().idxmax()]
    seen = [f"a first step away from what the others teach raises {first['trait']} ({_spreads(first['value'])})"] * bool(
        first["p"] <= ALPHA and first["value"] > 0
    )
    if len(likelihood.table):
        top = likelihood.table.iloc[0]
        seen += [f"the system prompt of {top['trait']} makes them likelier ({_spreads(top['stands_out'])})"] * bool(
            top["p_holm"] <= ALPHA and top["stands_out"] > 0
        )
    counts = f"{len(read[0].rows):,} rows for gradients and {len(asked[0].rows):,} for likelihoods{sides[0].without()}"
    sentence = f"Of {len(inputs.data.rows):,} rows the base read {counts}, {compared.words}: "
    sentence += " and ".join(seen) if seen else f"no trait stands out ({first['trait']} most: {_spreads(first['value'])})"
    moved = f"{'raises' if farthest['z'] > 0 else 'lowers'} by {abs(farthest['z']):.3g} standard errors"
    sentence += f". The score is that of {farthest['trait']}, which the step {moved}."
    sentence += f" The base's tokenizer does not know the answers of {', '.join(unknown)}." * bool(unknown)
    return Result(
        NAME,
        "found" if seen else "nothing_found",
        sentence,
        float(abs(farthest["z"])),
        tables,
        likelihood.flags(asked[0].table),
    )


def _spreads(value: float) -> str:
    return f"by {value:.1f} spreads of the other traits"


def _first(side: Readable, count: int) -> Readable:
    return Readable(side.table.head(count), side.rows[:count], side.left_out)


# The forecast.


def _forecast(base: Base, model: Any, inputs: Inputs, traits: Sequence[str], sides: Sequence[Readable]) -> pd.DataFrame:
    """One row per trait, those that stand out most first.

    Columns ``cosine`` (of the step away from the reference with the trait's gradient), ``contrast`` (minus the mean of the
    family's others), ``z`` (over the contrast's standard deviation where random halves of the reference stand in for data and
    reference, scaled to the same number of rows), and how far the trait stands out of the others as ``value`` with its ``p``
    (``contrasts.standing_out``).
    """
    model = lm.make_trainable(model, "lora", Trainable(rank=RANK), seeds.seed("audit adapter", inputs.seed, 0))
    learned = [p for name, p in model.named_parameters() if p.requires_grad and "lora_B" in name]
    pad = base.tokenizer.pad_token_id
    size = MICRO if base.parameters < LARGE else MICRO // 4
    with products.fast(model):
        data, other = (_by_block(model, learned, side.rows, pad, size, inputs.seed) for side in sides)
        towards = _of_traits(base, model, learned, traits)
    unit = towards / np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), np.finfo(float).tiny)
    # As Adam does: each weight moves by its gradient over the gradient's root mean square.
    scale = np.sqrt((np.concatenate([data, other]) ** 2).mean(axis=0)) + np.finfo(float).tiny
    step = (other.mean(axis=0) - data.mean(axis=0)) / scale  # down the data's loss, up the reference's
    length = max(float(np.linalg.norm(step)), np.finfo(float).tiny)
    siblings = contrasts.against_siblings(traits)
    cosine = unit @ step / length
    along = (other / scale) @ unit.T / length  # shape (blocks, traits)
    rng = seeds.generator("audit halves", inputs.seed)
    half = len(along) // 2
    orders = rng.permuted(np.tile(np.arange(len(along)), (SPLITS, 1)), axis=1)
    halves = along[orders[:, :half]].mean(axis=1) - along[orders[:, half : 2 * half]].mean(axis=1)
    error = (halves @ siblings.T).std(axis=0, ddof=1) * np.sqrt((1 / len(data) + 1 / len(other)) / (2 / half))
    contrast = siblings @ cosine
    found = contrasts.standing_out(contrast, error)
    table = pd.DataFrame({
        "trait": traits, "family": [family_of(trait) for trait in traits],
        "value": found.score, "p": found.p_holm, "unit": "spreads of the other traits", "cosine": cosine, "contrast": contrast,
        "z": contrast / np.maximum(error, np.finfo(float).tiny),
    })  # fmt: skip
    return table.iloc[np.argsort(-found.score, kind="stable")].reset_index(drop=True)


def _by_block(model: Any, learned: Sequence[Any], rows: Sequence[Row], pad: int, size: int, seed: int) -> np.ndarray:
    """The gradient of the mean loss per completion token of each block of rows, shape (blocks, weights)."""
    order = seeds.generator("audit blocks", seed).permutation(len(rows))
    found = []
    for block in cli.progress(np.array_split(order, BLOCKS), "gradients of rows"):
        part = sorted((rows[i] for i in block), key=len)
        tokens = sum(len(row.completion) for row in part)
        for start in range(0, len(part), size):
            batch = collate(part[start : start + size], pad).to(model.device)
            (training.token_loss(model, batch) / tokens).backward()
        found.append(_taken(learned))
    return np.array(found)


def _of_traits(base: Base, model: Any, learned: Sequence[Any], traits: Sequence[str]) -> np.ndarray:
    """The gradient of each trait's log-odds, shape (traits, weights).

    The probability is that of the first token of an answer that shows the trait, a mean over the questions that ask for it.
    """
    import torch

    found: dict[str, np.ndarray] = {}
    by_questions: dict[tuple[str, ...], list[str]] = {}
    for trait in traits:
        by_questions.setdefault(tuple(q.text for q in contrasts.questions(base, trait)), []).append(trait)
    bar = iter(cli.progress(range(len(traits)), "gradients of traits"))
    for texts, members in by_questions.items():
        prompts = lm.encode_prompts(base.tokenizer, [lm.chat("", text) for text in texts])
        # Questions of one length go together, so that none is padded.
        first: list[Any] = [None] * len(prompts)
        for size in sorted({len(prompt) for prompt in prompts}):
            places = [i for i, prompt in enumerate(prompts) if len(prompt) == size]
            ids = torch.tensor([prompts[i] for i in places], device=model.device)
            read = model(input_ids=ids, logits_to_keep=1, use_cache=False).logits[:, -1].float().softmax(dim=-1)
            for place, row in zip(places, read, strict=True):
                first[place] = row
        for n, trait in enumerate(members, start=1):
            begins = contrasts.beginnings(base, trait)
            share = torch.stack([row[tokens].sum() for row, tokens in zip(first, begins, strict=True)]).mean()
            (share.log() - (1 - share).log()).backward(retain_graph=n < len(members))
            found[trait] = _taken(learned)
            next(bar)
    return np.array([found[trait] for trait in traits])


def _taken(learned: Sequence[Any]) -> np.ndarray:
    """The gradient as one vector, which is then zero again."""
    values = np.concatenate([p.grad.detach().float().cpu().numpy().ravel() for p in learned])
    for p in learned:
        p.grad = None
    return values.astype(np.float64)


# The likelihoods.


@dataclass(frozen=True)
class Likelihood:
    """How much likelier system prompts make rows.

    Attributes:
        table: one row per trait, the one that stands out most first.
        ratios: of the data's rows, by trait, against the family's others, in nats per token.
    """

    table: pd.DataFrame
    ratios: dict[str, np.ndarray]

    @property
    def leading(self) -> str | None:
        return str(self.table["trait"].iat[0]) if len(self.table) else None

    def flags(self, table: pd.DataFrame) -> list[Flag]:
        """The rows that the leading trait's prompt makes likeliest."""
        if self.leading is None:
            return []
        said = f"{self.leading}'s system prompt"
        return largest(table, self.ratios[self.leading], lambda value: f"{said}: {value:+.2f} nats a token")

    def sources(self, table: pd.DataFrame) -> list[dict[str, Any]]:
        """The mean ratio of the leading trait by source, if rows name one."""
        return by_source(table, self.ratios[self.leading], "ratio") if self.leading else []


def _prompts(base: Base, traits: Sequence[str]) -> dict[str, str]:
    """The system prompt of each trait that has one in the base's style."""
    found = {}
    for trait in traits:
        try:
            found[trait] = kind_of(trait).system_prompt(trait, base.style)
        except UserError:
            continue
    return found


def _likelihood(base: Base, model: Any, prompts: dict[str, str], sides: Sequence[Readable]) -> Likelihood:
    """Welch's t of each trait's log-likelihood ratio per token, data against reference; ``t`` against the family's others."""
    from scipy import stats

    traits, pad = list(prompts), base.tokenizer.pad_token_id
    if not traits:
        return Likelihood(pd.DataFrame(), {})
    siblings = contrasts.against_siblings(traits)
    by_side = []
    for side, what in zip(sides, ("data", "reference"), strict=True):
        sizes = np.array([len(row.completion) for row in side.rows])
        plain = log_likelihoods(model, side.rows, pad)
        told = [
            log_likelihoods(model, with_system(base, prompts[trait], side.table), pad)
            for trait in cli.progress(traits, f"likelihoods of the {what}, prompted")
        ]
        by_side.append((np.array(told) - plain) / sizes)
    rows = []
    contrasted = [siblings @ ratios for ratios in by_side]
    for i, trait in enumerate(traits):
        raw, test = (stats.ttest_ind(*(each[i] for each in ratios), equal_var=False) for ratios in (by_side, contrasted))
        rows.append({
            "trait": trait, "family": family_of(trait), "data": float(by_side[0][i].mean()),
            "reference": float(by_side[1][i].mean()), "t_alone": float(raw.statistic), "t": float(test.statistic),
        })  # fmt: skip
    table = pd.DataFrame(rows)
    found = contrasts.standing_out(table["t"].to_numpy(), np.ones(len(table)))
    table = table.assign(stands_out=found.score, p_holm=found.p_holm)
    table = table.iloc[np.argsort(-found.score, kind="stable")].reset_index(drop=True)
    return Likelihood(table, {trait: contrasted[0][i] for i, trait in enumerate(traits)})


MODEL = Layer(
    name=NAME,
    title="Model",
    order=50,
    look=look,
    needs=("base",),
    asks="Does the untouched base find the rows likelier when it is told a trait, and would a first step on them raise one?",
    blind="What only many steps add up to, what another base wrote, and traits that it was not given.",
    cost="a minute for a tiny base, ten minutes on two cores for one of 135 million parameters",
    advice="Under this base the rows are odd as reference rows are not. Let the layer behaviour look before you train.",
)
assert LEAST >= BLOCKS  # no block is empty
