"""Studies that audit data: what it would do to the models of a study of language models."""

from sublearn.audit.claim import Claim
from sublearn.audit.evidence import evidence
from sublearn.audit.jobs import AuditJobs
from sublearn.audit.plan import AuditPlan
from sublearn.audit.section import Case, Given
from sublearn.audit.study import AuditStudy
from sublearn.planning.kind import StudyKind

AUDIT = StudyKind(
    name="audit",
    title="Audits of data (`kind: audit`)",
    study=AuditStudy,
    plan=AuditPlan,
    jobs=AuditJobs,
    sections={
        "An audit": AuditStudy,
        "datasets: by name": Given,
        "cases: by name": Case,
        "claims: a list": Claim,
    },
    order=3,
    evidence=evidence,
)
