"""The lines at the end of a run."""

import pandas as pd

from sublearn.chain.findings.tables import Arms
from sublearn.core.claims import COLUMNS
from sublearn.core.files import write_table


def test_one_run_has_no_interval_and_findings_that_the_run_has_not_made_are_not_read(tmp_path, monkeypatch, run_step):
    monkeypatch.chdir(tmp_path)
    row = {"arm": "same_base", "family": "animal", "traits": 3, "runs": 1, "bases": 1, "gamma": 1.5, "p_value": 0.5}
    row |= {"null_sd": 0.2, "null_p": 0.5}
    write_table(pd.DataFrame([row | dict.fromkeys(("ci_low", "ci_high"))]), "results/mine/findings/arms.csv", Arms)
    pd.DataFrame(columns=COLUMNS).to_csv("results/mine/findings/claims.csv", index=False)
    said = run_step("sublearn.reporting.print_summary", "mine", "theirs", "--found", "mine").stdout
    assert "\ntheirs: made what was asked for, and no findings\n" in said
    assert "same base, animals: gamma 1.50 (no interval)" in said
    assert "nan" not in said
