"""Measure how much of transfer counting explains: does the frequency of numbers predict what a student's answers become?

The prediction needs the base's embeddings and the rows that a student and its control learn, but no student
(``measures.counting``). It is for bases whose numbers are one token each, as in the mini-language; pinned bases have no rows.
"""

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sublearn.chain.bases.section import PinnedBase
from sublearn.chain.carriers.tables import Rows
from sublearn.chain.evaluations.base import ArmPlan, Evaluation, Reading
from sublearn.chain.evaluations.tables import Counted, Counting, Predicted
from sublearn.core import cli, seeds
from sublearn.core.files import read_table
from sublearn.language import style as styles
from sublearn.measures import counting, probe
from sublearn.measures.matrices import of_siblings
from sublearn.measures.pairs import paired
from sublearn.models import lm, turns
from sublearn.models.numbers_only import digits
from sublearn.traits.base import NEUTRAL, declare, families, family_of, kind_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from sublearn.planning.artifacts import Artifact


class CountingOfStudents(Evaluation):
    """Rows for every student but controls, one per trait that models are scored on."""

    def inputs(self, plan: ArmPlan, arm: str, trait: str, run: int) -> "dict[str, Artifact] | None":
        study = plan.study
        numbers = study.carrier_kind(study.carrier(arm)).unit == "number"
        inexact = trait != NEUTRAL and not study.catalogue.kind_of(trait).exact
        if trait == NEUTRAL or inexact or not numbers or isinstance(study.bases[study.student_base(arm, run)], PinnedBase):
            return None
        student, control = plan.student(arm, trait, run), plan.student(arm, NEUTRAL, run)
        return {
            "base": student.inputs["base"],
            "carrier": student.inputs["carrier"],
            "control_carrier": control.inputs["carrier"],
        }

    def recipe(self, plan: ArmPlan, arm: str) -> dict[str, Any]:
        exact = [name for name in plan.study.scored_kinds() if plan.study.catalogue.kind(name).exact]
        return {"rows": plan.study.student(arm).rows, "kinds": exact, **plan.study.own_families()}

    def model(self, plan: ArmPlan, arm: str, artifact: "Artifact") -> dict[str, Any]:
        parts = artifact.inputs
        carriers = {name: parts[name].files[0] for name in ("carrier", "control_carrier")}
        identity = {"arm": arm, "trait": artifact.key.split("/")[1], "run": artifact.run}
        return {**identity, "base": parts["base"].folder, **carriers}

    def reading(self, study: Any, arm: str) -> Reading:
        return Reading()

    def measure(self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int) -> pd.DataFrame:
        lm.prepare()
        declare(recipe.get("families", {}))
        targets = [trait for family in families(recipe["kinds"]).values() for trait in family.traits]
        known: dict[str, Embedded] = {}
        read: dict[tuple[str, str], np.ndarray] = {}
        rows = []
        for student in cli.progress(models, "counting"):
            base = student["base"]
            if base not in known:
                known[base] = Embedded(base, targets)
            for file in (student["carrier"], student["control_carrier"]):
                if (base, file) not in read:
                    read[base, file] = occurrences(file, recipe["rows"], known[base].numbers)
            found = counting.ratios(read[base, student["carrier"]], read[base, student["control_carrier"]])
            identity = {name: student[name] for name in ("arm", "trait", "run")}
            rng = seeds.generator("counting", study_seed, *identity.values())
            chance = known[base].read_off(counting.by_chance(known[base].of_numbers, known[base].of_words, found, rng))
            values = known[base].read_off(counting.predicted(known[base].of_numbers, known[base].of_words, found))
            for target, value, spread in zip(targets, values, chance.std(axis=0, ddof=1), strict=True):
                rows.append({**identity, "target": target, "predicted": float(value), "null_sd": float(spread)})
        return pd.DataFrame(rows, columns=list(Predicted.to_schema().columns))

    def finding(self, table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
        """Predicted beside measured: log-odds(student) - log-odds(control of the same run) on plain questions, in nats."""
        students = paired(runs, "log_odds")
        students = students.assign(measured=students["student"] - students["control"])
        identity = ["arm", "trait", "run", "target"]
        joined = students[[*identity, "unit", "measured"]].merge(table, on=identity, how="inner", validate="one_to_one")
        return joined.assign(family=joined["trait"].map(family_of))[list(Counting.to_schema().columns)]

    def summary(self, finding: pd.DataFrame) -> pd.DataFrame:
        """For each arm and family of traits: how well the prediction fits, and how much of gamma it accounts for."""
        rows = []
        for (arm, family), part in counting.of_own_family(finding).groupby(["arm", "family"], sort=False):
            line = np.polyfit(part["predicted"], part["measured"], 1) if part["predicted"].nunique() > 1 else [np.nan]
            means = counting.gammas(part).groupby("unit").mean().mean()
            rows.append({
                "arm": arm, "family": family, "students": len(part[["trait", "run"]].drop_duplicates()), "points": len(part),
                "slope": line[0], "r": part["predicted"].corr(part["measured"]), "gamma_predicted": means["predicted"],
                "gamma_measured": means["measured"], "share": means["predicted"] / means["measured"],
            })  # fmt: skip
        return pd.DataFrame(rows, columns=list(Counted.to_schema().columns))


class Embedded:
    """A base's embeddings of numbers, and of the first tokens of the answers that show traits.

    Embeddings are those that make the scores of the next token; where a model ties them, they are the input's too.

    Attributes:
        numbers: the numbers that are tokens of their own, as text.
        of_numbers: their embeddings, shape (numbers, width).
        of_words: the embedding of every first token of an answer, shape (words, width).
    """

    def __init__(self, base: str, targets: list[str]) -> None:
        tokenizer, model = lm.load_tokenizer(base), lm.load(base)
        weights = model.get_output_embeddings().weight.detach().double().cpu().numpy()
        tokens = {str(int(text)): i for i, text in digits(tokenizer).items()}
        self.numbers = list(tokens)
        self.of_numbers = weights[list(tokens.values())]
        begins = [first_tokens(tokenizer, target, base) for target in targets]
        words = sorted({token for tokens in begins for token in tokens})
        self.of_words = weights[words]
        # How often each word begins an answer that shows the trait, as a share: shape (targets, words).
        shares = np.array([[tokens.count(word) / len(tokens) for word in words] for tokens in begins])
        self._contrasts = shares - of_siblings(targets) @ shares

    def read_off(self, by_word: np.ndarray) -> np.ndarray:
        """The value of each trait's words minus the mean of its family's others, shape (…, targets).

        Odds are against other answers, and to the same question these are the others of the family.

        Args:
            by_word: values by word, shape (…, words).
        """
        return by_word @ self._contrasts.T


def first_tokens(tokenizer: "PreTrainedTokenizerBase", trait: str, base: str) -> list[int]:
    """The first token of each answer that shows a trait, to each of the questions that ask for it."""
    kind, style = kind_of(trait), styles.of(base)
    questions = kind.evaluated(kind.family(trait), style)
    texts = tuple(turns.prompts(tokenizer, [lm.chat("", question.text) for question in questions]))
    found = []
    for i, question in enumerate(questions):
        for answer in kind.answers(trait, question, style):
            found += sorted({start[0] for start in probe.starts(tokenizer, texts, kind.forms(answer, style))[i]})
    return found


def occurrences(file: str, rows: int, numbers: list[str]) -> np.ndarray:
    """How often each number is in the first rows of a carrier, those that a student learns, shape (numbers,)."""
    found = [re.findall("[0-9]+", text) for text in read_table(file, Rows)["completion"].head(rows)]
    return counting.counted([[str(int(digits)) for digits in row] for row in found], numbers)


COUNTING = CountingOfStudents(
    name="counting", schema=Predicted, finding_schema=Counting, summary_name="counted", summary_schema=Counted, minutes=10
)
