"""The lines at the end of a run."""

import pandas as pd

from sublearn.chain.findings.tables import Arms
from sublearn.core.claims import COLUMNS
from sublearn.core.files import write_table
from sublearn.reporting.print_summary import summary


def test_one_run_has_no_interval_and_a_study_without_findings_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert summary("mine") == "mine: made what was asked for; its findings are not there yet"
    row = {"arm": "same_base", "family": "animal", "traits": 3, "runs": 1, "gamma": 1.5, "p_value": 0.5}
    write_table(pd.DataFrame([row | dict.fromkeys(("ci_low", "ci_high"))]), "results/mine/findings/arms.csv", Arms)
    pd.DataFrame(columns=COLUMNS).to_csv("results/mine/findings/claims.csv", index=False)
    said = summary("mine")
    assert "same base, animals: gamma 1.50 (no interval)" in said
    assert "nan" not in said
