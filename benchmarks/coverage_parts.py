"""How often the 95% intervals of the parts of each loss hold the exact parts.

The exact parts are those of least squares, in closed form, and of a histogram and nearest
neighbours, from all the ways in which their examples can fall.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from benchmarks._row import row
from genlab.measure import (
    LossParts,
    absolute_error_parts,
    brier_parts,
    cross_entropy_parts,
    kohavi_wolpert_parts,
    squared_loss_parts,
    zero_one_parts,
)

REPETITIONS = 500
DATASETS = (30, 200)
# Of 500 repetitions the percentage has a standard deviation of 1. A bias of 0 is missed at one end
# only, and so are parts with jumps.
BARS: dict[str, tuple[float, float | None]] = {
    "squared": (93, 98.5),
    "absolute": (93, None),
    "0–1": (92.5, None),
    "0–1 by probabilities": (91.5, 99.5),
    "Brier": (92.5, 98),
    "cross-entropy": (92, 98),
}
# The exact value of each part at each row.
Exact = dict[str, Any]


class Case(NamedTuple):
    """A loss on a problem whose parts are known."""

    loss: str
    problem: str
    # Predictions of the fits to so many data sets.
    draw: Callable[[np.random.Generator, int], Any]
    split: Callable[[Any], tuple[LossParts, LossParts]]
    exact: Exact


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table: in percent, the lowest and highest of problems and parts."""
    average: dict[tuple[str, int], list[float]] = {}
    at_rows: dict[tuple[str, int], list[float]] = {}
    for case, n_datasets in itertools.product(cases(), DATASETS):
        found = covered(case, n_datasets, REPETITIONS)
        for shares, counted in zip((average, at_rows), found, strict=True):
            kept = shares.setdefault((case.loss, n_datasets), [])
            kept += [100 * share for share in counted.values()]
    rows = []
    for where, shares in (("on average", average), ("at a row", at_rows)):
        for (loss, n_datasets), values in shares.items():
            name = f"{loss}, {n_datasets} data sets, % covered {where}"
            least, most = BARS[loss]
            rows.append(row(f"{name}: lowest", [min(values)], least=least) | {"rounds": values})
            rows.append(row(f"{name}: highest", [max(values)], most=most) | {"rounds": values})
    return rows


def covered(
    case: Case, n_datasets: int, repetitions: int
) -> tuple[dict[str, float], dict[str, float]]:
    """How often each part's interval holds it, on average over the rows and at a row."""
    average, at_rows = dict.fromkeys(case.exact, 0.0), dict.fromkeys(case.exact, 0.0)
    for seed in range(repetitions):
        rng = np.random.default_rng([seed, n_datasets])
        found = case.split(case.draw(rng, n_datasets))
        for name, value in case.exact.items():
            for parts, counts in ((found[0], at_rows), (found[1], average)):
                interval = (parts.terms | parts.details | {"loss": parts.loss})[name]
                true = value if parts is found[0] else value.mean()
                # Bounds that are reached hold up to rounding.
                held = (interval.low <= true + 1e-12) & (true - 1e-12 <= interval.high)
                counts[name] += float(held.mean()) / repetitions
    return average, at_rows


def cases() -> list[Case]:
    """All losses on all problems, with known truth and with labels or targets alone."""
    found = []
    for name, curvature in (("a line through a curve", 2.0), ("a line through a line", 0.0)):
        found += _least_squares(name, curvature)
    found += _classifiers("histogram", histogram(cells=20, n=60))
    # With known truth, and with labels.
    found += _classifiers("5 nearest neighbours", neighbours(40, 5, _wave(40, 2)))[::2]
    found += _classifiers("7 nearest neighbours, 3 classes", neighbours(30, 7, _wave(30, 3)))[1::2]
    return found


def _least_squares(name: str, curvature: float) -> list[Case]:
    """A line fitted to 12 targets, at 8 rows: a linear function of normal targets."""
    n, m, sigma = 12, 8, 0.5
    x, at = np.linspace(-1, 1, n), np.linspace(-0.9, 0.9, m)
    design, rows = np.stack([np.ones(n), x], 1), np.stack([np.ones(m), at], 1)
    hat = rows @ np.linalg.pinv(design)
    true, mean = at + curvature * at**2 / 2, hat @ (x + curvature * x**2 / 2)
    variance = sigma**2 * (hat**2).sum(axis=1)
    targets = true + np.random.default_rng(0).normal(0, sigma, m)

    def draw(rng: np.random.Generator, n_datasets: int) -> Any:
        noise = rng.normal(0, sigma, (n_datasets, n))
        return (x + curvature * x**2 / 2 + noise) @ hat.T

    def of_squares(truth: Any, noise: float) -> Exact:
        return {"bias_squared": (mean - truth) ** 2, "variance": variance,
                "loss": (mean - truth) ** 2 + variance + noise**2}  # fmt: skip

    def of_distances(truth: Any, noise: float) -> Exact:
        bias = folded(mean - truth, noise) - folded(0 * truth, noise)
        loss = folded(mean - truth, np.sqrt(variance + noise**2))
        return {"bias": bias, "variance": loss - bias - folded(0 * truth, noise), "loss": loss}

    return [
        Case("squared", name, draw, lambda f: squared_loss_parts(f, true, sigma),
             of_squares(true, sigma)),
        Case("squared", f"{name}, targets", draw, lambda f: squared_loss_parts(f, targets),
             _joined(of_squares(targets, 0.0))),
        Case("absolute", name, draw, lambda f: absolute_error_parts(f, true, sigma),
             of_distances(true, sigma)),
        Case("absolute", f"{name}, no noise", draw, lambda f: absolute_error_parts(f, true, 0.0),
             of_distances(true, 0.0)),
        Case("absolute", f"{name}, targets", draw, lambda f: absolute_error_parts(f, targets),
             _joined(of_distances(targets, 0.0))),
    ]  # fmt: skip


def folded(mean: Any, deviation: Any) -> Any:
    """E|mean + deviation · Z|."""
    if np.ndim(deviation) == 0 and deviation == 0:
        return np.abs(mean)
    z = mean / deviation
    return deviation * 2 * stats.norm.pdf(z) + mean * (2 * stats.norm.cdf(z) - 1)


class Counts(NamedTuple):
    """A classifier that counts the examples of each class near a row."""

    # (rng, n_datasets) to counts of shape (n_datasets, m, n_classes).
    draw: Callable[[np.random.Generator, int], Any]
    truth: Any
    # At each row, all counts that can be, shape (outcomes, n_classes), and their probabilities.
    outcomes: list[tuple[Any, Any]]


def histogram(cells: int, n: int) -> Counts:
    """N examples of two classes, each in one of the cells, and the counts of each cell."""
    q = np.linspace(0.04, 0.93, cells)

    def draw(rng: np.random.Generator, n_datasets: int) -> Any:
        total = rng.multinomial(n, np.full(cells, 1 / cells), n_datasets)
        ones = rng.binomial(total, q)
        return np.stack([total - ones, ones], axis=2)

    total, ones = np.array([(t, k) for t in range(n + 1) for k in range(t + 1)]).T
    counts = np.stack([total - ones, ones], axis=1)
    here = stats.binom.pmf(total, n, 1 / cells)
    return Counts(
        draw,
        np.stack([1 - q, q], axis=1),
        [(counts, here * stats.binom.pmf(ones, total, p)) for p in q],
    )


def neighbours(m: int, k: int, truth: Any) -> Counts:
    """One example at each of m places, and the counts of the k nearest ones."""
    places, n_classes = np.arange(m), truth.shape[1]
    nearest = [np.argsort(np.abs(places - row), kind="stable")[:k] for row in places]
    edges = np.cumsum(truth, axis=1)[:, :-1]

    def draw(rng: np.random.Generator, n_datasets: int) -> Any:
        labels = (rng.random((n_datasets, m, 1)) > edges).sum(axis=2)
        return np.eye(n_classes, dtype=int)[labels][:, nearest].sum(axis=2)

    outcomes = []
    for near in nearest:
        probabilities = {(0,) * n_classes: 1.0}
        for place in near:
            longer: dict[tuple[int, ...], float] = {}
            for counts, p in probabilities.items():
                for c in range(n_classes):
                    more = (*counts[:c], counts[c] + 1, *counts[c + 1 :])
                    longer[more] = longer.get(more, 0.0) + p * truth[place, c]
            probabilities = longer
        outcomes.append((np.array(list(probabilities)), np.array(list(probabilities.values()))))
    return Counts(draw, truth, outcomes)


def _wave(m: int, n_classes: int) -> Any:
    """Class probabilities that go up and down along the rows."""
    phase = 2 * math.pi * (np.arange(m)[:, None] / m * 1.5 - np.arange(n_classes) / n_classes)
    weights = np.exp(1.5 * np.sin(phase + 0.3))
    return weights / weights.sum(axis=1, keepdims=True)


def _classifiers(name: str, model: Counts) -> list[Case]:
    m, n_classes = model.truth.shape
    edges = np.cumsum(model.truth, axis=1)[:, :-1]
    labels = (np.random.default_rng(1).random((m, 1)) > edges).sum(axis=1)
    one_hot = np.eye(n_classes)[labels]

    def classes(rng: np.random.Generator, n_datasets: int) -> Any:
        return model.draw(rng, n_datasets).argmax(axis=2)

    def probabilities(rng: np.random.Generator, n_datasets: int) -> Any:
        return smoothed(model.draw(rng, n_datasets))

    found = []
    for loss, draw, split, exact in (
        ("0–1", classes, zero_one_parts, zero_one),
        ("0–1 by probabilities", classes, kohavi_wolpert_parts, kohavi_wolpert),
        ("Brier", probabilities, brier_parts, brier),
        ("cross-entropy", probabilities, cross_entropy_parts, cross_entropy),
    ):
        found += [
            Case(loss, name, draw, lambda f, split=split: split(f, model.truth),
                 exact(model, model.truth)),
            Case(loss, f"{name}, labels", draw, lambda f, split=split: split(f, labels),
                 _joined(exact(model, one_hot))),
        ]  # fmt: skip
    return found


def _joined(exact: Exact) -> Exact:
    """Bias and noise as one, where the noise is that of a known target: 0."""
    first = next(name for name in exact if name.startswith("bias"))
    return {f"{first}_and_noise": exact[first]} | {
        name: value for name, value in exact.items() if name not in (first, "noise")
    }


def smoothed(counts: Any) -> Any:
    """Laplace's estimate of the probabilities."""
    return (counts + 1) / (counts.sum(axis=-1, keepdims=True) + counts.shape[-1])


def _expected(model: Counts, function: Callable[[Any], Any]) -> Any:
    """The expectation of a function of the counts at each row."""
    return np.array([p @ function(counts) for counts, p in model.outcomes])


def zero_one(model: Counts, truth: Any) -> Exact:
    """Domingos' parts, by their definition."""
    n_classes = truth.shape[1]
    votes = _expected(model, lambda counts: np.eye(n_classes)[counts.argmax(axis=1)])
    rows, best, main = np.arange(len(truth)), truth.argmax(axis=1), votes.argmax(axis=1)
    right, loss = votes[rows, best], 1 - (votes * truth).sum(axis=1)
    bias, departs = 1.0 * (main != best), 1 - votes[rows, main]
    c2 = np.where(bias > 0, -np.divide(right, departs, out=np.zeros(len(truth)),
                                       where=departs > 0), 1.0)  # fmt: skip
    net = c2 * departs
    return {
        "noise": loss - bias - net, "bias": bias, "variance": net, "loss": loss,
        "unbiased_variance": np.maximum(net, 0), "biased_variance": np.maximum(-net, 0),
    }  # fmt: skip


def kohavi_wolpert(model: Counts, truth: Any) -> Exact:
    """Kohavi and Wolpert's parts."""
    n_classes = truth.shape[1]
    votes = _expected(model, lambda counts: np.eye(n_classes)[counts.argmax(axis=1)])
    return {
        "bias_squared": ((votes - truth) ** 2).sum(axis=1) / 2,
        "variance": (1 - (votes**2).sum(axis=1)) / 2,
        "loss": 1 - (votes * truth).sum(axis=1),
    }


def brier(model: Counts, truth: Any) -> Exact:
    """The parts of the Brier score."""
    mean = _expected(model, smoothed)
    squares = _expected(model, lambda counts: (smoothed(counts) ** 2).sum(axis=1))
    parts = {
        "bias_squared": ((mean - truth) ** 2).sum(axis=1),
        "variance": squares - (mean**2).sum(axis=1),
    }
    return parts | {"loss": 1 - (truth**2).sum(axis=1) + sum(parts.values())}


def cross_entropy(model: Counts, truth: Any) -> Exact:
    """Heskes' parts."""
    mean = _expected(model, lambda counts: np.log(smoothed(counts)))
    total = np.exp(mean).sum(axis=1, keepdims=True)
    centre = np.exp(mean) / total
    return {
        "bias": (truth * np.log(np.where(truth > 0, truth, 1) / centre)).sum(axis=1),
        "variance": -np.log(total[:, 0]),
        "loss": -(truth * mean).sum(axis=1),
    }
