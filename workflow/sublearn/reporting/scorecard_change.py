"""Say in plain words what it would take to change a verdict: how far a claim is from its bound."""

import math

from sublearn.core.claims import Rule
from sublearn.core.evidence import Evidence
from sublearn.core.statistics import Mean

MOST_UNITS = 10_000  # of which the words are that more of them would do


def number(value: float) -> str:
    """A number with at most three digits."""
    return f"{value:.3g}"


def words(rule: Rule, verdict: str, measured: Mean, bound: float, evidence: Evidence) -> str:
    """What it would take to change the verdict.

    Args:
        rule: the claim's rule.
        verdict: the rule's verdict on ``measured``.
        measured: the claim's quantity.
        bound: the rule's bound, multiplied by its reference if it has one.
        evidence: over what the interval is.
    """
    if verdict == "not_measured":
        return _not_measured(rule, evidence)
    claimed = _Claimed(rule, measured, bound, evidence)
    if verdict == "reproduced":
        return claimed.while_reproduced()
    return claimed.while_opposite() if verdict == "opposite" else claimed.while_not_reproduced()


class _Claimed:
    """A measured quantity beside the bound of its rule; distances are positive on the claimed side."""

    def __init__(self, rule: Rule, measured: Mean, bound: float, evidence: Evidence) -> None:
        self.rule, self.measured, self.bound, self.evidence = rule, measured, bound, evidence
        self.half = (measured.high - measured.low) / 2

    def _inside(self, value: float) -> float:
        """How far a value lies on the claimed side of the bound."""
        how = self.rule.comparison
        return value - self.bound if how == "above" else self.bound - (value if how == "below" else abs(value))

    def _amount(self, distance: float) -> str:
        return f"{number(abs(distance))} {self.evidence.scale}".rstrip()

    def _halves(self, distance: float) -> str:
        halves = abs(distance) / self.half
        return f"{halves:.2f} half widths" if halves < 10 else f"{halves:.0f} half widths"

    @property
    def _place(self) -> str:
        """The bound, in words."""
        return f"plus or minus {number(self.bound)}" if self.rule.comparison == "within" else number(self.bound)

    def _nearest(self) -> float:
        """How far the end of the interval that is nearest to the bound lies on the claimed side of it."""
        return min(self._inside(self.measured.low), self._inside(self.measured.high))

    def while_reproduced(self) -> str:
        mean = self._inside(self.measured.value)
        if math.isnan(self.half):
            return f"Its value would have to move by {self._amount(mean)} to reach {self._place}; it has no interval."
        if self.rule.judge == "interval":
            near = self._nearest()
            return f"Its interval would have to move by {self._amount(near)} ({self._halves(near)}) to reach {self._place}."
        said = f"Its mean would have to move by {self._amount(mean)} ({self._halves(mean)}) to reach {self._place}."
        if self._nearest() > 0:
            return f"{said} All of its interval lies on the claimed side."
        return f"{said} Its interval holds that bound, so other {self.evidence.unit} may miss it."

    def while_not_reproduced(self) -> str:
        where = self.rule.comparison
        mean = self._inside(self.measured.value)
        if self.rule.judge == "mean" or math.isnan(self.half):
            return f"Its mean would have to lie {where} {self._place}; it is {self._amount(mean)} off."
        short = self._nearest()
        off = f"{self._amount(short)} off ({self._halves(short)})"
        said = f"Its whole interval would have to lie {where} {self._place}; it is {off}."
        if mean <= 0:
            return f"{said} The mean misses the bound too, so more {self.evidence.unit} alone would not do."
        more = self._units_for(mean)
        return f"{said} With this mean and spread, {more} {self.evidence.unit} would do." if more else said

    def while_opposite(self) -> str:
        far = max(-self._inside(self.measured.low), -self._inside(self.measured.high))
        where = "rise" if self.measured.value < (-self.bound if self.rule.comparison == "within" else self.bound) else "fall"
        return (
            f"The whole interval lies on the other side. It would have to {where} by {self._amount(far)} "
            f"({self._halves(far)}) to clear {self._place}."
        )

    def _units_for(self, distance: float) -> int | None:
        """How many units would give a t interval of this half width around the same mean, if it is a t interval."""
        from scipy import stats

        count, middle = self.evidence.count, (self.measured.low + self.measured.high) / 2
        if count < 2 or not math.isclose(middle, self.measured.value, rel_tol=1e-6, abs_tol=1e-9 * self.half):
            return None
        spread = self.half * math.sqrt(count) / float(stats.t.ppf(0.975, count - 1))
        for more in range(count + 1, MOST_UNITS):
            if float(stats.t.ppf(0.975, more - 1)) * spread / math.sqrt(more) < distance:
                return more
        return None


def _not_measured(rule: Rule, evidence: Evidence) -> str:
    reference = evidence.reference
    if rule.times and reference is not None and not reference.low > 0:
        return f"The bound is a share of {rule.times}, whose own interval would have to lie above 0."
    return "The study has no rows of this quantity; they would have to be made."
