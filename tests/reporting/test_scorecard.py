"""The scorecard says what the findings say, how far each claim is from another verdict, and nothing else."""

import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sublearn.core.claims import Rule, bound_of, judge
from sublearn.core.evidence import Evidence
from sublearn.core.statistics import Mean, mean_over_units
from sublearn.orchestration import studies
from sublearn.reporting import scorecard_change, scorecard_rows
from sublearn.reporting.scorecard import FILES

OWN = studies.STUDIES.absolute()
CLAIMS = "results/classifier/findings/claims.csv"
HOSTILE = {"claim": "low", "statement": "<b>&|", "source": "ours", "comparison": "above", "bound": 0.5, "quantity": "accuracy",
           "arm": "auxiliary"}  # fmt: skip
BELOW, WITHIN, MEAN, NAN = {"comparison": "below"}, {"comparison": "within"}, {"judge": "mean"}, math.nan
OTHER_SIDE = "The whole interval lies on the other side. It would have to"
HERE = {"PYTHONPATH": "workflow", "PATH": os.environ["PATH"]}


@pytest.fixture(scope="module")
def rows() -> list[scorecard_rows.Row]:
    return scorecard_rows.gather()


@pytest.fixture(scope="module")
def by_claim(rows):
    return {(row.study, row.rule.claim): row for row in rows}


@pytest.mark.parametrize("suffix", FILES)
def test_the_committed_scorecard_is_that_of_the_committed_findings(rows, suffix):
    committed = Path(f"results/scorecard{suffix}").read_text(encoding="utf-8")
    assert committed == FILES[suffix](rows), "write it again with sublearn scorecard, and commit it"


def test_every_claim_of_every_study_has_one_row_with_its_verdict(by_claim):
    for file in studies.STUDIES.glob("*.yaml"):
        names = {claim.claim for claim in studies.load(file.stem).claims}
        assert names == {claim for study, claim in by_claim if study == file.stem}
        found = Path("results", file.stem, "findings/claims.csv")
        verdicts = dict(pd.read_csv(found).set_index("claim")["verdict"]) if found.exists() else dict.fromkeys(names, "not_run")
        assert verdicts == {claim: row.verdict for (study, claim), row in by_claim.items() if study == file.stem}


def test_every_committed_verdict_follows_from_its_rule_and_the_tables(rows):
    for row in rows:
        assert scorecard_rows.AGAIN not in row.change, (row.study, row.rule.claim)
        if row.verdict != "not_run":
            assert row.evidence.count > 1
            assert judge(row.rule, row.measured, bound_of(row.rule, row.evidence.reference)) == row.verdict


def test_a_bound_that_is_a_share_of_another_arm_is_that_arms_number(by_claim):
    gamma = pd.read_csv("results/tiny/findings/arms.csv").set_index(["arm", "family"]).loc[("same_base", "animal"), "gamma"]
    assert by_claim["tiny", "other_base_gamma"].bound == pytest.approx(gamma / 4)
    gain = pd.read_csv("results/classifier/findings/accuracies.csv").set_index("arm").loc["all_logits", "gain"]
    assert by_claim["classifier", "other_base_all_logits"].bound == pytest.approx(gain / 2)
    steps = pd.read_csv("results/theory/findings/trajectory.csv").set_index(["arm", "step"])["transfer"]["same_start"]
    assert by_claim["theory", "without_matched"].bound == pytest.approx(0.75 * steps[steps.index.max()])


def test_claims_that_hold_by_their_mean_alone_are_counted(rows, by_claim):
    alone = {claim for (study, claim), row in by_claim.items() if study == "tiny" and row.by_mean_alone}
    assert alone == {"same_base_gamma_mean", "same_base_rate", "shuffled_across_gamma", "unigram_matched_gamma"}
    counted = sum("Its interval holds that bound" in row.change for row in rows if row.origin == "the paper")
    assert f"Of those reproduced, {counted} are so by the mean alone" in Path("results/scorecard.md").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("study", "claim", "unit"),
    [
        ("tiny", "same_base_gamma", "6 bases"),
        ("classifier", "auxiliary", "20 networks"),
        ("theory", "lemma", "240 draws"),
        ("theory", "many_steps", "24 runs"),
        ("smollm2-135m-arms", "soft_gamma", ""),
    ],
)
def test_an_interval_names_its_unit(by_claim, study, claim, unit):
    assert by_claim[study, claim].unit == unit


def test_a_claim_that_goes_against_the_paper_says_so_and_others_do_not(by_claim):
    assert by_claim["classifier", "other_base_all_logits"].change.startswith("The stand-in contradicts the paper. ")
    assert not any("the paper" in row.change for row in by_claim.values() if row.origin != "the paper")


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ("section 3.1, Figure 3", "the paper"),
        ("appendix C, proof of Lemma 1", "the paper"),
        ("section 6.1, after Theorem 1", "the paper"),
        ("section 6.1, condition of small steps", "ours, after the paper"),
        ("section 6 (general claim), disputed by Nief et al. 2026", "ours, after the paper"),
        ("Kitkana and Arora (2026)", "later work"),
        ("not in the paper", "ours"),
        ("control", "ours"),
    ],
)
def test_who_makes_a_claim_follows_from_its_source(source, origin):
    rule = Rule(claim="c", statement="s", source=source, comparison="above", bound=0)
    unknown = Mean(math.nan, math.nan, math.nan, math.nan)
    assert scorecard_rows.Row("s", "", "chain", rule, "not_run", unknown, math.nan, None, "", "").origin == origin


def change(measured: Mean, comparison: str = "above", bound: float = 1.0, count: int = 6, **rule) -> str:
    claim = Rule(claim="c", statement="s", source="", comparison=comparison, bound=bound, **rule)
    evidence = Evidence("bases", count, "nats")
    return scorecard_change.words(claim, judge(claim, measured, bound), measured, bound, evidence)


@pytest.mark.parametrize(
    ("measured", "rule", "said"),
    [
        ((2.0, 1.5, 2.5), {}, "Its interval would have to move by 0.5 nats (1.00 half widths) to reach 1."),
        ((0.0, -0.5, 0.5), BELOW, "Its interval would have to move by 0.5 nats (1.00 half widths) to reach 1."),
        ((0.25, 0.0, 0.5), WITHIN, "Its interval would have to move by 0.5 nats (2.00 half widths) to reach plus or minus 1."),
        ((1.25, 0.25, 2.25), MEAN, "Its mean would have to move by 0.25 nats (0.25 half widths) to reach 1. "
         "Its interval holds that bound, so other bases may miss it."),
        ((3.0, 2.0, 4.0), MEAN, "Its mean would have to move by 2 nats (2.00 half widths) to reach 1. "
         "All of its interval lies on the claimed side."),
        ((1.25, NAN, NAN), MEAN, "Its value would have to move by 0.25 nats to reach 1; it has no interval."),
        ((0.5, 0.0, 1.0), {}, "Its whole interval would have to lie above 1; it is 1 nats off (2.00 half widths). "
         "The mean misses the bound too, so more bases alone would not do."),
        ((0.5, 0.0, 1.0), MEAN, "Its mean would have to lie above 1; it is 0.5 nats off."),
        ((-2.0, -3.0, -1.0), {}, f"{OTHER_SIDE} rise by 4 nats (4.00 half widths) to clear 1."),
        ((3.0, 2.0, 4.0), BELOW, f"{OTHER_SIDE} fall by 3 nats (3.00 half widths) to clear 1."),
        ((-3.0, -4.0, -2.0), WITHIN, f"{OTHER_SIDE} rise by 3 nats (3.00 half widths) to clear plus or minus 1."),
        ((NAN, NAN, NAN), {}, "The study has no rows of this quantity; they would have to be made."),
    ],
)  # fmt: skip
def test_what_it_would_take_to_change_a_verdict(measured, rule, said):
    assert change(Mean(*measured, math.nan), **rule) == said


def test_the_number_of_units_that_would_do_is_the_smallest_that_does():
    values = np.array([0.6, 1.0, 1.4, 0.2, 1.8, 1.0])
    needed = int(re.search(r"With this mean and spread, (\d+) bases would do", change(mean_over_units(values), bound=0.5))[1])

    def low(count: int) -> float:
        return 1 - stats.t.ppf(0.975, count - 1) * values.std(ddof=1) / count**0.5

    assert low(needed) > 0.5 >= low(needed - 1)
    assert needed == 8


def test_a_bound_taken_from_an_arm_that_is_not_above_zero_says_so():
    claim = Rule(claim="c", statement="s", source="", comparison="below", bound=0.5, times="same_base")
    evidence = Evidence("bases", 6, "nats", Mean(0.1, -0.1, 0.3, 0.2))
    said = scorecard_change.words(claim, "not_measured", Mean(0.1, 0.0, 0.2, 0.1), math.nan, evidence)
    assert said == "The bound is a share of same_base, whose own interval would have to lie above 0."


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """A working folder with the classifier's findings, and the claims in them, which a test may edit and write."""
    shutil.copytree("results/classifier/findings", tmp_path / "results/classifier/findings")
    monkeypatch.chdir(tmp_path)
    return pd.read_csv(CLAIMS).set_index("claim")


def of_classifier() -> dict[str, str]:
    return {row.rule.claim: row.change for row in scorecard_rows.gather() if row.study == "classifier"}


def test_a_verdict_that_its_rule_does_not_bear_out_is_marked(edited):
    edited.loc["reference", "verdict"] = "opposite"
    edited.loc["teacher", "quantity"] = "accuracy of teacher above 0.8 (interval)"
    edited.drop(index="auxiliary").to_csv(CLAIMS)
    found = of_classifier()
    again = "Make the findings again: .venv/bin/snakemake --cores all --config studies='[classifier]'"
    assert found["reference"] == f"Its verdict is not the one that its rule gives. {again}"
    assert found["teacher"] == f"Judged by another rule, accuracy of teacher above 0.8 (interval). {again}"
    assert found["auxiliary"] == "Run it: .venv/bin/snakemake --cores all --config studies='[classifier]'"
    Path(CLAIMS).with_name("accuracies.csv").unlink()
    assert of_classifier()["reference"] == f"The tables of this study do not say how sure it is. {again}"


def test_a_study_that_is_wrong_is_left_out_and_no_statement_is_more_than_text(tmp_path, monkeypatch, run_step):
    monkeypatch.chdir(tmp_path)
    Path("config/studies").mkdir(parents=True)
    Path("config/studies/broken.yaml").write_text("kind: nothing\n")
    study = {"extends": "classifier", "title": "<i>\n# [x](y)", "claims": [HOSTILE]}
    Path("config/studies/mine.yaml").write_text(json.dumps(study))
    done = run_step("sublearn", "scorecard")
    assert "the scorecard leaves out a study: config/studies/broken.yaml: kind: unknown" in done.stderr
    text, page = (Path(f"results/scorecard{suffix}").read_text(encoding="utf-8") for suffix in FILES)
    assert "| `mine` |  |  |  |  | 1 |" in text and "broken" not in text + page
    assert "<b>&amp;&#124;" not in page and "&lt;b&gt;&amp;|" in page and "&lt;b>&&#124; (`low`)" in text
    assert "## `mine`: &lt;i> # &#91;x](y)" in text.splitlines()


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("classifier", "studies='[classifier]'"),
        ("config/studies/classifier.yaml", "studies='[classifier]'"),
        ("mine/other.yaml", "studies='[mine/other.yaml]'"),
        ("it's [mine]/other.yaml", shlex.quote("""studies=["it's [mine]/other.yaml"]""")),
    ],
)
def test_a_study_is_run_as_it_was_found(tmp_path, monkeypatch, name, chosen):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(OWN, studies.STUDIES)
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(OWN / "classifier.yaml", name if "other" in name else "unused.yaml")
    changes = {row.change for row in scorecard_rows.gather([name]) if row.study == studies.load(name).name}
    assert changes == {f"Run it: .venv/bin/snakemake --cores all --config {chosen}"}


def test_two_studies_of_one_name_are_refused(tmp_path, refusal):
    places = [tmp_path / folder / "mine.yaml" for folder in ("a", "b")]
    for place in places:
        place.parent.mkdir()
        shutil.copy(OWN / "classifier.yaml", place)
    said = refusal("sublearn", "scorecard", *places)
    assert said == f"{places[1]}: {places[0]} has the same name, so both have the same findings; name one of them."


AGAIN = """
import sys; from pathlib import Path; from sublearn.reporting import scorecard
scorecard.write(Path(sys.argv[1]), [])
assert not {"torch", "transformers"} & set(sys.modules)
"""


def test_another_process_writes_the_same_bytes_without_torch(tmp_path):
    surroundings = HERE | {"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", AGAIN, str(tmp_path)], check=True, env=surroundings)
    for file in tmp_path.iterdir():
        assert file.read_bytes() == Path("results", file.name).read_bytes()
