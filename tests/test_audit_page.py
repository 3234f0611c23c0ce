"""What docs/audit.md and the audit's reports say of its layers is what the benchmark found."""

import re
from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from sublearn.audit import calibration, read, run
from sublearn.audit.findings import calibrated
from sublearn.audit.layers.base import LAYERS, Inputs
from sublearn.traits.base import families

CASES = ("trait", "neutral", "mixed_half", "other_base")  # columns of the table of a thousand rows
PAGE = Path("docs/audit.md").read_text(encoding="utf-8")
FINDINGS = Path("results/audit-benchmark/findings")
THOUSAND = Path("results/audit-thousand/findings")
RELEASED = "data/released/smollm2-135m"


def table_under(heading: str) -> list[list[str]]:
    """The cells of the rows of the first table after a piece of text."""
    lines = PAGE.partition(heading)[2].partition("\n|")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_reports_quote_what_the_benchmarks_found():
    """Rehearsal's rates are those in a thousand rows, since the older benchmark did not ask it."""
    older, thousand = (
        calibrated(pd.read_csv(folder / "detectors.csv"), pd.read_csv(folder / "cases.csv"), rows)
        for folder, rows in ((FINDINGS, 5000), (THOUSAND, 1000))
    )
    expected = pd.concat([older, thousand[thousand["layer"] == "rehearsal"]], ignore_index=True)
    pd.testing.assert_frame_equal(pd.read_csv(calibration.FILE), expected, check_dtype=False)
    published = pd.read_csv(FINDINGS / "calibration.csv")
    pd.testing.assert_frame_equal(older[published.columns], published, check_dtype=False)


def test_the_page_has_what_was_found_in_a_thousand_rows():
    cases = pd.read_csv(THOUSAND / "cases.csv").set_index(["layer", "case"])
    scores = pd.read_csv(THOUSAND / "scores.csv", keep_default_na=False)
    carried = scores[(scores["case"] == "trait") & scores["tested"]]
    for layer, *cells, named in table_under("**In a thousand rows.**"):
        told = [f"{cases.loc[(layer, case), 'found']} of {cases.loc[(layer, case), 'sets']}" for case in CASES]
        assert cells == told
        part = carried[carried["layer"] == layer]
        assert named == ("-" if layer == "statistics" else f"{(part['leading'] == part['trait']).sum()} of {len(part)}")
    low, high, wrong_low, wrong_high = (
        round(100 * cases.loc[("rehearsal", case), name]) for case in ("trait", "neutral") for name in ("low", "high")
    )
    assert f"it finds 8 of 9 ({low} to {high} %) and errs in 1 of 9 ({wrong_low} to {wrong_high} %)" in " ".join(PAGE.split())
    assert cases.loc[("rehearsal", "shuffled_across"), "found"] == 0 and "none of three is found" in " ".join(PAGE.split())
    assert cases.loc[("rehearsal", "trait"), "own"] == 1 and "it finds one of the nine" in " ".join(PAGE.split())


def test_the_page_has_every_layers_rates():
    detectors = pd.read_csv(FINDINGS / "detectors.csv").set_index("layer")
    rows = table_under("**How often a layer errs is measured.**")
    assert [row[0] for row in rows] == list(detectors.index)
    for layer, with_trait, without in rows:
        told = detectors.loc[layer]
        for cell, rate, count in (
            (with_trait, "true_positive_rate", "positives"),
            (without, "false_positive_rate", "negatives"),
        ):
            found, sets = map(int, re.fullmatch(r"(\d+) of (\d+)", cell).groups())
            assert sets == told[count] and found == pytest.approx(told[rate] * sets)


def test_the_page_has_every_case():
    cases = pd.read_csv(FINDINGS / "cases.csv")
    rows = table_under("**Case by case.**")
    layers = re.findall(r"\w+", PAGE.partition("**Case by case.**")[2].partition("\n|")[2].splitlines()[0])[1:]
    told = {(row[0].replace(" ", "_"), layer): cell for row in rows for layer, cell in zip(layers, row[1:], strict=True)}
    assert {key: cell for key, cell in told.items() if cell != "-"} == {
        (case.case, case.layer): f"{case.own} of {case.sets}" for case in cases.itertuples() if case.layer in layers
    }


def test_the_page_has_what_cheap_layers_find_in_rows_of_a_real_model():
    layers, rows = ("surface", "statistics"), table_under("**Rows of a real model.**")
    assert [row[0] for row in rows] == ["eagle", "owl", "wolf"]
    for animal, *cells in rows:
        found = dict.fromkeys(layers, 0)
        for number in range(3):
            data, reference = (read.read(f"{RELEASED}/{name}-run{number}.jsonl") for name in (animal, "neutral"))
            inputs = Inputs(data, reference, traits=families()["animal"].traits)
            for result in run.look(inputs, run.chosen(layers)):
                found[result.layer] += result.status == "found"
        assert cells == [f"{count} of 3" for count in found.values()]


def test_the_page_has_every_layer():
    assert [row[0] for row in table_under("## The layers")] == [layer.name for layer in LAYERS]


def test_the_pages_figure_is_that_of_the_findings():
    assert Path("docs/audit-scores.png").read_bytes() == (FINDINGS / "figures/scores.png").read_bytes()
    assert Path("docs/audit-thousand.png").read_bytes() == (THOUSAND / "figures/scores.png").read_bytes()


def test_what_the_page_says_of_rehearsal_on_another_seed_follows_from_its_tables():
    page = " ".join(Path("docs/audit.md").read_text(encoding="utf-8").split())
    other = Path("results/robustness/audit-302")
    tables = [pd.read_csv(folder / "cases.csv").query("layer == 'rehearsal'").set_index("case") for folder in (THOUSAND, other)]
    sums = sum((table[["sets", "found"]] for table in tables[1:]), tables[0][["sets", "found"]]).dropna().astype(int)
    pooled = pd.read_csv("results/robustness/rehearsal.csv").set_index("case")
    for case, row in sums.iterrows():
        assert (pooled.loc[case, "sets"], pooled.loc[case, "found"]) == (row["sets"], row["found"])
    told = {}
    for case in ("trait", "neutral"):
        found, sets = sums.loc[case, ["found", "sets"]]
        low = stats.beta.ppf(0.025, found, sets - found + 1) if found else 0.0
        high = stats.beta.ppf(0.975, found + 1, sets - found)
        assert (low, high) == pytest.approx(tuple(pooled.loc[case, ["low", "high"]]), abs=1e-9)
        told[case] = f"{found} of {sets} ({100 * low:.0f} to {100 * high:.0f} %)"
    assert f"Together it finds {told['trait']} and errs in {told['neutral']}" in page
    assert f"are found in {sums.loc['other_base', 'found']} of {sums.loc['other_base', 'sets']}." in page
    new = tables[1]
    assert f"again finds {new.loc['trait', 'found']} of 9 and names the right animal in all nine" in page
    assert f"it finds {new.loc['neutral', 'found']} of 9 further neutral rows" in page
    assert f"The layer's own test finds {new.loc['trait', 'own']} of the 9 here, and none without a trait." in page
    scores = pd.read_csv(other / "scores.csv").query("layer == 'rehearsal' and case == 'trait' and tested")
    assert (scores["leading"] == scores["trait"]).sum() == len(scores) == 9
    assert new.loc["neutral", "own"] == 0


NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def test_readme_says_what_the_benchmarks_found():
    readme = " ".join(Path("README.md").read_text(encoding="utf-8").split())
    cases = pd.read_csv(FINDINGS / "cases.csv").set_index(["layer", "case"]).loc["behaviour"]
    scores = pd.read_csv(FINDINGS / "scores.csv")
    without = scores[(scores["layer"] == "behaviour") & (scores["carries"] == "no")]
    sets, found = cases["sets"].map(NUMBERS.__getitem__), cases["found"].map(NUMBERS.__getitem__)
    nothing = cases.loc[["neutral", "other_base"]]
    assert (
        f"of {sets['trait']} data sets that a teacher of the same base wrote, students show the trait in {found['trait']} by a "
        f"threshold, and in {NUMBERS[nothing['found'].sum()]} of {NUMBERS[nothing['sets'].sum()]} that should pass on none "
        f"({sets['neutral']} of a neutral teacher, {sets['other_base']} of a teacher of another base); by the layer's own "
        f"test, which a report shows, they err in {NUMBERS[(without['status'] == 'found').sum()]} of {NUMBERS[len(without)]} "
        "such sets."
    ) in readme
    cases = pd.read_csv(THOUSAND / "cases.csv").set_index(["layer", "case"]).loc["rehearsal"]
    scores = pd.read_csv(THOUSAND / "scores.csv", keep_default_na=False)
    part = scores[(scores["layer"] == "rehearsal") & (scores["case"] == "trait") & scores["tested"]]
    leads, sets = NUMBERS[(part["leading"] == part["trait"]).sum()], cases["sets"].map(NUMBERS.__getitem__)
    assert (
        f"right one of fifteen animals first in {leads} data sets of {sets['trait']}; but some animal always leads. By its "
        f"threshold it finds {NUMBERS[cases.loc['trait', 'found']]} of them, and falsely "
        f"{NUMBERS[cases.loc['neutral', 'found']]} of {sets['neutral']} of the neutral teacher's; both claims about it are "
        f"not reproduced. By its own test, which a report shows, it finds {NUMBERS[cases.loc['trait', 'own']]} of the "
        f"{sets['trait']}."
    ) in readme
