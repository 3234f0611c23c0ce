"""The steps as their users run them: a study in miniature, from the draws to the figures, twice with the same bytes."""

import argparse
import json

import pandas as pd
import pytest
import yaml

from sublearn.core.claims import Claims
from sublearn.core.drawing import save, use
from sublearn.core.errors import UserError
from sublearn.core.figures import Inputs
from sublearn.core.files import read_json, read_table
from sublearn.theory import findings, first_steps, trajectories
from sublearn.theory.figures import alignment, conditions
from sublearn.theory.tables import Alignment, FirstSteps, Trajectories

CLAIM = {
    "claim": "lemma", "statement": "s", "source": "p", "quantity": "sign", "condition": "theorem", "values": [1e-6],
    "comparison": "above", "bound": 0.999, "judge": "mean", "figure": "alignment",
}  # fmt: skip


def find(study, folder, steps):
    told = {"name": "mini", "title": "Mini", "claims": [CLAIM], "conditions": study.levels(), "resolved": {"seed": study.seed}}
    read = {"first_steps": str(steps), "trajectories": str(folder / "trajectories.parquet")}
    findings.main(argparse.Namespace(study=json.dumps(told), inputs=json.dumps(read), output=folder))


@pytest.fixture(scope="module")
def made(study, recipe, tmp_path_factory):
    """Everything that a run of the miniature study leaves behind."""
    folder = tmp_path_factory.mktemp("theory")
    for module, each in ((first_steps, recipe), (trajectories, study.trajectory.model_dump())):
        file = folder / f"{module.__name__.split('.')[-1]}.parquet"
        module.main(argparse.Namespace(recipe=json.dumps(each), study_seed=101, output=file))
    find(study, folder, folder / "first_steps.parquet")
    return folder


def test_another_process_gives_the_same_bytes(run_step, recipe, made):
    done = run_step(
        "sublearn.theory.first_steps", "--recipe", json.dumps(recipe), "--study-seed", 101, "--output", made / "again.parquet"
    )
    assert done.returncode == 0, done.stderr
    assert (made / "again.parquet").read_bytes() == (made / "first_steps.parquet").read_bytes()


def test_another_run_gives_the_same_bytes(study, made):
    again = made / "trajectories_again.parquet"
    trajectories.main(argparse.Namespace(recipe=json.dumps(study.trajectory.model_dump()), study_seed=101, output=again))
    assert again.read_bytes() == (made / "trajectories.parquet").read_bytes()


def test_every_draw_is_tried_at_every_value(made, study):
    table = read_table(made / "first_steps.parquet", FirstSteps)
    levels = study.levels()
    for name, part in table.groupby("condition"):
        steps = len(study.conditions.sample_steps) if name == "samples" else 1
        assert len(part) == study.draws * len(levels[name]) * steps
        assert set(part["value"]) == set(levels[name])
    assert set(levels) - set(table["condition"]) == {"student_steps"}


def test_the_findings_hold_a_verdict_and_a_page(made, study):
    claims, table = read_table(made / "claims.csv", Claims), read_table(made / "alignment.csv", Alignment)
    assert claims["verdict"].tolist() == ["reproduced"]
    assert table[table["group"] == "all"]["draws"].unique().tolist() == [study.draws]
    assert len(read_table(made / "trajectories.parquet", Trajectories)) == 6 * 3 * 4  # arms, runs, steps
    page = (made / "summary.md").read_text()
    assert page.startswith("# Mini\n") and "## Where each condition fails" in page and "nan" not in page
    assert read_json(made / "metrics.json")["claims"]["lemma"]["measured"] == pytest.approx(claims["measured"][0], abs=0)
    assert yaml.safe_load((made / "study.yaml").read_text()) == {"seed": study.seed}


def test_a_figure_is_drawn_with_its_data(run_step, made):
    svg = made / "figures/trajectory.svg"
    options = ["--package", "sublearn.theory.figures", "--figures", "trajectory"]
    options += ["--inputs", json.dumps({"trajectory": str(made / "trajectory.csv")}), "--outputs", svg]
    done = run_step("sublearn.core.draw", *options)
    assert done.returncode == 0, done.stderr
    assert svg.stat().st_size > 0 and svg.with_suffix(".png").stat().st_size > 0
    assert len(pd.read_csv(svg.with_suffix(".csv"))) == 6 * 4  # arms, steps


def test_first_failures_are_ringed(made):
    use()
    figure, shown = conditions.draw(Inputs({"conditions": str(made / "conditions.csv")}))
    rings = [
        line for axes in figure.axes for line in axes.lines if line.get_label() == conditions.FIRST and len(line.get_xdata())
    ]
    assert len(rings) == shown["sign_fails"].sum() + shown["decrease_fails"].sum() > 0
    save(figure, shown, str(made / "figures/conditions.svg"))


def test_the_figure_of_the_theorem_shows_both_starts_and_all_inputs(made):
    use()
    figure, shown = alignment.draw(Inputs({"alignment": str(made / "alignment.csv")}))
    assert set(shown[shown["group"] == "all"]["start"]) == {"same", "other"}
    save(figure, shown, str(made / "figures/alignment.svg"))


def test_a_diverging_student_is_told_of_in_one_sentence(refusal, study, tmp_path):
    wild = study.trajectory.model_dump() | {"student_rate": 1e200, "loss": "squared"}
    said = refusal(
        "sublearn.theory.trajectories", "--recipe", json.dumps(wild), "--study-seed", 101, "--output", tmp_path / "t.parquet"
    )
    assert "the loss is not finite after step" in said and "student_rate" in said
    assert not (tmp_path / "t.parquet").exists()


def test_a_damaged_table_is_named(made, study):
    broken = made / "broken.parquet"
    broken.write_bytes((made / "first_steps.parquet").read_bytes()[:500])
    with pytest.raises(UserError, match=rf"{broken}: damaged or truncated"):
        find(study, made, broken)
