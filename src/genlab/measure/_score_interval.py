"""Confidence intervals of scores: on one held-out part, and over the splits of a search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy

from genlab.measure._cross_validation import DIFFER
from genlab.measure._intervals import Interval, checked_confidence
from genlab.measure._proportion import wilson_ends
from genlab.measure._scores import Scored, get_score

# The exponential of more is no float64.
_FARTHEST = 600.0


def evaluate_score(
    name: str,
    y: Any,
    outputs: Any,
    *,
    task: str = "classification",
    n_classes: int | None = None,
    sample_weight: Any = None,
    confidence: float = 0.95,
) -> Interval:
    """A score of a model's outputs, with its interval over examples like these.

    The values are scikit-learn's:

    - "error": the fraction of examples misclassified, from 0 to 1; of a regression the fraction
      of variance unexplained, 1 − R²;
    - "balanced_error": the mean over classes of the fraction of their examples misclassified,
      1 − `balanced_accuracy_score`;
    - "log_loss": the mean negative log-probability of the label, in nats;
    - "brier": the mean over examples of the squared distance between probabilities and label,
      summed over classes and from 0 to 2, as scikit-learn's `brier_score_loss`; with two classes
      half of that, from 0 to 1;
    - "f1", from 0 to 1: of class 1 where there are two classes, else the mean over classes, which
      "f1_macro" always is;
    - "auc", from 0 to 1, the area under the ROC curve: of class 1 where there are two classes,
      else the mean over classes of one against the rest, scikit-learn's `roc_auc_ovr`;
    - "r2", at most 1; "mse", "rmse" and "mae", in the target's unit or its square.

    The interval is of this model's score, over examples. Its variance comes from the delta method
    with each example's influence (for the AUC that is DeLong's, Biometrics 1988). The error and
    the balanced error of a classification, F1 and the AUC have Wilson's interval, for as many
    examples as have the estimated variance and no more than count (see `Scored.n_effective`). The
    other scores of at least 0, and 1 − R², have Student's t on a log scale.

    Coverage in percent for a stated 95%, with 100 to 1,000 examples
    (``benchmarks/coverage_scores.py``):

    - the error, the balanced error, F1 and the AUC: 92 to 100;
    - the log loss and the Brier score: 89 to 97, but 80 to 85 with 100 examples of which 10 are
      of the rarer class and few of those have nearly all the loss;
    - scores of a regression: 93 to 97 with normal errors, and 89 to 95 with the heavy tails of
      Student's t with 5 degrees of freedom.

    Parameters
    ----------
    name
        One of the above.
    y
        Labels from 0, or the targets of a regression, shape (n,).
    outputs
        Predicted labels or numbers, shape (n,); for "log_loss", "brier" and "auc" the probability
        of every class, shape (n, classes). An "auc" of two classes also takes any number that is
        larger for class 1, shape (n,).
    task
        "classification" or "regression".
    n_classes
        Number of classes; None takes what labels and outputs show, at least 2.
    sample_weight
        Weight of each example, at least 0, or None.
    confidence
        Coverage, between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> error = evaluate_score("balanced_error", [0, 0, 0, 1], [0, 0, 1, 1])
    >>> round(float(error.mean), 3), round(float(error.low), 3), round(float(error.high), 3)
    (0.167, 0.018, 0.69)
    """
    score = get_score(name, task)
    found = score.scored(y, outputs, n_classes=n_classes, sample_weight=sample_weight)
    return score_interval([found], score.low, score.high, confidence=confidence)


def score_interval(
    divisions: Sequence[Scored],
    low: float = -math.inf,
    high: float = math.inf,
    *,
    n_fitted: float | None = None,
    n_validation: float | None = None,
    n_examples: float | None = None,
    confidence: float = 0.95,
) -> Interval:
    """Interval of a score on one held-out part, or of its mean over several splits.

    With one split it is that of `evaluate_score`. With several it is of the score averaged
    over training sets of `n_fitted` examples, with the variance of Nadeau and Bengio as in
    `cross_validated_interval`: where splits differ by no more than their examples explain
    (chi-square test at 10%), the variance is estimated from the examples, and else it is widened
    to Student's t over splits.

    Parameters
    ----------
    divisions
        The score in each split.
    low, high
        What the score lies between; infinite where it has no bound.
    n_fitted, n_validation, n_examples
        Mean number of training and of validation examples in a split, and number of different
        validation examples in all: needed with several splits alone.
    confidence
        Coverage, between 0 and 1.
    """
    confidence = checked_confidence(confidence)
    values = np.array([division.value for division in divisions])
    mean = float(values.mean())
    n_parts = sum(len(division.parts) for division in divisions)
    counted = sum(division.n_effective for division in divisions)
    # Wilson's takes the variance of examples without the correction for their mean.
    is_fraction = math.isfinite(low) and math.isfinite(high)
    variances = [_variance_of_mean(one.parts, 0 if is_fraction else 1) for one in divisions]
    within = float(np.mean(variances))
    if len(values) == 1:
        least, most = _ends(mean, within, n_parts - 1, counted, low, high, confidence)
        return Interval(np.array(mean), np.array(least), np.array(most), np.array(n_parts))
    assert n_fitted is not None
    assert n_validation is not None
    assert n_examples is not None
    k, between = len(values), float(values.var(ddof=1))
    shared = n_validation / n_examples + n_validation / n_fitted
    counted *= n_fitted / (n_examples + n_fitted) * n_examples / (k * n_validation)
    ends = list(_ends(mean, within * shared, n_parts - k, counted, low, high, confidence))
    if (k - 1) * between > within * scipy.stats.chi2.isf(DIFFER, k - 1):
        variance = between * (1 / k + n_validation / n_fitted)
        ends += _t_ends(mean, variance, k - 1, low, high, confidence)
    ends = [end for end in ends if not math.isnan(end)] or [math.nan]
    return Interval(np.array(mean), np.array(min(ends)), np.array(max(ends)), np.array(k))


def _variance_of_mean(parts: np.ndarray, ddof: int) -> float:
    return float(parts.var(ddof=ddof)) / len(parts) if len(parts) > ddof else math.nan


def _ends(
    mean: float,
    variance: float,
    freedom: int,
    counted: float,
    low: float,
    high: float,
    confidence: float,
) -> tuple[float, float]:
    """The ends of an interval, by the bounds of what it is of."""
    if math.isfinite(low) and math.isfinite(high):
        p, width = (mean - low) / (high - low), high - low
        if 0 < p < 1 and variance > 0:
            counted = min(counted, p * (1 - p) * width**2 / variance)
        ends = wilson_ends(min(max(p, 0.0), 1.0), counted, confidence)
        return max(low + width * float(ends[0]), low), min(low + width * float(ends[1]), high)
    return _t_ends(mean, variance, freedom, low, high, confidence)


def _t_ends(
    mean: float, variance: float, freedom: int, low: float, high: float, confidence: float
) -> tuple[float, float]:
    """Student's t on the scale of the log odds, of the logarithm, or as it is."""
    if not variance > 0 or freedom < 1:
        return math.nan, math.nan
    reach = float(scipy.stats.t.ppf((1 + confidence) / 2, freedom)) * math.sqrt(variance)
    if math.isfinite(low) and math.isfinite(high):
        p = (mean - low) / (high - low)
        if not 0 < p < 1:
            return math.nan, math.nan
        shift = min(reach / ((high - low) * p * (1 - p)), _FARTHEST)
        found = [1 / (1 + (1 - p) / p * math.exp(sign * shift)) for sign in (1, -1)]
        return low + (high - low) * found[0], low + (high - low) * found[1]
    if math.isfinite(low) and mean > low:
        factor = math.exp(min(reach / (mean - low), _FARTHEST))
        return low + (mean - low) / factor, low + (mean - low) * factor
    if math.isfinite(high) and mean < high:
        factor = math.exp(min(reach / (high - mean), _FARTHEST))
        return high - (high - mean) * factor, high - (high - mean) / factor
    return (
        (math.nan, math.nan)
        if math.isfinite(low) or math.isfinite(high)
        else (
            mean - reach,
            mean + reach,
        )
    )
