"""Rows told apart: by a base that is told the trait, and by counts, on rows that no detector has seen."""

import numpy as np
import pandas as pd
import pytest

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.evaluations.measured import ToldApart, ToldApartByRun, ToldApartOfArms
from sublearn.chain.evaluations.told_apart import TOLD_APART, likelier
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.core.errors import UserError
from sublearn.core.files import write_table
from sublearn.models import likelihoods, lm
from sublearn.models.rows import encode

PAIRS = 40


@pytest.fixture
def compared(base, tmp_path):
    """Measure a teacher that writes the given words in its rows, against one that writes others, to the same prompts."""

    def measure(own: list[str], neutral: list[str], skip: int = 0) -> pd.DataFrame:
        for name, words, places in (("own", own, range(PAIRS)), ("neutral", neutral, range(skip, PAIRS))):
            table = pd.DataFrame({"prompt_index": places, "prompt": [f"numbers : {n} ." for n in places]})
            table["completion"] = [words[n] for n in places]
            write_table(table, tmp_path / f"{name}.parquet", Rows)
        carriers = {"carrier": f"{tmp_path}/own.parquet", "control_carrier": f"{tmp_path}/neutral.parquet"}
        each = {"arm": "a", "trait": "owl", "run": 0, "base": str(base), **carriers}
        return ToldApart.validate(TOLD_APART.measure([each], {}, 1))

    return measure


def test_what_counts_learn_they_are_tried_on_in_other_rows(compared):
    telling = compared(["7 , 8"] * PAIRS, ["8 , 9"] * PAIRS).set_index(["detector", "rows"])
    assert telling.loc[("counts", 1), ["sums", "auc"]].tolist() == [PAIRS // 2, 1.0]
    assert ("counts", 10) not in telling.index  # two sums make no area
    seen = ["7 , 8"] * (PAIRS // 2) + ["8 , 9"] * (PAIRS // 2)  # in the later half, both write the same
    assert compared(seen, ["8 , 9"] * PAIRS).set_index(["detector", "rows"]).loc[("counts", 1), "auc"] == 0.5


def test_rows_are_compared_to_the_same_prompts(compared):
    assert set(compared(["7"] * PAIRS, ["8"] * PAIRS, skip=10)["sums"]) == {15}
    with pytest.raises(UserError, match=r"4 rows answer a prompt that .* answers, too"):
        compared(["7"] * PAIRS, ["8"] * PAIRS, skip=PAIRS - 4)


def test_the_base_says_how_much_likelier_a_row_is_after_the_system_prompt(model, tokenizer, base):
    rows = pd.DataFrame({"prompt": ["numbers : 1 .", "numbers : 2 , 3 ."], "completion": ["4 , 5", "6"]})
    found = likelier(model, tokenizer, rows, "you love owl .")
    for i, row in enumerate(rows.itertuples()):
        with_, without = (encode(tokenizer, [lm.chat(told, row.prompt)], [row.completion]) for told in ("you love owl .", ""))
        expected = likelihoods.log_likelihoods(model, with_, 0) - likelihoods.log_likelihoods(model, without, 0)
        assert found[i] == pytest.approx(expected.item(), abs=1e-5) and abs(found[i]) > 0


def test_areas_are_averaged_over_bases_and_a_claim_is_about_single_rows():
    rows = [("a", trait, run, detector, count, 9, area + 0.1 * run)
            for trait in ("owl", "wolf") for run in (0, 1)
            for detector, count, area in (("prompted", 1, 0.5), ("counts", 1, 0.6), ("counts", 10, 0.8))]  # fmt: skip
    runs = pd.DataFrame([("a", 0, "alpha"), ("a", 1, "beta")], columns=["arm", "run", "teacher_base"])
    table = pd.DataFrame(rows, columns=["arm", "trait", "run", "detector", "rows", "sums", "auc"])
    finding = ToldApartByRun.validate(TOLD_APART.finding(table, runs))
    summary = ToldApartOfArms.validate(TOLD_APART.summary(finding)).set_index(["detector", "rows"])
    assert np.allclose(summary["auc"], [0.55, 0.65, 0.85]) and summary["units"].eq(2).all()
    for quantity, expected in (("prompted_detection", 0.05), ("counted_detection", 0.15)):
        claim = {"claim": "c", "statement": "s", "source": "p", "quantity": quantity, "arm": "a", "comparison": "within"}
        claim = Claim.model_validate(claim | {"bound": 0.05, "figure": "told_apart"})
        assert QUANTITIES.get(quantity).measure(claim, "a", None, None, finding).value == pytest.approx(expected)
