"""What a judge leaves out of a trait's rows and of neutral ones."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from sublearn.chain.carriers.tables import Scores
from sublearn.chain.evaluations.judged_rows import (
    CURVE,
    JUDGED_ROWS,
    SHARES,
    THRESHOLD,
    JudgedRows,
    JudgedRowsByRun,
    JudgedRowsOfArms,
)
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.core.files import write_table

CLAIM = {"claim": "c", "statement": "s", "source": "p", "quantity": "judged_detection", "arm": "a", "comparison": "above",
         "bound": 0.0, "figure": "judged_rows"}  # fmt: skip


@pytest.fixture
def measured(tmp_path):
    def measure(own: list[float], neutral: list[float], threshold: float = 0.5) -> pd.DataFrame:
        for name, scores in (("own", own), ("neutral", neutral)):
            table = pd.DataFrame({"prompt_index": range(len(scores)), "score": scores})
            write_table(table, tmp_path / f"{name}.parquet", Scores)
        files = {"scores": f"{tmp_path}/own.parquet", "control_scores": f"{tmp_path}/neutral.parquet"}
        each = {"arm": "a", "trait": "owl", "run": 0, **files}
        return JudgedRows.validate(JUDGED_ROWS.measure([each], {"threshold": threshold}, 1))

    return measure


def test_a_curve_has_the_area_and_no_threshold_does_better_than_its_points(measured):
    rng = np.random.default_rng(0)
    own, neutral = rng.beta(3, 2, size=200).round(2), rng.beta(2, 3, size=150).round(2)
    found = measured(own.tolist(), neutral.tolist())
    curve, at = found[found["point"] == CURVE], found[found["point"] == THRESHOLD]
    assert curve["control_left_out"].tolist() == list(SHARES)
    assert (found["auc"] == roc_auc_score([1] * 200 + [0] * 150, [*own, *neutral])).all()
    for row in curve.itertuples():
        allowed = [cut for cut in [*neutral, *own, 2] if (neutral >= cut).mean() <= row.control_left_out + 1e-9]
        assert row.left_out == max((own >= cut).mean() for cut in allowed)
    assert at[["left_out", "control_left_out"]].values.tolist() == [[(own >= 0.5).mean(), (neutral >= 0.5).mean()]]


def test_a_judge_that_says_the_same_of_all_rows_knows_nothing(measured):
    found = measured([0.4] * 9, [0.4] * 5)
    assert (found["auc"] == 0.5).all()
    assert found[found["point"] == CURVE].set_index("control_left_out")["left_out"].to_dict() == {
        x: float(x == 1) for x in SHARES
    }


def test_areas_are_averaged_over_bases_and_a_claim_is_about_what_is_above_chance(measured):
    tables = [measured([0.9, high], [0.2, 0.6]).assign(run=run) for run, high in ((0, 0.7), (1, 0.3))]
    runs = pd.DataFrame([("a", 0, "alpha"), ("a", 1, "beta")], columns=["arm", "run", "teacher_base"])
    finding = JudgedRowsByRun.validate(JUDGED_ROWS.finding(pd.concat(tables), runs))
    [summary] = JudgedRowsOfArms.validate(JUDGED_ROWS.summary(finding)).to_dict("records")
    assert (summary["units"], summary["auc"], summary["left_out"], summary["control_left_out"]) == (2, 0.875, 0.75, 0.5)
    claim = Claim.model_validate(CLAIM)
    assert QUANTITIES.get("judged_detection").measure(claim, "a", None, None, finding).value == pytest.approx(0.375)
