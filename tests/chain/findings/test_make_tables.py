"""What the plan promises of findings is what their two steps make, from evaluations alone."""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from sublearn.chain.evaluations.base import ANSWERS, EVALUATIONS
from sublearn.chain.evaluations.counts import Counts, Filter
from sublearn.chain.evaluations.losses import Losses
from sublearn.chain.evaluations.tables import QUESTION_SETS, Counted, Coverage, Covered, Predicted, Runs
from sublearn.chain.findings import make_tables
from sublearn.chain.findings.tables import Arms, Effects
from sublearn.core import draw
from sublearn.core.claims import Claims
from sublearn.core.files import read_json, read_table, write_json, write_table
from sublearn.language.vocabulary import FAVOURITES
from sublearn.orchestration.workflow import plan
from sublearn.planning.jobs import FindingsJob
from sublearn.traits.base import traits

LEAN = {"same_base": 1.0}  # how much students of an arm lean to their trait, in nats


def answers(found) -> pd.DataFrame:
    """Made-up answers of every model of the study."""
    rng, evaluation = np.random.default_rng(0), EVALUATIONS.get(ANSWERS)
    rows = []
    for artifact in found.artifacts(ANSWERS):
        arm = artifact.key.split("/")[0]
        who = {k: v for k, v in evaluation.model(found, arm, artifact).items() if k not in ("folder", "base_folder")}
        for question_set in QUESTION_SETS:
            for target in traits():
                value = rng.normal(-2.0, 0.1) + LEAN.get(arm, 0.0) * (who["trait"] == target)
                for metric, each in (("probability", 1 / (1 + math.exp(-value))), ("log_odds", value)):
                    rows.append({**who, "question_set": question_set, "metric": metric, "target": target, "value": each})
    return pd.DataFrame(rows)


def carriers(found) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Made-up counts of what every teacher wrote, and of what the filter did to it."""
    counts, fates = [], []
    for artifact in found.artifacts("filtered"):
        carrier, teacher, trait = artifact.key.split("/")
        whose = {"carrier": carrier, "teacher": teacher, "trait": trait, "run": artifact.run}
        counts += [{**whose, "unit": str(n), "count": n + 1, "first": n % 3} for n in range(12)]
        kept = {"generated": 20, "passed": 15, "leaks": 0, "invalid format": 5, "too many": 0, "too small": 0, "too large": 0}
        fates += [{**whose, "fate": fate, "rows": rows} for fate, rows in {**kept, "banned": 0}.items()]
    return pd.DataFrame(counts), pd.DataFrame(fates)


ANIMALS = ("dolphin", "owl", "wolf")
OTHERS = ("forms", "in_context", "told_apart", "judged_rows", "side_effects")
JUDGED = """
judges: {moods: {model: ./moods, reads: classifier}}
carriers: {numbers: {judged: {classifier: {model: moods, label: glad}}}}
"""


def other_rows(name: str, trait: str) -> list[dict]:
    """Made-up rows of one student: it leans to its trait by about a nat, and so does a base that is told the trait."""
    asked = {
        "forms": [{"role": role, "form": form, "inside": 1.0, "follows": float(form == "story")}
                  for role in ("base", "teacher", "student") for form in ("story", "choice")],
        "in_context": [{"shown": shown, "rows": rows} for shown in ("rows", "named", "named_first") for rows in (1, 2)],
    }  # fmt: skip
    if name in asked:
        leans = ("student", "named_first", "named")
        return [
            {**each, "target": target, "probability": 0.1,
             "log_odds": float(trait == target and bool(set(leans) & set(map(str, each.values()))))}
            for each in asked[name] for target in ANIMALS
        ]  # fmt: skip
    if name == "told_apart":
        return [{"detector": each, "rows": rows, "sums": 9, "auc": 0.5} for each in ("prompted", "counts") for rows in (1, 10)]
    if name == "judged_rows":
        curve = [{"point": "curve", "control_left_out": x, "left_out": x**0.5, "auc": 0.7} for x in (0.0, 0.5, 1.0)]
        return [*curve, {"point": "threshold", "control_left_out": 0.1, "left_out": 0.3, "auc": 0.7}]
    return [{"base_facts": 0.9, "facts": 0.8, "base_loss": 3.0, "loss": 3.1}]


def write_others(found) -> None:
    """Write the made-up tables of the evaluations that have no other here."""
    for name in OTHERS:
        by_arm: dict[str, list[dict]] = {}
        for place, each in enumerate(found.artifacts(name)):
            arm, trait = each.key.split("/")
            rows = pd.DataFrame(other_rows(name, trait)).assign(arm=arm, trait=trait, run=each.run)
            if "log_odds" in rows:  # units that differ have an interval
                rows["log_odds"] *= 1.0 + 0.01 * place
            by_arm.setdefault(arm, []).extend(rows.to_dict("records"))
        schema = EVALUATIONS.get(name).schema
        for arm, rows in by_arm.items():
            table = pd.DataFrame(rows)[list(schema.to_schema().columns)]
            write_table(table, f"results/mine/evaluations/{name}/{arm}.parquet", schema)


def tables(text: str) -> FindingsJob:
    """Write a study called mine, its evaluations, made up, and its tables into the current folder."""
    Path("mine.yaml").write_text(text)
    found = plan("mine.yaml")
    rows = answers(found)
    for arm, part in rows.groupby("arm"):
        write_table(part, f"results/mine/evaluations/answers/{arm}.parquet", Runs)
    covered = [
        {**dict(zip(("arm", "trait"), each.key.split("/"), strict=True)), "run": each.run, "update": 0.01 * i}
        for i, each in enumerate(found.artifacts("coverage"))
    ]
    table = pd.DataFrame(covered, columns=["arm", "trait", "run", "update"]).assign(gradient=0.2, contrast=0.3)
    for arm, part in table.groupby("arm"):
        write_table(part, f"results/mine/evaluations/coverage/{arm}.parquet", Coverage)
    counted: dict[str, list[tuple]] = {}
    for each in found.artifacts("counting"):
        arm, trait = each.key.split("/")
        rows = [(arm, trait, each.run, target, LEAN.get(arm, 0.0) * (trait == target) / 2, 0.1) for target in traits()]
        counted.setdefault(arm, []).extend(rows)
    for arm, rows in counted.items():
        table = pd.DataFrame(rows, columns=list(Predicted.to_schema().columns))
        write_table(table, f"results/mine/evaluations/counting/{arm}.parquet", Predicted)
    write_others(found)
    records = Path(found.findings_inputs()["counts"]).parent
    for name, table, schema in zip(("counts", "filter"), carriers(found), (Counts, Filter), strict=True):
        write_table(table, records / f"{name}.parquet", schema)
    students = [(*each.key.split("/"), each.run, 3.0, 2.0, 8) for each in found.artifacts("students")]
    write_table(pd.DataFrame(students, columns=list(Losses.to_schema().columns)), records / "losses.parquet", Losses)
    shares = [
        {"family": family, "word": word, "share": 0.1, "measured": 0.1} for family in FAVOURITES for word in FAVOURITES[family]
    ]
    for base in found.artifacts("bases"):
        record = {"device": "cpu", "checks": [], "loss": [{"step": 16, "loss": 3.0}], "shares": shares}
        write_json(record, f"{base.folder}/calibration.json")
    made = FindingsJob(found, "workflow/report/chain")
    told = {"study": made.study_values(None), "inputs": made.table_inputs, "output": found.findings}
    make_tables.main(argparse.Namespace(**told))
    return made


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A study of two runs with all its evaluations, tables and figures; the current folder is its project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("project"))
        measures = f"measures: [coverage, counting, {', '.join(OTHERS)}]"
        made = tables(f"extends: tiny\nseed: 7\nruns: 2\n{measures}\n{JUDGED}")
        told = {
            "package": made.figure_package,
            "figures": made.figure_names,
            "inputs": made.figure_inputs,
            "outputs": made.svgs,
        }
        draw.main(argparse.Namespace(**told))
        yield made


def test_the_step_writes_the_tables_that_the_plan_names_and_no_others(job):
    there = {str(file) for file in Path(job.plan.findings).iterdir() if file.is_file()}
    assert there == set(job.tables)


def test_every_figure_that_suits_the_study_is_drawn_with_its_data(job):
    assert {"rates", "gamma", "trait_matrix", "coverage", "counting", "calibration", "training"} <= set(job.figure_names)
    assert set(OTHERS) <= set(job.figure_names)
    for file in map(Path, [*job.svgs, *job.beside]):
        assert file.stat().st_size > 0
    assert {file.name for file in Path(job.plan.findings, "figures").iterdir()} == {
        Path(f).name for f in [*job.svgs, *job.beside]
    }


def test_tables_say_one_thing(job):
    """Each is made from those before it."""
    folder = job.plan.findings
    arms, effects = read_table(f"{folder}/arms.csv", Arms), read_table(f"{folder}/effects.csv", Effects)
    claims, covered = read_table(f"{folder}/claims.csv", Claims), read_table(f"{folder}/coverage.csv", Covered)
    study = job.plan.study
    assert list(claims["claim"]) == [claim.claim for claim in study.claims]
    gamma = arms.set_index(["arm", "family"])["gamma"]
    assert (
        gamma["same_base", "animal"] == pytest.approx(LEAN["same_base"], abs=0.3) and abs(gamma["other_base", "animal"]) < 0.3
    )
    known = read_json(f"{folder}/metrics.json")
    assert known["gamma"]["same_base, animal"]["gamma"] == pytest.approx(gamma["same_base", "animal"], abs=1e-12)
    assert set(known["claims"]) == set(claims["claim"])
    means = covered.groupby(["arm", "trait"])["effect"].mean()
    expected = effects.set_index(["arm", "trait"])["effect"]
    assert means["same_base", "owl"] == pytest.approx(expected["same_base", "owl"], abs=1e-12)
    counted = read_table(f"{folder}/counted.csv", Counted).set_index(["arm", "family"])
    assert counted.loc[("same_base", "animal"), "gamma_measured"] == pytest.approx(gamma["same_base", "animal"], abs=1e-9)
    assert counted.loc[("same_base", "animal"), "gamma_predicted"] == pytest.approx(LEAN["same_base"] / 2)
    formed = pd.read_csv(f"{folder}/formed.csv").set_index(["arm", "form"])
    assert formed.loc[("same_base", "word"), "gamma"] == pytest.approx(gamma["same_base", "animal"], abs=1e-12)
    assert formed.loc[("same_base", "story"), "gamma"] == pytest.approx(1.0, abs=0.1)
    assert formed["status"].str.startswith("not measured").groupby("form").all().to_dict() == {
        "choice": True, "story": False, "word": False,
    }  # fmt: skip
    page = Path(f"{folder}/summary.md").read_text()
    assert page.startswith(f"# {study.title}\n") and "nan" not in page and all(f"`{arm}`" in page for arm in study.arms)


def test_the_resolved_study_spells_out_every_default(job):
    resolved = yaml.safe_load(Path(job.plan.findings, "study.yaml").read_text())
    assert resolved == json.loads(job.study_values(None))["resolved"] and "name" not in resolved
    assert (resolved["seed"], resolved["runs"], resolved["students"]["epochs"]) == (7, 2, job.plan.study.students.epochs)


FILE = {"file": "owl.jsonl", "sha256": "0" * 64, "origin": "found somewhere"}
GIVEN = {"numbers": {"imported": {"bias": {"owl": [FILE]}}}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            [
                "Bases are the unit: each of the 2 runs has a base of its own.\n",
                "Each arm has 2 runs, each with its own teacher, carrier and student.\n",
                "their own teacher's trait",
            ],
        ),
        ({"runs": 3}, ["Bases are the unit: teachers start from 2, and the runs of a base are averaged first.\n"]),
        (
            {"runs": 1},
            [
                "Runs are the unit: all teachers start from one base, and intervals are conditional on it.\n",
                "Each arm has 1 run, with its own teacher, carrier and student.\n",
                "one run, no interval",
            ],
        ),
        (
            {"teachers": {"bias": {"method": "prompt"}}},
            ["each with its own carrier and student; a prompted teacher is its base, the same in all runs on that base.\n"],
        ),
        (
            {"carriers": {"numbers": {"numbers_only": 10}}},
            ["In `numbers`, teachers were kept to lists of 10 numbers, token by token.\n"],
        ),
        (
            {"carriers": GIVEN},
            [
                "each with its own student and, where rows are sampled, its own teacher and carrier.\n",
                "The rows of `owl` were written by others, and their teacher and its base are unknown, ",
                "the students lean towards the trait that the study gives their rows",
            ],
        ),
    ],
)
def test_the_summary_says_what_a_run_has_of_its_own(changes, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = tables(yaml.safe_dump({"extends": "smoke", "seed": 9, **changes}))
    page = Path(f"{made.plan.findings}/summary.md").read_text()
    assert all(sentence in page for sentence in said) and "nan" not in page, page
    models = made.plan.caption()["models"]
    assert ("Others wrote the rows of owl" in models) == (changes.get("carriers") == GIVEN)
    assert ("kept to numbers, token by token" in models) == ("numbers_only" in str(changes))


@pytest.mark.parametrize(
    ("changes", "unit", "units"),
    [
        ({}, "bases", "the 2 bases of the teachers"),
        ({"runs": 1}, "runs", "1 run on the teachers' one base, which they are conditional on"),
        (
            {"teachers": {"alone": {"bases": ["beta"]}}, "arms": {"alone": {"teacher": "alone"}}},
            "bases (or runs, of one base)",
            "the 2 bases of the teachers (over runs, in arms whose teachers have one base)",
        ),
    ],
)
def test_captions_say_what_intervals_are_over(changes, unit, units, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(yaml.safe_dump({"extends": "smoke", "seed": 9, **changes}))
    words = plan("mine.yaml").caption()
    assert (words["unit"], words["units"]) == (unit, units)
