"""What the findings of a study of language models say of its claims beside their verdicts (``core.evidence``)."""

from collections.abc import Sequence
from pathlib import Path

from sublearn.chain.evaluations.base import EVALUATIONS
from sublearn.chain.evaluations.tables import Runs
from sublearn.chain.findings.claims import in_common, measure
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.chain.findings.tables import Arms
from sublearn.core.evidence import Evidence
from sublearn.core.files import read_table
from sublearn.measures.units import unit_of
from sublearn.traits.base import NEUTRAL


def evidence(claims: Sequence[Claim], folder: Path) -> dict[str, Evidence]:
    """By claim: the units of its arm (bases, or runs where all teachers have one base), and its bound's reference."""
    runs, arms = read_table(folder / "runs.csv", Runs), read_table(folder / "arms.csv", Arms)
    read = {name for claim in claims for name in QUANTITIES.get(claim.quantity).reads}
    measures = {
        name: read_table(folder / f"{name}.csv", EVALUATIONS.get(name).finding_schema)
        for name in sorted(read)
        if (folder / f"{name}.csv").exists()
    }
    found = {}
    for claim in claims:
        reference = measure(claim, arms, runs, measures)[1] if claim.times else None
        rows = in_common(runs, claim.arm, claim.times) if claim.times else runs
        students = rows[(rows["arm"] == claim.arm) & (rows["trait"] != NEUTRAL)]
        unit = "bases" if students["teacher_base"].nunique() > 1 else "runs of one base"
        found[claim.claim] = Evidence(unit, int(unit_of(students).nunique()), QUANTITIES.get(claim.quantity).scale, reference)
    return found
