"""One row of the table of benchmarks."""

from __future__ import annotations

import statistics
from typing import Any


def row(measured: str, values: list[float], bar: float | None = None) -> dict[str, Any]:
    """What was measured: the median of the rounds, each round, and what it should reach."""
    return {"measured": measured, "value": statistics.median(values), "bar": bar, "rounds": values}
