"""What the findings of an audit study say of its claims beside their verdicts (``core.evidence``)."""

from collections.abc import Sequence
from pathlib import Path

from sublearn.audit.claim import Claim
from sublearn.audit.findings import asked
from sublearn.audit.tables import Scores
from sublearn.core.evidence import Evidence
from sublearn.core.files import read_table


def evidence(claims: Sequence[Claim], folder: Path) -> dict[str, Evidence]:
    """By claim: the number of data sets that its layer looked at."""
    table = read_table(folder / "scores.csv", Scores)
    return {claim.claim: Evidence("data sets", int((asked(claim, table)["status"] != "not_run").sum())) for claim in claims}
