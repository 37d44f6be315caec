"""Confidence interval of a cross-validated error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy

from genlab._base.arrays import floats
from genlab._base.checks import real, several
from genlab._base.words import received
from genlab.measure._intervals import Interval, checked_confidence
from genlab.measure._proportion import wilson_ends

# Below this probability of chance, divisions differ by more than their counts do.
DIFFER = 0.1


def cross_validated_interval(
    errors: Any,
    n_validation: float,
    n_fitted: float,
    n_examples: float | None = None,
    confidence: float = 0.95,
) -> Interval:
    """Interval of the expected error of models trained as in the splits of a cross-validation.

    It is an interval of the error of this training procedure with `n_fitted` training examples,
    averaged over training sets of that size. It is not one of the error of the model trained on
    all examples, which is usually a little better.

    The models of the splits share training examples. No unbiased estimate of the variance of their
    mean error exists (Bengio & Grandvalet, JMLR 2004). Nadeau & Bengio (Machine Learning 2003,
    equation 13) take it as (1/K + n₂/n₁) s², with n₁ training and n₂ validation examples in each
    of K splits and the variance s² of the error over splits. For fractions p of independent
    examples s² is p(1 − p)/n₂. For K folds of n examples together the variance is then
    p(1 − p)(1/n + 1/n₁). So the interval is Wilson's for n n₁/(n + n₁) examples.

    Splits may differ by more than counts do (chi-square test at 10%). The interval is then widened
    to Student's t with Nadeau and Bengio's variance, on the arcsine of the root of the error, by
    the delta method. An interval on log odds covers the same, but with one error in a thousand,
    made by a single split, it would reach up to a half.

    Coverage in percent for a stated 95% (``benchmarks/coverage_folds.py``), with 3, 5 and 10
    folds of 100, 300 and 1,000 examples, errors of 2, 10 and 40%, and linear classifiers:

    - 97 to 100 of the mean over training sets, and of the mean of the models of the splits.
      The interval is rather too wide than too narrow: Wilson's interval for n examples covers 87
      to 98, and is 0.5 to 0.7 times as wide;
    - 95 to 100 of the model trained on all examples. Where that model is much better than those of
      the splits, the interval lies too high: with half as many parameters as examples and 3
      folds it covers 76;
    - 93 to 100 of the lowest of 20 equally good configurations, an estimate that is optimistic
      (see `optimism`);
    - 94 to 97 where the models of the splits differ twice as much in true error as counts do.
      Rare failures of training, four times as much, are covered in 81 to 99.

    Parameters
    ----------
    errors
        Fraction of validation examples misclassified in each split, shape (K,), K >= 2.
    n_validation, n_fitted
        Number of validation and of training examples in a split; the mean, where they differ.
    n_examples
        Number of different validation examples in all splits. None takes K · `n_validation`,
        that of folds.
    confidence
        Coverage, between 0 and 1.

    Returns
    -------
    Interval
        `mean` is the mean of `errors`, and `n` the number of splits.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> interval = cross_validated_interval([0.1, 0.2, 0.1, 0.15, 0.2], 20, 80)
    >>> round(float(interval.low), 3), float(interval.mean), round(float(interval.high), 3)
    (0.073, 0.15, 0.282)
    """
    confidence = checked_confidence(confidence)
    values = floats("errors", errors)
    if values.ndim != 1 or len(values) < 2 or not ((values >= 0) & (values <= 1)).all():
        raise ValueError(
            f"`errors` must be at least 2 numbers from 0 to 1, got {np.array2string(values)}."
        )
    k, n_validation = len(values), real("n_validation", n_validation, above=0)
    n_fitted = real("n_fitted", n_fitted, above=0)
    n_examples = real("n_examples", k * n_validation if n_examples is None else n_examples, above=0)
    mean, variance = float(values.mean()), float(values.var(ddof=1))
    ends = list(wilson_ends(mean, n_examples * n_fitted / (n_examples + n_fitted), confidence))
    chance = mean * (1 - mean)
    differ = (k - 1) * variance * n_validation > chance * scipy.stats.chi2.isf(DIFFER, k - 1)
    if differ and chance > 0:
        error = math.sqrt(variance * (1 / k + n_validation / n_fitted))
        reach = float(scipy.stats.t.ppf((1 + confidence) / 2, k - 1)) * error
        angle, half = math.asin(math.sqrt(mean)), reach / (2 * math.sqrt(chance))
        ends += [math.sin(min(max(angle + d, 0.0), math.pi / 2)) ** 2 for d in (-half, half)]
    low, high = (0.0 if mean == 0 else min(*ends, mean)), (1.0 if mean == 1 else max(*ends, mean))
    return Interval(np.array(mean), np.array(low), np.array(high), np.array(k))


def cross_validated_difference(
    first: Sequence[Any],
    second: Sequence[Any],
    n_fitted: float,
    examples: Sequence[Any] | None = None,
    confidence: float = 0.95,
) -> Interval:
    """Interval of the difference of the expected losses of two models on the same splits.

    Both are fitted to and evaluated on the same examples, so what these have in common cancels.
    For differences of n independent examples, each the mean over the splits that predict it,
    with the variance σ², the variance of their mean is at least σ²/n. Nadeau & Bengio (Machine
    Learning 2003, equation 13) add σ²/n₁ for the n₁ training examples that folds share. In
    simulations half of that is enough, and Student's t with σ² (1/n + 1/(2 n₁)) is the interval.
    Where the splits differ by more than examples do (chi-square test at 10%), it is widened to
    Student's t with the variance of their K means, (1/K + n₂/(2 n₁)) s².

    A stated 95% covers 90 to 99% of 200 cases each, 96% on average
    (``benchmarks/coverage_differences.py``: trees, nearest neighbours and linear models in pairs,
    5 folds once and three times, 100 and 300 examples). Without the second term it covers 87 to
    95%, with all of Nadeau and Bengio's 95 to 100%.

    Parameters
    ----------
    first, second
        For each of K >= 2 splits the losses of its validation examples, shape (m,): 0 and 1
        for a misclassification, or a squared error in any unit. The difference is first minus
        second. Splits with a NaN, whose fit failed, are left out.
    n_fitted
        Number of training examples in a split; the mean, where they differ.
    examples
        For each split the numbers of its validation examples, from 0, by which those of
        repeated folds are known again. None takes all for different ones, as those of folds are.
    confidence
        Coverage, between 0 and 1.

    Returns
    -------
    Interval
        Mean over splits, in the unit of the losses; `n` is the number of splits. The ends
        are NaN where fewer than two are left.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> better = cross_validated_difference([[1, 0, 1], [1, 0, 0]], [[0, 0, 1], [1, 0, 0]], 3)
    >>> round(float(better.mean), 3), round(float(better.low), 3), round(float(better.high), 3)
    (0.167, -0.439, 0.773)
    """
    confidence = checked_confidence(confidence)
    n_fitted = real("n_fitted", n_fitted, above=0)
    a, b = (
        [floats(name, one) for one in several(name, losses)]
        for name, losses in (("first", first), ("second", second))
    )
    if len(a) < 2 or [one.shape for one in a] != [one.shape for one in b]:
        raise ValueError(
            "`first` and `second` must hold the losses of the same examples in at least 2 splits, "
            f"got {len(a)} and {len(b)} splits."
        )
    kept = [i for i in range(len(a)) if np.isfinite(a[i] - b[i]).all()]
    differences = [a[i] - b[i] for i in kept]
    k, nan = len(differences), np.array(math.nan)
    means = np.array([d.mean() for d in differences])
    mean = np.array(means.mean()) if k else nan
    if k < 2:
        return Interval(mean, nan, nan, np.array(k))
    every = np.concatenate(differences)
    of_examples = every
    if examples is not None:
        examples = several("examples", examples)
        if [np.shape(one) for one in examples] != [one.shape for one in a]:
            raise ValueError(
                "`examples` must number the validation examples of each split, got "
                f"{received(examples)}."
            )
        rows = np.concatenate([np.asarray(examples[i]) for i in kept])
        if rows.shape != every.shape or rows.dtype.kind not in "iu" or rows.min() < 0:
            raise ValueError(
                "`examples` must number the validation examples of each split from 0, got "
                f"{received(examples)}."
            )
        counts = np.bincount(rows)
        of_examples = np.bincount(rows, every)[counts > 0] / counts[counts > 0]
    n, n_validation = len(of_examples), len(every) / k
    if n < 2:
        return Interval(mean, nan, nan, np.array(k))
    tail = (1 + confidence) / 2
    variance = float(every.var(ddof=1))
    error = math.sqrt(float(of_examples.var(ddof=1)) * (1 / n + 0.5 / n_fitted))
    reach = float(scipy.stats.t.ppf(tail, n - 1)) * error
    over_divisions = float(means.var(ddof=1))
    if (k - 1) * over_divisions * n_validation > variance * scipy.stats.chi2.isf(DIFFER, k - 1):
        error = math.sqrt(over_divisions * (1 / k + 0.5 * n_validation / n_fitted))
        reach = max(reach, float(scipy.stats.t.ppf(tail, k - 1)) * error)
    return Interval(mean, mean - reach, mean + reach, np.array(k))
