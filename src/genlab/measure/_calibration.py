"""How far the probabilities that a classifier states are from how often it is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy import special

from genlab._base.checks import integer
from genlab.measure._intervals import Interval, jackknife_interval
from genlab.measure._proportion import wilson_interval

# Confidences summed in float32 may leave their bin by as much, as a share of the count.
_ROUNDING = 1e-5


@dataclass(frozen=True, eq=False)
class Reliability:
    """Test examples counted by the confidence of their prediction: a reliability diagram.

    The confidence is the highest of the stated probabilities. Bin i of the m equal ones
    holds confidences above i/m and up to (i + 1)/m (Guo et al., "On Calibration of Modern
    Neural Networks", ICML 2017, section 2). These three arrays are all that is needed to
    store; those of disjoint test sets add up with `+`.

    Attributes
    ----------
    count
        Examples in each bin, shape (bins,), or (seeds, bins) for several models on the same
        test examples.
    confidence
        Sum of their confidences, of the same shape.
    correct
        How many of them are classified rightly, of the same shape.
    """

    count: Int[np.ndarray, "... bins"]
    confidence: Float[np.ndarray, "... bins"]
    correct: Int[np.ndarray, "... bins"]

    def __post_init__(self) -> None:
        count = _whole("count", self.count)
        correct = _whole("correct", self.correct)
        confidence = np.asarray(self.confidence, dtype=np.float64)
        if count.ndim not in (1, 2) or 0 in count.shape:
            raise ValueError(
                f"`count` must have shape (bins,) or (seeds, bins), got {count.shape}."
            )
        if not count.shape == confidence.shape == correct.shape:
            raise ValueError(
                "`count`, `confidence` and `correct` must have one shape, "
                f"got {count.shape}, {confidence.shape} and {correct.shape}."
            )
        if (correct > count).any():
            raise ValueError(f"`correct` must be at most `count`, got {self.correct!r}.")
        edges = np.broadcast_to(np.arange(count.shape[-1]) / count.shape[-1], count.shape)
        low = count * (edges - _ROUNDING)
        high = count * (edges + 1 / count.shape[-1] + _ROUNDING)
        if not ((low <= confidence) & (confidence <= high)).all():
            raise ValueError(
                "`confidence` must hold the sum of the confidences in each bin, "
                f"got {self.confidence!r}."
            )
        object.__setattr__(self, "count", count)
        object.__setattr__(self, "confidence", confidence)
        object.__setattr__(self, "correct", correct)

    def __add__(self, other: Reliability) -> Reliability:
        """The counts of two disjoint sets of examples together."""
        if self.count.shape != other.count.shape:
            raise ValueError(
                "counts that are added must have one shape, "
                f"got {self.count.shape} and {other.count.shape}."
            )
        return Reliability(
            self.count + other.count,
            self.confidence + other.confidence,
            self.correct + other.correct,
        )

    @property
    def error(self) -> Float[np.ndarray, ...]:
        """The expected calibration error of each model (Guo et al., equation 3), from 0 to 1.

        The mean over bins of how far accuracy and mean confidence are apart, weighted by count; NaN
        without an example. Bins hide what cancels within them, and chance adds to what is
        left: the estimate is biased upwards, most where examples are few and the model is
        good (Kumar, Liang & Ma, "Verified Uncertainty Calibration", NeurIPS 2019). Read it
        beside `chance`. A bootstrap over examples adds chance once more: in simulations with
        1,000 of them its 95% interval held a true error of 0.01 never and one of 0.03 in
        half the cases, so there is none here. Over seeds, `mean_interval` of this is an
        interval of the mean, bias included.
        """
        return self._mean(np.abs(self.correct - self.confidence))

    @property
    def chance(self) -> Float[np.ndarray, ...]:
        """The `error` that a calibrated model is expected to show with these counts.

        In closed form: the mean distance of a binomial count from its expectation is
        2 k C(n, k) p^k (1 − p)^(n − k + 1), k = floor(np) + 1 (de Moivre 1730; Diaconis &
        Zabell, Statistical Science 1991), with p the mean confidence of the bin. That the
        confidences within a bin differ makes it slightly less. It falls as 1/√n.
        """
        n = self.count.astype(np.float64)
        p = np.divide(self.confidence, n, out=np.zeros(n.shape), where=n > 0)
        p = np.clip(p, 0.0, 1.0)
        k = np.minimum(np.floor(n * p) + 1, n)
        log_choose = -special.betaln(n - k + 1, k + 1) - np.log1p(n)
        log_power = special.xlogy(k, p) + special.xlog1py(n - k + 1, -p)
        return self._mean(2 * k * np.exp(log_choose + log_power))

    def rows(self, confidence: float = 0.95) -> list[dict[str, Any]]:
        """One row a bin, as a table for a reliability diagram.

        `low_edge` and `high_edge` of the bin; `count`, summed over seeds; mean `confidence`;
        `accuracy` and the ends `low` and `high` of its interval: Wilson's for one model, and
        over seeds Student's from the jackknife, for the ratio of sums over seeds. What
        an empty bin has not is NaN, and so are the ends where fewer than two seeds reach
        the bin.
        """
        accuracy = self._accuracy(confidence)
        bins = self.count.shape[-1]
        count, total = (
            array.reshape(-1, bins).sum(axis=0) for array in (self.count, self.confidence)
        )
        mean = _ratio(total, count)
        return [
            {
                "low_edge": i / bins,
                "high_edge": (i + 1) / bins,
                "count": int(count[i]),
                "confidence": float(mean[i]),
                "accuracy": float(accuracy.mean[i]),
                "low": float(accuracy.low[i]),
                "high": float(accuracy.high[i]),
            }
            for i in range(bins)
        ]

    def _accuracy(self, confidence: float) -> Interval:
        if self.count.ndim == 1:
            return wilson_interval(self.correct, self.count, confidence)
        # A model without examples has diverged.
        kept = self.count.sum(axis=1) > 0
        count, correct = self.count[kept], self.correct[kept]
        mean = _ratio(correct.sum(axis=0), count.sum(axis=0))
        if len(count) < 2:
            nan = np.full(mean.shape, np.nan)
            return Interval(mean, nan, nan, np.full(mean.shape, len(count)))
        left_out = _ratio(correct.sum(axis=0) - correct, count.sum(axis=0) - count)
        return jackknife_interval(mean, left_out, confidence)

    def _mean(self, sums: Float[np.ndarray, "... bins"]) -> Float[np.ndarray, ...]:
        return _ratio(sums.sum(axis=-1), self.count.sum(axis=-1))


def reliability(probabilities: Any, y: Any, n_bins: int = 15) -> Reliability:
    """Count test examples by confidence: see `Reliability`.

    Parameters
    ----------
    probabilities
        Of each example and class, from 0 to 1 with a sum of 1 over classes (to 0.001):
        shape (n, classes), or (seeds, n, classes). Of equal ones the first is the predicted
        class. A model with a NaN has diverged: it is counted without any example, and its
        error is NaN.
    y
        True classes, whole numbers from 0, shape (n,).
    n_bins
        Equal bins of the confidence from 0 to 1, at least 1; 15 is Guo et al.'s.

    >>> counts = reliability([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [1.0, 0.0]], [0, 1, 0, 0], 2)
    >>> counts.count, counts.confidence, counts.correct, counts.error.round(3)
    (array([0, 4]), array([0. , 3.4]), array([0, 3]), np.float64(0.1))
    """
    stated, n_bins = np.asarray(probabilities), integer("n_bins", n_bins, low=1)
    if stated.ndim not in (2, 3) or 0 in stated.shape[-2:]:
        raise ValueError(
            "`probabilities` must have shape (n, classes) or (seeds, n, classes), "
            f"got {stated.shape}."
        )
    true = np.asarray(y)
    n, classes = stated.shape[-2:]
    if true.shape != (n,) or not np.issubdtype(true.dtype, np.integer):
        raise ValueError(f"`y` must be {n} whole numbers, got {true.dtype} of shape {true.shape}.")
    if true.min() < 0 or true.max() >= classes:
        wrong = true.min() if true.min() < 0 else true.max()
        raise ValueError(f"`y` must hold classes from 0 to {classes - 1}, got {wrong}.")
    models = stated.reshape(-1, n, classes)
    kept = ~np.isnan(models).any(axis=(1, 2))
    sums = models[kept].sum(axis=-1, dtype=np.float64)
    if kept.any() and not (models[kept].min() >= 0 and np.abs(sums - 1).max() <= 1e-3):
        raise ValueError(
            "`probabilities` must be >= 0 with a sum of 1 over classes, "
            f"got {models[kept].min()} and a sum of {sums.flat[np.abs(sums - 1).argmax()]}."
        )
    # From the edges themselves, so that 0.2 is in the bin that ends at 3/15.
    edges = np.arange(1, n_bins) / n_bins
    arrays = [np.zeros((len(models), n_bins)) for _ in range(3)]
    for i in np.flatnonzero(kept):
        confidence = np.minimum(models[i].max(axis=-1).astype(np.float64), 1.0)
        bins = np.searchsorted(edges, confidence, side="left")
        right = models[i].argmax(axis=-1) == true
        for array, weights in zip(arrays, (None, confidence, right), strict=True):
            array[i] = np.bincount(bins, weights, n_bins)
    count, total, correct = (array.reshape(*stated.shape[:-2], n_bins) for array in arrays)
    return Reliability(count.astype(np.int64), total, correct.astype(np.int64))


def _ratio(sums: Any, counts: Any) -> Float[np.ndarray, ...]:
    """NaN where there is nothing."""
    return np.divide(sums, counts, out=np.full(np.shape(counts), np.nan), where=counts > 0)


def _whole(name: str, values: Any) -> Int[np.ndarray, ...]:
    array = np.asarray(values)
    if not ((array >= 0).all() and (array % 1 == 0).all()):
        raise ValueError(f"`{name}` must hold whole numbers >= 0, got {values!r}.")
    return array.astype(np.int64)
