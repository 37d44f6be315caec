"""The classes that fits predict, counted at each row."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base.arrays import floats
from genlab.measure._intervals import Interval
from genlab.measure._loss_parts import Fits, checked_fits, class_truth, codes
from genlab.measure._parts_intervals import mean_intervals
from genlab.measure._proportion import wilson_ends


class Votes(NamedTuple):
    """Classes predicted at the rows that at least two fits predict."""

    fits: Fits
    # 0 where a fit does not predict, which is not counted.
    chosen: Int[np.ndarray, "n_datasets k"]
    counts: Int[np.ndarray, "k c"]
    truth: Float[np.ndarray, "k c"]
    labels: bool

    @property
    def losses(self) -> Float[np.ndarray, "n_datasets k"]:
        """The probability of each fit's class to be wrong."""
        return self.fits.only(1 - self.truth[np.arange(len(self.truth)), self.chosen])

    @property
    def noise(self) -> Float[np.ndarray, " k"]:
        """The probability that the label is not its likeliest class."""
        return 1 - self.truth.max(axis=1)

    @property
    def main(self) -> Int[np.ndarray, " k"]:
        """The class that most fits predict; of equal ones the first."""
        return self.counts.argmax(axis=1)


_MOST_CLASSES = 1_000_000


def checked_votes(predictions: Any, truth: Any, predicted: Any) -> Votes:
    """The votes of predicted classes of shape (n_datasets, m), checked."""
    fits, true = checked_fits(predictions, predicted, 2), floats("truth", truth)
    values = fits.values[..., 0]
    if true.ndim == 1 and (true > _MOST_CLASSES).any():
        raise ValueError(
            f"`truth` must hold class numbers below {_MOST_CLASSES:,}, got {true.max():g}."
        )
    if true.ndim == 2:
        n_classes = true.shape[1]
    else:
        n_classes = 1 + int(max([1, *true[np.isfinite(true)].ravel(), *values.max(axis=0)]))
    chosen = codes("predictions", values, n_classes)
    q, labels = class_truth(true, n_classes, fits)
    counts = np.stack([(fits.predicted & (chosen == c)).sum(axis=0) for c in range(n_classes)], 1)
    return Votes(fits, chosen, counts, q, labels)


def share_intervals(
    values: Float[np.ndarray, "n_datasets k"], fits: Fits, confidence: float, low: Any, high: Any
) -> tuple[Interval, Interval]:
    """`mean_intervals` of values that take few different ones between their bounds.

    At a row, and on average where no fit differs from another, the interval is Wilson's, as if
    each value were one of the bounds. For two possible values that is what they are; for more
    the interval is on the safe side.
    """
    low, high = (np.broadcast_to(np.asarray(end, float), fits.n.shape) for end in (low, high))
    at_rows, average = mean_intervals(values, fits, confidence, low, high)
    at_rows = _wilson(at_rows, low, high, confidence)
    if average.low == average.high:
        average = _wilson(average, low.mean(), high.mean(), confidence)
    return at_rows, average


def _wilson(interval: Interval, low: Any, high: Any, confidence: float) -> Interval:
    width = np.where(high > low, high - low, 1.0)
    share = np.clip((interval.mean - low) / width, 0, 1)
    first, last = wilson_ends(share, interval.n, confidence)
    first, last = np.where(share == 0, 0.0, first), np.where(share == 1, 1.0, last)
    known = ~(high > low)
    first = np.where(known, interval.mean, low + width * first)
    last = np.where(known, interval.mean, low + width * last)
    return Interval(
        interval.mean,
        np.minimum(first, interval.mean),
        np.maximum(last, interval.mean),
        interval.n,
    )
