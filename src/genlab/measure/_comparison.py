"""A measured value compared with a published one."""

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
        Name of the measured quantity, with its unit.
    published, measured
        The two values, in the same unit.
    low, high
        Ends of the 95% interval of `measured`.
    tolerance
        Largest difference that counts as agreement, in the same unit; stated by the
        experiment.
    ok
        Whether the two values differ by at most `tolerance`.
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
    ok: bool
    source: str
    n: int

    def row(self) -> dict[str, Any]:
        """The comparison as a plain dict."""
        return asdict(self)


def compare(name: str, published: float, values: Any, tolerance: float, source: str) -> Comparison:
    """Compare the mean of `values`, one per seed, with a published value.

    Parameters
    ----------
    name
        Name of the measured quantity, with its unit.
    published
        Published value, in the unit of `values`.
    values
        Measured value of each seed; one that is NaN or infinite is left out.
    tolerance
        Largest difference that counts as agreement.
    source
        Source of the published value.

    >>> compare("test error (%)", 37.5, [38.0, 39.0], 2.5, "a book").ok
    True
    """
    interval = mean_interval(np.asarray(values, dtype=np.float64))
    return compare_interval(name, published, interval, tolerance, source)


def compare_interval(
    name: str, published: float, interval: Interval, tolerance: float, source: str
) -> Comparison:
    """Compare an estimate that has its interval with a published value; see `compare`."""
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
