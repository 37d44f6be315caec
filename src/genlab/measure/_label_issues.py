"""Rows whose label or target looks wrong, from predictions of models that never saw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float, Int

from genlab._base.arrays import floats, squarable
from genlab._base.checks import real
from genlab._base.jsons import Row
from genlab.measure._calibration import probabilities_of_one_model
from genlab.measure._intervals import Interval, checked_confidence
from genlab.measure._proportion import wilson_interval

# The share of the rows whose labels are counted: those that the model is surest of.
_SUREST = 0.25
# A mean of equal probabilities may be above each of them by its rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class LabelIssues:
    """Rows whose label looks wrong.

    Attributes
    ----------
    rows
        Numbers of these rows, from 0, the most suspicious first.
    given, suggested
        The label of each of them, and the class that the model takes it for.
    self_confidence, margin
        Probability of the given label, and that of the suggested class minus it. Neither has an
        interval: they are statements of a model, not measurements.
    n_mislabelled
        Estimated number of wrong labels among all rows, with its interval: rather too high, see
        `label_issues`.
    thresholds
        Mean self-confidence of each class; NaN for one without a row.
    n
        Number of rows.
    """

    rows: Int[np.ndarray, " k"]
    given: Int[np.ndarray, " k"]
    suggested: Int[np.ndarray, " k"]
    self_confidence: Float[np.ndarray, " k"]
    margin: Float[np.ndarray, " k"]
    n_mislabelled: Interval
    thresholds: Float[np.ndarray, " classes"]
    n: int

    def table(self, most: int | None = None) -> list[Row]:
        """One row per suspicious label: row, given, suggested, self_confidence and margin."""
        columns = (self.rows, self.given, self.suggested, self.self_confidence, self.margin)
        names = ("row", "given", "suggested", "self_confidence", "margin")
        values = zip(*(column[:most].tolist() for column in columns), strict=True)
        return [dict(zip(names, row, strict=True)) for row in values]


def label_issues(
    probabilities: Any, y: Any, *, min_margin: float = 0.5, confidence: float = 0.95
) -> LabelIssues:
    """Find rows whose label looks wrong, by confident learning.

    A class's threshold is the mean self-confidence of the rows with its label. A row is taken for
    the likeliest of the classes whose threshold its probability reaches, and is in the list
    where that is not its label (the confident joint of Northcutt, Jiang & Chuang, "Confident
    learning", JAIR 2021, section 3.1), and its probability exceeds the label's by `min_margin`.
    The list is in the order of that margin.

    A label that looks wrong may be right, and the model mistaken. Measured with out-of-fold
    probabilities of logistic regression and of a forest of 100 trees
    (``benchmarks/label_issues.py``), for 2, 5 and 10% of the labels replaced by others:

    - digits, breast cancer and wine, where these models are wrong about 1 to 4% of clean labels:
      75 to 100% of the list are wrong labels (with 5 and 10%, 95 to 100%), and it holds 44 to
      100% of them;
    - MNIST-1D, where the forest is wrong about 38%: 88 to 94% of the list, but it holds 14 to 18%
      of them. Without a margin (`min_margin=0`) they were 6 to 21% of the list: a weak model's
      mistakes look like wrong labels;
    - of clean labels 0 to 4 rows are in the list, of 178 to 2,000.

    Parameters
    ----------
    probabilities
        Probability of each class for each row from a model that was not fitted to the row, such
        as those out of fold: from 0 to 1 with a sum of 1 (to 0.001), shape (n, classes).
    y
        Given labels, integers from 0, shape (n,).
    min_margin
        Least difference of the probabilities of the suggested class and of the label, from 0
        to 1; 0 is confident learning without a margin.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    LabelIssues
        `n_mislabelled` is the share of the labels that differ from the predicted class among the
        quarter of the rows that the model is surest of, times the number of rows, with Wilson's
        interval. If a label is wrong with the same probability whatever the inputs, it is right
        where the model makes no mistakes in this quarter, and too high by those that it makes.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> stated = np.array([[0.9, 0.1]] * 10 + [[0.1, 0.9]] * 10)
    >>> found = label_issues(stated, [0] * 9 + [1] * 11)
    >>> found.table()
    [{'row': 9, 'given': 1, 'suggested': 0, 'self_confidence': 0.1, 'margin': 0.8}]
    """
    stated, true = probabilities_of_one_model(probabilities, y)
    confidence = checked_confidence(confidence)
    min_margin = real("min_margin", min_margin, low=0, high=1)
    n, classes = stated.shape
    rows = np.arange(n)
    own = stated[rows, true]
    count = np.bincount(true, minlength=classes)
    thresholds = np.divide(
        np.bincount(true, own, classes), count, out=np.full(classes, np.nan), where=count > 0
    )
    # The class that the model is as sure of as it is of that class's own rows, on average.
    sure = stated >= np.where(np.isnan(thresholds), np.inf, thresholds) - _ROUNDING
    taken = np.where(sure, stated, -1.0).argmax(axis=1)
    margin = stated[rows, taken] - own
    found = np.flatnonzero(sure.any(axis=1) & (taken != true) & (margin >= min_margin))
    found = found[np.argsort(-margin[found], kind="stable")]
    surest = np.argsort(-stated.max(axis=1), kind="stable")[: max(round(_SUREST * n), 1)]
    apart = int((stated[surest].argmax(axis=1) != true[surest]).sum())
    return LabelIssues(
        rows=found,
        given=true[found],
        suggested=taken[found],
        self_confidence=own[found],
        margin=margin[found],
        n_mislabelled=wilson_interval(apart, len(surest), confidence).scaled(n),
        thresholds=thresholds,
        n=n,
    )


@dataclass(frozen=True, eq=False)
class UnusualTargets:
    """Rows whose target is unusually far from its prediction.

    Attributes
    ----------
    rows
        Numbers of these rows, from 0, the farthest first.
    residual
        Target minus prediction of each of them, in the unit of the target.
    z
        The residual minus the median residual, by the robust standard deviation.
    q_value
        The smallest false discovery rate at which the row is in the list, from 0 to 1.
    centre, scale
        Median of the residuals, and 1.4826 times their median absolute deviation from it.
    n
        Number of rows.
    """

    rows: Int[np.ndarray, " k"]
    residual: Float[np.ndarray, " k"]
    z: Float[np.ndarray, " k"]
    q_value: Float[np.ndarray, " k"]
    centre: float
    scale: float
    n: int

    def table(self, most: int | None = None) -> list[Row]:
        """One row per unusual target: row, residual, z and q_value."""
        columns = (self.rows, self.residual, self.z, self.q_value)
        values = zip(*(column[:most].tolist() for column in columns), strict=True)
        return [dict(zip(("row", "residual", "z", "q_value"), row, strict=True)) for row in values]


def unusual_targets(
    predictions: Any, y: Any, *, false_discovery_rate: float = 0.05
) -> UnusualTargets:
    """Find rows of a regression whose target is unusually far from its prediction.

    The residuals are standardised by their median and median absolute deviation, which outliers
    hardly move (Iglewicz & Hoaglin, "How to detect and handle outliers", 1993), and compared with
    the normal distribution; the false discovery rate is controlled by Benjamini & Hochberg (JRSS B
    1995). A target in the list is unusual, not wrong: residuals with tails heavier than normal, or
    that scatter more in some regions than in others, give such rows without an error.

    Measured (``benchmarks/label_issues.py``): of 1,000 correct targets with normal residuals, the
    list holds a row in 4% of cases; with those of Student's t with 5 degrees of freedom 16 rows.
    Of the diabetes data with ridge regression it holds none; where 2, 5 or 10% of the targets are
    moved by 4 standard deviations, at least 97% of the list are these, and it holds 89 to 100% of
    them.

    Parameters
    ----------
    predictions
        Prediction of each row from a model that was not fitted to it, shape (n,).
    y
        Targets, shape (n,), n >= 4.
    false_discovery_rate
        Largest expected share of the list that normal residuals would explain, above 0, below 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> y = np.array([0.1, -0.2, 0.3, 9.0, -0.1, 0.2, -0.3, 0.0])
    >>> unusual_targets(np.zeros(8), y).rows
    array([3])
    """
    rate = real("false_discovery_rate", false_discovery_rate, above=0)
    if rate >= 1:
        raise ValueError(f"`false_discovery_rate` must be below 1, got {rate!r}.")
    given = squarable("predictions", floats("predictions", predictions))
    target = squarable("y", floats("y", y))
    if target.ndim != 1 or given.shape != target.shape or len(target) < 4:
        raise ValueError(
            "`predictions` and `y` must have one shape (n,) with n >= 4, "
            f"got {given.shape} and {target.shape}."
        )
    residual = target - given
    if not np.isfinite(residual).all():
        n = int((~np.isfinite(residual)).sum())
        raise ValueError(f"`predictions` and `y` must be finite, got {n} rows that are not.")
    centre = float(np.median(residual))
    scale = float(scipy.stats.median_abs_deviation(residual, scale="normal"))
    # Where more than half of the residuals are equal, any other one is infinitely far.
    away = residual - centre
    far = np.where(away == 0, 0.0, np.copysign(np.inf, away))
    z = np.divide(away, scale, out=far, where=scale > 0)
    q = scipy.stats.false_discovery_control(2 * scipy.stats.norm.sf(np.abs(z)))
    found = np.flatnonzero(q <= rate)
    found = found[np.argsort(-np.abs(away[found]), kind="stable")]
    return UnusualTargets(found, residual[found], z[found], q[found], centre, scale, len(residual))
