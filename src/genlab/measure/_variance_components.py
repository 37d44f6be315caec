"""Variance of predictions by source, with interactions: a crossed random-effects ANOVA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from genlab._base.arrays import floats, squarable
from genlab._base.checks import several
from genlab._base.words import received
from genlab.measure._intervals import Interval, checked_confidence
from genlab.measure._loss_parts import codes
from genlab.measure._parts_intervals import bounded_interval

# Fewer replicates, or replicates times directions, have no interval that covers (simulated).
_FEWEST_REPLICATES = 6
_FEWEST_DIRECTIONS = 24
_BIAS = "bias_squared"


@dataclass(frozen=True, eq=False)
class VarianceComponents:
    """The variance of predictions by source of randomness, with interactions.

    All numbers are sums over outputs and averages over examples, in the squared unit of the
    predictions. Intervals are over replicates, for these examples.

    Attributes
    ----------
    sources
        The sources, in the order of the design's axes.
    components
        "a" -> the main effect of source a; "a:b" -> the interaction of a and b, without what each
        does alone; and so on. They add up to `variance`.
    total_effects
        Source -> the sum of all components that involve it: the variance due to it while the
        others are held fixed, averaged over what they are.
    variance
        Variance of the predictions of networks that share nothing.
    bias_squared, noise, loss
        With `truth`: the squared bias, the variance of the targets, and the measured loss, which
        is the sum of both and of all components. Where the noise is not known it is None, and
        `bias_squared` holds it. Without `truth` all are None.
    by_replicate
        Component or "bias_squared" -> its estimate in each replicate that counts.
    reason
        Why the intervals' ends are NaN; "" where they are not.
    """

    sources: tuple[str, ...]
    components: Mapping[str, Interval]
    total_effects: Mapping[str, Interval]
    variance: Interval
    bias_squared: Interval | None
    noise: float | None
    loss: Interval | None
    by_replicate: Mapping[str, Float[np.ndarray, " replicates"]]
    reason: str
    confidence: float


def variance_components(
    predictions: Any,
    sources: Sequence[str],
    truth: Any = None,
    noise_variance: Any = None,
    *,
    confidence: float = 0.95,
) -> VarianceComponents:
    """Split the variance of predictions by source of randomness, with interactions.

    In a crossed design every level of a source (a training sample, label noise, initial weights, a
    batch order) meets every level of the others. A prediction is then a sum of uncorrelated
    effects, one for each set of sources (Hoeffding, Annals of Mathematical Statistics 1948; Efron &
    Stein, Annals of Statistics 1981), and the variances of these effects are the components of
    a random-effects analysis of variance (Searle, Casella & McCulloch, "Variance Components", 1992,
    section 4.2). For networks see Neal et al., arXiv 1810.08591; Adlam & Pennington, NeurIPS 2020;
    d'Ascoli et al., ICML 2020.

    The design is repeated with other levels, as in Owen, SIAM/ASA Journal on Uncertainty
    Quantification 2013: replicates share nothing, so their estimates are independent, and the
    intervals need no assumption about the effects.

    Parameters
    ----------
    predictions
        Shape (replicates, levels of source 1, ..., levels of source k, examples, outputs), with at
        least 2 levels of each source. A replicate with a NaN or infinite value, of a network that
        diverged, is left out. Predicted probabilities give the parts of the Brier score.
    sources
        A name for each source. A ":" is not allowed in it.
    truth
        Expected targets, or the targets, shape (examples, outputs); or labels from 0, shape
        (examples,), for which the outputs are probabilities of classes. None: variance alone.
    noise_variance
        Variance of a target around `truth`, summed over outputs: a number or one per example. Of
        true class probabilities q it is 1 − Σq². None where it is not known.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    VarianceComponents

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    Notes
    -----
    With P_T the mean product of two predictions of a replicate that share the levels of the
    sources T and no others, the component of the sources S is Σ over T ⊆ S of (−1)^k P_T, where k
    is the number of sources in S but not in T.
    This equals the method of moments with expected mean squares. It is unbiased, and so an
    estimate of a small component is negative by chance about as often as not. Clipped at 0 it
    would be too large on average, and the parts would no longer add up. So it is reported as it is.
    The interval of a component ends at 0 where it would go below, or at the estimate if that is
    negative.

    Intervals are Student's t over replicates, with the end on the side of the longer tail moved out
    (Johnson, JASA 1978); for total effects, variance and loss on the scale of the logarithm. With
    least squares from random initial weights, whose components are known in closed form, and with
    normal effects, 95% intervals hold what is not 0 in 93 to 98% of 500 repetitions, with 6 to 16
    replicates of 2 levels and 6 of 3; a component that is 0 in 97 to 100%, for it can only be
    missed from above (``benchmarks/coverage_components.py``).

    Ends are NaN with fewer than 6 replicates, and where the predictions vary in so few directions
    that replicates times directions are below 24, such as those of one output at one
    example: sums of few squares are so skewed that the intervals would be too narrow. Predictions
    whose fourth moment is infinite, as of least squares with about as many parameters as examples,
    are covered less (`tail_index`); probabilities have none.

    >>> one = [[[[0.0]], [[1.0]]], [[[2.0]], [[3.0]]]]  # 2 training samples x 2 initial weights
    >>> parts = variance_components([one, one], ["sample", "weights"])
    >>> {name: float(part.mean) for name, part in parts.components.items()}
    {'sample': 2.0, 'weights': 0.5, 'sample:weights': 0.0}
    >>> parts.reason
    'an interval needs at least 6 replicates of the design, got 2'
    """
    confidence = checked_confidence(confidence)
    names = _checked_sources(sources)
    values = _checked_predictions(predictions, names)
    true = None if truth is None else checked_truth(truth, values.shape[-2:])
    noise = _checked_noise(noise_variance, true)
    values = values[np.isfinite(values).reshape(len(values), -1).all(axis=1)]
    if not len(values):
        raise ValueError("`predictions` must hold a replicate without a diverged network, got 0.")
    cells = values.reshape(len(values), -1, *values.shape[-2:])
    centred = (cells - cells.mean(axis=1, keepdims=True)).reshape(*cells.shape[:2], -1)
    grams = centred @ centred.transpose(0, 2, 1) / cells.shape[2]
    masks = _sharing(values.shape[1:-2])
    products = {shared: (grams * mask).sum(axis=(1, 2)) / mask.sum() for shared, mask in masks}
    found: dict[str, Float[np.ndarray, " replicates"]] = {}
    for of in products:
        if of:
            terms = [(-1) ** (len(of) - len(t)) * p for t, p in products.items() if {*t} <= {*of}]
            found[":".join(names[j] for j in of)] = np.sum(terms, axis=0)
    if true is not None:
        losses = ((cells - true) ** 2).sum(axis=3).mean(axis=(1, 2))
        found[_BIAS] = losses - np.sum(list(found.values()), axis=0)
    return with_intervals(names, found, noise, _reason(centred), confidence)


def with_intervals(
    names: tuple[str, ...],
    found: Mapping[str, Float[np.ndarray, " replicates"]],
    noise: float | None,
    reason: str,
    confidence: float,
) -> VarianceComponents:
    """Intervals of all parts and of their sums."""
    parts = {name: values for name, values in found.items() if name != _BIAS}
    sums = {
        source: np.sum([v for name, v in parts.items() if source in name.split(":")], axis=0)
        for source in names
    }
    sums[""] = np.sum(list(parts.values()), axis=0)
    floor = np.zeros(len(sums) + 1)
    if _BIAS in found:
        floor[-1] = noise or 0.0
        sums[_BIAS] = sums[""] + found[_BIAS] + floor[-1]
    at_least = np.append(np.full(len(found), -np.inf), floor[: len(sums)])
    both = np.stack([*found.values(), *sums.values()], axis=1)
    every = mean_intervals(both, confidence, bool(reason), at_least)
    of_parts = {name: _of_component(every[i]) for i, name in enumerate(found)}
    of_sums = {name: every[len(found) + i] for i, name in enumerate(sums)}
    return VarianceComponents(
        names,
        {name: of_parts[name] for name in parts},
        {source: of_sums[source] for source in names},
        of_sums[""],
        of_parts.get(_BIAS),
        noise,
        of_sums.get(_BIAS),
        found,
        reason,
        confidence,
    )


def _of_component(found: Interval) -> Interval:
    """The interval of a part that is at least 0, whose unbiased estimate may be less."""
    low, high = np.maximum(found.low, 0), np.maximum(found.high, 0)
    return Interval(found.mean, np.minimum(low, found.mean), np.maximum(high, found.mean), found.n)


def mean_intervals(
    values: Float[np.ndarray, "n k"], confidence: float, unknown: bool, low: Any
) -> list[Interval]:
    """The means over replicates, whose values are independent."""
    n, k = values.shape
    mean, counts = values.mean(axis=0), np.full(k, n)
    if unknown:
        ends = np.full((2, k), np.nan)
    else:
        spread = (values - mean) / np.sqrt(n * (n - 1.0))
        error = np.sqrt((spread**2).sum(axis=0))
        cubes = (spread**3).sum(axis=0)
        skewness = np.divide(cubes, error**3, out=np.zeros(k), where=error**3 > 0)
        found = bounded_interval(mean, error, skewness, n, confidence, low, np.inf)
        ends = np.stack([found.low, found.high])
    return [Interval(*each) for each in zip(mean, *ends, counts, strict=True)]


def _sharing(
    levels: tuple[int, ...],
) -> list[tuple[tuple[int, ...], Bool[np.ndarray, "cells cells"]]]:
    """Each set of sources, and which two cells share the levels of these and of no others."""
    of_cell = np.indices(levels).reshape(len(levels), -1)
    same = of_cell[:, :, None] == of_cell[:, None, :]
    sets = [s for n in range(len(levels) + 1) for s in combinations(range(len(levels)), n)]
    return [
        (shared, np.all([same[j] == (j in shared) for j in range(len(levels))], axis=0))
        for shared in sets
    ]


def _reason(centred: Float[np.ndarray, "replicates cells columns"]) -> str:
    """Why there are no intervals, or ""."""
    n = len(centred)
    if n < _FEWEST_REPLICATES:
        return f"an interval needs at least {_FEWEST_REPLICATES} replicates of the design, got {n}"
    if n >= _FEWEST_DIRECTIONS:
        return ""
    # Of the covariances C of replicates, tr C · tr C' / tr CC': 1 along a line, d of d equal axes.
    flat = centred.reshape(-1, centred.shape[2])
    cells = centred.shape[1]
    products = ((flat @ flat.T) ** 2).reshape(n, cells, n, cells).sum(axis=(1, 3))
    squares = (centred**2).sum(axis=(1, 2))
    apart = ~np.eye(n, dtype=bool)
    most, seen = np.outer(squares, squares)[apart].sum(), products[apart].sum()
    directions = most / seen if seen > 0 else np.inf
    if n * directions < _FEWEST_DIRECTIONS:
        return (
            f"the predictions vary in about {directions:.1f} directions, which {n} replicates are "
            "too few for"
        )
    return ""


def _checked_sources(sources: Sequence[str]) -> tuple[str, ...]:
    names = tuple(several("sources", sources))
    wrong = [name for name in names if not isinstance(name, str) or not name or ":" in name]
    if wrong or not names or len({*names, _BIAS}) <= len(names):
        raise ValueError(
            "`sources` must be different names, at least 1, without a colon, none of them "
            f"{_BIAS!r}, got {received(sources)}."
        )
    return names


def _checked_predictions(predictions: Any, names: tuple[str, ...]) -> Float[np.ndarray, ...]:
    values = squarable("predictions", floats("predictions", predictions))
    k = len(names)
    if values.ndim != k + 3 or not values.size or min(values.shape[1 : k + 1]) < 2:
        raise ValueError(
            f"`predictions` must have shape (replicates, levels of {', levels of '.join(names)}, "
            f"examples, outputs) with at least 2 levels each, got {values.shape}."
        )
    return values


def checked_truth(truth: Any, shape: tuple[int, ...]) -> Float[np.ndarray, "examples outputs"]:
    true = squarable("truth", floats("truth", truth))
    if true.shape == shape[:1] and shape[1] > 1:
        return np.eye(shape[1])[codes("truth", true, shape[1])]
    if true.shape != shape or not np.isfinite(true).all():
        raise ValueError(
            f"`truth` must be finite and of shape {shape}, or labels of shape {shape[:1]}, got "
            f"shape {true.shape}."
        )
    return true


def _checked_noise(variance: Any, truth: np.ndarray | None) -> float | None:
    if variance is None:
        return None
    noise = squarable("noise_variance", floats("noise_variance", variance))
    if (
        truth is None
        or noise.shape not in {(), truth.shape[:1]}
        or not ((noise >= 0) & (noise < np.inf)).all()
    ):
        raise ValueError(
            "`noise_variance` must be a finite number or one per example, >= 0, and comes with "
            f"`truth`, got {received(variance)}."
        )
    return float(noise.mean())
