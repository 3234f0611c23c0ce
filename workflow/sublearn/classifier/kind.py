"""Studies of the classifier: digits from noise."""

from sublearn.classifier.claim import Claim
from sublearn.classifier.evidence import evidence
from sublearn.classifier.jobs import ClassifierJobs
from sublearn.classifier.plan import ClassifierPlan
from sublearn.classifier.section import Base, Carrier, Images, Student, Teacher
from sublearn.classifier.study import Arm, ClassifierStudy
from sublearn.planning.kind import StudyKind

CLASSIFIER = StudyKind(
    name="classifier",
    title="The classifier: digits from noise (`kind: classifier`)",
    study=ClassifierStudy,
    plan=ClassifierPlan,
    jobs=ClassifierJobs,
    sections={
        "A study of the classifier": ClassifierStudy,
        "images": Images,
        "bases: by name": Base,
        "teachers: by name": Teacher,
        "carriers": Carrier,
        "students": Student,
        "arms: by name": Arm,
        "claims: a list": Claim,
    },
    order=1,
    evidence=evidence,
)
