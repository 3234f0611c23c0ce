"""A claim about a layer says over how many data sets its share is."""

import pandas as pd

from sublearn.audit.claim import Claim
from sublearn.audit.evidence import evidence
from sublearn.audit.tables import Scores
from sublearn.core.files import write_table

ABOUT = {"claim": "c", "statement": "s", "source": "ours", "comparison": "above", "bound": 0.9, "layer": "surface"}


def test_a_share_is_over_the_tested_data_sets_that_the_layer_looked_at(tmp_path):
    row = {"dataset": "d", "case": "leaked", "base": "b", "trait": "owl", "carries": "yes", "tested": True, "layer": "surface",
           "status": "found", "score": 1.0, "found": True}  # fmt: skip
    others = [{"tested": False}, {"status": "not_run"}, {"layer": "origin"}, {"case": "trait"}, {"carries": "no"}]
    write_table(pd.DataFrame([row, *(row | other for other in others)]), tmp_path / "scores.csv", Scores)
    claims = [
        Claim.model_construct(**ABOUT | {"claim": "all"}, quantity="true_positive_rate", case=None),
        Claim.model_construct(**ABOUT | {"claim": "one"}, quantity="found", case="leaked"),
    ]
    found = evidence(claims, tmp_path)
    assert {name: (each.count, each.unit) for name, each in found.items()} == {"all": (2, "data sets"), "one": (2, "data sets")}
    assert [claim.what for claim in claims] == ["true_positive_rate of surface", "found of surface in leaked"]
