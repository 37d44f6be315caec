"""Expected squared error = noise + bias² + variance, where the noise may be unknown."""

from __future__ import annotations

from typing import Any

import numpy as np

from genlab._base.checks import boolean
from genlab.measure._intervals import checked_confidence
from genlab.measure._loss_parts import LossParts, checked_targets
from genlab.measure._quadratic_parts import quadratic_parts


def squared_loss_parts(
    predictions: Any,
    truth: Any,
    noise: float | None = None,
    *,
    predicted: Any = None,
    confidence: float = 0.95,
    row_intervals: bool = True,
) -> tuple[LossParts, LossParts]:
    """Split the squared error of models fitted to different data sets.

    E(t − y)² = noise + (E y − f)² + E(y − E y)², for a target t with mean f and a prediction y
    (Geman, Bienenstock & Doursat, "Neural networks and the bias/variance dilemma", Neural
    Computation 1992, section 2).

    `squared_error_parts` does the same where the noise is known and every fit predicts every row.

    Parameters
    ----------
    predictions
        Predictions of the model fitted to each data set, at each row, shape (n_datasets, m).
    truth
        Expected target at each row, shape (m,), or with `noise=None` the target.
    noise
        Standard deviation of a target around the truth, at least 0. None where it is not known.
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
        Terms "noise", "bias_squared" and "variance". Without `noise` the first two are one,
        "bias_squared_and_noise": a target that is off the mean prediction does not say why.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    Notes
    -----
    The mean of n fits is off the expected one by chance, which adds variance / n to its squared
    distance. It is subtracted: bias² is unbiased, and may be negative. What is subtracted is in
    the variance, which divides by n − 1, so that the terms add up to the mean loss.

    With least squares, whose parts are known in closed form, the 95% intervals of every part hold
    it in 94 to 98% of cases with 30 and with 200 data sets (``benchmarks/coverage_parts.py``). A
    bias of 0 is held in 98%, for it can only be missed from above. Where all fits agree, at a row
    or everywhere, intervals have no width: such fits say nothing of rarer ones.

    Intervals are over data sets, for these rows. With known noise the bias is that of the model
    at its size of training set; without, it holds the noise of these very targets. Fits must be
    to independent data sets. Those to bootstrap samples or overlapping subsamples of one data
    set share its accidents: variance is then that of the resampling, and the bias holds what all
    the fits have in common by chance.

    >>> at_rows, average = squared_loss_parts([[0.0, 1.0], [2.0, 1.0]], [0.0, 1.0])
    >>> at_rows.terms["bias_squared_and_noise"].mean, at_rows.terms["variance"].mean
    (array([0., 0.]), array([2., 0.]))
    >>> float(average.loss.mean)
    1.0
    """
    confidence = checked_confidence(confidence)
    wanted = boolean("row_intervals", row_intervals)
    found = checked_targets(predictions, truth, noise, predicted)
    known = None if noise is None else np.full(found.truth.shape, found.noise**2)
    at_rows, average = quadratic_parts(
        found.fits, found.truth[:, None], known, confidence, at_rows=wanted
    )
    return found.in_their_unit(at_rows, 2), found.in_their_unit(average, 2)
