"""What the experiments on double descent say of a threshold, and of a peak that may be chance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from genlab._base.jsons import Row
from genlab.experiments._rows import missing, pick
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


def peak_row(test: PeakTest, sizes: Sequence[float]) -> Row:
    """The columns `PEAK` of a table: the sizes before, at and after the peak, rise and fall."""
    return {
        "before": sizes[test.before],
        "top": sizes[test.top],
        "after": sizes[test.after],
        **test.rise.row("rise"),
        **test.fall.row("fall"),
    }


def doubt(most_seeds: int, size: str = "width") -> str:
    """Why no peak is claimed, where at most so many seeds of one size were trained."""
    if most_seeds == 1:
        return f"With one seed per {size}, a peak could be due to chance."
    return "These seeds do not show a peak: the differences may be chance."


def excluded_rise(
    most: float | None, factor: float = 100, unit: str = " points", digits: int = 1
) -> str:
    """What rises are excluded: those above the largest upper end; "" if there is none.

    A rise is shown times `factor`: by default that of an error, in points.

    >>> excluded_rise(0.0121), excluded_rise(-0.003), excluded_rise(float("nan"))
    ('a rise of more than 1.3 points', 'any rise', '')
    """
    if most is None or missing(most):
        return ""
    if most <= 0:
        return "any rise"
    # Rounded up, as more than the shown number is excluded.
    shown = math.ceil(factor * most * 10**digits) / 10**digits
    return f"a rise of more than {shown:.{digits}f}{unit}"


def threshold_text(threshold: Threshold, size: str) -> str:
    """Between which sizes training error falls below 1%, and the seeds where it does not.

    `size` is what a capacity follows, such as "width " or "k = ".
    """
    n, others = threshold.seeds, threshold.seeds - threshold.crossing
    if n == 0:
        return "No training error was measured."
    if others == n:
        return "Training error never falls below 1%."
    if others:
        return f"Training error never falls below 1% for {others} of {n} seeds."
    if math.isinf(threshold.none_below):
        return f"Training error is below 1% from {size}{threshold.all_from:,.0f} on."
    return (
        f"Training error falls below 1% between {size}{threshold.none_below:,.0f} and "
        f"{size}{threshold.all_from:,.0f}."
    )


def noise_text(fraction: float) -> str:
    """What labels are called of which this fraction is noise.

    >>> noise_text(0.15), noise_text(0.0)
    ('15% label noise', 'clean labels')
    """
    return f"{fraction:.0%} label noise" if fraction else "clean labels"


def labels_text(labels: str, fraction: float) -> str:
    """What "clean" and "noisy" mean, where this fraction of the noisy labels is noise."""
    return noise_text(0.0 if labels == "clean" else fraction)


def threshold_row(labels: str, found: Threshold) -> Row:
    """The row of a table `thresholds`; widths that no network has are missing."""
    return {
        "labels": labels,
        "none_below": found.none_below if math.isfinite(found.none_below) else math.nan,
        "all_from": found.all_from if math.isfinite(found.all_from) else math.nan,
        **found.capacity.row(),
    }


def threshold_ends(thresholds: Sequence[Row], labels: str) -> tuple[float, float] | None:
    """The widths between which training error falls below 1%, from 0; None where it does not.

    >>> threshold_ends([{"labels": "noisy", "none_below": None, "all_from": 20.0}], "noisy")
    (0.0, 20.0)
    """
    row = pick(thresholds, labels=labels)
    below, above = row["none_below"], row["all_from"]
    return None if missing(above) else (0.0 if missing(below) else below, above)


def threshold_said(thresholds: Sequence[Row], labels: str) -> str:
    """The same in the second half of a sentence.

    >>> threshold_said([{"labels": "noisy", "none_below": 10.0, "all_from": 20.0}], "noisy")
    'training error falls below 1% between widths 10 and 20.'
    """
    ends = threshold_ends(thresholds, labels)
    if ends is None:
        return "some networks of every width have a training error of at least 1%."
    if ends[0] == 0:
        return f"training error is below 1% from width {ends[1]:.0f} on."
    return f"training error falls below 1% between widths {ends[0]:.0f} and {ends[1]:.0f}."
