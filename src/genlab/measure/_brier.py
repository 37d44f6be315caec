"""Expected Brier score = noise + bias² + variance of the predicted probabilities."""

from __future__ import annotations

from typing import Any

from genlab._base.checks import boolean
from genlab.measure._intervals import checked_confidence
from genlab.measure._loss_parts import LossParts, checked_fits, checked_probabilities, class_truth
from genlab.measure._quadratic_parts import quadratic_parts


def brier_parts(
    predictions: Any,
    truth: Any,
    *,
    predicted: Any = None,
    confidence: float = 0.95,
    row_intervals: bool = True,
) -> tuple[LossParts, LossParts]:
    """Split the Brier score of classifiers fitted to different data sets.

    The score of a row is Σ (p_c − [t = c])², from 0 to 2 (Brier, Monthly Weather Review 1950). It
    is the squared error of the vector of probabilities, and splits as that does around the mean
    p̄ of the predicted probabilities: 1 − Σ q_c² + Σ (p̄_c − q_c)² + Σ Var p_c, with the true
    probabilities q (Geman, Bienenstock & Doursat, Neural Computation 1992, section 2).

    Parameters
    ----------
    predictions
        Probabilities predicted by the model fitted to each data set, shape (n_datasets, m,
        n_classes).
    truth
        Labels from 0, shape (m,), or true class probabilities, shape (m, n_classes).
    predicted
        Whether a fit predicts a row, shape (n_datasets, m), such as out of bag. None: all do.
    confidence
        Coverage of the intervals, between 0 and 1.
    row_intervals
        Whether bias² has an interval at each row, which takes most of the time; False leaves
        NaN there.

    Returns
    -------
    at_rows, average
        Terms "noise", "bias_squared" and "variance". With labels the first two are one,
        "bias_squared_and_noise".

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    Notes
    -----
    As for `squared_loss_parts`: bias² is unbiased and may be negative, the terms add up to the
    mean score, and fits must be to independent data sets. With a histogram and nearest neighbours,
    whose parts are known by enumeration, the 95% intervals of every part hold it in 94 to 97% of
    cases with 30 and with 200 data sets (``benchmarks/coverage_parts.py``), at single rows less
    where the fits hardly ever differ and 30 may not show it.

    >>> at_rows, average = brier_parts([[[0.5, 0.5]], [[1.0, 0.0]]], [[0.75, 0.25]])
    >>> {name: float(part.mean.round(4)) for name, part in average.terms.items()}
    {'noise': 0.375, 'bias_squared': -0.125, 'variance': 0.25}
    >>> float(average.loss.mean)
    0.5
    """
    confidence = checked_confidence(confidence)
    at_rows = boolean("row_intervals", row_intervals)
    fits = checked_fits(predictions, predicted, 3)
    values = fits.values.copy()
    values[fits.predicted] = checked_probabilities("predictions", values[fits.predicted])
    n_classes = values.shape[2]
    true, labels = class_truth(truth, n_classes, fits)
    noise = None if labels else 1 - (true**2).sum(axis=1)
    return quadratic_parts(
        fits._replace(values=values),
        true,
        noise,
        confidence,
        2.0,
        1 - 1 / n_classes,
        at_rows=at_rows,
    )
