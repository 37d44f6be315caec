"""A measured value beside a published one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from genlab.measure._intervals import Interval, mean_interval


@dataclass(frozen=True)
class Comparison:
    """One row of `published` in results.json.

    Attributes
    ----------
    name
        What is measured, with its unit.
    published, measured
        The two values, in the same unit.
    low, high
        95% interval of `measured`.
    tolerance
        The difference that still counts as agreement; stated by the experiment.
    ok
        Whether the two differ by at most `tolerance`.
    source
        Where the published value comes from.
    n
        Values behind `measured`; models that diverged are not among them.
    """

    name: str
    published: float
    measured: float
    low: float
    high: float
    tolerance: float
    ok: bool
    source: str
    n: int

    def row(self) -> dict[str, Any]:
        """The comparison as a plain dict."""
        return asdict(self)


def compare(name: str, published: float, values: Any, tolerance: float, source: str) -> Comparison:
    """Set the mean of `values` (one a seed) beside a published value.

    >>> compare("test error (%)", 37.5, [38.0, 39.0], 2.5, "a book").ok
    True
    """
    interval = mean_interval(np.asarray(values, dtype=np.float64))
    return compare_interval(name, published, interval, tolerance, source)


def compare_interval(
    name: str, published: float, interval: Interval, tolerance: float, source: str
) -> Comparison:
    """Set an estimate, which comes with its interval, beside a published value."""
    measured = float(interval.mean)
    return Comparison(
        name=name,
        published=published,
        measured=measured,
        low=float(interval.low),
        high=float(interval.high),
        tolerance=tolerance,
        ok=bool(abs(measured - published) <= tolerance),
        source=source,
        n=int(interval.n),
    )
