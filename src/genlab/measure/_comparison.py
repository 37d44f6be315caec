"""A measured value compared with a published one."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from genlab.measure._agreement import AGREEMENT_RULES, agreement
from genlab.measure._intervals import Interval

Mark = Literal["agrees", "uncertain", "differs", "not comparable"]

#: What each mark says, in the words of a report.
MARK_RULES: dict[Mark, str] = {
    "agrees": AGREEMENT_RULES["agrees"],
    "uncertain": AGREEMENT_RULES["uncertain"],
    "differs": AGREEMENT_RULES["differs"],
    "not comparable": (
        "Not measured by the published protocol, so a difference says nothing about agreement."
    ),
}


@dataclass(frozen=True)
class Comparison:
    """One row of `published` in results.json.

    Attributes
    ----------
    name
        Name of the measured quantity, with its unit.
    published, measured
        The two values, in the same unit.
    low, high
        Ends of the 95% interval of `measured`.
    tolerance, reason
        Largest difference that counts as agreement, in the same unit, fixed before measuring,
        and the reason for it.
    mark
        What the interval says about agreement, one of `MARK_RULES`.
    source
        Source of the published value.
    n
        Number of values behind `measured`; models that diverged are not among them.
    """

    name: str
    published: float
    measured: float
    low: float
    high: float
    tolerance: float
    reason: str
    mark: Mark
    source: str
    n: int

    def row(self) -> dict[str, Any]:
        """The comparison as a plain dict."""
        return asdict(self)


def compare(
    name: str,
    published: float,
    interval: Interval,
    tolerance: float,
    source: str,
    *,
    reason: str,
    comparable: bool = True,
) -> Comparison:
    """Compare an estimate that has an interval with a published value.

    Parameters
    ----------
    name
        Name of the measured quantity, with its unit.
    published
        Published value, in the unit of `interval`.
    interval
        The estimate and its interval over seeds: `percent_interval` for an error in percent,
        `loss_interval` for a loss, or another. A single seed (`interval.n` below 2) shows
        neither agreement nor a difference, even where it has an interval over test examples.
    tolerance
        Largest difference that counts as agreement, >= 0, fixed before measuring.
    source
        Source of the published value.
    reason
        Reason for the tolerance, such as "reading error of the figure".
    comparable
        Whether the estimate was measured by the published protocol.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> from genlab.measure import percent_interval
    >>> interval = percent_interval([37.9, 38.1, 38.0], n=1000)
    >>> compare("test error (%)", 37.5, interval, 2.5, "a book", reason="another seed").mark
    'agrees'
    """
    low, high = float(interval.low), float(interval.high)
    several = interval.n > 1
    mark: Mark = agreement(
        low if several else math.nan, high if several else math.nan, published, tolerance
    )
    return Comparison(
        name=name,
        published=published,
        measured=float(interval.mean),
        low=low,
        high=high,
        tolerance=tolerance,
        reason=reason,
        mark=mark if comparable else "not comparable",
        source=source,
        n=int(interval.n),
    )
