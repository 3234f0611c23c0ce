"""Studies of the theorem: numeric checks."""

from sublearn.planning.kind import StudyKind
from sublearn.theory.claim import Claim
from sublearn.theory.evidence import evidence
from sublearn.theory.jobs import TheoryJobs
from sublearn.theory.plan import TheoryPlan
from sublearn.theory.study import Adversary, Conditions, Networks, TheoryStudy, Trajectory

THEORY = StudyKind(
    name="theory",
    title="The theorem: numeric checks (`kind: theory`)",
    study=TheoryStudy,
    plan=TheoryPlan,
    jobs=TheoryJobs,
    sections={
        "A study of the theorem": TheoryStudy,
        "networks": Networks,
        "adversary": Adversary,
        "conditions": Conditions,
        "trajectory": Trajectory,
        "claims: a list": Claim,
    },
    order=2,
    evidence=evidence,
)
