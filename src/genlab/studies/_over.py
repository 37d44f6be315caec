"""Interval of an error over the fits that measure it: over seeds, over splits, over examples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy
from jaxtyping import Float

from genlab.measure import (
    Interval,
    cross_validated_interval,
    evaluate_regression,
    wilson_interval,
)
from genlab.studies._divisions import Division, Divisions
from genlab.studies._fits import AnyResult, Fit, end
from genlab.sweep import CellResult, EstimatorResult
from genlab.training import curve_interval


class Over(NamedTuple):
    """An interval, and what it is over: "seeds", "splits", "examples" or "" for none."""

    interval: Interval
    over: str


def error_over(
    curve: str,
    fits: Sequence[Fit],
    results: Sequence[AnyResult],
    divisions: Divisions,
    task: str,
    y_test: np.ndarray,
) -> Over:
    """The mean of a curve over fits of one capacity or size, and its 95% interval.

    Fits that failed or diverged are left out.

    Parameters
    ----------
    curve
        One of `genlab.training.CURVES`.
    fits, results
        The fits and their results.
    divisions
        What the fits differ by. Over "seeds" the interval is `genlab.training.curve_interval`,
        over "splits" that of a cross-validation. Fits of an estimator that all predict the same
        have an interval over the examples.
    task
        "classification" or "regression".
    y_test
        Targets of the common test set; it is not used over "splits".
    """
    values = np.array([end(result, curve) for result in results])
    finite = np.isfinite(values)
    n_train, n_test = (round(n) for n in _mean_sizes(fits))
    if divisions.over == "splits":
        return over_divisions(curve, fits, values, divisions, task)
    if isinstance(results[0], CellResult) or (finite.sum() > 1 and not _all_one(results)):
        return Over(curve_interval(curve, values, n_train, n_test, task), "seeds")
    if not finite.any():
        return Over(_alone(math.nan, 0), "")
    result, value = results[int(finite.argmax())], float(values[finite][0])
    n = n_test if curve.startswith("test") else n_train
    if curve.endswith("error") and task == "classification":
        return Over(wilson_interval(round(value * n), n), "examples")
    if curve == "test_error" and isinstance(result, EstimatorResult):
        measured = evaluate_regression(y_test, result.test_predictions).r_squared
        return Over(
            Interval(1 - measured.mean, 1 - measured.high, 1 - measured.low, np.array(1)),
            "examples",
        )
    return Over(_alone(value, 1), "")


def _mean_sizes(fits: Sequence[Fit | Division]) -> tuple[float, float]:
    """Mean numbers of training and of test examples."""
    return (
        float(np.mean([fit.n_train for fit in fits])),
        float(np.mean([fit.n_test for fit in fits])),
    )


def _all_one(results: Sequence[AnyResult]) -> bool:
    """Whether they are fits of an estimator that predict the same: seeds make no difference."""
    fits = [one for one in results if isinstance(one, EstimatorResult) and not one.failed]
    return bool(fits) and all(
        np.array_equal(one.test_predictions, fits[0].test_predictions)
        and one.train_error == fits[0].train_error
        for one in fits[1:]
    )


def over_divisions(
    curve: str,
    fits: Sequence[Fit],
    values: Float[np.ndarray, " fits"],
    divisions: Divisions,
    task: str,
) -> Over:
    """The mean of `values`, one of each fit, and its 95% interval over splits.

    Seeds of one split are averaged first.

    The correction for what splits share is that of all their training examples: those of a
    smaller size, drawn from these, share no more.
    """
    groups: dict[int, list[int]] = {}
    for i, fit in enumerate(fits):
        if np.isfinite(values[i]):
            groups.setdefault(fit.division, []).append(i)
    means = np.array([values[of].mean() for of in groups.values()])
    if len(means) < 2:
        return Over(_alone(float(means[0]) if len(means) else math.nan, len(means)), "")
    n_train, n_test = _mean_sizes(divisions.parts)
    n_examples = divisions.n_examples
    if curve.endswith("error") and task == "classification":
        if curve.startswith("train"):
            n_test = _mean_sizes(fits)[0]
            n_examples = round(n_test)
        return Over(cross_validated_interval(means, n_test, n_train, n_examples), "splits")
    return Over(_log_interval(means, n_test / n_train), "splits")


def _log_interval(values: Float[np.ndarray, " k"], ratio: float) -> Interval:
    """Student's t on the logarithm of a mean, with the variance of Nadeau and Bengio (2003)."""
    k, mean = len(values), float(values.mean())
    variance = float(values.var(ddof=1)) * (1 / k + ratio)
    low = high = math.nan
    if mean > 0 and variance > 0:
        factor = math.exp(min(scipy.stats.t.ppf(0.975, k - 1) * math.sqrt(variance) / mean, 600.0))
        low, high = mean / factor, mean * factor
    return Interval(np.array(mean), np.array(low), np.array(high), np.array(k))


def _alone(value: float, n: int) -> Interval:
    nan = np.array(math.nan)
    return Interval(np.array(value), nan, nan, np.array(n))
