"""Numbers in the sentences of several experiments."""

from __future__ import annotations

import math

from genlab.measure import Interval


def percent(interval: Interval) -> str:
    """A share with its interval, in percent; alone where there is none."""
    mean, low, high = (100 * float(end) for end in (interval.mean, interval.low, interval.high))
    return f"{mean:.1f}%" if math.isnan(low) else f"{mean:.1f} [{low:.1f}, {high:.1f}]%"
