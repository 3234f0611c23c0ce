"""Who owns which file: a study that extends another makes only what it changes or adds."""

import pytest

from sublearn.core.errors import UserError
from sublearn.orchestration.workflow import plan, plan_all
from sublearn.planning.jobs import Shape


def owners(found, phase):
    return {(artifact.key, artifact.run): artifact.study for artifact in found.artifacts(phase)}


def child(tmp_path, text):
    file = tmp_path / "child.yaml"
    file.write_text(f"extends: tiny\n{text}")
    return plan(str(file))


def test_an_unchanged_child_owns_nothing(tmp_path):
    found = child(tmp_path, "title: the same\n")
    assert all(set(owners(found, phase).values()) == {"tiny"} for phase in ("bases", "raw", "students", "evaluations"))


def test_one_trait_more_is_all_that_is_new(tmp_path):
    found = child(tmp_path, "traits: {oak: {}}\n")
    for phase in ("teachers", "raw", "kept"):
        assert {key for (key, _), owner in owners(found, phase).items() if owner == "child"} == {"bias/oak"}
    assert {key for (key, _), owner in owners(found, "students").items() if owner == "child"} == {
        "same_base/oak",
        "other_base/oak",
    }


def test_more_runs_keep_the_first_ones(tmp_path):
    found = child(tmp_path, "runs: 6\n")
    assert {run for (_, run), owner in owners(found, "students").items() if owner == "child"} == {4, 5}
    shape = Shape.of(found, "students")[0]
    assert shape.runs == ("4", "5") and all("run4" in output or "run5" in output for output in shape.outputs)


def test_a_changed_trait_changes_its_own_files_alone(tmp_path):
    found = child(tmp_path, "traits: {owl: {steps: 80}}\n")
    for phase in ("teachers", "raw", "kept", "students", "evaluations"):
        changed = {key for (key, _), owner in owners(found, phase).items() if owner == "child"}
        assert changed and all(key.endswith("/owl") for key in changed)
    assert set(owners(found, "prompts").values()) == {"tiny"}


def test_another_seed_changes_everything(tmp_path):
    found = child(tmp_path, "seed: 2\n")
    assert all(set(owners(found, phase).values()) == {"child"} for phase in ("bases", "prompts", "students"))


def test_a_filter_setting_leaves_what_was_sampled(tmp_path):
    found = child(tmp_path, "carriers: {banned: [7]}\n")
    assert set(owners(found, "raw").values()) == {"tiny"}
    assert set(owners(found, "kept").values()) == set(owners(found, "students").values()) == {"child"}


def test_bases_cross_both_ways(tmp_path):
    pairs = {
        (arm, run): (student.made_of["teacher"].made_of["base"].key, student.made_of["base"].key)
        for arm in ("same_base", "other_base")
        for run in range(2)
        for student in [plan("tiny").find("students", f"{arm}/owl", run)]
    }
    assert pairs == {
        ("same_base", 0): ("alpha", "alpha"),
        ("same_base", 1): ("beta", "beta"),
        ("other_base", 0): ("alpha", "beta"),
        ("other_base", 1): ("beta", "alpha"),
    }


def test_a_student_and_its_control_differ_in_the_carrier_alone():
    found = plan("tiny")
    owl, control = (found.find("students", f"same_base/{trait}", 0) for trait in ("owl", "neutral"))
    assert (owl.recipe, owl.seed, owl.made_of["base"]) == (control.recipe, control.seed, control.made_of["base"])
    assert owl.made_of["carrier"] != control.made_of["carrier"]


def test_one_run_a_job_is_a_wildcard(tmp_path):
    shape = Shape.of(child(tmp_path, "runs_per_job: one\nseed: 3\n"), "students")[0]
    assert shape.runs == ("{run}",) and shape.outputs[0].startswith("results/child/students/{key}/run{run}/")


def test_many_runs_are_shared_out_among_jobs(tmp_path):
    shapes = Shape.of(child(tmp_path, "runs: 40\nseed: 3\n"), "students")
    assert [(shape.rule, len(shape.runs), shape.runs[0]) for shape in shapes] == [
        ("students_child", 16, "0"),
        ("students_child__shape2", 16, "16"),
        ("students_child__shape3", 8, "32"),
    ]
    assert len({shape.log() for shape in shapes}) == len({shape.message for shape in shapes}) == 3
    assert all(len(shape.keys) == 14 for shape in shapes)


@pytest.mark.parametrize("config", [{}, {"studies": "tiny"}, {"studies": []}])
def test_the_configuration_must_name_studies(config):
    with pytest.raises(UserError, match="name one study or more"):
        plan_all(config)


def test_the_configuration_names_nothing_else():
    """``--config study=…`` and ``--config seed=…`` would otherwise make the default studies without a word."""
    with pytest.raises(UserError, match="seed: found in the configuration, which names studies alone"):
        plan_all({"studies": ["tiny"], "seed": 3})


def test_two_studies_of_one_name_are_refused(tmp_path):
    file = tmp_path / "tiny.yaml"
    file.write_text("extends: tiny\nseed: 9\n")
    with pytest.raises(UserError, match="has the same name"):
        plan_all({"studies": [str(file)]})


PAPER = """
seed: 1
runs: 2
authors: {source: /anywhere}
bases: {one: {model: ./one}}
traits: {owl: {}, wolf: {}}
teachers: {prompted: {bases: [one], method: prompt}}
carriers:
  wording: paper
  given: {prompted: {owl: [{file: rows.jsonl, sha256: %s}]}}
arms: {same_base: {teacher: prompted}}
""" % ("a" * 64)


def test_the_papers_wording_is_an_input_of_bases_and_prompts_alone(tmp_path):
    file = tmp_path / "paper.yaml"
    file.write_text(PAPER)
    found = plan(str(file))
    assert [artifact.files for artifact in found.artifacts("authors")] == [["data/paper/bases/paper-wording/wording.json"]]
    assert "data/paper/bases/one/wording.json" in found.artifacts("pinned")[0].files
    for phase in ("pinned", "prompts", "kept", "students"):
        assert all(("wording" in artifact.made_of) == (phase in ("pinned", "prompts")) for artifact in found.artifacts(phase))
    file.write_text(PAPER.replace("wording: paper", "wording: prose\n  banned: paper"))
    found = plan(str(file))
    assert "data/paper/bases/one/wording.json" not in found.artifacts("pinned")[0].files
    assert all("wording" in artifact.made_of for artifact in found.artifacts("kept"))


def test_given_rows_need_no_teacher_and_the_control_is_sampled_as_ever(tmp_path):
    file = tmp_path / "paper.yaml"
    file.write_text(PAPER)
    found = plan(str(file))
    assert {artifact.key for artifact in found.artifacts("given")} == {"prompted/owl"}
    assert {artifact.key for artifact in found.artifacts("teachers")} == {"prompted/wolf", "prompted/neutral"}
    assert {artifact.key for artifact in found.artifacts("raw")} == {"prompted/wolf", "prompted/neutral"}
    owl = found.find("students", "same_base/owl", 1)
    assert set(owl.made_of) == {"base", "carrier"}
    assert owl.made_of["carrier"].made_of["raw"].files == ["data/paper/carriers/prompted/owl/run1/raw.parquet"]
    assert not found.artifacts("coverage")
