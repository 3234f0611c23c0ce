"""What the findings of a study of the classifier say of its claims beside their verdicts (``core.evidence``)."""

from collections.abc import Sequence
from pathlib import Path

from sublearn.classifier.claim import Claim
from sublearn.classifier.findings import measure
from sublearn.classifier.tables import Accuracies, Runs
from sublearn.core.evidence import Evidence
from sublearn.core.files import read_table


def evidence(claims: Sequence[Claim], folder: Path) -> dict[str, Evidence]:
    """By claim: the number of networks in its arm, and its bound's reference."""
    runs, table = read_table(folder / "runs.csv", Runs), read_table(folder / "accuracies.csv", Accuracies)
    counts = table.set_index("arm")["runs"]
    return {
        claim.claim: Evidence(
            "networks", int(counts.get(claim.arm, 0)), "", measure(claim, claim.times, runs, table) if claim.times else None
        )
        for claim in claims
    }
