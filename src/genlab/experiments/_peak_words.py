"""What the experiments on double descent say of a threshold, and of a peak that may be chance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from genlab.measure import DoubleDescent, PeakTest, Threshold

#: Why a note says that a peak is claimed or not.
PEAK_NOTE = (
    "The peak and the minima are the extremes of the means at the sizes that were run. Choosing "
    "an extreme makes the peak a little too high and the minima a little too low. A peak is "
    "claimed only where the rise to it and the fall after it are above 0 in intervals that allow "
    "for this choice (`genlab.measure.peak_test`)."
)


def capacities_of(
    test: PeakTest, extremes: DoubleDescent, sizes: Sequence[float]
) -> tuple[float, float, float]:
    """Before, at and after the peak: those of the test, or the extremes if it found none."""
    if test.found:
        before, top, after = (float(sizes[i]) for i in (test.before, test.top, test.after))
        return before, top, after
    return (
        extremes.first_minimum.capacity,
        extremes.peak.capacity,
        extremes.second_minimum.capacity,
    )


def doubt(most_seeds: int, size: str = "width") -> str:
    """Why no peak is claimed, where at most so many seeds of one size were trained."""
    if most_seeds == 1:
        return f"With one seed per {size}, a peak could be due to chance."
    return "These seeds do not show a peak: the differences may be chance."


def excluded_rise(most: float | None) -> str:
    """What rises of an error are excluded: those above the largest upper end; "" if there is none.

    >>> excluded_rise(0.0121), excluded_rise(-0.003), excluded_rise(float("nan"))
    ('a rise of more than 1.3 points', 'any rise', '')
    """
    if most is None or math.isnan(most):
        return ""
    if most <= 0:
        return "any rise"
    # Rounded up, as more than the shown number is excluded.
    return f"a rise of more than {math.ceil(1000 * most) / 10:.1f} points"


def threshold_text(threshold: Threshold, size: str) -> str:
    """Between which sizes training error falls below 1%, and the seeds where it does not.

    `size` is what a capacity follows, such as "width " or "k = ".
    """
    n, missing = threshold.seeds, threshold.seeds - threshold.crossing
    if n == 0:
        return "No training error was measured."
    if missing == n:
        return "Training error never falls below 1%."
    if missing:
        return f"Training error never falls below 1% for {missing} of {n} seeds."
    if math.isinf(threshold.none_below):
        return f"Training error is below 1% from {size}{threshold.all_from:,.0f} on."
    return (
        f"Training error falls below 1% between {size}{threshold.none_below:,.0f} and "
        f"{size}{threshold.all_from:,.0f}."
    )
