"""Calibration: the stated confidence of a classifier against its accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float, Int

from genlab._base.arrays import dense, floats, numbers
from genlab._base.checks import integer
from genlab._base.words import received
from genlab.measure._intervals import Interval, jackknife_interval
from genlab.measure._proportion import wilson_interval

# Confidences summed in float32 may leave their bin by this fraction of the count.
_ROUNDING = 1e-5


@dataclass(frozen=True, eq=False)
class Reliability:
    """Test examples counted by the confidence of their prediction: a reliability diagram.

    The confidence is the highest of the stated probabilities. Bin i of m equal ones holds
    confidences above i/m and up to (i + 1)/m (Guo et al., "On Calibration of Modern Neural
    Networks", ICML 2017, section 2). Nothing but these three arrays needs to be stored, and
    those of disjoint test sets add up with `+`.

    Attributes
    ----------
    count
        Number of examples in each bin, shape (bins,), or (seeds, bins) for several models on
        the same test examples.
    confidence
        Sum of the confidences in each bin, of the same shape.
    correct
        Number of correctly classified examples in each bin, of the same shape.

    Raises
    ------
    ValueError
        Where the arrays differ in shape or contradict each other.
    """

    count: Int[np.ndarray, "... bins"]
    confidence: Float[np.ndarray, "... bins"]
    correct: Int[np.ndarray, "... bins"]

    def __post_init__(self) -> None:
        count = _whole("count", self.count)
        correct = _whole("correct", self.correct)
        confidence = floats("confidence", self.confidence)
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
            raise ValueError(f"`correct` must be at most `count`, got {received(self.correct)}.")
        edges = np.broadcast_to(np.arange(count.shape[-1]) / count.shape[-1], count.shape)
        low = count * (edges - _ROUNDING)
        high = count * (edges + 1 / count.shape[-1] + _ROUNDING)
        if not ((low <= confidence) & (confidence <= high)).all():
            raise ValueError(
                "`confidence` must hold the sum of the confidences in each bin, "
                f"got {received(self.confidence)}."
            )
        object.__setattr__(self, "count", count)
        object.__setattr__(self, "confidence", confidence)
        object.__setattr__(self, "correct", correct)

    def __add__(self, other: Reliability) -> Reliability:
        """Add the counts of two disjoint sets of examples."""
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

        The mean over bins of the absolute difference of accuracy and mean confidence, weighted
        by count; NaN without an example. Differences that cancel within a bin are not seen, and
        chance adds to the rest: the estimate is biased upwards, most where examples are few and
        the model is good (Kumar, Liang & Ma, "Verified Uncertainty Calibration", NeurIPS 2019).
        Compare it with `chance`. A bootstrap over examples adds chance once more: in simulations
        with 1,000 examples its 95% interval never covered a true error of 0.01, and covered 0.03
        in half the cases. So there is no interval here. Over seeds, `error_interval` of this
        is an interval of the mean, bias included.
        """
        return self._mean(np.abs(self.correct - self.confidence))

    @property
    def chance(self) -> Float[np.ndarray, ...]:
        """The expected `error` of a perfectly calibrated model with these counts, from 0 to 1.

        In closed form: the mean distance of a binomial count from its expectation is
        2 k C(n, k) p^k (1 − p)^(n − k + 1) with k = floor(np) + 1 (de Moivre 1730; Diaconis &
        Zabell, Statistical Science 1991), where p is the mean confidence of the bin. Different
        confidences within a bin make it slightly smaller. It falls as 1/√n.
        """
        n = self.count.astype(np.float64)
        p = np.divide(self.confidence, n, out=np.zeros(n.shape), where=n > 0)
        p = np.clip(p, 0.0, 1.0)
        k = np.minimum(np.floor(n * p) + 1, n)
        log_choose = -scipy.special.betaln(n - k + 1, k + 1) - np.log1p(n)
        log_power = scipy.special.xlogy(k, p) + scipy.special.xlog1py(n - k + 1, -p)
        return self._mean(2 * k * np.exp(log_choose + log_power))

    def rows(self, confidence: float = 0.95) -> list[dict[str, Any]]:
        """One row per bin, as a table for a reliability diagram.

        Columns: `low_edge` and `high_edge` of the bin; `count`, summed over seeds; mean
        `confidence`; `accuracy` with the ends `low` and `high` of its interval. For one model
        that is Wilson's interval; for several seeds it is Student's from the jackknife, for
        the ratio of sums over seeds. An empty bin has NaN, and so have the ends with fewer
        than two seeds.

        Parameters
        ----------
        confidence
            Coverage of the intervals, between 0 and 1.
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
        Stated probability of each class for each example, from 0 to 1 with a sum of 1 over
        classes (to 0.001), shape (n, classes) or (seeds, n, classes). The predicted class is
        the first with the highest probability. A model with a NaN has diverged: it is counted
        without examples, and its error is NaN.
    y
        True classes, integers from 0, shape (n,).
    n_bins
        Number of equal bins of the confidence, at least 1; 15 as in Guo et al.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> counts = reliability([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [1.0, 0.0]], [0, 1, 0, 0], 2)
    >>> counts.count, counts.confidence, counts.correct, counts.error.round(3)
    (array([0, 4]), array([0. , 3.4]), array([0, 3]), np.float64(0.1))
    """
    stated, true = checked_stated(probabilities, y)
    n_bins = integer("n_bins", n_bins, low=1)
    n, classes = stated.shape[-2:]
    models = stated.reshape(-1, n, classes)
    kept = ~np.isnan(models).any(axis=(1, 2))
    check_sums(models[kept])
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


def checked_stated(
    probabilities: Any, y: Any
) -> tuple[Float[np.ndarray, "... n classes"], Int[np.ndarray, " n"]]:
    """Probabilities of shape (n, classes) or (seeds, n, classes), and labels; their shapes checked.

    `check_sums` checks the probabilities themselves.
    """
    stated = numbers("probabilities", dense("probabilities", probabilities))
    if stated.ndim not in (2, 3) or 0 in stated.shape[-2:]:
        raise ValueError(
            "`probabilities` must have shape (n, classes) or (seeds, n, classes), "
            f"got {stated.shape}."
        )
    true = dense("y", y)
    n, classes = stated.shape[-2:]
    if true.shape != (n,) or not np.issubdtype(true.dtype, np.integer):
        raise ValueError(f"`y` must be {n} whole numbers, got {true.dtype} of shape {true.shape}.")
    if true.min() < 0 or true.max() >= classes:
        wrong = true.min() if true.min() < 0 else true.max()
        raise ValueError(f"`y` must hold classes from 0 to {classes - 1}, got {wrong}.")
    return stated, true


def check_sums(models: Float[np.ndarray, "... classes"]) -> None:
    """ValueError unless all are probabilities with a sum of 1 over classes, to 0.001."""
    sums = models.sum(axis=-1, dtype=np.float64)
    if models.size and not (models.min() >= 0 and np.abs(sums - 1).max() <= 1e-3):
        raise ValueError(
            "`probabilities` must be >= 0 with a sum of 1 over classes, "
            f"got {models.min()} and a sum of {sums.flat[np.abs(sums - 1).argmax()]}."
        )


def probabilities_of_one_model(
    probabilities: Any, y: Any
) -> tuple[Float[np.ndarray, "n classes"], Int[np.ndarray, " n"]]:
    """Probabilities of shape (n, classes) that add up to 1, to the last digit, and labels."""
    stated, true = checked_stated(probabilities, y)
    if stated.ndim != 2:
        raise ValueError(f"`probabilities` must have shape (n, classes), got {stated.shape}.")
    if not np.isfinite(stated).all():
        raise ValueError(
            "`probabilities` must be finite, got "
            f"{int((~np.isfinite(stated)).any(axis=1).sum())} rows that are not."
        )
    check_sums(stated)
    stated = stated.astype(np.float64)
    return stated / stated.sum(axis=1, keepdims=True), true.astype(np.int64)


def _ratio(sums: Any, counts: Any) -> Float[np.ndarray, ...]:
    """Elementwise ratio, NaN where the count is 0."""
    return np.divide(sums, counts, out=np.full(np.shape(counts), np.nan), where=counts > 0)


def _whole(name: str, values: Any) -> Int[np.ndarray, ...]:
    array = numbers(name, dense(name, values))
    if not ((array >= 0).all() and (array % 1 == 0).all()):
        raise ValueError(f"`{name}` must hold whole numbers >= 0, got {received(values)}.")
    return array.astype(np.int64)
