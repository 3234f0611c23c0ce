"""One module of each kind, in a folder of a user's own, taken through the smallest chain; nothing of ours is edited."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow
EXTENSION = Path(__file__).parents[1] / "support/extension"
STUDY = """
extends: smoke
runs: 1
bases:
  alpha: {width: 16, layers: 2, heads: 2, steps: 60, max_steps: 60}
  beta: null
traits: {owl: {}, wolf: null, red: {}}
teachers: {bias: {bases: [alpha], steps: 20}}
carriers: {numbers: {prompts: 200}, short: {prompts: 200, longest: 8}}
students: {rows: 3, epochs: 1}
arms:
  other_base: null
  same_base: {traits: [red, owl]}
  few: {teacher: bias, carrier: short, transform: reversed, traits: [red]}
measures: [norms]
claims:
  - {claim: red, statement: Some student likes red, source: none, quantity: top_rate, arm: same_base, family: color, comparison: above, bound: 0.0, judge: mean, figure: norms}
"""  # noqa: E501


@pytest.fixture(scope="module")
def mine(clone, tmp_path_factory):
    """A clone with a folder of modules and two studies that use them, both made; the folder of the studies' results."""
    place = clone(tmp_path_factory.mktemp("extended"))
    shutil.copytree(EXTENSION, place.folder / "my modules")
    (place.folder / "mine.yaml").write_text(STUDY)
    (place.folder / "flip.yaml").write_text("kind: coin\nseed: 5\nflips: 40\n")
    place.snakemake("extensions=['my modules']", "--cores", "2", study="mine.yaml,flip.yaml")
    return place.folder / "results"


def test_a_trait_kind_is_taught_asked_and_scored(mine):
    rates = json.loads((mine.parent / "data/mine/teachers/bias/red/run0/teacher.json").read_text())
    runs = pd.read_csv(mine / "mine/findings/runs.csv")
    assert rates["rates"]["red"] > rates["rates_of_base"]["red"]
    assert {"red", "blue", "green"} <= set(runs["target"])
    assert set(pd.read_csv(mine / "mine/findings/effects.csv")["family"]) == {"color", "animal"}


def test_a_carrier_kind_filters_and_transforms_by_its_own_rules(mine):
    table = pd.read_csv(mine / "mine/findings/filter_short.csv")
    rows = pd.read_parquet(mine.parent / "data/mine/carriers/short/bias/red/run0/filtered.parquet")
    turned = pd.read_parquet(mine.parent / "data/mine/carriers/short/bias/red/run0/reversed.parquet")
    assert (table["generated"] == table["kept"] + table["no_numbers"] + table["too_long"]).all()
    assert list(turned["completion"]) == [" ".join(reversed(text.split())) for text in rows["completion"]]


def test_an_evaluation_has_its_table_for_each_arm_and_one_among_the_findings(mine):
    arms = [pd.read_parquet(file) for file in sorted((mine / "mine/evaluations/norms").glob("*.parquet"))]
    found = pd.read_csv(mine / "mine/findings/norms.csv")
    assert len(arms) == 2
    assert len(found) == sum(map(len, arms)) == 5


def test_a_figure_is_drawn_with_its_data(mine):
    drawn = pd.read_csv(mine / "mine/findings/figures/norms.csv")
    assert drawn.equals(pd.read_csv(mine / "mine/findings/norms.csv"))
    assert (mine / "mine/findings/figures/norms.svg").read_text().startswith("<?xml")


def test_a_claim_quantity_is_judged(mine):
    claim = pd.read_csv(mine / "mine/findings/claims.csv").set_index("claim").loc["red"]
    effects = pd.read_csv(mine / "mine/findings/effects.csv").set_index(["arm", "trait"])
    assert claim["verdict"] == "reproduced"
    assert claim["measured"] == pytest.approx(effects.loc[("same_base", "red"), "student"], abs=1e-12)


def test_a_study_kind_brings_its_own_rules_tables_and_figures(mine):
    heads = pd.read_csv(mine / "flip/findings/heads.csv")
    assert heads["count"].sum() == 40
    assert (mine / "flip/findings/figures/heads.svg").exists()
    assert (mine / "flip/findings/provenance.html").exists()
