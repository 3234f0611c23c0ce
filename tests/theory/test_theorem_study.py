"""A study of the theorem that is wrong is refused in one sentence; one that changes little owns little."""

import pytest
import yaml

from sublearn.core.errors import UserError
from sublearn.orchestration import studies
from sublearn.orchestration.workflow import plan

CLAIM = {"claim": "a", "statement": "s", "source": "x", "comparison": "above", "bound": 0.5, "figure": "alignment"}
SIGN = CLAIM | {"quantity": "sign", "condition": "theorem", "values": [1e-6]}
BAD = {
    "grid that does not increase": ({"steps": [1e-6, 1e-5, 1e-5]}, "steps: found 1e-05 after 1e-05; values must increase"),
    "grid of one step": ({"steps": [1e-6]}, "steps: found [1e-06]"),
    "grid with nothing": ({"steps": [0, 1e-6]}, "steps.0: found 0"),
    "no draws": ({"draws": 0}, "draws: found 0"),
    "unknown activation": ({"networks": {"activations": ["relu"]}}, "networks.activations.0: found 'relu'"),
    "no network": ({"networks": {"hidden": []}}, "networks.hidden: found []"),
    "unknown loss": ({"student_losses": ["hinge"]}, "student_losses.0: found 'hinge'"),
    "unknown inputs": ({"inputs": ["images"]}, "inputs.0: found 'images'"),
    "negative rate": ({"rate": -0.1}, "rate: found -0.1"),
    "a condition that starts elsewhere": ({"conditions": {"start": [0.1, 1]}}, "start: found [0.1, 1.0]; the first value must"),
    "temperatures that rise": ({"conditions": {"temperature": [0.5, 1]}}, "conditions.temperature: found 1 after 0.5"),
    "more weights than outputs": ({"conditions": {"negative": [0, 9]}}, "conditions.negative: 9 of 5 outputs"),
    "one run": ({"trajectory": {"runs": 1}}, "trajectory.runs: found 1"),
    "claim of an unknown condition": (
        {"claims": [SIGN | {"condition": "luck"}]},
        "claims.0.condition: unknown condition of the theorem 'luck'",
    ),
    "claim of an untried value": (
        {"claims": [SIGN | {"values": [0.5]}]},
        "claims.0.values: unknown value of theorem '0.5'",
    ),
    "claim without values": ({"claims": [SIGN | {"values": []}]}, "claims.0.values: it is empty"),
    "claim of samples without a step": (
        {"claims": [SIGN | {"condition": "samples", "values": [1]}]},
        "claims.0.step: found null; labels are sampled at",
    ),
    "claim of an unknown arm": (
        {"claims": [CLAIM | {"quantity": "transfer", "arm": "nowhere"}]},
        "claims.0.arm: unknown way of taking many steps 'nowhere'",
    ),
    "claim of two things": ({"claims": [SIGN | {"arm": "same_start"}]}, "a: sign is of a condition; name one, and no other"),
    "claim of first steps, times what many steps give": (
        {"claims": [SIGN | {"times": "same_start"}]},
        "claims.0.times: sign of theorem has none; leave it out",
    ),
    "claim of many steps at a value": (
        {"claims": [CLAIM | {"quantity": "transfer", "arm": "same_start", "values": [1e-6]}]},
        "claims.0.values: transfer of same_start has none; leave it out",
    ),
    "unknown key": ({"step": 1}, "step: there is no such key"),
}


def child(tmp_path, change):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"extends": "theory", **change}))
    return str(file)


@pytest.mark.parametrize("change, sentence", BAD.values(), ids=BAD)
def test_a_wrong_study_is_refused_in_one_sentence(tmp_path, change, sentence):
    file = child(tmp_path, change)
    with pytest.raises(UserError) as caught:
        studies.load(file)
    said = str(caught.value)
    assert said.startswith(f"{file}: ") and sentence in said and "\n" not in said


def owners(found):
    return {artifact.key: artifact.study for artifact in found.artifacts("evaluations")}


@pytest.mark.parametrize(
    ("change", "mine"),
    [
        ({"title": "the same", "claims": []}, set()),
        ({"rate": 0.5}, {"first_steps"}),
        ({"trajectory": {"runs": 3}}, {"trajectories"}),
        ({"seed": 9}, {"first_steps", "trajectories"}),
    ],
)
def test_what_is_unchanged_is_not_made_again(tmp_path, change, mine):
    assert {key for key, owner in owners(plan(child(tmp_path, change))).items() if owner == "mine"} == mine


def test_the_shipped_study_keeps_what_it_promises():
    study = studies.load("theory")
    assert study.draws >= 200
    smallest = {claim.claim: claim.values for claim in study.claims if claim.claim in ("lemma", "leading_term", "other_start")}
    assert all(values == study.steps[:2] for values in smallest.values()) and len(smallest) == 3
