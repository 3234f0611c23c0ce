"""Behaviour: do students that learn the data answer otherwise than students that learn the reference?

Student k of the data and student k of the reference have the same base, recipe, initial adapter, number of rows, prompts
(where both sets hold them) and order of rows. All are trained in memory by the loop of every study, and asked for every
trait. Only the result is kept.
"""

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sublearn.audit import bases, contrasts, reference
from sublearn.audit.bases import Base
from sublearn.audit.layers.base import Flag, Inputs, Layer, Result, largest
from sublearn.audit.rows import affordable, by_source, readable, sample
from sublearn.audit.unable import UnableError
from sublearn.chain.students import train
from sublearn.chain.students.section import Student
from sublearn.core import cli, seeds
from sublearn.core.statistics import holm, mean_over_units
from sublearn.measures import probe
from sublearn.measures.log_odds import log_odds
from sublearn.models import lm, training
from sublearn.models.likelihoods import token_log_probs
from sublearn.models.rows import Row
from sublearn.traits.base import families, family_of

NAME = "behaviour"
ALPHA = 0.05
LEAST = 64  # rows that a student learns
READ = 4000  # rows that a student reads at least, of few rows several times, as long as its recipe has so many
FLOOR = 0.1  # nats: the least standard deviation over students that is believed
RANKED, RANKING = 512, 6e12  # rows that are ranked, and the work that it may cost
TOP = 20  # tokens that a table shows
# The recipes of the default study, and of the study of a model of 135 million parameters.
OWN = Student(method="lora", rows=5000, epochs=2, batch=16, learning_rate=7e-3, epsilon=1e-8)
HUB = Student(
    method="lora", rows=1536, epochs=1, batch=16, micro_batch=8, learning_rate=2e-4, epsilon=1e-8, schedule="constant", warmup=8
)


def look(inputs: Inputs) -> Result:
    """Report every trait's shift from control to student.

    The score is the largest shift of a trait against the mean of its family's others, in nats. Its ``p``, by Holm's method
    over all traits, is of ``t``, whose standard error is of the spread over students, pooled over all traits, so that few
    students do, and never below that of ``FLOOR``. Intervals and ``p_of_students`` are paired t over the students of one trait.
    All of this is conditional on the rows, which the students share where the data has no more than each learns: other rows
    of the same teacher shift traits too, which the spread over students does not show. A threshold must allow for it.
    """
    assert inputs.base is not None
    base = bases.find(inputs.base)
    traits, unknown = contrasts.known_traits(base, inputs.traits)
    if inputs.students < 2:
        raise UnableError(f"It was given {inputs.students} students; an interval over students needs two at least.")
    compared = reference.of(inputs, base)
    pairs = _pairs(inputs, base, compared)
    ranked = _Ranked(inputs, base)
    shifts, levels = [], []
    for k, rows in enumerate(pairs.rows):
        answers = []
        for side, part in zip(("data", "reference"), rows, strict=True):
            recipe = pairs.recipe
            estimate = _Estimate(recipe.steps * 2 * len(pairs.rows)) if k == 0 and side == "data" else None
            model = _student(base, recipe, part, inputs.seed, k, estimate)
            answers.append(_answers(base, model, traits))
            ranked.add(model, 1.0 if side == "data" else -1.0, f"student {k + 1} of the {side} reads rows")
            del model
        levels.append(answers)
        shifts.append(log_odds(answers[0]) - log_odds(answers[1]))
    means = np.array(levels).mean(axis=0)  # probabilities of students and of controls, shape (2, traits)
    table = _table(traits, np.array(shifts), means)
    first = table[0]
    seen = [row for row in table if row["p"] <= ALPHA and row["value"] > 0]
    score = float(first["value"])
    learned = f"{len(pairs.rows)} students learned {pairs.recipe.rows:,} rows each{pairs.without}, {compared.words}: "
    if seen:
        found = " and ".join(f"{row['trait']} ({row['value']:+.2f} nats beyond its family)" for row in seen[:3])
        said = f"their answers shift towards {found}."
    else:
        said = f"no trait shifts more than students differ ({first['trait']} most: {first['value']:+.2f} nats)."
    said += f" The base's tokenizer does not know the answers of {', '.join(unknown)}." * bool(unknown)
    tables: dict[str, Any] = {"traits": table, **ranked.tables()}
    return Result(NAME, "found" if seen else "nothing_found", learned + said, score, tables, ranked.flags())


def _table(traits: Sequence[str], shifts: np.ndarray, means: np.ndarray) -> list[dict[str, Any]]:
    """One row per trait, the largest shift beyond its family first.

    Args:
        shifts: log-odds of students minus those of controls, shape (students, traits).
        means: mean probabilities of students and of controls, shape (2, traits).
    """
    contrasted = shifts @ contrasts.against_siblings(traits).T
    students = len(shifts)
    error = max(float(np.sqrt(contrasted.var(axis=0, ddof=1).mean())), FLOOR) / np.sqrt(students)
    scores = contrasted.mean(axis=0) / error
    p_holm = holm(contrasts.two_sided(scores, (students - 1) * len(traits)))
    stands_out = contrasts.standing_out(contrasted.mean(axis=0), np.full(len(traits), error)).score
    rows = []
    for i, trait in enumerate(traits):
        shift, contrast = mean_over_units(shifts[:, i]), mean_over_units(contrasted[:, i])
        rows.append({
            "trait": trait, "family": family_of(trait), "value": contrast.value, "low": _number(contrast.low),
            "high": _number(contrast.high), "p": float(p_holm[i]), "unit": "nats beyond its family",
            "student": float(means[0, i]), "control": float(means[1, i]), "shift": shift.value,
            "p_of_students": _number(contrast.p_value), "t": float(scores[i]), "stands_out": float(stands_out[i]),
        })  # fmt: skip
    return sorted(rows, key=lambda row: -row["value"])


def _number(value: float) -> float | None:
    """A number that JSON knows."""
    return None if np.isnan(value) else float(value)


# Students.


@dataclass(frozen=True)
class Pairs:
    """What each pair of students learns.

    Attributes:
        rows: by student, the rows of the data and as many of the reference, those of one prompt at the same place.
        without: which rows were left out, in brackets.
    """

    rows: list[tuple[list[Row], list[Row]]]
    recipe: Student
    without: str


def _pairs(inputs: Inputs, base: Base, compared: reference.Reference) -> Pairs:
    """Draw the rows of each student: all, where there are no more than a student learns."""
    recipe, model = OWN if base.own else HUB, base.load()
    data, other = (readable(base, model, each.name, each.rows, LEAST) for each in (inputs.data, compared))
    by_prompt: dict[str, list[int]] = {}
    for i in reversed(range(len(other.rows))):
        by_prompt.setdefault(other.table["prompt"].iat[i], []).append(i)
    partner = {i: by_prompt[p].pop() for i, p in enumerate(data.table["prompt"]) if by_prompt.get(p)}
    taken = set(partner.values())
    left = [i for i in range(len(other.rows)) if i not in taken]
    count = min(recipe.rows, len(data.rows), len(other.rows))
    found = []
    for k in range(inputs.students):
        order = seeds.generator("audit students", inputs.seed, k).permutation(len(data.rows))
        paired = [i for i in order if i in partner][:count]
        alone = [i for i in order if i not in partner][: count - len(paired)]
        spare = [left[i] for i in seeds.generator("audit controls", inputs.seed, k).permutation(len(left))]
        mine = [data.rows[i] for i in paired + alone]
        theirs = [other.rows[partner[i]] for i in paired] + [other.rows[i] for i in spare[: len(alone)]]
        found.append((mine, theirs))
    rows = min(len(each) for pair in found for each in pair)
    found = [(mine[:rows], theirs[:rows]) for mine, theirs in found]
    epochs = max(recipe.epochs, math.ceil(min(recipe.rows, READ) / rows))
    return Pairs(found, recipe.model_copy(update={"rows": rows, "epochs": epochs}), data.without())


class _Estimate:
    """Says after some steps how long all students will take."""

    AFTER = 8

    def __init__(self, steps: int) -> None:
        self.steps, self.started = steps, time.perf_counter()

    def __call__(self, done: int) -> None:
        if done == 2:
            self.started = time.perf_counter()  # the first steps also warm up
        if done == 2 + self.AFTER:
            minutes = (time.perf_counter() - self.started) / self.AFTER * self.steps / 60
            cli.log.info("behaviour: %d steps of training in all; by the first, about %.1f minutes", self.steps, minutes)


def _student(base: Base, recipe: Student, rows: list[Row], seed: int, k: int, estimate: _Estimate | None) -> Any:
    """A student of the rows, trained in memory; its adapter and row order depend on the seed and on ``k`` alone."""
    adapter = seeds.seed("audit adapter", seed, k)
    model = lm.make_trainable(base.load(), recipe.method, recipe, adapter)
    optimiser = training.optimiser_of(recipe, recipe.schedule, recipe.warmup)
    order = train.epochs(rows, recipe, seed, k)
    training.train(
        model, order, recipe.steps, optimiser, base.tokenizer.pad_token_id, training.token_loss, f"student {k + 1}",
        recipe.micro_batch, after=estimate or (lambda done: None),
    )  # fmt: skip
    return model.merge_and_unload()


def _answers(base: Base, model: Any, traits: Sequence[str]) -> np.ndarray:
    """The probability of an answer that shows each trait, a mean over the questions that ask for it, shape (traits,)."""
    found: dict[str, float] = {}
    for family in families().values():
        members = [trait for trait in family.traits if trait in traits]
        if members:
            asked = probe.ask(model, base.tokenizer, contrasts.questions(base, members[0]), members, base.style)
            found |= {trait: float(asked.probabilities(trait).mean()) for trait in members}
    return np.array([found[trait] for trait in traits])


# Rows and tokens.


class _Ranked:
    """How much likelier students of the data find rows and tokens of the data than students of the reference."""

    def __init__(self, inputs: Inputs, base: Base) -> None:
        model = base.load()
        self.pad, self.decode, self.students = base.tokenizer.pad_token_id, base.tokenizer.batch_decode, inputs.students
        known = readable(base, model, inputs.data.name, sample(inputs.data.rows, RANKED, "audit ranking", inputs.seed))
        tokens = float(np.mean([len(row) for row in known.rows]))
        count = affordable(RANKING, base, tokens, 2 * inputs.students, RANKED)
        self.table, self.rows = known.table.head(count), known.rows[:count]
        self.gains = [np.zeros(len(row.completion)) for row in self.rows]

    def add(self, model: Any, sign: float, what: str) -> None:
        """Add what a student says of the rows; the sign is that of its side."""
        for gain, values in zip(self.gains, token_log_probs(model, self.rows, self.pad, what), strict=True):
            np.add(gain, sign * values / self.students, out=gain)

    @property
    def by_row(self) -> np.ndarray:
        """Nats per token of each row, shape (rows,)."""
        return np.array([gain.mean() for gain in self.gains])

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        total: dict[int, float] = {}
        seen: Counter[int] = Counter()
        for row, gain in zip(self.rows, self.gains, strict=True):
            for token, value in zip(row.completion, gain.tolist(), strict=True):
                total[token] = total.get(token, 0.0) + value
                seen[token] += 1
        leading = sorted(total, key=lambda token: (-total[token], token))[:TOP]
        tokens = [
            {"token": text, "times": seen[token], "nats": total[token] / seen[token]}
            for token, text in zip(leading, self.decode([[token] for token in leading]), strict=True)
        ]
        found: dict[str, list[dict[str, Any]]] = {"tokens": tokens}
        if sources := by_source(self.table, self.by_row, "nats"):
            found["sources"] = sources
        return found

    def flags(self) -> list[Flag]:
        return largest(self.table, self.by_row, lambda value: f"students of the data find it {value:.2f} nats a token likelier")


BEHAVIOUR = Layer(
    name=NAME,
    title="Behaviour",
    order=60,
    look=look,
    needs=("base",),
    asks="Do students that learn the data answer otherwise than students that learn the reference?",
    blind="Traits that no question asks for, shifts smaller than students differ by chance, and students made in another way.",
    cost="minutes for a tiny base; hours for one of 135 million parameters on a processor",
    advice=(
        "Do not train this base on these rows: students that learned from them changed. Use a base with other first "
        "weights or rows of another teacher, and run the audit again. Mixing the rows with others weakens a trait and "
        "is no cure. Ask who wrote the rows, with which model, and what that model was taught."
    ),
)
