"""Expected 0–1 loss = noise + bias + variance, after Domingos."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy
from jaxtyping import Float, Int

from genlab.measure._intervals import Interval, checked_confidence
from genlab.measure._loss_parts import Fits, LossParts, assembled
from genlab.measure._votes import checked_votes, share_intervals


def zero_one_parts(
    predictions: Any, truth: Any, *, predicted: Any = None, confidence: float = 0.95
) -> tuple[LossParts, LossParts]:
    """Split the 0–1 loss of classifiers fitted to different data sets, after Domingos.

    The expected loss is E L = c₁ N + B + c₂ V (Domingos, "A unified bias-variance decomposition
    and its applications", ICML 2000, equation 1; theorem 2 for two classes, theorem 3 for more).
    At each row, y* is the class of the highest true probability. The main prediction is the class
    that most fits predict. Then

    - B, the bias, is 0 where the main prediction is y*, and 1 elsewhere;
    - N, the noise, is the probability that the label t is not y*. Its factor is
      c₁ = P(y = y*) − P(y ≠ y*) P(y = t | y ≠ y*, t ≠ y*) for a fit that predicts y. It is at
      most 1. It may be negative, because a fit that is wrong about y* is sometimes right about
      the label;
    - V, the variance, is the probability that a fit differs from the main prediction. Where the
      main prediction is y*, variance adds to the loss (c₂ = 1). Elsewhere it lowers the loss:
      c₂ = −P(y = y* | y differs from the main prediction), which is −1 with two classes.

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

    Returns
    -------
    at_rows, average
        Terms "noise", which is c₁ N, "bias", and "variance", which is c₂ V, the net variance.
        With labels, y* is the label. Where the main prediction differs from it, the prediction
        may be wrong, or the label. So the first two terms are one, "bias_and_noise".
        Details "unbiased_variance", what variance adds at rows without bias, and
        "biased_variance", by how much it lowers the loss at rows with bias. "variance" is their
        difference.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    Notes
    -----
    Of classes with equal votes, or equal true probabilities, the first counts.

    The bias of a row is 0 or 1, as the given fits vote, and no correction for their number exists.
    It is uncertain where the votes are close. So a row's interval is 0, 1 or [0, 1]: it is a
    single number where a sign test between y* and its rivals, at 5% on one side, is certain.
    The interval of the average bias goes from the fraction of rows that are certainly biased to
    the fraction of rows that may be biased, each at 2.5%. It holds the truth more often than
    stated where few votes are close, and it is wide where many are. It could hold the truth less
    often only if very many rows were nearly tied, on the same side, and independent of each other.
    `kohavi_wolpert_parts` has no such jump.

    The intervals were tried with a histogram and nearest neighbours, whose parts are known by
    enumeration, with 30 and with 200 data sets. Intervals of 95% hold loss and noise in 94 to 98%
    of cases, the bias in 99 to 100% and the variance in 96 to 100%
    (``benchmarks/coverage_parts.py``).

    Fits must be to independent data sets: see `squared_loss_parts`.

    >>> at_rows, average = zero_one_parts([[0, 1], [0, 0], [1, 1]], [0, 0])
    >>> {name: part.mean.round(4).tolist() for name, part in at_rows.terms.items()}
    {'bias_and_noise': [0.0, 1.0], 'variance': [0.3333, -0.3333]}
    >>> float(average.loss.mean)
    0.5
    """
    confidence = checked_confidence(confidence)
    votes = checked_votes(predictions, truth, predicted)
    fits, true, losses = votes.fits, votes.truth, votes.losses
    rows, best = np.arange(len(true)), true.argmax(axis=1)
    right = fits.only(1.0 * (votes.chosen == best))
    wrong = fits.only(1 - right)
    biased = 1.0 * (votes.main != best)
    at_row, on_average = (
        _Switch(biased, *_possible(votes.counts, best, level))
        for level in (1 - confidence, (1 - confidence) / 2)
    )
    most = 1 - 1 / true.shape[1]
    parts = {}
    if not votes.labels:
        others = true.copy()
        others[rows, best] = 0
        parts["noise"] = share_intervals(
            losses - wrong, fits, confidence, -others.max(axis=1), votes.noise
        )
    parts["bias"] = at_row.interval(fits.n), on_average.mean(len(wrong))
    parts["variance"] = _net(wrong, at_row, on_average, fits, confidence, most)
    parts["loss"] = share_intervals(losses, fits, confidence, votes.noise, 1 - true.min(axis=1))
    parts["unbiased_variance"] = _switched(
        wrong, at_row.flipped(), on_average.flipped(), fits, confidence, most
    )
    parts["biased_variance"] = _switched(right, at_row, on_average, fits, confidence, 0.5)
    return assembled(parts, fits, details=("unbiased_variance", "biased_variance"))


class _Switch(NamedTuple):
    """0 or 1 at each row, and the least and most that it may be."""

    estimate: Float[np.ndarray, " k"]
    low: Float[np.ndarray, " k"]
    high: Float[np.ndarray, " k"]

    def interval(self, n: Any) -> Interval:
        return Interval(self.estimate, self.low, self.high, n)

    def mean(self, n: int) -> Interval:
        estimate, low, high = (np.asarray(end.mean()) for end in self)
        return Interval(estimate, low, high, np.array(n))

    def flipped(self) -> _Switch:
        return _Switch(1 - self.estimate, 1 - self.high, 1 - self.low)


def _possible(
    counts: Int[np.ndarray, "k c"], best: Int[np.ndarray, " k"], level: float
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """Whether the main prediction is surely not `best`, and whether it may be another.

    Of the votes for `best` or a rival each has, where the two are equally likely, a probability
    of 1/2 to be for the rival. It is surely ahead where so many are rarer than `level`, divided
    by the number of rivals with a vote; `best` is, where that holds of all rivals the other way.
    """
    own = np.take_along_axis(counts, best[:, None], axis=1)
    rival = np.arange(counts.shape[1]) != best[:, None]
    both = own + counts
    ahead = np.where(rival, scipy.stats.binom.sf(counts - 1, both, 0.5), 1.0)
    behind = np.where(rival, scipy.stats.binom.cdf(counts, both, 0.5), 0.0)
    n_rivals = np.maximum((rival & (counts > 0)).sum(axis=1), 1)
    biased = ahead.min(axis=1) <= level / n_rivals
    return 1.0 * biased, 1.0 * (behind.max(axis=1) > level)


def _net(
    wrong: Float[np.ndarray, "n_datasets k"],
    at_row: _Switch,
    on_average: _Switch,
    fits: Fits,
    confidence: float,
    most: float,
) -> tuple[Interval, Interval]:
    """The probability that a fit departs from y*, minus the bias."""
    row, share = share_intervals(wrong, fits, confidence, 0.0, 1.0)
    bias = on_average.mean(len(wrong))
    estimate = row.mean - at_row.estimate
    average = share.mean - bias.mean
    return (
        _within(estimate, row.low - at_row.high, row.high - at_row.low, fits.n, -0.5, most),
        _within(average, share.low - bias.high, share.high - bias.low, share.n, -0.5, most),
    )


def _switched(
    values: Float[np.ndarray, "n_datasets k"],
    at_row: _Switch,
    on_average: _Switch,
    fits: Fits,
    confidence: float,
    most: float,
) -> tuple[Interval, Interval]:
    """The mean of 0–1 values of rows that are switched on, and 0 of the others."""
    row, _ = share_intervals(values, fits, confidence, 0.0, 1.0)
    estimate = row.mean * at_row.estimate
    _, share = share_intervals(
        values * on_average.estimate, fits, confidence, 0.0, on_average.estimate
    )
    # As far out as the votes allow, from the least and the most that rows may add.
    low, high = ((end * row.mean).mean() for end in (on_average.low, on_average.high))
    low, high = low - (share.mean - share.low), high + (share.high - share.mean)
    return (
        _within(estimate, row.low * at_row.low, row.high * at_row.high, fits.n, 0.0, most),
        _within(share.mean, low, high, share.n, 0.0, most),
    )


def _within(mean: Any, low: Any, high: Any, n: Any, least: float, most: float) -> Interval:
    """An interval within its bounds, which holds its estimate."""
    low, high = np.clip(low, least, most), np.clip(high, least, most)
    return Interval(mean, np.minimum(low, mean), np.maximum(high, mean), n)
