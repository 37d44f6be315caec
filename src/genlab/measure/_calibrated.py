"""Whether probabilities are calibrated: calibration error, over-confidence, temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy
from jaxtyping import Bool, Float, Int

from genlab._base import streams
from genlab._base.checks import integer
from genlab.measure._calibration import probabilities_of_one_model
from genlab.measure._intervals import Interval, checked_confidence, student_interval
from genlab.measure._proportion import wilson_ends
from genlab.measure._score_interval import evaluate_score

# Fewest examples of a bin, on average.
_FEWEST = 10
# With fewer errors than this their scatter cannot be measured.
_FEW = 10
# Probabilities are kept above this, as scikit-learn's log loss keeps them.
_LEAST = float(np.finfo(np.float64).eps)
# Temperatures that are tried: from 1/50 to 50.
_MOST_LOG_TEMPERATURE = math.log(50.0)


@dataclass(frozen=True, eq=False)
class CalibrationTest:
    """How far the confidences of a classifier are from its accuracy.

    Attributes
    ----------
    calibration_error
        Root mean squared difference of confidence and accuracy, from 0 to 1, corrected for
        chance. Without ends where all confidences are 1 and all predictions right, or all wrong:
        nothing then says how such examples scatter.
    overconfidence
        Mean confidence minus accuracy, from −1 to 1: above 0 the model is over-confident.
    log_loss
        Mean cross-entropy of the labels, in nats.
    brier
        Brier score, summed over classes, from 0 to 2; with two classes half of that.
    temperature
        Temperature that lowers the cross-entropy most, for these examples: above 1 the
        probabilities are drawn towards each other. It is not corrected for chance, and has no
        interval; `gain` has.
    gain
        By how much temperature scaling lowers the cross-entropy of examples that it was not
        fitted to, in nats. Below 0 it harms.
    n
        Number of examples.
    n_impossible
        Number of examples whose label was given a probability of 0. The cross-entropy takes it as
        2.2e-16, as scikit-learn does.
    n_bins
        Number of bins behind `calibration_error`.
    """

    calibration_error: Interval
    overconfidence: Interval
    log_loss: Interval
    brier: Interval
    temperature: float
    gain: Interval
    n: int
    n_impossible: int
    n_bins: int

    @property
    def verdict(self) -> str:
        """What the intervals support.

        "overconfident" or "underconfident" where the interval of `overconfidence` excludes 0;
        "miscalibrated" where only that of `calibration_error` does; else "no_evidence".
        """
        if self.overconfidence.low > 0:
            return "overconfident"
        if self.overconfidence.high < 0:
            return "underconfident"
        return "miscalibrated" if self.calibration_error.low > 0 else "no_evidence"


def calibration_test(
    probabilities: Any, y: Any, n_bins: int = 15, *, seed: int = 0, confidence: float = 0.95
) -> CalibrationTest:
    """Test whether the probabilities of a classifier are calibrated.

    The predictions must be out of sample: of held-out examples, or out of fold, one row per
    training example. Predictions for examples that a model was fitted to are not evidence.

    **Calibration error.** It is √E(confidence − P(right | confidence))², where the confidence is
    the highest probability. It is measured in bins of equally many examples. In each bin the
    squared difference of confidence and accuracy is too large by its sampling variance, which is
    subtracted (Kumar, Liang & Ma, "Verified uncertainty calibration", NeurIPS 2019, section 4;
    bins of equal mass as in Roelofs et al., AISTATS 2022). The sum of the squares is about
    noncentral chi-square, with the degrees of freedom of Satterthwaite. The interval holds the
    noncentralities for which the measured sum lies in neither tail. A bootstrap over examples
    would count chance twice (see `Reliability.error`). Differences that cancel within a bin are
    not seen: with 15 bins the error is too low by up to 0.002 in the cases below.

    **Over-confidence.** It is the error minus the stated error. Its interval is Wilson's, for as
    many examples as have the variance of the paired differences.

    **Log loss and Brier score** are those of `evaluate_score`.

    **Gain** of a temperature. The examples are divided at random into halves, and each half is
    scaled by the temperature of the other one (Guo et al., "On calibration of modern neural
    networks", ICML 2017). The interval is Student's t. Its variance is that over examples or, if
    that is larger, the one that the probabilities predict.

    Coverage in percent for a stated 95% (``benchmarks/coverage_calibration.py``), with 100, 300
    and 1,000 examples, 2 and 10 classes, errors of 2 to 33%, and probabilities that are exact, too
    sharp (log odds times 1.3 and 2) or too flat (times 0.6):

    - calibration error: 97 to 100 where it is 0, where at most 2% are wrongly found
      miscalibrated; 89 to 100 where it is 0.01 to 0.19;
    - over-confidence: 92 to 100;
    - gain, of the two temperatures that were fitted: 83 to 100, but 74 to 79 with 100 examples of
      which 2 are misclassified, and too sharp probabilities. With few examples the gain is often
      below 0: a temperature that is fitted to them makes the probabilities worse.

    Parameters
    ----------
    probabilities
        Stated probability of each class for each example, from 0 to 1 with a sum of 1 over
        classes (to 0.001), shape (n, classes).
    y
        True classes, integers from 0, shape (n,), n >= 4.
    n_bins
        Most bins, at least 1. There are no more than one for 10 examples, and fewer where
        confidences are equal.
    seed
        Seed of the halves, at least 0.
    confidence
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(2, size=1000)
    >>> right = rng.random(1000) < 0.7
    >>> stated = np.where((np.arange(2) == y[:, None]) == right[:, None], 0.9, 0.1)
    >>> found = calibration_test(stated, y)  # says 90%, is right in 70%
    >>> found.verdict, round(float(found.overconfidence.mean), 2), round(found.temperature)
    ('overconfident', 0.2, 3)
    """
    stated, true = probabilities_of_one_model(probabilities, y)
    confidence = checked_confidence(confidence)
    n_bins = integer("n_bins", n_bins, low=1)
    stream = streams.numpy_stream(integer("seed", seed, low=0), streams.RESAMPLING)
    n = len(true)
    if n < 4:
        raise ValueError(f"`y` must hold at least 4 labels, got {n}.")
    rows = np.arange(n)
    top = np.minimum(stated.max(axis=1), 1.0)
    right = stated.argmax(axis=1) == true
    error, used = _calibration_error(top, right, n_bins, confidence)
    logits = np.log(np.maximum(stated, _LEAST))
    return CalibrationTest(
        calibration_error=error,
        overconfidence=_overconfidence(top, right, confidence),
        log_loss=evaluate_score("log_loss", true, stated, confidence=confidence),
        brier=evaluate_score("brier", true, stated, confidence=confidence),
        temperature=_temperature(logits, true),
        gain=_gain(logits, true, stream, confidence),
        n=n,
        n_impossible=int((stated[rows, true] == 0).sum()),
        n_bins=used,
    )


class _Bins(NamedTuple):
    """Mean confidence minus accuracy of each bin, its sampling variance, and its examples."""

    gap: Float[np.ndarray, " bins"]
    variance: Float[np.ndarray, " bins"]
    sizes: Int[np.ndarray, " bins"]


def _binned(top: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], n_bins: int) -> _Bins:
    """Bins of about equally many examples; equal confidences share one."""
    n_bins = max(1, min(n_bins, len(top) // _FEWEST))
    edges = np.unique(np.quantile(top, np.arange(1, n_bins) / n_bins, method="lower"))
    place = np.searchsorted(edges, top, side="left")
    count = np.bincount(place)
    place = (np.cumsum(count > 0) - 1)[place]
    count = np.bincount(place)
    gaps = top - right
    gap = np.bincount(place, gaps) / count
    squares = np.bincount(place, (gaps - gap[place]) ** 2)
    measured = squares / np.maximum(count - 1, 1)
    # A bin without an error hides how errors scatter; calibrated ones scatter so.
    calibrated = np.bincount(place, top * (1 - top)) / count
    return _Bins(gap, np.maximum(measured, calibrated), count)


def _calibration_error(
    top: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], n_bins: int, confidence: float
) -> tuple[Interval, int]:
    n = len(top)
    gap, variance, count = _binned(top, right, n_bins)
    square = float((count * gap**2).sum() / n)
    chance = float(variance.sum() / n)
    estimate = math.sqrt(max(square - chance, 0.0))
    if chance == 0:  # certain, and always right, or always wrong
        nan = np.array(math.nan)
        return Interval(np.array(estimate), nan, nan, np.array(n)), len(gap)
    # Where the gaps are, if they scatter more there.
    where = float((count * gap**2 * variance).sum() / max((count * gap**2).sum(), 1e-300))
    unit = max(float((variance**2).sum() / variance.sum()), where)
    free = float(variance.sum() / unit)
    # `square` n / unit is about chi-square with `free` degrees of freedom and the noncentrality
    # n · error² / unit.
    drawn = n * square / unit
    ends = [_noncentrality(drawn, free, q) for q in ((1 + confidence) / 2, (1 - confidence) / 2)]
    low, high = (min(math.sqrt(end * unit / n), 1.0) for end in ends)
    low, high = min(low, estimate), max(high, estimate)
    return Interval(np.array(estimate), np.array(low), np.array(high), np.array(n)), len(gap)


def _noncentrality(value: float, free: float, quantile: float) -> float:
    """The noncentrality with which `value` is this quantile; 0 where none is."""

    def off(noncentrality: float) -> float:
        return float(scipy.special.chndtr(value, free, noncentrality)) - quantile

    if off(1e-12) <= 0:
        return 0.0
    most = value + 10 * math.sqrt(value + free) + 50
    while off(most) > 0:
        most *= 2
    return float(scipy.optimize.brentq(off, 1e-12, most, xtol=1e-9))


def _overconfidence(
    top: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], confidence: float
) -> Interval:
    n = len(top)
    gaps = top - right
    error, stated = 1 - right.mean(), 1 - top.mean()
    counted = float(n)
    if min(right.sum(), n - right.sum()) >= _FEW:
        variance = max(float(gaps.var(ddof=1)), float((top * (1 - top)).mean()))
        counted *= error * (1 - error) / variance
    low, high = wilson_ends(error, counted, confidence)
    low, high = 0.0 if error == 0 else low, 1.0 if error == 1 else high
    estimate = error - stated
    low, high = min(low - stated, estimate), max(high - stated, estimate)
    return Interval(np.array(estimate), np.array(low), np.array(high), np.array(n))


def _gain(
    logits: Float[np.ndarray, "n classes"],
    y: Int[np.ndarray, " n"],
    stream: np.random.Generator,
    confidence: float,
) -> Interval:
    """By how much the temperature of the one half lowers the cross-entropy of the other."""
    n = len(y)
    scaled = np.empty_like(logits)
    order = stream.permutation(n)
    halves = order[: n // 2], order[n // 2 :]
    for fitted, seen in (halves, halves[::-1]):
        scaled[seen] = logits[seen] / _temperature(logits[fitted], y[fitted])
    before, after = (scipy.special.log_softmax(values, axis=1) for values in (logits, scaled))
    # The gain of each example with each label that it could have.
    gains = after - before
    measured = gains[np.arange(n), y]
    # Labels that are rare may all be missing: then the probabilities say how gains scatter.
    variances = [float(measured.var(ddof=1))]
    for logs in (before, after):
        p = np.exp(logs)
        variances.append(float((p * gains**2).sum() / n - ((p * gains).sum() / n) ** 2))
    return student_interval(measured.mean(), np.array(max(variances) / n), np.array(n), confidence)


def _temperature(logits: Float[np.ndarray, "n classes"], y: Int[np.ndarray, " n"]) -> float:
    rows = np.arange(len(y))

    def loss(log_temperature: float) -> float:
        scaled = scipy.special.log_softmax(logits / math.exp(log_temperature), axis=1)
        return -float(scaled[rows, y].mean())

    found = scipy.optimize.minimize_scalar(
        loss,
        bounds=(-_MOST_LOG_TEMPERATURE, _MOST_LOG_TEMPERATURE),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return math.exp(float(found.x))
