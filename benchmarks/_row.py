"""One row of the table of benchmarks."""

from __future__ import annotations

import statistics
from typing import Any


def row(
    measured: str, values: list[float], *, least: float | None = None, most: float | None = None
) -> dict[str, Any]:
    """What was measured: the median of the rounds, each round, and its bar, if any."""
    value = statistics.median(values)
    met = None
    if least is not None:
        met = value >= least
    elif most is not None:
        met = value <= most
    return {
        "measured": measured,
        "value": value,
        "least": least,
        "most": most,
        "met": met,
        "rounds": values,
    }
