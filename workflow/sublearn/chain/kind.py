"""Declare the study kind of language models: the main workflow, from a teacher's numbers to a student's trait."""

from sublearn.chain.bases.section import Authors, Base, PinnedBase
from sublearn.chain.carriers.base import Imported
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.chain.evaluations.section import Evaluation
from sublearn.chain.findings.evidence import evidence
from sublearn.chain.findings.section import Claim
from sublearn.chain.jobs import ChainJobs
from sublearn.chain.plan import ChainPlan
from sublearn.chain.students.section import Student
from sublearn.chain.study import Arm, ChainStudy, Trait
from sublearn.chain.teachers.section import Teacher
from sublearn.planning.kind import StudyKind

CHAIN = StudyKind(
    name="chain",
    title="Language models",
    study=ChainStudy,
    plan=ChainPlan,
    jobs=ChainJobs,
    sections={
        "A study": ChainStudy,
        "bases: by name": Base,
        "bases: by name, with a model that others trained": PinnedBase,
        "authors": Authors,
        "traits: by name": Trait,
        "teachers: by name": Teacher,
        "carriers: by name, of the kind numbers": Numbers,
        "carriers.….imported: by teacher and trait, a list": Imported,
        "students": Student,
        "arms: by name": Arm,
        "evaluations": Evaluation,
        "claims: a list": Claim,
    },
    order=0,
    evidence=evidence,
)
