"""What jobs ask of a machine: tiny ones for what was measured, real ones for what their models need, failed ones for more."""

import re

import pytest

from sublearn.orchestration.resources import StudyResources
from sublearn.orchestration.workflow import plan_all


def demand(study: str, phase: str, memory: int = 1500, minutes: int = 60):
    workflow = plan_all({"studies": [study]})
    chain = workflow.jobs["chain"]
    measured = {job.kind: job for job in chain.arm_jobs() if job.study == chain.chosen[0].study.name}
    jobs = measured.get(phase) or chain.of(phase)[-1]  # the last are those of the study itself, not of what it extends
    return StudyResources(workflow).of(jobs, memory, minutes)


def test_tiny_models_ask_for_no_gpu_and_what_the_rule_says():
    for phase in ("bases", "teachers", "raw", "students", "answers", "coverage"):
        asked = demand("tiny", phase)
        assert (asked.mem_mb(None, 1), asked.runtime(None, 1), asked.gpu) == (1500, 60, 0)


@pytest.mark.parametrize("phase", ["bases", "teachers", "raw", "students", "answers", "coverage"])
def test_pretrained_models_ask_for_a_gpu_where_their_study_does(phase):
    """And for a processor's memory that a GPU's driver and libraries fit into."""
    asked = demand("large", phase)
    assert asked.gpu == 1
    assert 2500 < asked.mem_mb(None, 1) < 5000


@pytest.mark.parametrize("phase", ["teachers", "raw", "students", "answers"])
def test_real_models_ask_for_a_gpu_and_room_for_their_weights(phase):
    small, large = demand("llama-3.2-1b", phase), demand("qwen2.5-7b", phase)
    assert small.gpu == large.gpu == 1
    assert 1.24e3 * 2 < small.mem_mb(None, 1) < large.mem_mb(None, 1) < 50_000
    assert large.mem_mb(None, 1) > 7.62e3 * 2
    assert 60 <= small.runtime(None, 1) < 48 * 60


def test_evaluations_of_bases_pretrained_on_a_gpu_ask_for_one_and_a_judge_of_rows_for_none(study_of_one, tmp_path):
    """Coverage takes gradients in all weights; what a judge has said is only counted."""
    measured = tmp_path / "measured.yaml"
    measured.write_text("extends: large\nmeasures: [coverage, counting, forms]\n")
    asked = {name: demand(str(measured), name) for name in ("coverage", "counting", "forms")}
    assert all(each.gpu == 1 and each.mem_mb(None, 1) > 2500 for each in asked.values())
    study = tmp_path / "judged.yaml"
    study.write_text(
        JUDGED.format(file=study_of_one("device: auto, billions: 1"), judge="billions: 1") + "measures: [judged_rows]\n"
    )
    counted = demand(str(study), "judged_rows")
    assert (counted.gpu, counted.mem_mb(None, 1)) == (0, 1500)


MEASURES = """
extends: {file}
students: {{keep_at: [16]}}
measures: [dose, in_context, side_effects, told_apart]
"""


@pytest.mark.parametrize("evaluation", ["dose", "in_context", "side_effects", "told_apart"])
def test_every_evaluation_asks_for_the_model_that_it_loads(study_of_one, tmp_path, evaluation):
    """On a processor, room for twice the weights, since they are read before they are converted; on a GPU, time too."""
    for device, gpus in (("cpu", 0), ("auto", 1)):
        study = tmp_path / f"{device}.yaml"
        study.write_text(MEASURES.format(file=study_of_one(f"device: {device}, billions: 7")))
        asked, answers = (demand(str(study), name, minutes=20) for name in (evaluation, "answers"))
        assert asked.gpu == gpus
        assert asked.mem_mb(None, 1) == answers.mem_mb(None, 1) > 2 * 14_000
        assert asked.runtime(None, 1) > 20 or gpus  # a GPU takes seconds for some


def test_a_model_on_a_processor_asks_for_what_the_estimate_says_and_more(study_of_one, run_step):
    study = study_of_one("device: cpu, billions: 1")
    said = run_step("sublearn", "estimate", study).stdout
    largest = float(re.search(r"the largest job takes ([0-9.]+) GiB", said)[1])
    assert demand(str(study), "students").mem_mb(None, 1) > 1500 + 1074 * largest


def test_an_attempt_after_a_failed_one_asks_for_more():
    asked = demand("llama-3.2-1b", "students")
    assert asked.mem_mb(None, 2) == 2 * asked.mem_mb(None, 1)
    assert asked.runtime(None, 3) == 3 * asked.runtime(None, 1)


@pytest.mark.parametrize(("base", "gpus"), [("device: auto", 1), ("device: cpu", 0)])
def test_a_model_of_unknown_size_is_taken_for_a_middling_one(study_of_one, base, gpus):
    asked = demand(str(study_of_one(base)), "students")
    assert asked.gpu == gpus
    assert asked.mem_mb(None, 1) > 16_000


JUDGED = """
extends: {file}
judges: {{moods: {{model: a/moods, revision: c, reads: classifier, {judge}}}}}
carriers: {{numbers: {{judged: {{classifier: {{model: moods, label: glad}}}}}}}}
"""


@pytest.mark.parametrize(
    ("judge", "gpus", "least", "most"),
    [
        ("device: auto", 1, 2 * 16_000, 40_000),
        ("device: cpu, billions: 1", 0, 2_000, 8_000),
        ("billions: 1", 1, 2 * 2_000, 8_000),
    ],
)
def test_a_judge_asks_for_what_it_needs_itself(study_of_one, tmp_path, judge, gpus, least, most):
    """Whatever the base needs; what its scores leave out, a small job does."""
    study = tmp_path / "judged.yaml"
    study.write_text(JUDGED.format(file=study_of_one("device: cpu, billions: 0.1"), judge=judge))
    scored, kept = demand(str(study), "scored"), demand(str(study), "kept")
    assert scored.gpu == gpus and 1500 + least < scored.mem_mb(None, 1) < 1500 + most
    assert (kept.gpu, kept.mem_mb(None, 1)) == (0, 1500)


def test_a_checkpoint_of_a_model_that_is_wholly_trained_fits_into_the_hosts_memory(study_of_one):
    """Twelve bytes for each of a billion parameters; an adapter's checkpoint is small."""
    asked = {}
    for method in ("full", "lora"):
        study = study_of_one("billions: 1", f"{{method: {method}}}")
        asked[method] = demand(str(study), "students").mem_mb(None, 1)
    assert asked["full"] == 1500 + 2 * 2_000 + 12_000 + 1_000
    assert 1500 + 2 * 2_000 < asked["lora"] < 7_000


def test_the_classifier_asks_for_a_gpu_where_its_study_names_one(tmp_path):
    study = tmp_path / "mine.yaml"
    study.write_text("extends: classifier\ndevice: auto\nseed: 3\n")
    for name, gpus in ((str(study), 1), ("classifier", 0)):
        workflow = plan_all({"studies": [name]})
        assert StudyResources(workflow).of(workflow.jobs["classifier"].of("students")[-1], 1, 1).gpu == gpus
