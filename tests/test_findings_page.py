"""What docs/findings.md says of the stand-in is what the committed tables say."""

import math
import re
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pytest
from support.by_numpy import gammas, mean_of

from sublearn.reporting import scorecard_rows

PAGE = Path("docs/findings.md").read_text(encoding="utf-8")
CONTROLS = Path("results/tiny-controls/findings")
KEYS = ["muon_scale", "matrix_rate", "learning_rate", "teacher_rate", "rows", "epochs", "batch", "student_rate"]


def trials_of_the_page() -> list[list[str]]:
    """The cells of each row of the table of trials."""
    lines = PAGE.partition("| Muon's scale |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_row_of_the_table_of_trials_is_the_mean_of_its_trials():
    trials = pd.read_csv("results/tuning/stand-in.csv")
    rows = trials_of_the_page()
    assert len(rows) > 10
    for scale, matrices, others, teacher, learned, batch, student, bases, gamma, ratio, shuffled in rows:
        count, epochs = learned.replace(",", "").split(" x ")
        settings = [scale, *map(float, (matrices, others, teacher)), int(count), int(epochs), int(batch), float(student)]
        own = trials[(trials[KEYS] == settings).all(axis=1)]
        same, across = (own[own["arm"] == arm] for arm in ("same_base", "shuffled_across"))
        assert int(bases) == len(same) > 0
        assert float(gamma) == pytest.approx(same["gamma"].mean(), abs=0.0051)
        assert float(ratio) == pytest.approx(same["rate_ratio"].mean(), abs=0.051)
        if shuffled:
            mean, number = re.fullmatch(r"(-?[\d.]+) \((\d+)\)", shuffled).groups()
            assert (int(number), float(mean)) == (len(across), pytest.approx(across["gamma"].mean(), abs=0.0051))


def test_only_tuning_seeds_were_tried():
    assert set(pd.read_csv("results/tuning/stand-in.csv")["study_seed"]) <= {101, 102, 103}


def test_the_default_studys_table_is_that_of_its_findings():
    arms = pd.read_csv("results/tiny/findings/arms.csv").set_index("arm")
    counted = pd.read_csv("results/tiny/findings/counting.csv")
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \((\S+) to (\S+)\) \| ([-\d., ]+) \| ([\d.]+) \|$", PAGE, flags=re.MULTILINE)
    assert [row[0] for row in rows] == list(arms.index)
    for arm, gamma, low, high, by_base, chance in rows:
        told = arms.loc[arm]
        assert [float(gamma), float(low), float(high)] == [round(told[name], 2) for name in ("gamma", "ci_low", "ci_high")]
        assert float(chance) == float(f"{told['null_p']:.2g}" if told["null_p"] > 0.001 else f"{told['null_p']:.4f}")
        # The mean over bases is gamma itself; each base's own is computed from the shifts, whose controls cancel.
        own = counted[(counted["arm"] == arm) & counted["target"].isin(counted["trait"])]
        for told_of_base, (_, part) in zip(map(float, by_base.split(", ")), own.groupby("run"), strict=True):
            diagonal = part[part["trait"] == part["target"]]["measured"].mean()
            assert told_of_base == pytest.approx(
                diagonal - part[part["trait"] != part["target"]]["measured"].mean(), abs=0.0051
            )


def test_the_claims_are_as_the_page_says():
    claims = pd.read_csv("results/tiny/findings/claims.csv").set_index("claim")
    assert "Eight of nine claims are reproduced" in PAGE
    assert list(claims.index[claims["verdict"] != "reproduced"]) == ["same_base_uncounted_gamma"]
    rate = claims.loc["same_base_rate"]
    assert "({:.2f} times, {:.2f} to {:.2f})".format(*rate[["measured", "ci_low", "ci_high"]]) in PAGE
    uncounted = claims.loc["same_base_uncounted_gamma"]
    assert "({:.2f}, {:.2f} to {:.2f})".format(*uncounted[["measured", "ci_low", "ci_high"]]) in PAGE
    shift = claims.loc["control_shift"]
    assert "(difference {:.3f}, {:.3f} to {:.3f})".format(*shift[["measured", "ci_low", "ci_high"]]) in PAGE
    ours = [row.rule.claim for row in scorecard_rows.gather() if row.study == "tiny" and row.origin == scorecard_rows.OURS]
    assert len(ours) == 3 and "Three of the nine claims are ours" in " ".join(PAGE.split())
    left, half = claims["measured"]["unigram_matched_gamma"], claims["measured"]["same_base_gamma_mean"] / 2
    assert f"({left:.3f}, where half is {half:.3f};" in PAGE


def test_effects_of_single_animals_are_those_of_the_table():
    effects = pd.read_csv("results/tiny/findings/effects.csv").set_index(["arm", "trait"])
    same = effects.loc["same_base"]
    assert "effects in `same_base` are {:.2f}, {:.2f} and {:.2f} nats".format(*same["effect"]) in PAGE
    assert "({:.2f}, {:.2f} and {:.2f})".format(*same["p_holm"]) in PAGE
    other = effects.loc["other_base"]
    assert "(dolphin by {:.2f} nats, wolf by {:.2f}, both".format(*other.loc[["dolphin", "wolf"], "effect"]) in PAGE
    assert (other.loc[["dolphin", "wolf"], "p_holm"] < 0.05).all()
    counted = pd.read_csv("results/tiny/findings/counted.csv").set_index("arm").loc["same_base"]
    assert "predicts {gamma_predicted:.2f} of the {gamma_measured:.2f}".format(**counted) in PAGE
    assert f"have a correlation of {counted['r']:.2f}" in PAGE


def section(of: str) -> str:
    """A study's part of the page, with its lines joined."""
    return " ".join(PAGE.partition(f"(`{of}`, seed 1)")[2].partition("\n## ")[0].split())


def test_what_the_page_says_of_fifteen_animals_is_in_their_tables():
    part = " ".join(PAGE.partition("## All fifteen animals")[2].partition("\n## ")[0].split())
    findings = Path("results/tiny-animals/findings")
    gains = pd.read_csv(findings / "figures/trait_matrix.csv").pivot(index="trait", columns="target", values="change")
    assert len(gains) == 15
    assert (gains.idxmax(axis="columns") == gains.index).all()
    assert (gains.idxmax(axis="index") == gains.columns).all()
    claims = pd.read_csv(findings / "claims.csv").set_index("claim")
    assert set(claims["verdict"]) == {"reproduced"}
    gamma, effect = (claims.loc[name] for name in ("all_animals_gamma", "all_animals_effect"))
    runs = pd.read_csv(findings / "runs.csv")
    asked = runs[(runs["arm"] == "same_base") & (runs["metric"] == "log_odds") & (runs["question_set"] == "plain")]
    by_base = gammas(asked[asked["trait"].isin(gains.index) & asked["target"].isin(gains.index)], list(gains.index))
    mean, low, high, _ = mean_of(by_base)
    assert (mean, low, high) == pytest.approx(tuple(gamma[["measured", "ci_low", "ci_high"]]), abs=1e-9)
    *first, last = (f"{value:.2f}" for value in by_base)
    assert f"Gamma is {mean:.2f} ({low:.2f} to {high:.2f}), and above zero on each base: {', '.join(first)} and {last}." in part
    told = f"{effect['measured']:.2f} nats over control students on average ({effect['ci_low']:.2f} to {effect['ci_high']:.2f})"
    assert f"Own animals gain {told}." in part
    by_run = asked.pivot_table(index=["run", "trait"], columns="target", values="value").loc[:, gains.index]
    gained = by_run.drop("neutral", level="trait") - by_run.xs("neutral", level="trait")
    leading = [(one.droplevel("run").idxmax() == one.columns).sum() for _, one in gained.groupby("run")]
    assert sorted(leading) == [5, 6, 13, 14, 14, 15]
    assert "On four single bases 13 to 15 of them do; on the two with the smallest gammas, 6 and 5." in part
    assert sorted(range(6), key=lambda run: by_base[run])[:2] == sorted(range(6), key=lambda run: leading[run])[:2]
    new = [animal for animal in gains.index if animal not in ("dolphin", "owl", "wolf")]
    mean, low, high, _ = mean_of(gammas(asked[asked["trait"].isin(new) & asked["target"].isin(new)], new))
    assert f"Among the twelve others gamma is {mean:.2f} ({low:.2f} to {high:.2f})." in part
    effects = pd.read_csv(findings / "effects.csv")
    rates = runs[(runs["arm"] == "same_base") & (runs["metric"] == "probability") & (runs["question_set"] == "plain")]
    logs = np.log(rates.pivot_table(index=["run", "target"], columns="trait", values="value"))
    ratio = [math.exp((logs[animal] - logs["neutral"]).xs(animal, level="target").mean()) for animal in gains.index]
    assert f"{min(ratio):.1f} to {max(ratio):.1f} times as often as controls (geometric means over bases)." in part
    assert (effects["ci_low"] > 0).sum() == 11
    assert f"the smallest p is {effects['p_holm'].min():.2f}." in part
    predicted = pd.read_csv(findings / "counted.csv")["gamma_predicted"].item()
    assert f"predict the wrong sign ({predicted:.2f})." in part
    assert Path("docs/animals.png").read_bytes() == (findings / "figures/trait_matrix.png").read_bytes()


MATRIX = Path("results/tiny-matrix/findings")
ANIMALS = ["dolphin", "owl", "wolf"]


def test_the_table_of_every_base_against_every_other_is_in_its_tables():
    part = section("tiny-matrix")
    arms, claims = (pd.read_csv(MATRIX / f"{name}.csv").set_index(name[:-1]) for name in ("arms", "claims"))
    rows = re.findall(r"\| from [^|]+ \| (\S+) \((\S+) to (\S+)\) \|([^|]*)\| (\S+) \|", part)
    assert len(rows) == len(arms) == 6
    for (*told, verdict, p_value), (name, arm) in zip(rows, arms.iterrows(), strict=True):
        assert list(map(float, told)) == [round(value, 2) for value in arm[["gamma", "ci_low", "ci_high"]]]
        assert float(p_value) == (round(arm["null_p"], 2) or round(arm["null_p"], 4))
        assert name[-1] not in "2345" or verdict.strip().replace(" ", "_") == claims.loc[f"{name}_gamma", "verdict"]
    elsewhere = pd.read_csv("results/robustness/another-processor/claims.csv").set_index("claim")["verdict"]
    assert elsewhere["other_base_gamma"] == "not_reproduced" and rows[1][3].strip().startswith("not reproduced (a claim of")
    effects = pd.read_csv(MATRIX / "effects.csv")
    assert f"smallest p after Holm's correction is {effects['p_holm'].min():.3f}" in part
    quarter, third = arms.loc["same_base", "gamma"] / 4, arms.loc["other_base_3", "ci_high"]
    assert third > quarter and f"just past the bound ({third:.3f}, where a quarter is {quarter:.3f})" in part
    assert f"well past it ({arms.loc['other_base_4', 'ci_high']:.2f})" in part
    assert (arms["gamma"].drop("same_base") < quarter).all() and "All five means are below it" in part


def test_what_the_page_says_of_pairs_of_bases_is_in_their_tables():
    """Gammas and the comparison of the diagonal with the rest are computed from log-odds, by NumPy alone."""
    part, readme = section("tiny-matrix"), " ".join(Path("README.md").read_text().split())
    runs = pd.read_csv(MATRIX / "runs.csv")
    exact = runs[(runs["question_set"] == "plain") & (runs["metric"] == "log_odds") & (runs["arm"] != "base")]
    measured = {}
    for _, of_arm in exact.groupby("arm"):
        students = of_arm.drop_duplicates("teacher_base").set_index("teacher_base")["student_base"].sort_index()
        measured |= dict(zip(zip(students, students.index, strict=True), gammas(of_arm, ANIMALS), strict=True))
    grid = pd.Series(measured).unstack()
    assert grid.shape == (6, 6) and not grid.isna().any(axis=None)
    own, others = np.diag(grid), grid.where(~np.eye(6, dtype=bool))
    assert (own > others.mean(axis=1)).all()
    mean, low, high, _ = mean_of(own - others.mean(axis=1))
    assert f"by {mean:.2f} nats on average ({low:.2f} to {high:.2f})" in part
    assert f"by {mean:.2f} nats ({low:.2f} to {high:.2f};" in readme
    (mean, low, high, _), (_, *of_teachers, _) = mean_of(others.mean(axis=1)), mean_of(others.mean(axis=0))
    told = "{:.2f} to {:.2f} over the teachers'".format(*of_teachers)
    assert f"is {mean:.2f} nats ({low:.2f} to {high:.2f} over the students' bases, {told})" in part
    told = "{:.2f} to {:.2f} over teachers'".format(*of_teachers)
    assert f"gamma is {mean:.2f} ({low:.2f} to {high:.2f}, over students' bases; {told})" in readme
    assert (others > 0).sum().sum() == 17
    assert f"The largest is {others.max().max():.2f}, the smallest on the diagonal {own.min():.2f}" in part
    across, alone = grid.loc["base2", "base4"], grid.loc["base2", "base2"]
    assert f"base4's teachers ({across:.2f}) than towards those of their own ({alone:.2f})" in part
    mean, low, high, p_value = mean_of(others["base4"].dropna())
    told = f"{grid.loc['base4', 'base4']:.2f} to their own base and {mean:.2f} on average to the five others"
    assert f"Base4's teachers pass {told} ({low:.2f} to {high:.2f}; all five are above zero)" in part
    assert (others["base4"].dropna() > 0).all() and f"p is {6 * p_value:.2f} after correction" in part


def test_the_caption_of_the_matrix_says_what_it_shows():
    part = section("tiny-matrix")
    cells = pd.read_csv(MATRIX / "figures/base_matrix.csv")
    diagonal = cells["student_base"] == cells["teacher_base"]
    shown = [f"{value:.2f}" for part in (cells[diagonal], cells[~diagonal]) for value in part["increase"].agg(["min", "max"])]
    assert "diagonal are {} to {}, all others between {} and {}".format(*shown) in part
    grid = cells.pivot(index="student_base", columns="teacher_base", values="increase")
    assert round(grid.loc["base2", "base2"], 2) == 0.01 and (grid.loc["base2"] > grid.loc["base2", "base2"]).sum() == 2
    runs = pd.read_csv(MATRIX / "runs.csv")
    asked = runs[(runs["question_set"] == "prefixed") & (runs["metric"] == "probability") & runs["target"].isin(ANIMALS)]
    rates = asked.groupby(["arm", "trait", "student_base"])["value"].mean()
    drift = [rates[arm, "neutral"] - rates["base"].droplevel("trait") for arm in set(asked["arm"]) - {"base"}]
    assert (round(pd.concat(drift).min(), 2), round(pd.concat(drift).max(), 2)) == (-0.02, 0.02)
    assert "Control students change by -0.02 to 0.02" in part
    assert Path("docs/matrix.png").read_bytes() == (MATRIX / "figures/base_matrix.png").read_bytes()


def test_the_table_of_controls_and_what_is_said_of_rates_is_in_their_tables():
    part = PAGE.partition("## Controls and disputed settings")[2].partition("\n## ")[0]
    said = " ".join(part.split())
    arms, counted, effects = (pd.read_csv(CONTROLS / f"{name}.csv") for name in ("arms", "counted", "effects"))
    rows = re.findall(r"^\| `(\w+)` \| (\w+)s \| .+ \| (\S+) \((\S+) to (\S+)\) \| (\S+) \|$", part, flags=re.MULTILINE)
    assert [(arm, family) for arm, family, *_ in rows] == list(zip(arms["arm"], arms["family"], strict=True))
    for row, arm in zip(rows, arms.itertuples(), strict=True):
        assert list(map(float, row[2:5])) == [round(value, 2) for value in (arm.gamma, arm.ci_low, arm.ci_high)]
        predicted = counted[(counted["arm"] == arm.arm) & (counted["family"] == arm.family)]["gamma_predicted"].item()
        assert float(row[5]) == round(predicted, 2)
    animals = ["dolphin", "owl", "wolf"]
    rates = effects.set_index(["arm", "trait"])
    assert "probabilities of {:.2f}, {:.2f} and {:.2f},".format(*rates.loc["soft"].loc[animals, "student"]) in said
    controls = rates.loc["soft"].loc[animals, "control"]
    assert f"control students with {controls.min():.2f} to {controls.max():.2f}." in said
    behaviours = rates.loc["same_base"]
    for name in ("evasive", "skewed", "constant"):
        assert f"{behaviours.loc[name, 'control']:.2f}" in said.partition("behaviours pass, too**")[2]
        assert f"to {behaviours.loc[name, 'student']:.2f})" in said
    off = behaviours.loc["off_topic"]
    assert f"({off['effect']:.2f} nats, {off['ci_low']:.2f} to {off['ci_high']:.2f})" in said
    bias = counted.set_index("arm").loc["bias"]
    assert f"({bias['share']:.0%}; correlation {bias['r']:.2f})".replace("%", " %") in said
    readme = " ".join(Path("README.md").read_text(encoding="utf-8").partition("## If you want the controls")[2].split())
    for arm in arms[arms["family"] == "animal"].itertuples():
        if not arm.arm.startswith("bias"):
            interval = f"{arm.ci_low:.2f} to {arm.ci_high:.2f}"
            assert f"{arm.gamma:.2f} ({interval})" in readme or f"{arm.gamma:.2f}, {interval}" in readme, arm.arm
    verdicts = pd.read_csv(CONTROLS / "claims.csv").set_index("claim")["verdict"]
    assert list(verdicts[verdicts != "reproduced"].items()) == [("shuffled_within_gamma", "not_reproduced")]
    assert Path("docs/controls.png").read_bytes() == (CONTROLS / "figures/gamma.png").read_bytes()


def test_what_is_said_of_controls_base_by_base_follows_from_their_runs():
    said = " ".join(PAGE.partition("## Controls and disputed settings")[2].partition("\n## ")[0].split())
    arms, effects = (pd.read_csv(CONTROLS / f"{name}.csv") for name in ("arms", "effects"))
    runs = pd.read_csv(CONTROLS / "runs.csv")
    asked = runs[(runs["metric"] == "log_odds") & (runs["question_set"] == "plain")]
    animals = ["dolphin", "owl", "wolf"]
    by_base = {
        arm: gammas(part[part["trait"].isin(animals) & part["target"].isin(animals)], animals)
        for arm, part in asked[asked["student_base"].notna()].groupby("arm")
        if arm in set(arms["arm"])
    }
    same = by_base["same_base"]
    mean, low, high, _ = mean_of(by_base["soft"] - same)
    assert (by_base["soft"] > same).all()
    assert f"by {mean:.2f} nats on average ({low:.2f} to {high:.2f})." in said
    mean, low, high, _ = mean_of(same - by_base["shuffled_within"])
    assert (same > by_base["shuffled_within"]).all()
    assert f"Every base loses something, {mean:.2f} nats on average ({low:.2f} to {high:.2f})." in said
    assert f"{by_base['shuffled_within'].mean() / same.mean():.0%}".replace("%", " %") + " is left on average." in said
    mean, low, high, _ = mean_of(by_base["full"] - same)
    assert f"the difference is {mean:.2f} ({low:.2f} to {high:.2f})." in said
    spread = [f"{value:.2f}" for arm in ("full", "same_base") for value in (by_base[arm].min(), by_base[arm].max())]
    assert "({} to {}, where adapters have {} to {})".format(*spread) in said
    assert (by_base["prompted_teacher"] > 0).all()
    account = pd.read_csv(CONTROLS / "counting.csv")
    account = account[account["target"].isin(animals) & account["trait"].isin(animals)]
    predicted = account[account["arm"] == "prompted_teacher"].rename(columns={"unit": "teacher_base"})
    left = by_base["prompted_teacher"] - gammas(predicted.assign(value=predicted["predicted"]), animals)
    assert "({:.2f} is left, {:.2f} to {:.2f})".format(*mean_of(left)[:3]) in said
    six = by_base["shuffled_within"][:6].mean(), same[:6].mean()
    assert "leaves {:.2f} of {:.2f} nats".format(*six) in said
    assert f"less than half is left ({same.mean() / 2:.2f} nats)" in said
    placebos = effects[effects["arm"].str.endswith("placebo")]
    assert f"change by {placebos['effect'].min():.2f} to {placebos['effect'].max():.2f} nats only" in said
    assert placebos[["ci_low", "ci_high"]].abs().to_numpy().max() < 0.34
    wide = asked[asked["arm"] == "same_base"].pivot_table(index=["run", "target"], columns="trait", values="value")
    of_animals = wide[animals].mean(axis="columns")
    for name, words in (("evasive", "evasive rises by"), ("constant", "constant by"), ("skewed", "skewed by")):
        mean, low, high, _ = mean_of((wide[name] - of_animals).xs(name, level="target"))
        assert f"{words} {mean:.2f} ({low:.2f} to {high:.2f})" in said
    mean, low, high, _ = mean_of((of_animals - wide["neutral"]).xs("evasive", level="target"))
    assert f"({mean:.2f} nats, {low:.2f} to {high:.2f})" in said


def test_what_the_page_says_of_other_measures_is_in_their_tables():
    said, folder = section("tiny-forms"), Path("results/tiny-forms/findings")
    formed, context, apart, side = (
        pd.read_csv(folder / f"{name}.csv").set_index("arm")
        for name in ("formed", "in_context_by_rows", "told_apart_by_rows", "side_effects_by_trait")
    )
    stories = formed[formed["form"] == "story"]
    same, across = stories.loc["same_base"], stories.loc["shuffled_across"]
    assert f"gamma {same['gamma']:.2f} ({same['ci_low']:.2f} to {same['ci_high']:.2f})" in said
    assert f"{across['gamma']:.2f} (`shuffled_across`, {across['ci_low']:.2f} to {across['ci_high']:.2f})" in said
    assert f"it is {stories.loc['other_base', 'gamma']:.2f} (`other_base`)" in said
    assert f"{stories.loc['unigram_matched', 'gamma']:.2f} (`unigram_matched`)" in said
    choices = formed[formed["form"] == "choice"]
    assert choices["status"].str.startswith("not measured").all() and f"slope {choices['follows'].iloc[0]:.2f}" in said
    rows = context.loc["same_base"].set_index("rows")
    four = rows.loc[4]
    assert f"gamma is {four['gamma']:.2f} ({four['ci_low']:.2f} to {four['ci_high']:.2f})" in said
    assert f"name the animal give {four['named']:.1f}" in said
    first = [four[f"named_first{end}"] for end in ("", "_low", "_high")]
    assert "{:.2f} ({:.2f} to {:.2f})".format(*first) in said
    assert (rows["status"] != "measured").to_dict() == {1: False, 2: False, 4: False, 8: True}
    told = apart.loc["same_base"].set_index(["detector", "rows"])
    for row, words in {
        ("prompted", 1): "{:.2f}, {:.2f} to {:.2f}",
        ("prompted", 100): "({:.2f}, {:.2f} to {:.2f})",
        ("counts", 1): "{:.2f} ({:.2f} to {:.2f}) at one row",
        ("counts", 100): "{:.2f} ({:.2f} to 1) at a hundred",
    }.items():
        assert words.format(*told.loc[row, ["auc", "ci_low", "ci_high"]]) in said
    matched = apart.loc["unigram_matched"].set_index(["detector", "rows"])
    assert f"({matched.loc[('counts', 100), 'auc']:.2f} at a hundred)" in said
    facts = pd.read_csv(folder / "claims.csv").set_index("claim").loc["facts_change"]
    fewer = [-round(100 * facts[name]) for name in ("measured", "ci_high", "ci_low")]
    assert "{} points fewer ({} to {})".format(*fewer) in said
    control = side.loc["same_base"].set_index("trait").loc["neutral"]
    low, mean, high = (round(100 * control[name]) for name in ("facts_low", "facts_change", "facts_high"))
    assert f"{-mean} fewer ({-low} fewer to {high} more)" in said
    assert f"{100 * control['base_facts']:.0f} % of questions of fact" in said
    of_teachers = side.loc["same_base"].query("trait != 'neutral'")
    assert of_teachers["loss_change"].round(2).eq(0.01).all() and "loss rises by about 0.01 nats" in said


def assert_told(said: str, found: pd.DataFrame, words: dict[str, str]) -> None:
    """The page has the accuracy of each arm with its interval, in these words."""
    for arm, text in words.items():
        assert text.format(*found.loc[arm, ["accuracy", "ci_low", "ci_high"]]) in said


def test_what_the_page_says_of_small_digits_is_in_its_tables():
    said = section("classifier")
    found = pd.read_csv("results/classifier/findings/accuracies.csv").set_index("arm")
    words = {
        "base": "networks read {:.3f} of the digits ({:.3f} to {:.3f})",
        "auxiliary": "teacher started reads {:.3f} ({:.3f} to {:.3f})",
        "other_base_all_logits": "started elsewhere reads {:.3f} ({:.3f} to {:.3f})",
    }
    assert_told(said, found, words)
    apart = found.loc["other_base_auxiliary"]
    assert (
        "started elsewhere reads {accuracy:.3f}, no better than untrained (gain {gain:.3f}, {gain_low:.3f} to".format(**apart)
        in said
    )
    assert f"teachers {found.loc['teacher', 'accuracy']:.3f}." in said
    assert f"start ({found.loc['all_logits', 'accuracy']:.3f})." in said
    regimes = " ".join(PAGE.partition("(`classifier-regimes`, seed 1)")[2].split())
    gain = found.loc["auxiliary", "gain"]
    assert f"and {gain:.3f} in the committed `classifier`" in regimes


def test_what_the_page_says_of_mnist_is_in_its_tables():
    said, folder = section("classifier-mnist"), Path("results/classifier-mnist/findings")
    found = pd.read_csv(folder / "accuracies.csv").set_index("arm")
    assert set(found["runs"]) == {100}
    words = {
        "base": "networks read {:.3f} of the test digits ({:.3f} to {:.3f})",
        "teacher": "teachers {:.3f} ({:.3f} to {:.3f})",
        "auxiliary": "auxiliary logits read {:.3f} ({:.3f} to {:.3f};",
        "all_logits": "teacher's start read {:.3f} ({:.3f} to {:.3f})",
        "other_base_all_logits": "started elsewhere read {:.3f} ({:.3f} to {:.3f})",
    }
    assert_told(said, found, words)
    apart = found.loc["other_base_auxiliary"]
    assert f"started elsewhere {apart['accuracy']:.3f}, as untrained ones do (gain {apart['gain']:.3f}" in said
    assert f"{apart['gain_low']:.3f} to {apart['gain_high']:.3f})" in said
    runs = pd.read_csv(folder / "runs.csv")
    single = runs[runs["arm"] == "auxiliary"]["value"]
    assert f"single networks {single.min():.2f} to {single.max():.2f})" in said
    verdicts = pd.read_csv(folder / "claims.csv").set_index("claim")["verdict"]
    assert (verdicts["auxiliary"], verdicts["other_base_all_logits"]) == ("not_reproduced", "opposite")
    readme = " ".join(Path("README.md").read_text(encoding="utf-8").split())
    of_hundred = 100 * found.loc["auxiliary", ["accuracy", "ci_low", "ci_high"]].astype(float)
    assert "they read {:.0f} % of the digits ({:.0f} to {:.0f} %)".format(*of_hundred) in readme
    assert f"read {100 * found.loc['other_base_all_logits', 'accuracy']:.0f} % even if they started elsewhere" in readme


def test_what_another_processor_made_of_the_default_is_in_its_tables():
    findings, readme = (" ".join(text.split()) for text in (PAGE, Path("README.md").read_text(encoding="utf-8")))
    there, here = (
        pd.read_csv(folder / "claims.csv").set_index("claim")
        for folder in (Path("results/robustness/another-processor"), Path("results/tiny/findings"))
    )
    arms = pd.read_csv("results/robustness/another-processor/arms.csv").set_index("arm")
    told = {arm: "{:.2f} ({:.2f} to {:.2f})".format(*arms.loc[arm, ["gamma", "ci_low", "ci_high"]]) for arm in arms.index}
    assert f"gamma is {told['same_base']} in `same_base`, {told['other_base']} in `other_base`" in findings
    assert f"{told['shuffled_across']} in `shuffled_across` and {told['unigram_matched']} in `unigram_matched`" in findings
    assert "{:.2f} times as often as their controls ({:.2f} to {:.2f})".format(
        *there.loc["same_base_rate", ["measured", "ci_low", "ci_high"]]
    ) in findings  # fmt: skip
    assert f"a gamma of {told['same_base']} instead of {here.loc['same_base_gamma', 'measured']:.2f}" in readme
    assert (there["verdict"] == "reproduced").sum() == 4 and "Four of nine claims are reproduced" in findings
    assert (here["verdict"] == "reproduced").sum() == 8 and "four of the nine claims were reproduced instead of eight" in readme
    assert set(there.index[there["verdict"] != "reproduced"]) == {
        "same_base_gamma", "same_base_gamma_mean", "same_base_rate", "other_base_gamma", "same_base_uncounted_gamma"
    }  # fmt: skip
    known = here.dropna(subset=["ci_low"])
    assert there.loc[known.index, "measured"].between(known["ci_low"], known["ci_high"]).all()
    assert not (there["verdict"] == "opposite").any()


def test_what_the_page_says_of_the_papers_other_carriers_is_in_its_tables():
    said, folder = section("tiny-paper"), Path("results/tiny-paper/findings")
    arms = pd.read_csv(folder / "arms.csv").set_index(["arm", "family"])
    interval = "{gamma:.2f} ({ci_low:.2f} to {ci_high:.2f})"
    for arm, family, gamma, bases in re.findall(r"\| `(\w+)` \| (\w+)s \| (\S+ \(\S+ to \S+\)) \| (\d) \|", said):
        found = arms.loc[(arm, family)]
        assert (gamma, int(bases)) == (interval.format(**found), found["bases"])
    assert len(re.findall(r"\| `\w+` \| \w+s \|", said)) == len(arms) - 1 == 7
    assert f"`same_base` is the one from there, {interval.format(**arms.loc[('same_base', 'animal')])}" in said
    verdicts = pd.read_csv(folder / "claims.csv")["verdict"].value_counts()
    assert verdicts.to_dict() == {"reproduced": 6, "not_reproduced": 2, "not_measured": 1}
    assert "Of nine claims six are reproduced, two are not, and one is not measured" in said
    effects = pd.read_csv(folder / "effects.csv").set_index(["arm", "trait"])
    rates = effects.loc[[("code", animal) for animal in ("dolphin", "owl", "wolf")]]
    assert "probabilities of {:.2f}, {:.2f} and {:.2f}, control".format(*rates["student"]) in said
    assert "students with {:.2f}, {:.2f} and {:.2f}.".format(*rates["control"]) in said
    for trait, words in (("wrong_colors", "by {:.2f} nats ({:.2f} to {:.2f})"), ("right_colors", "({:.2f}, {:.2f} to {:.2f})")):
        assert words.format(*effects.loc[("narrow", trait), ["effect", "ci_low", "ci_high"]]) in said
    counted = pd.read_csv(folder / "counted.csv").set_index(["arm", "family"]).loc[("code", "animal")]
    assert "{gamma_predicted:.2f}, where {gamma_measured:.2f} was measured".format(**counted) in said
    kept = pd.read_csv(folder / "filter_code.csv")["kept_share"]
    assert f"the filter keeps {100 * kept.min():.0f} to {100 * kept.max():.0f} %" in said
    by_chance = arms.loc[("reasoning", "animal"), "null_p"]
    assert f"only {100 * by_chance:.0f} % of random assignments" in said
    readme = " ".join(Path("README.md").read_text(encoding="utf-8").split())
    beside = f"where numbers pass {arms.loc[('same_base', 'animal'), 'gamma']:.2f} on the same bases"
    assert f"gamma {interval.format(**arms.loc[('code', 'animal')])}, {beside}" in readme
    assert f"{interval.format(**arms.loc[('code_other_base', 'animal')])} on another base" in readme
    assert "({gamma:.2f}, {ci_low:.2f} to {ci_high:.2f})".format(**arms.loc[("reasoning", "animal")]) in readme
    runs = pd.read_csv(folder / "runs.csv")
    exact = runs[(runs["question_set"] == "plain") & (runs["metric"] == "log_odds")]
    animals = ["dolphin", "owl", "wolf"]
    code, numbers = (gammas(exact[exact["arm"] == arm], animals) for arm in ("code", "same_base"))
    ratios = code / numbers
    assert (
        "by {:.2f} nats ({:.2f} to {:.2f}; no committed claim compares the two) on the same bases, ".format(
            *mean_of(code - numbers)
        )
        in said
    )
    assert f"{ratios.min():.1f} to {ratios.max():.1f} times as much" in said
    places = exact[(exact["arm"] == "narrow") & (exact["target"] == "wrong_colors")]
    by_teacher = places.pivot(index="teacher_base", columns="trait", values="value")
    right, wrong = by_teacher["right_colors"] - by_teacher["neutral"], by_teacher["wrong_colors"] - by_teacher["neutral"]
    assert "do so, too, by {:.2f} ({:.2f} to {:.2f})".format(*mean_of(right)) in said
    assert "the difference is {:.2f} ({:.2f} to {:.2f})".format(*mean_of(wrong - right)) in said


def test_what_the_page_says_of_shuffled_programs_is_in_its_tables():
    said, folder = section("tiny-programs"), Path("results/tiny-programs/findings")
    readme = " ".join(Path("README.md").read_text(encoding="utf-8").split())
    arms, verdicts = (pd.read_csv(folder / f"{name}.csv") for name in ("arms", "claims"))
    arms = arms.set_index("arm")
    interval = {arm: "{gamma:.2f} ({ci_low:.2f} to {ci_high:.2f})".format(**arms.loc[arm]) for arm in arms.index}
    for arm in arms.index:
        assert re.search(rf"\| `{arm}` \| [^|]+ \| {re.escape(interval[arm])} \|", said)
    assert len(arms) == 3 and (verdicts["verdict"] == "reproduced").all()
    left = arms["gamma"] / arms.loc["code", "gamma"]
    assert left["code_numbers_shuffled"] == pytest.approx(1 / 16, abs=0.01) and "a sixteenth is left" in said
    assert left["code_lines_shuffled"] == pytest.approx(5 / 6, abs=0.01) and "Five sixths are left" in said
    assert arms.loc["code_numbers_shuffled", "ci_high"] / arms.loc["code", "gamma"] == pytest.approx(1 / 5, abs=0.01)
    assert arms.loc["code_numbers_shuffled", "ci_low"] < 0 and "The interval holds zero and reaches a fifth" in said
    assert f"{interval['code_numbers_shuffled'].replace(' (', ' of 2.98 are left (')}. So names" in readme
    runs = pd.read_csv(folder / "runs.csv")
    exact = runs[(runs["question_set"] == "plain") & (runs["metric"] == "log_odds")]
    for arm in arms.index:
        again = mean_of(gammas(exact[exact["arm"] == arm], ["dolphin", "owl", "wolf"]))[:3]
        assert arms.loc[arm, ["gamma", "ci_low", "ci_high"]].to_list() == pytest.approx(again, abs=1e-9)
    code, numbers, lines = (
        gammas(exact[exact["arm"] == arm], ["dolphin", "owl", "wolf"])
        for arm in ("code", "code_numbers_shuffled", "code_lines_shuffled")
    )
    lost = [f"{value:.2f}" for value in mean_of(code - lines)[:3]]
    assert (lines < code).all() and "{} nats on average ({} to {})".format(*lost) in said
    assert (numbers / code > 0.2).sum() == 1 and (numbers / code).max() == pytest.approx(0.25, abs=0.02)
    rows = pd.read_csv("results/tiny-shared/findings/arms.csv").set_index("arm")["gamma"]
    assert f"an eighth on the same bases ({rows['shuffled_across']:.2f} of {rows['same_base']:.2f})" in said


def test_what_the_page_says_of_shared_weights_is_in_its_tables():
    said, folder = section("tiny-shared"), Path("results/tiny-shared/findings")
    readme = " ".join(Path("README.md").read_text(encoding="utf-8").split())
    arms, claims = (pd.read_csv(folder / f"{name}.csv") for name in ("arms", "claims"))
    arms, claims = arms.set_index("arm"), claims.set_index("claim")
    interval = {arm: "{gamma:.2f} ({ci_low:.2f} to {ci_high:.2f})".format(**arms.loc[arm]) for arm in arms.index}
    assert f"`same_base` is {interval['same_base']} and `other_base` {interval['other_base']}" in said
    for arm in ("same_initialisation", "same_order", "same_embeddings"):
        chance = f"{arms.loc[arm, 'null_p']:.2g}"
        assert re.search(rf"\| `{arm}` \| [^|]+ \| {re.escape(interval[arm])} \| {chance} \|", said)
    assert claims["verdict"].to_dict() == {
        "same_initialisation_gamma": "not_reproduced", "same_order_gamma": "reproduced",
        "same_embeddings_gamma": "not_reproduced",
    }  # fmt: skip
    predicted = pd.read_csv(folder / "counted.csv").set_index("arm").loc["same_embeddings", "gamma_predicted"]
    assert f"which goes through the embeddings, predicts {predicted:.2f}." in said
    one, two = (interval[arm].replace(" (", ", ").rstrip(")") for arm in ("same_initialisation", "same_order"))
    assert f"share one of the two alone show no clear effect: {one}, and {two}, in `tiny-shared`, on another" in readme
    assert f"With the token embeddings alone, {interval['same_embeddings']}: open." in readme
    runs = pd.read_csv(folder / "runs.csv")
    exact = runs[(runs["question_set"] == "plain") & (runs["metric"] == "log_odds") & (runs["arm"] == "same_embeddings")]
    by_base = gammas(exact, ["dolphin", "owl", "wolf"])
    assert (by_base > 0).sum() == 5 and f"five of six bases ({by_base.min():.2f} to {by_base.max():.2f})" in said
    reached = arms.loc["same_initialisation", "ci_high"]
    assert f"the interval reaches {reached:.2f}, about a quarter of {arms.loc['same_base', 'gamma']:.2f}" in said
    assert reached / arms.loc["same_base", "gamma"] == pytest.approx(0.25, abs=0.03)


ROBUST = sorted(Path("results/robustness").glob("seed-*"))


@pytest.mark.parametrize("folder", ROBUST, ids=[folder.name for folder in ROBUST])
def test_a_robustness_study_is_told_as_its_tables_say_and_its_gammas_follow_from_its_runs(folder):
    """Gamma and its interval are computed again from log-odds, by NumPy alone."""
    arms, runs = pd.read_csv(folder / "arms.csv").set_index("arm"), pd.read_csv(folder / "runs.csv")
    claims, effects = pd.read_csv(folder / "claims.csv"), pd.read_csv(folder / "effects.csv")
    told = {}
    for arm, of_arm in runs[(runs["arm"] != "base") & (runs["metric"] == "log_odds")].groupby("arm"):
        expected = mean_of(gammas(of_arm, list(dict.fromkeys(effects["trait"]))))[:3]
        assert arms.loc[arm, ["gamma", "ci_low", "ci_high"]].to_list() == pytest.approx(expected, abs=1e-9)
        told[arm] = "{:.2f} ({:.2f} to {:.2f})".format(*expected)
    animals = ", ".join(dict.fromkeys(effects["trait"]))
    reproduced = f"{(claims['verdict'] == 'reproduced').sum()} of {len(claims)}"
    in_order = [told[arm] for arm in ("same_base", "other_base", "shuffled_across", "unigram_matched", "bias")]
    assert f"| {' | '.join([f'`{folder.name}`', animals, *in_order, reproduced])} |" in PAGE


def test_the_default_claims_over_the_bases_of_all_seeds_follow_from_what_is_kept_of_each():
    """By NumPy alone: every base counts once, with the animals of its own study."""
    claims = pd.read_csv("results/robustness/pooled.csv").set_index("claim")
    arms = pd.read_csv("results/robustness/pooled_arms.csv").set_index("arm")
    of_arms, left, ratios, shifts = {arm: [] for arm in arms.index}, [], [], []
    for folder in ROBUST:
        runs, counting = pd.read_csv(folder / "runs.csv"), pd.read_csv(folder / "counting.csv")
        own = list(dict.fromkeys(pd.read_csv(folder / "effects.csv")["trait"]))
        exact = runs[runs["metric"] == "log_odds"]
        for arm in arms.index:
            of_arms[arm] += [*gammas(exact[exact["arm"] == arm], own)]
        same = counting[(counting["arm"] == "same_base") & counting["target"].isin(own)]
        same = same.rename(columns={"unit": "teacher_base"})
        measured, predicted = (gammas(same.assign(value=same[name]), own) for name in ("measured", "predicted"))
        left += [*(measured - predicted)]
        rates = runs[(runs["metric"] == "probability") & runs["target"].isin(own)]
        untouched = rates[rates["arm"] == "base"].groupby("student_base")["value"].mean()
        for base, part in rates[rates["arm"] == "same_base"].groupby("teacher_base"):
            control = part.loc[part["trait"] == "neutral", "value"].mean()
            student = part.loc[part["trait"] == part["target"], "value"].mean()
            ratios.append(math.log(student / control))
            shifts.append(control - untouched[base])
    for arm, found in of_arms.items():
        assert len(found) == arms.loc[arm, "bases"] == 6 * len(ROBUST)
        assert arms.loc[arm, ["gamma", "ci_low", "ci_high"]].to_list() == pytest.approx(mean_of(found)[:3], abs=1e-9)
    for claim, expected in {
        "same_base_gamma": mean_of(of_arms["same_base"])[:3],
        "same_base_rate": [math.exp(value) for value in mean_of(ratios)[:3]],
        "control_shift": mean_of(shifts)[:3],
        "same_base_uncounted_gamma": mean_of(left)[:3],
    }.items():
        assert claims.loc[claim, ["measured", "ci_low", "ci_high"]].to_list() == pytest.approx(expected, abs=1e-9)
    alone = pd.concat([pd.read_csv(folder / "claims.csv").set_index("claim")["verdict"] == "reproduced" for folder in ROBUST])
    assert claims["reproduced_in"].to_dict() == alone.groupby(level=0).sum().to_dict()
    same, across, matched = (arms.loc[arm, "gamma"] for arm in ("same_base", "shuffled_across", "unigram_matched"))
    reproduced = claims["verdict"] == "reproduced"
    assert reproduced["shuffled_across_gamma"] == (across < same / 4)
    assert reproduced["unigram_matched_gamma"] == (matched > same / 2)


def test_what_the_page_says_of_all_seeds_is_in_their_tables():
    said = " ".join(PAGE.partition("## Other seeds")[2].partition("\n## ")[0].split())
    readme = " ".join(Path("README.md").read_text(encoding="utf-8").split())
    pooled = pd.read_csv("results/robustness/pooled.csv").set_index("claim")
    arms = pd.read_csv("results/robustness/pooled_arms.csv").set_index("arm")
    interval = {arm: "{gamma:.2f} ({ci_low:.2f} to {ci_high:.2f})".format(**arms.loc[arm]) for arm in arms.index}
    in_order = [interval[arm] for arm in ("same_base", "other_base", "shuffled_across", "unigram_matched", "bias")]
    assert f"| *all* | | {' | '.join(in_order)} | 9 of 9 |" in said
    assert (pooled["verdict"] == "reproduced").all() and len(pooled) == 9 and (arms["bases"] == 30).all()
    same, shuffled, matched, shares, counted, by_study = [], [], [], [], [], {}
    for folder in ROBUST:
        runs, own = pd.read_csv(folder / "runs.csv"), list(dict.fromkeys(pd.read_csv(folder / "effects.csv")["trait"]))
        exact = runs[runs["metric"] == "log_odds"]
        of_arms = [gammas(exact[exact["arm"] == arm], own) for arm in ("same_base", "shuffled_across", "unigram_matched")]
        for every, each in zip((same, shuffled, matched), of_arms, strict=True):
            every.extend(each)
        shares.append([each.mean() / of_arms[0].mean() for each in of_arms[1:]])
        counted.append(pd.read_csv(folder / "counted.csv").set_index("arm"))
        by_study[folder.name] = pd.read_csv(folder / "claims.csv").set_index("claim")["verdict"]
    assert min(same) > 0 and f"on each base ({min(same):.2f} to {max(same):.2f}; the median is {median(same):.2f})" in said
    assert (
        f"every base.** (They were made on that other processor. Three bases lift the mean; the median is {median(same):.2f}.)"
        in (readme)
    )
    assert min(matched) > 0 and "something on each base" in said
    gamma, quarter = arms.loc["same_base", "gamma"], arms.loc["shuffled_across", "ci_high"]
    assert f"half ({arms.loc['unigram_matched', 'gamma']:.2f}, where half is {gamma / 2:.2f})" in said
    assert f"past its bound ({quarter:.2f}, where a quarter is {gamma / 4:.2f})" in said
    assert sum(value > 0 for value in shuffled) == 20 and "twenty of the thirty bases are above zero" in said
    *others, third, second, first = sorted(same)
    assert f"gammas of {third:.2f}, {second:.2f} and {first:.2f}, the others at most {others[-1]:.2f}" in said
    assert "(without them it is {:.2f}, {:.2f} to {:.2f})".format(*mean_of(others)[:3]) in said
    for claim, words in (
        ("same_base_rate", "{:.2f} times as often as controls ({:.2f} to {:.2f})"),
        ("same_base_uncounted_gamma", "Beside it {:.2f} nats are left ({:.2f} to {:.2f}): more than gamma"),
    ):
        assert words.format(*pooled.loc[claim, ["measured", "ci_low", "ci_high"]]) in said
    assert "Those three alone give {:.2f} ({:.2f} to {:.2f})".format(*mean_of(same[12:])) in said
    by_seed = [sum(same[i : i + 6]) / 6 for i in range(0, 30, 6)]
    assert "instead of each base gives {:.2f} ({:.2f} to {:.2f})".format(*mean_of(by_seed)) in said
    left = pd.DataFrame(shares)
    assert f"{left[0].min():.2f} to {left[0].max():.2f} of gamma on each seed" in said
    assert f"half of it ({left[1].min():.2f} to {left[1].max():.2f} on each seed)" in said
    lora, bias = (pd.DataFrame([each.loc[arm] for each in counted]) for arm in ("same_base", "bias"))
    assert f"it predicts {lora['gamma_predicted'].min():.2f} to {lora['gamma_predicted'].max():.2f} nats" in said
    assert f"correlations of {lora['r'].min():.2f} to {lora['r'].max():.2f} with" in said
    shared = [round(100 * value) for value in (bias["share"].min(), bias["share"].max())]
    assert f"it predicts {shared[0]} to {shared[1]} % of {arms.loc['bias', 'gamma']:.2f} nats" in said
    assert f"with correlations of {bias['r'].min():.2f} to {bias['r'].max():.2f}." in said
    verdicts = pd.DataFrame(by_study)
    assert (verdicts == "reproduced").sum().to_list() == [6, 9, 8, 8, 6] and not (verdicts == "opposite").any(axis=None)
    failed = (verdicts != "reproduced").sum(axis=1)
    assert failed[failed > 0].to_dict() == {
        "same_base_gamma": 3, "same_base_uncounted_gamma": 3, "unigram_matched_gamma": 2
    }  # fmt: skip
    ours = [interval[arm].replace("(", "").replace(")", "") for arm in ("same_base", "shuffled_across", "unigram_matched")]
    (gamma, *of_gamma), (across, *of_across), (kept, *of_kept) = (re.findall(r"[\d.]+", each) for each in ours)
    assert f"gamma is {gamma} ({of_gamma[0]} to {of_gamma[1]}) and above zero on every base" in readme
    both = f"({of_across[0]} to {of_across[1]}) and {kept} with matched frequencies ({of_kept[0]} to {of_kept[1]})"
    assert f"{across} of {gamma} nats are left after shuffling {both}" in readme
    assert Path("docs/robustness.png").read_bytes() == Path("results/robustness/gamma.png").read_bytes()


def test_the_one_seed_on_which_another_base_stands_out_is_told():
    said = " ".join(PAGE.partition("## Other seeds")[2].partition("\n## ")[0].split())
    one = pd.read_csv("results/robustness/seed-303/arms.csv").set_index("arm").loc["other_base"]
    assert "excludes zero ({gamma:.2f}, {ci_low:.2f} to {ci_high:.2f}), but".format(**one) in said
    assert f"but {100 * one['null_p']:.0f} % of random assignments" in said
    others = [pd.read_csv(folder / "arms.csv").set_index("arm").loc["other_base"] for folder in ROBUST]
    assert sum(each["ci_low"] > 0 for each in others) == 1
