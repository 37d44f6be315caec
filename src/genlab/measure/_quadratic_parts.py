"""Parts of losses that are squared distances, whose central prediction is the mean."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from genlab.measure._loss_parts import Fits, LossParts, assembled, known_intervals
from genlab.measure._parts_intervals import (
    length_intervals,
    mean_intervals,
    variance_intervals,
)


def quadratic_parts(
    fits: Fits,
    truth: Float[np.ndarray, "k columns"],
    noise: Float[np.ndarray, " k"] | None,
    confidence: float,
    high: float = np.inf,
    most_variance: float = np.inf,
    *,
    at_rows: bool = True,
) -> tuple[LossParts, LossParts]:
    """|prediction − truth|² + noise, split at each row and on average.

    Parameters
    ----------
    fits
        The fits; the loss is the squared distance over the columns.
    truth
        The expected target, or the target where the noise is not known.
    noise
        Variance of the target at each row, or None where it is not known.
    confidence
        Coverage.
    high, most_variance
        The largest values that loss and variance can have.
    at_rows
        Whether the bias at each row has an interval, which takes most of the time.
    """
    away = fits.mean(fits.values) - truth
    deviations = fits.deviations(fits.values)
    squares, along = (deviations**2).sum(axis=2), (deviations * away).sum(axis=2)
    known = np.zeros(len(away)) if noise is None else noise
    bias = (away**2).sum(axis=1)
    losses = fits.only(known + bias + 2 * along + squares)
    # Tukey's pseudo-values: n times the estimate minus n − 1 times that without the fit.
    of_variance = fits.only(squares * fits.n / (fits.n - 1.0))
    corrected = fits.mean(losses) - known - fits.mean(of_variance)
    parts = {} if noise is None else {"noise": known_intervals(noise, fits)}
    parts |= {
        "bias_squared": length_intervals(
            away, deviations, corrected, fits, confidence, high, at_rows
        ),
        "variance": variance_intervals(deviations, fits, confidence, most_variance),
        "loss": mean_intervals(losses, fits, confidence, known, high),
    }
    return assembled(parts, fits)
