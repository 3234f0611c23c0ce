"""What the tables of a study say of a claim beside its verdict, for readers who ask how sure it is."""

from dataclasses import dataclass

from sublearn.core.statistics import Mean


@dataclass(frozen=True)
class Evidence:
    """Over what the interval of a claim is, and what its bound is multiplied by.

    Attributes:
        unit: what the interval is over, such as "bases".
        count: how many of them.
        scale: the unit of the quantity, such as "nats"; empty for shares and ratios.
        reference: the quantity's mean in the arm that the claim's ``times`` names, if it names one.
    """

    unit: str
    count: int
    scale: str = ""
    reference: Mean | None = None
