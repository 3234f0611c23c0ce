"""A wrong study of the classifier is refused in one sentence; what a child leaves alone is its parent's."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from sublearn.core.errors import UserError
from sublearn.orchestration import show_plan, studies, workflow

ARM = {"teacher": "teacher"}
BAD = {
    "no auxiliary logit": ({"bases": {"mlp": {"auxiliary": 0}}}, "bases.mlp.auxiliary: found 0"),
    "no hidden layer": ({"bases": {"mlp": {"hidden": []}}}, "bases.mlp.hidden"),
    "one run and another base": ({"runs": 1}, "arms.other_base_auxiliary.share: with 1 run there is no other run's base"),
    "a pairing with a fixed point": ({"runs": 3, "pairing": [1, 0, 2]}, "pairing: run 2 is paired with itself"),
    "a pairing that leaves out a run": ({"runs": 3, "pairing": [1, 0, 0]}, "pairing: found [1, 0, 0]; each run from 0 to 2"),
    "an unknown key": ({"students": {"epoch": 3}}, "students.epoch: there is no such key"),
    "an unknown key in an arm": ({"arms": {"auxiliary": {"students": {"epoch": 3}}}}, "arms.auxiliary.students.epoch"),
    "a missing teacher": (
        {"arms": {"auxiliary": {"teacher": "nobody"}}},
        "unknown teacher of the study 'nobody'; choose one of teacher",
    ),
    "a missing base": ({"arms": {"auxiliary": {"base": "cnn"}}}, "arms.auxiliary.base: unknown base of the study 'cnn'"),
    "another number of logits": (
        {"bases": {"ten": {"auxiliary": 10}}, "arms": {"auxiliary": {"base": "ten", "share": "nothing"}}},
        "10 auxiliary logits where its teacher has 3",
    ),
    "a head that does not fit": (
        {"bases": {"thin": {"hidden": [256, 16]}}, "arms": {"auxiliary": {"base": "thin", "share": "head"}}},
        "layers of [256, 16] and [256, 256] cannot share head",
    ),
    "the softmax of one logit": (
        {"bases": {"mlp": {"auxiliary": 1}}},
        "arms.auxiliary.students.loss: the softmax of one auxiliary logit says nothing; use squared",
    ),
    "a lead over nothing": (
        {"claims": [{"claim": "c", "statement": "s", "source": "p", "quantity": "lead", "arm": "base", "comparison": "above",
                     "bound": 0}]},
        "a lead is over an arm",
    ),
    "chunks that do not fill the rows": ({"carriers": {"rows": 1000, "batch": 300}}, "300 does not divide the 1000 rows"),
    "an arm called base": ({"arms": {"base": ARM}}, "the name 'base' should be"),
    "an arm called as a run": ({"arms": {"run1": ARM}}, "100 characters at most, and not base, run0, run1 …"),
    "an arm called as a teacher": ({"arms": {"teacher": ARM}}, "arms.teacher: a teacher has the same name"),
    "a claim of a missing arm": (
        {"claims": [{"claim": "c", "statement": "s", "source": "p", "quantity": "gain", "arm": "x", "comparison": "above",
                     "bound": 0}]},
        "claims.0.arm: unknown arm or teacher of the study 'x'; choose one of all_logits, ",
    ),
    "a negative rate": ({"teachers": {"teacher": {"learning_rate": -1}}}, "teachers.teacher.learning_rate: found -1"),
    "another kind": ({"kind": "attic"}, "kind: unknown study kind 'attic'; choose one of audit, chain, classifier, theory"),
}  # fmt: skip


@pytest.mark.parametrize("change, sentence", BAD.values(), ids=BAD)
def test_a_wrong_study_is_refused_in_one_sentence(tmp_path, change, sentence):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"extends": "classifier", **change}))
    with pytest.raises(UserError) as caught:
        studies.load(str(file))
    said = str(caught.value)
    assert said.startswith(f"{file}: ") and sentence in said and "\n" not in said


def test_own_images_are_needed_until_they_are_prepared(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text("extends: classifier\nimages: {source: ~/mine.arff}\n")
    found = workflow.plan(str(tmp_path / "mine.yaml"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"mine: images.source: there is no ~/mine.arff; a relative path starts from"):
        found.refuse_missing_files()
    prepared = Path(found.images().files[0])
    prepared.parent.mkdir(parents=True)
    prepared.touch()
    found.refuse_missing_files()


def test_a_child_makes_only_what_it_adds():
    found = workflow.plan("classifier-regimes")
    owned = {phase: {artifact.key for artifact in found.own(phase)} for phase in ("bases", "teachers", "carriers", "students")}
    assert "mlp" not in owned["bases"] and "teacher" not in owned["teachers"] and "teacher/noise" not in owned["carriers"]
    assert {"head", "body", "sgd"} <= owned["students"] and "auxiliary" not in owned["students"]
    # An image carrier of the same teacher is new; the networks that wrote it are not.
    images = found.find("carriers", "teacher/images")
    assert images.study == "classifier-regimes" and images.inputs["teacher"].study == "classifier"


def test_a_file_of_images_is_an_input(tmp_path):
    (tmp_path / "mine.arff").write_text("@RELATION mine")
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: classifier\nimages: {{source: {tmp_path}/mine.arff}}\n")
    assert workflow.plan(str(file)).images().inputs["source"].files == [f"{tmp_path}/mine.arff"]


def test_runs_are_paired_with_others_only_where_a_start_is_not_shared():
    found = workflow.plan("classifier-regimes")
    pairing = found.find("students", "head").recipe["pairing"]
    assert sorted(pairing) == list(range(len(pairing))) and all(run != other for run, other in enumerate(pairing))
    assert found.find("students", "auxiliary").recipe["pairing"] is None


def test_a_change_of_images_whose_path_snakemake_would_take_for_a_pattern_is_noticed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images = tmp_path / "a{x}.arff"
    images.write_text("one")
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"extends": "classifier", "images": {"source": str(images)}}))
    rule = show_plan.states("mine.yaml", [])["data/mine/images/images/images.safetensors"]
    assert rule == show_plan.State("images_mine", "it is not there")
    jobs = workflow.plan_all({"studies": ["mine.yaml"]}).jobs["classifier"].of("images")
    job = next(job for job in jobs if job.study == "mine")
    before = job.unseen(SimpleNamespace(key="images"))
    images.write_text("another")
    assert before != job.unseen(SimpleNamespace(key="images")) and len(before) == 1
