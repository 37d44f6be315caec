"""Expected cross-entropy = noise + bias + variance, all Kullback–Leibler divergences."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from jaxtyping import Bool, Float

from genlab.measure._intervals import Interval, checked_confidence
from genlab.measure._loss_parts import (
    Fits,
    LossParts,
    assembled,
    checked_fits,
    checked_probabilities,
    class_truth,
    known_intervals,
)
from genlab.measure._parts_intervals import length_intervals, mean_intervals

# A squared distance from the truth at which the divergence has six digits left.
_NEAR = 1e-10
# Where the curvature of the divergence is integrated between centre and truth.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


def cross_entropy_parts(
    predictions: Any, truth: Any, *, predicted: Any = None, confidence: float = 0.95
) -> tuple[LossParts, LossParts]:
    """Split the cross-entropy, in nats, of classifiers fitted to different data sets.

    E(−log p_t) = H(q) + KL(q ‖ p̄) + E KL(p̄ ‖ p), with the true probabilities q, the entropy H
    and, as the central prediction, the normalised geometric mean p̄_c ∝ exp(E log p_c): the
    distribution that is nearest to the predicted ones in E KL(p̄ ‖ p) (Heskes, "Bias/variance
    decompositions for likelihood-based estimators", Neural Computation 1998).

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

    Returns
    -------
    at_rows, average
        Terms "noise", "bias" and "variance". With labels the first two are one,
        "bias_and_noise": minus the logarithm of the label's probability under p̄.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    Notes
    -----
    The variance of the predicted distributions around the geometric mean of n fits is too low by
    about 1/n of itself, and the bias too high by as much. Tukey's jackknife moves that amount from
    one to the other, so that the terms still add up to the mean loss; the bias may be negative.

    A fit that gives probability 0 to a class that can happen has an infinite loss. The geometric
    mean then has a 0 there, too, and the bias is infinite. So are the averages; they have no
    interval, and `n_infinite` counts such rows. Keep the probabilities away from 0 beforehand
    if that is not wanted. Where the fits have no class in common to which all
    give a probability above 0, no central prediction exists; bias and variance are infinite.

    With a histogram and nearest neighbours, whose parts are known by enumeration, the 95% intervals
    of every part hold it in 93 to 97% of cases with 30 and with 200 data sets
    (``benchmarks/coverage_parts.py``), at single rows less where the fits hardly ever differ.

    Fits must be to independent data sets: see `squared_loss_parts`.

    >>> at_rows, average = cross_entropy_parts([[[0.5, 0.5]], [[0.8, 0.2]]], [0])
    >>> {name: float(part.mean.round(4)) for name, part in average.terms.items()}
    {'bias_and_noise': 0.3528, 'variance': 0.1054}
    >>> cross_entropy_parts([[[1.0, 0.0]], [[0.8, 0.2]]], [1])[1].n_infinite
    1
    """
    confidence = checked_confidence(confidence)
    fits = checked_fits(predictions, predicted, 3)
    values = np.ones_like(fits.values)
    values[fits.predicted] = checked_probabilities("predictions", fits.values[fits.predicted])
    true, labels = class_truth(truth, values.shape[2], fits)
    # Below the smallest of the truth is the least that can be lost.
    known = scipy.special.entr(true).sum(axis=1)
    with np.errstate(divide="ignore"):
        logs = _Logs(np.log(values), fits)
    bias, variance, losses = _pseudo_values(logs, true, known, fits)
    finite = np.isfinite(fits.mean(losses)) & np.isfinite(fits.mean(variance))
    inside = fits._replace(
        values=fits.values[:, finite], predicted=fits.predicted[:, finite], n=fits.n[finite]
    )
    parts = {}
    if finite.any():
        of_bias = bias[:, finite]
        if labels:
            parts["bias"] = mean_intervals(of_bias, inside, confidence, 0.0)
        else:
            vectors, changes = _vectors(
                logs.values[:, finite], logs.centre[finite], true[finite], inside
            )
            estimate = inside.mean(inside.only(of_bias))
            parts["bias"] = length_intervals(vectors, changes, estimate, inside, confidence)
        parts["variance"] = mean_intervals(variance[:, finite], inside, confidence, 0.0)
        parts["loss"] = mean_intervals(losses[:, finite], inside, confidence, known[finite])
    if not finite.all():
        means = {"bias": bias, "variance": variance, "loss": losses}
        parts = {
            name: _with_infinite(fits.mean(fits.only(value)), parts.get(name), finite, fits)
            for name, value in means.items()
        }
    if not labels:
        parts = {"noise": known_intervals(known, fits), **parts}
    return assembled(parts, fits, int((~finite).sum()))


class _Logs:
    """Logarithms of the predicted probabilities and of their normalised geometric mean."""

    def __init__(self, values: Float[np.ndarray, "n_datasets k c"], fits: Fits) -> None:
        self.none = np.isneginf(values)
        self.values = np.where(self.none, 0.0, values)
        self.n_none, self.total = self.none.sum(axis=0), self.values.sum(axis=0)
        # Mean logarithms, −∞ where a fit gives probability 0, and minus their logarithmic sum.
        self.mean = np.where(self.n_none > 0, -np.inf, self.total / fits.n[:, None])
        self.spread = -scipy.special.logsumexp(self.mean, axis=1)
        with np.errstate(invalid="ignore"):
            self.centre = self.mean + self.spread[:, None]

    def spread_without(self, fit: int, n: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        """The mean divergence of the other fits from their own centre."""
        mean = (self.total - self.values[fit]) / (n - 1)[:, None]
        mean = np.where(self.n_none > self.none[fit], -np.inf, mean)
        return -scipy.special.logsumexp(mean, axis=1)


def _pseudo_values(
    logs: _Logs,
    true: Float[np.ndarray, "k c"],
    known: Float[np.ndarray, " k"],
    fits: Fits,
) -> tuple[Float[np.ndarray, "n_datasets k"], ...]:
    """Tukey's pseudo-values of bias and variance, and the losses, of each fit at each row."""
    losses = -(true * logs.values).sum(axis=2)
    losses[(logs.none & (true > 0)).any(axis=2)] = np.inf
    variance = np.zeros_like(losses)
    for fit in range(len(losses)):
        with np.errstate(invalid="ignore"):
            variance[fit] = fits.n * logs.spread - (fits.n - 1) * logs.spread_without(fit, fits.n)
    variance = np.where(np.isinf(logs.spread), np.inf, variance)
    losses, variance = fits.only(losses), fits.only(variance)
    with np.errstate(invalid="ignore"):
        bias = losses - known - variance
    bias = np.where(np.isinf(losses) | np.isinf(variance), np.inf, bias)
    return fits.only(bias), variance, losses


def _vectors(
    logs: Float[np.ndarray, "n_datasets k c"],
    centre: Float[np.ndarray, "k c"],
    true: Float[np.ndarray, "k c"],
    fits: Fits,
) -> tuple[Float[np.ndarray, "k c"], Float[np.ndarray, "n_datasets k c"]]:
    """Vectors whose squared length is KL(q ‖ p̄), and how each fit moves them.

    With θ = log p̄ − log q and the Fisher information G, averaged over the path between the two in
    θ, the gradient of the divergence is p̄ − q = G θ. So A θ, with AᵀA = G, scaled to a squared
    length of KL, has both the right gradient far from the truth and the right curvature near it.
    Where the truth has a probability of 0 the path is endless; the vector is then √KL itself.
    """
    k, c = true.shape
    p = np.exp(centre)
    divergence = np.maximum(scipy.special.rel_entr(true, p).sum(axis=1), 0.0)
    inside: Bool[np.ndarray, " k"] = np.all(true > 0, axis=1)
    with np.errstate(divide="ignore"):
        towards = np.where(inside[:, None], np.log(true), 0.0)
    away = np.where(inside[:, None], centre - towards, 0.0)
    information = np.zeros((k, c, c))
    for node, weight in zip((_NODES + 1) / 2, _WEIGHTS / 2, strict=True):
        between = scipy.special.softmax(towards + node * away, axis=1)
        information -= weight * between[:, :, None] * between[:, None, :]
        information[:, range(c), range(c)] += weight * between
    eigenvalues, axes = np.linalg.eigh(information)
    root = np.sqrt(np.maximum(eigenvalues, 0.0))[:, :, None] * axes.transpose(0, 2, 1)
    vectors = np.einsum("kde,ke->kd", root, away)
    square = (vectors**2).sum(axis=1)
    # So near the truth the ratio is 1/2, and the divergence has too few digits.
    far = (square > _NEAR) & (divergence > 0)
    scale = np.sqrt(np.divide(divergence, square, out=np.full(k, 0.5), where=far))
    deviations = fits.deviations(np.where(np.isfinite(centre), logs, 0.0))
    # |scaled vector|² changes by twice its product with the change: half of A per unit of scale.
    changes = np.einsum("kde,nke->nkd", root / (2 * scale)[:, None, None], deviations)
    vectors = vectors * scale[:, None]
    slope = np.einsum("kc,nkc->nk", p - true, deviations)
    size = np.sqrt(divergence)
    along = np.divide(slope, 2 * size, out=np.zeros_like(slope), where=size > 0)
    first = np.arange(c) == 0
    outside = ~inside[:, None]
    vectors = np.where(outside, first * size[:, None], vectors)
    return vectors, np.where(outside, first * along[..., None], changes)


def _with_infinite(
    means: Float[np.ndarray, " k"],
    found: tuple[Interval, Interval] | None,
    finite: Bool[np.ndarray, " k"],
    fits: Fits,
) -> tuple[Interval, Interval]:
    """Parts of all rows, of which some have an infinite loss: no intervals there."""
    low, high = np.full((2, len(means)), np.nan)
    none = np.array(np.nan)
    average = Interval(np.array(means.mean()), none, none, np.array(len(fits.predicted)))
    if found is not None:
        low[finite], high[finite] = found[0].low, found[0].high
    return Interval(means, low, high, fits.n), average
