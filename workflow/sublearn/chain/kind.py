"""Declare the study kind of language models: the main workflow, from a teacher's numbers to a student's trait."""

from sublearn.chain.bases.section import Authors, Base, JudgeModel, PinnedBase
from sublearn.chain.carriers.base import Imported, RowJudge
from sublearn.chain.carriers.code.section import Code
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.chain.carriers.reasoning.section import Reasoning
from sublearn.chain.carriers.texts.section import Texts
from sublearn.chain.evaluations.section import Evaluation
from sublearn.chain.findings.evidence import evidence
from sublearn.chain.findings.section import Claim
from sublearn.chain.jobs import ChainJobs
from sublearn.chain.plan import ChainPlan
from sublearn.chain.students.section import Student
from sublearn.chain.study import Arm, ChainStudy, Trait
from sublearn.chain.teachers.section import Teacher
from sublearn.planning.kind import StudyKind
from sublearn.traits.own.behaviour import Behaved, Behaviours, Classifier, Example, Judge
from sublearn.traits.own.choice import Choice, Chosen, MultipleChoice
from sublearn.traits.own.preference import Favourite, Preference

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
        "families: by name, of the kind preference": Preference,
        "families.….words: by trait": Favourite,
        "families: by name, of the kind choice": MultipleChoice,
        "families.….traits: by name, of the kind choice": Chosen,
        "families.….questions: lists of, of the kind choice": Choice,
        "families: by name, of the kind behaviour": Behaviours,
        "families.….traits: by name, of the kind behaviour": Behaved,
        "families.….traits.….judge": Judge,
        "families.….traits.….classifier": Classifier,
        "families.….examples: a list": Example,
        "judges: by name": JudgeModel,
        "teachers: by name": Teacher,
        "carriers: by name, of the kind numbers": Numbers,
        "carriers: by name, of the kind code": Code,
        "carriers: by name, of the kind reasoning": Reasoning,
        "carriers: by name, of the kind texts": Texts,
        "carriers.….imported: by teacher and trait, a list": Imported,
        "carriers.….judged": RowJudge,
        "students": Student,
        "arms: by name": Arm,
        "evaluations": Evaluation,
        "claims: a list": Claim,
    },
    order=0,
    evidence=evidence,
)
