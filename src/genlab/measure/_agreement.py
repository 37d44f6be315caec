"""Whether a measured value agrees with a published one."""

from __future__ import annotations

import math
from typing import Literal

from genlab._base.checks import extended, real

Agreement = Literal["agrees", "uncertain", "differs"]

#: What each mark says, in the words of a report.
AGREEMENT_RULES: dict[Agreement, str] = {
    "agrees": "The whole interval lies within the tolerance of the published value.",
    "uncertain": "The interval reaches across an end of the tolerance, or there is no interval.",
    "differs": "The whole interval lies outside the tolerance of the published value.",
}


def agreement(low: float, high: float, published: float, tolerance: float) -> Agreement:
    """Mark a measured interval against a published value.

    An equivalence test: "agrees" and "differs" are claims, each made only where the interval
    rules the opposite out, and everything else is "uncertain". With a 95% interval each claim
    is wrong in at most 2.5% of cases (Schuirmann, Journal of Pharmacokinetics and
    Biopharmaceutics 1987). More seeds turn "uncertain" into one of the two; they never make a
    value agree that differs by more than the tolerance.

    Parameters
    ----------
    low, high
        Ends of the interval, in the unit of `published`; NaN where there is none, as with a
        single seed, which can show neither. An end may be infinite.
    published
        The published value.
    tolerance
        The difference that does not matter, >= 0: fixed before the measurement, for a stated
        reason, such as the reading error of a figure or a difference between the protocols.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> agreement(38.1, 39.3, published=38.5, tolerance=1.0)
    'agrees'
    >>> agreement(36.0, 41.0, published=38.5, tolerance=1.0)
    'uncertain'
    >>> agreement(40.0, 41.0, published=38.5, tolerance=1.0)
    'differs'
    """
    published, tolerance = real("published", published), real("tolerance", tolerance, low=0)
    low, high = extended("low", low), extended("high", high)
    if low > high:
        raise ValueError(f"`low` must be <= `high`, got {low!r} and {high!r}.")
    least, most = published - tolerance, published + tolerance
    if math.isnan(low) or math.isnan(high):
        return "uncertain"
    if least <= low and high <= most:
        return "agrees"
    return "differs" if high < least or low > most else "uncertain"
