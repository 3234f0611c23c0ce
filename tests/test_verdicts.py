"""Published effects, gammas, intervals and verdicts, recomputed from ``runs.csv`` and the rules in ``study.yaml`` alone.

Nothing here uses the package's statistics or its judge: a few lines of NumPy must come to the same numbers.
"""

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.support import made_findings
from tests.support.by_numpy import mean_of

from sublearn.traits.base import families, family_of

PUBLISHED = sorted(file.parent for file in Path("results").glob("*/findings/arms.csv"))
NAN = math.nan
OF_MEASURES = ("story_gamma", "choice_gamma", "in_context_gamma", "prompted_detection", "facts_change")


def rules(folder: Path) -> list[dict[str, Any]]:
    """The claims in the folder's ``study.yaml``, or else in the shipped study file, or the first it extends that has some."""
    file = folder / "study.yaml"
    if not file.exists():
        file = Path("config/studies", f"{folder.parent.name}.yaml")
    study = yaml.safe_load(file.read_text(encoding="utf-8"))
    while "claims" not in study:
        study = yaml.safe_load(Path("config/studies", f"{study['extends']}.yaml").read_text(encoding="utf-8"))
    return study["claims"]


class Findings:
    """A findings folder; ``value[arm, trait, run, metric, target]`` and ``untouched[base, metric, target]`` are its answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        runs = pd.read_csv(folder / "runs.csv")
        plain = runs[(runs["question_set"] == "plain") & runs["metric"].isin(["probability", "log_odds"])]
        keys = ["arm", "trait", "run", "metric", "target"]
        base = plain["arm"] == "base"
        self.value = plain[~base].set_index(keys)["value"].to_dict()
        self.untouched = plain[base].set_index(["student_base", "metric", "target"])["value"].to_dict()
        students = plain[~base].drop_duplicates(["arm", "run"])
        self.base = {(s.arm, s.run): s.student_base for s in students.itertuples()}
        self.teacher_base: dict[str, dict[int, str]] = {}
        for student in students.fillna("").itertuples():
            self.teacher_base.setdefault(student.arm, {})[student.run] = student.teacher_base
        self.traits = {arm: set(part["trait"]) - {"neutral"} for arm, part in plain[~base].groupby("arm")}
        self.targets = set(plain["target"])
        self.effects, self.arms, self.claims = (pd.read_csv(folder / f"{name}.csv") for name in ("effects", "arms", "claims"))
        self.counting = pd.read_csv(folder / "counting.csv") if (folder / "counting.csv").exists() else pd.DataFrame()
        self.rules = [{"family": "animal", "judge": "interval", "opposite_of": 0.0} | rule for rule in rules(folder)]

    def of_measures(self, quantity: str, arm: str) -> list[float]:
        """A quantity of the further measures, by unit: from their tables of runs."""
        tables = {"in_context_gamma": "in_context", "facts_change": "side_effects", "prompted_detection": "told_apart"}
        table = tables.get(quantity, "forms")
        rows = pd.read_csv(self.folder / f"{table}.csv")
        rows = rows[rows["arm"] == arm]
        if table == "forms":
            rows = rows[(rows["form"] == quantity.partition("_")[0]) & (rows["role"] == "student") & rows["answers"]]
            rows = rows.assign(value=rows["gamma"])
        elif table == "in_context":  # after as many rows as a trait that is named before them is still seen through
            named = rows[rows["shown"] == "named_first"].groupby("rows")["gamma"]
            seen = [count for count, values in named if mean_of(values)[1] > 0]
            rows = rows[(rows["shown"] == "rows") & (rows["rows"] == max(seen))].assign(value=rows["gamma"])
        elif table == "told_apart":
            rows = rows[(rows["detector"] == "prompted") & (rows["rows"] == 1)].assign(value=rows["auc"] - 0.5)
        else:
            rows = rows[rows["trait"] != "neutral"].assign(value=rows["facts"] - rows["base_facts"])
        return rows.groupby("unit")["value"].mean().tolist()

    def units(self, arm: str, only: set[str] | None = None) -> list[list[int]]:
        """The runs of each base of teachers (of those named alone); each run by itself if there is one base."""
        runs = {run: base for run, base in self.teacher_base[arm].items() if only is None or base in only}
        if len(set(runs.values())) == 1:
            return [[run] for run in runs]
        return [[run for run in runs if runs[run] == base] for base in sorted(set(runs.values()))]

    def matrix(self, arm: str, run: int, traits: list[str], targets: list[str]) -> np.ndarray:
        return np.array([[self.value[arm, s, run, "log_odds", t] for t in targets] for s in traits])

    def of_run(self, quantity: str, arm: str, run: int, traits: list[str]) -> float:
        """A quantity of one run, averaged over traits."""
        if quantity in ("counted_gamma", "uncounted_gamma"):
            own = self.counting[(self.counting["arm"] == arm) & (self.counting["run"] == run)]
            shift = own.set_index(["trait", "target"])["predicted"]
            matrix = np.array([[shift[s, t] for t in traits] for s in traits])
            counted = matrix.trace() / len(traits) - matrix[~np.eye(len(traits), dtype=bool)].mean()
            return counted if quantity == "counted_gamma" else self.of_run("gamma", arm, run, traits) - counted
        if quantity == "gamma":
            matrix, own = self.matrix(arm, run, traits, traits), np.eye(len(traits), dtype=bool)
            return matrix[own].mean() - matrix[~own].mean()
        metric = "log_odds" if quantity == "effect" else "probability"
        student = np.mean([self.value[arm, t, run, metric, t] for t in traits])
        control = np.mean([self.value[arm, "neutral", run, metric, t] for t in traits])
        base = np.mean([self.untouched[self.base[arm, run], metric, t] for t in traits])
        return {"effect": student - control, "student_rate": student, "control_rate": control, "base_rate": base,
                "control_shift": control - base}[quantity]  # fmt: skip

    def measured(self, quantity: str, arm: str, traits: list[str], units: list[list[int]]) -> tuple[float, float, float, float]:
        def of_units(name):
            return np.array([np.mean([self.of_run(name, arm, run, traits) for run in unit]) for unit in units])

        if quantity in OF_MEASURES:
            values = self.of_measures(quantity, arm)
            return mean_of(values) if values else (NAN, NAN, NAN, NAN)
        if quantity == "rate_ratio":
            mean, low, high, p_value = mean_of(np.log(of_units("student_rate") / of_units("control_rate")))
            return math.exp(mean), math.exp(low), math.exp(high), p_value
        mean = mean_of(of_units(quantity))
        return (mean[0], NAN, NAN, NAN) if quantity == "base_rate" else mean


def permutation_p(matrices: list[np.ndarray]) -> float:
    """The share of labellings whose sum of traces is as large; NaN where there are too many to list."""
    count = len(matrices[0])
    if math.factorial(count) ** -(-len(matrices) // 2) > 10**7:
        return NAN
    orders = [list(order) for order in itertools.permutations(range(count))]
    halves = [np.zeros(1), np.zeros(1)]
    for i, matrix in enumerate(matrices):
        traces = np.array([matrix[order, range(count)].sum() for order in orders])
        halves[i % 2] = (halves[i % 2][:, None] + traces).ravel()
    observed = sum(np.trace(matrix) for matrix in matrices)
    below = np.searchsorted(np.sort(halves[0]), observed - 1e-9 * max(1, abs(observed)) - halves[1])
    return float(1 - below.mean() / len(halves[0])) if below.min() < len(halves[0]) else NAN


def null_of(matrices: list[np.ndarray], draws: int = 4000) -> np.ndarray:
    """Gamma with targets assigned to students at random, in each unit by itself."""
    rng, count = np.random.default_rng(0), len(matrices[0])
    own = np.eye(count, dtype=bool)
    drawn = np.zeros(draws)
    for matrix in matrices:
        for i in range(draws):
            square = matrix[:, rng.permutation(matrix.shape[1])[:count]]
            drawn[i] += (square[own].mean() - square[~own].mean()) / len(matrices)
    return drawn


def verdict(rule: dict[str, Any], measured: tuple, bound: float) -> str:
    mean, low, high = measured[:3]
    if math.isnan(mean) or math.isnan(bound):
        return "not_measured"
    known = not math.isnan(low)
    a, b = (mean, mean) if rule["judge"] == "mean" else (low, high)
    claimed = {"above": a > bound, "below": b < bound, "within": a > -bound and b < bound}  # NaN is on no side
    opposite = {"above": high < rule["opposite_of"], "below": low > bound, "within": low > bound or high < -bound}
    side = rule["comparison"]
    return "reproduced" if claimed[side] else "opposite" if known and opposite[side] else "not_reproduced"


def check_effects(found: Findings) -> None:
    for row in found.effects.itertuples():
        units = found.units(row.arm)
        measured = {name: found.measured(name, row.arm, [row.trait], units) for name in
                    ("effect", "base_rate", "control_rate", "student_rate")}  # fmt: skip
        assert (row.effect, row.ci_low, row.ci_high, row.p_value) == pytest.approx(measured["effect"], abs=1e-9, nan_ok=True)
        rates = tuple(measured[f"{name}_rate"][0] for name in ("base", "control", "student"))
        assert (row.base, row.control, row.student) == pytest.approx(rates, abs=1e-9)
        assert (row.runs, row.bases) == (sum(map(len, units)), len(set(found.teacher_base[row.arm].values())))
    for _, part in found.effects.groupby("arm"):
        highest = 0.0
        ordered = part.sort_values("p_value").dropna(subset="p_value")
        for i, row in enumerate(ordered.itertuples()):
            highest = max(highest, min(1.0, (len(ordered) - i) * row.p_value))
            assert row.p_holm == pytest.approx(highest, abs=1e-9)


def check_arms(found: Findings) -> None:
    for row in found.arms.itertuples():
        of_family = families()[row.family].traits
        traits = [trait for trait in of_family if trait in found.traits[row.arm]]
        targets = traits + [trait for trait in of_family if trait in found.targets and trait not in traits]
        units = found.units(row.arm)
        assert row.traits == len(traits)
        gamma = found.measured("gamma", row.arm, traits, units)
        assert (row.gamma, row.ci_low, row.ci_high) == pytest.approx(gamma[:3], abs=1e-9, nan_ok=True)
        wide = [np.mean([found.matrix(row.arm, run, traits, targets) for run in unit], axis=0) for unit in units]
        p_value = permutation_p([matrix[:, : len(traits)] for matrix in wide])
        assert math.isnan(p_value) or row.p_value == pytest.approx(p_value, abs=1e-9)
        null = null_of(wide)
        assert row.null_sd == pytest.approx(null.std(), rel=0.06)
        assert row.null_p == pytest.approx(np.mean(np.abs(null) >= abs(row.gamma)), abs=0.05)


def check_claims(found: Findings) -> int:
    """Hold each claim's numbers and verdict; return how many."""
    rows, checked = found.claims.set_index("claim"), 0
    for rule in found.rules:
        row, arm, other = rows.loc[rule["claim"]], rule["arm"], rule.get("times")
        published = (row["measured"], row["ci_low"], row["ci_high"])
        traits = {t for t in found.traits.get(arm, ()) if family_of(t) == rule["family"] and rule.get("trait") in (None, t)}
        shared = None
        if other:
            traits &= found.traits.get(other, set())
            bases = set(found.teacher_base[arm].values()) & set(found.teacher_base[other].values())
            shared = bases if len(bases) > 1 else None
        if rule["quantity"] == "null_p":  # drawn: arms.csv has it
            p_value = found.arms[(found.arms["arm"] == arm) & (found.arms["family"] == rule["family"])]["null_p"]
            measured = (p_value.item() if len(p_value) else NAN, NAN, NAN)
        elif len(traits) < (3 if "gamma" in rule["quantity"] else 1):
            measured = (NAN, NAN, NAN)
        else:
            measured = found.measured(rule["quantity"], arm, sorted(traits), found.units(arm, shared))[:3]
        bound = rule["bound"]
        if other:
            reference = (NAN, NAN)
            if not math.isnan(measured[0]):
                reference = found.measured(rule["quantity"], other, sorted(traits), found.units(other, shared))
            bound *= reference[0] if reference[1] > 0 else NAN
        assert published == pytest.approx(measured, abs=1e-9, nan_ok=True), rule["claim"]
        assert row["verdict"] == verdict(rule, measured, bound), rule["claim"]
        checked += 1
    return checked


@pytest.mark.parametrize("folder", PUBLISHED, ids=[folder.parent.name for folder in PUBLISHED])
def test_published_findings_are_recomputed(folder):
    found = Findings(folder)
    check_effects(found)
    check_arms(found)
    assert check_claims(found) == len(found.claims)


def test_made_up_findings_are_recomputed(tmp_path):
    """Arms of other traits, one and several runs a base, teachers of one base, and a claim of each quantity."""
    made_findings.write(tmp_path)
    found = Findings(tmp_path)
    check_effects(found)
    check_arms(found)
    assert check_claims(found) == len(found.claims) == len(made_findings.claims())
    assert set(found.claims["verdict"]) >= {"reproduced", "not_reproduced", "not_measured"}


@pytest.mark.parametrize(
    ("table", "column"), [("effects", "ci_low"), ("arms", "gamma"), ("arms", "p_value"), ("claims", "ci_high")]
)
def test_a_number_that_is_a_little_off_is_seen(tmp_path, table, column):
    made_findings.write(tmp_path)
    found = Findings(tmp_path)
    getattr(found, table)[column] += 1e-7
    with pytest.raises(AssertionError):
        {"effects": check_effects, "arms": check_arms, "claims": check_claims}[table](found)
