"""What docs/audit.md and the audit's reports say of its layers is what the benchmark found."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
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


SEEDS = {"301": THOUSAND} | {folder.name[-3:]: folder for folder in sorted(Path("results/robustness").glob("audit-*"))}


def rehearsed(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The layer's row of each case, and its score of each data set."""
    cases = pd.read_csv(folder / "cases.csv").query("layer == 'rehearsal'").set_index("case")
    return cases, pd.read_csv(folder / "scores.csv", keep_default_na=False).query("layer == 'rehearsal'")


def test_the_table_of_rehearsal_on_five_seeds_and_what_is_said_of_it_follow_from_their_tables():
    page, sums = " ".join(PAGE.split()), Counter()
    table = table_under("**On four other seeds**")
    assert [seed for seed, *_ in table] == [*SEEDS, "all"] and len(SEEDS) == 5
    for (_, *cells), folder in zip(table, SEEDS.values(), strict=False):
        cases, scores = rehearsed(folder)
        led = scores[(scores["case"] == "trait") & scores["tested"]]
        row = [(cases.loc[case, "found"], cases.loc[case, "sets"]) for case in ("trait", "neutral", "other_base")]
        row += [((led["leading"] == led["trait"]).sum(), len(led))]
        row += [(cases.loc[case, "own"], cases.loc[case, "sets"]) for case in ("trait", "neutral")]
        assert cells == [f"{found} of {sets}" for found, sets in row]
        sums.update({(i, part): count for i, pair in enumerate(row) for part, count in enumerate(pair)})
    assert table[-1][1:] == [f"{sums[i, 0]} of {sums[i, 1]}" for i in range(6)]
    pooled = pd.read_csv("results/robustness/rehearsal.csv").set_index("case")
    told = {}
    for i, case in enumerate(("trait", "neutral")):
        found, sets = sums[i, 0], sums[i, 1]
        low, high = stats.beta.ppf(0.025, found, sets - found + 1), stats.beta.ppf(0.975, found + 1, sets - found)
        assert (found, sets, low, high) == pytest.approx(tuple(pooled.loc[case, ["found", "sets", "low", "high"]]), abs=1e-9)
        told[case] = f"{found} of {sets}", f"({100 * low:.0f} to {100 * high:.0f} %)"
    said = f"finds {told['trait'][0]} data sets with a trait {told['trait'][1]} and {' without '.join(told['neutral'])}"
    assert said in page and pooled.loc["trait", "rate"] < 0.9 and pooled.loc["neutral", "rate"] < 0.05
    readme = " ".join(Path("README.md").read_text(encoding="utf-8").split())
    assert f"first in {sums[3, 0]} of {sums[3, 1]} data sets" in readme
    assert f"it finds {sums[0, 0]} of the {sums[0, 1]}, and falsely {sums[1, 0]} of {sums[1, 1]} of the neutral" in readme
    assert f"it finds {sums[4, 0]} of the {sums[4, 1]}, and none falsely" in readme and sums[5, 0] == 0
    findings = " ".join(Path("docs/findings.md").read_text(encoding="utf-8").split())
    assert f"it finds {sums[0, 0]} of {sums[0, 1]} that carry a trait, and {sums[1, 0]} of {sums[1, 1]} that" in findings
    assert f"the right animal leads in {sums[3, 0]} of {sums[3, 1]}." in findings


def test_what_other_thresholds_of_rehearsal_find_follows_from_the_scores_of_five_seeds():
    """By NumPy alone: a threshold of the first two seeds on the others, and the area under the ROC curve of all."""
    page, by_seed = " ".join(PAGE.split()), []
    for folder in SEEDS.values():
        scores = rehearsed(folder)[1]
        by_seed.append([scores.loc[scores["case"] == case, "score"].to_numpy(float) for case in ("trait", "neutral")])
    first = np.concatenate([neutral for _, neutral in by_seed[:2]])
    threshold = first.mean() + 2 * first.std(ddof=1)
    later = pd.read_csv("results/robustness/rehearsal_later.csv").set_index("case")
    counts = [np.concatenate([each[i] for each in by_seed[2:]]) >= threshold for i in (0, 1)]
    for case, found in zip(("trait", "neutral"), counts, strict=True):
        row = later.loc[case]
        assert (row["found"], row["sets"], row["threshold"]) == pytest.approx((found.sum(), len(found), threshold), abs=1e-9)
    told = [f"{row.found} of {row.sets} ({100 * row.low:.0f} to {100 * row.high:.0f} %)" for row in later.itertuples()]
    assert f"of all {len(first)} scores of neutral rows of the first two, which is {threshold:.2f}." in page
    assert f"On the last three it finds {told[0]} and {told[1]}." in page
    traits, neutrals = (np.concatenate([each[i] for each in by_seed]) for i in (0, 1))
    assert f"is {(traits[:, None] > neutrals).mean():.2f}, over all five seeds" in page
    found, wrong = 0, 0
    for i, (own, neutral) in enumerate(by_seed):
        limit = np.quantile(np.concatenate([each for k, (_, each) in enumerate(by_seed) if k != i]), 0.95)
        found, wrong = found + (own >= limit).sum(), wrong + (neutral >= limit).sum()
    assert f"it finds {found} of {len(traits)}, and {wrong} of {len(neutrals)} falsely" in page


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
