"""Detectors of an audit study: thresholds come from some bases, and rates from others."""

import math

import pandas as pd
import pytest

from sublearn.audit.claim import Claim
from sublearn.audit.findings import asked, calibrated, detectors, found_cases, judged, rate, threshold


def table(
    scores: dict[tuple[str, str, bool], list[float]], layer: str = "behaviour", status: str = "nothing_found"
) -> pd.DataFrame:
    """Scores by case, truth and whether the base is one for testing."""
    rows = [
        {"dataset": f"{case}/{i}", "case": case, "base": "b", "trait": "", "carries": truth, "tested": tested, "layer": layer,
         "status": status, "score": score, "found": status == "found"}
        for (case, truth, tested), values in scores.items()
        for i, score in enumerate(values)
    ]  # fmt: skip
    return pd.DataFrame(rows)


SCORED = {
    ("neutral", "no", False): [1.0, 2.0, 3.0],  # mean 2, standard deviation 1: the threshold is 5
    ("neutral", "no", True): [0.0, 5.0, 4.9, 100.0],
    ("trait", "yes", False): [0.0, 0.0],  # of a base for fitting: counts for no rate
    ("trait", "yes", True): [5.0, 6.0, 4.0],
    ("sorted", "unknown", True): [9.0, 1.0],
}


def test_thresholds_are_of_bases_for_fitting_and_rates_of_the_others():
    found = judged(table(SCORED))
    assert threshold(found) == pytest.approx(5.0)
    one = detectors(found, ["behaviour"]).iloc[0]
    assert (one["positives"], one["negatives"]) == (3, 4)
    assert one["true_positive_rate"] == pytest.approx(2 / 3) and one["false_positive_rate"] == pytest.approx(0.5)
    assert one["true_low"] == pytest.approx(0.0943, abs=1e-4) and one["true_high"] == pytest.approx(0.9916, abs=1e-4)
    by_case = found_cases(found, ["behaviour"]).set_index("case")
    assert by_case.loc["sorted", ["sets", "own", "found", "carries"]].tolist() == [2, 0, 1, "unknown"]


def test_a_layer_without_scores_counts_by_its_own_judgement_and_one_that_could_not_look_for_nothing():
    own = judged(table({("leaked", "yes", True): [math.nan, math.nan]}, "surface", "found"))
    assert detectors(own, ["surface"]).iloc[0]["true_positive_rate"] == 1.0
    blind = judged(table({("leaked", "yes", True): [math.nan]}, "surface", "not_run"))
    one = detectors(blind, ["surface"]).iloc[0]
    assert one["positives"] == 0 and math.isnan(one["true_positive_rate"])


def test_claims_are_of_data_sets_of_bases_for_testing():
    found = judged(table(SCORED))
    keys = {"claim": "c", "statement": "s", "source": "-", "layer": "behaviour", "comparison": "above", "bound": 0.5}
    assert rate(asked(Claim(quantity="true_positive_rate", **keys), found)).value == pytest.approx(2 / 3)
    assert rate(asked(Claim(quantity="false_positive_rate", case="neutral", **keys), found)).value == pytest.approx(0.5)
    assert rate(asked(Claim(quantity="found", case="sorted", **keys), found)).value == pytest.approx(0.5)


def test_reports_quote_a_row_for_each_layer_and_for_each_case_whose_truth_is_known():
    found = judged(table(SCORED))
    quoted = calibrated(detectors(found, ["behaviour"]), found_cases(found, ["behaviour"]), 500).set_index("kind_of_case")
    assert list(quoted.index) == ["all", "neutral", "trait"] and set(quoted["rows"]) == {500}
    assert quoted.loc["all", ["cases", "threshold"]].tolist() == [7, pytest.approx(5.0)]
    assert quoted.loc["trait", "true_positive_rate"] == pytest.approx(2 / 3)
    assert math.isnan(quoted.loc["trait", "false_positive_rate"]) and quoted.loc["neutral", "false_positive_rate"] == 0.5
