"""Expected 0–1 loss = noise + bias² + variance of class probabilities, after Kohavi and Wolpert."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from genlab._base.checks import boolean
from genlab.measure._intervals import Interval, checked_confidence
from genlab.measure._loss_parts import LossParts, assembled, known_intervals
from genlab.measure._parts_intervals import (
    length_intervals,
    variance_intervals,
    without_ends,
)
from genlab.measure._proportion import wilson_ends
from genlab.measure._votes import Votes, checked_votes, share_intervals


def kohavi_wolpert_parts(
    predictions: Any,
    truth: Any,
    *,
    predicted: Any = None,
    confidence: float = 0.95,
    row_intervals: bool = True,
) -> tuple[LossParts, LossParts]:
    """Split the 0–1 loss of classifiers by the probabilities with which they predict each class.

    With the probability p_c that a fit predicts class c, and the true probability q_c, at each
    row the expected loss 1 − Σ p_c q_c is ½(1 − Σ q_c²) + ½ Σ (p_c − q_c)² + ½(1 − Σ p_c²): noise,
    squared bias and variance (Kohavi & Wolpert, "Bias plus variance decomposition for zero-one
    loss functions", ICML 1996). It is half the Brier score of predictions that give their class
    the probability 1. No class is the main prediction, so nothing jumps where votes are close,
    with any number of classes. But its noise is not the loss of the best classifier, and its bias
    is not 0 for it.

    Parameters
    ----------
    predictions
        Classes predicted by the model fitted to each data set, whole numbers from 0, shape
        (n_datasets, m).
    truth
        Labels from 0, shape (m,), or true class probabilities, shape (m, n_classes).
    predicted
        Whether a fit predicts a row, shape (n_datasets, m), such as out of bag. None: all do.
    confidence
        Coverage of the intervals, between 0 and 1.
    row_intervals
        Whether bias² and variance have intervals at each row, which takes most of the time;
        False leaves NaN there.

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
    The squared distance of the shares of n fits from q is too high by variance / n. It is
    subtracted, as Kohavi and Wolpert do: bias² is unbiased, and may be negative. What is
    subtracted is in the variance, so that the terms add up to the mean loss.

    With a histogram and nearest neighbours, whose parts are known by enumeration, the 95% intervals
    of every part hold it in 93 to 98% of cases with 30 and with 200 data sets
    (``benchmarks/coverage_parts.py``), and in 93 to 99% at a row.

    Fits must be to independent data sets: see `squared_loss_parts`.

    >>> at_rows, average = kohavi_wolpert_parts([[0, 1], [0, 0], [1, 1]], [0, 0])
    >>> {name: part.mean.round(4).tolist() for name, part in at_rows.terms.items()}
    {'bias_squared_and_noise': [0.0, 0.3333], 'variance': [0.3333, 0.3333]}
    >>> float(average.loss.mean)
    0.5
    """
    confidence = checked_confidence(confidence)
    wanted = boolean("row_intervals", row_intervals)
    votes = checked_votes(predictions, truth, predicted)
    fits, true = votes.fits, votes.truth
    n, n_classes = fits.n, true.shape[1]
    # Vectors whose squared length is half of that of the shares.
    shown = np.eye(n_classes)[votes.chosen] / np.sqrt(2)
    shown[~fits.predicted] = 0
    mean = fits.mean(shown)
    away, deviations = mean - true / np.sqrt(2), fits.deviations(shown)
    of_variance = fits.only((deviations**2).sum(axis=2) * n / (n - 1.0))
    noise = (1 - (true**2).sum(axis=1)) / 2
    bias = fits.mean(votes.losses) - noise - fits.mean(of_variance)
    most = (1 - 1 / n_classes) / 2
    parts = {} if votes.labels else {"noise": known_intervals(noise, fits)}
    length = length_intervals(away, deviations, bias, fits, confidence, 1.0, wanted)
    variance = variance_intervals(deviations, fits, confidence, most)
    of_bias, of_variance_at_rows = without_ends(bias, fits), without_ends(variance[0].mean, fits)
    if wanted:
        line = _Line(votes, confidence)
        of_bias = line.around(length[0] if n_classes > 2 else None, bias, line.bias_squared)
        of_variance_at_rows = line.around(None, variance[0].mean, line.variance)
    parts |= {
        "bias_squared": (of_bias, length[1]),
        "variance": (of_variance_at_rows, variance[1]),
        "loss": share_intervals(votes.losses, fits, confidence, votes.noise, 1 - true.min(axis=1)),
    }
    return assembled(parts, fits)


class _Line:
    """Shares of votes along a line, from all for the main class to all for its rivals.

    Each row's line goes through the observed shares. What the parts can be on the part of it
    that Wilson's interval of the rivals' share allows is their interval at that row: so a row at
    which all fits agree is not known for certain. With two classes the line holds all shares.
    """

    def __init__(self, votes: Votes, confidence: float) -> None:
        rows, self.n = np.arange(len(votes.main)), votes.fits.n
        self.start = np.eye(votes.counts.shape[1])[votes.main]
        rivals = votes.counts * (1 - self.start)
        total = rivals.sum(axis=1, keepdims=True)
        # Unseen rivals are taken as those that the truth has, or else as all alike.
        unseen = votes.truth * (1 - self.start)
        unseen = np.where(unseen.sum(axis=1, keepdims=True) > 0, unseen, 1 - self.start)
        rivals = np.where(total > 0, rivals, unseen)
        self.way = rivals / rivals.sum(axis=1, keepdims=True) - self.start
        self.truth = votes.truth
        share = 1 - votes.counts[rows, votes.main] / self.n
        low, high = wilson_ends(share, self.n, confidence)
        self.low, self.high = np.where(share == 0, 0.0, low), high

    def bias_squared(self, share: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        return ((self._at(share) - self.truth) ** 2).sum(axis=1) / 2

    def variance(self, share: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        return (1 - (self._at(share) ** 2).sum(axis=1)) / 2

    def _at(self, share: Float[np.ndarray, " k"]) -> Float[np.ndarray, "k c"]:
        return self.start + share[:, None] * self.way

    def around(
        self, other: Interval | None, estimate: Float[np.ndarray, " k"], part: Any
    ) -> Interval:
        """All values that a part has on the line, where it is quadratic, and another interval."""
        centre = self.truth if part == self.bias_squared else 0.0
        turn = ((centre - self.start) * self.way).sum(axis=1) / (self.way**2).sum(axis=1)
        shares = (self.low, self.high, np.clip(turn, self.low, self.high))
        values = [part(share) for share in shares] + [estimate]
        if other is not None:
            values += [other.low, other.high]
        ends = np.stack(values)
        return Interval(estimate, ends.min(axis=0), ends.max(axis=0), self.n)
