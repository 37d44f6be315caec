"""How often the interval of a cross-validated error holds the true error, and how wide it is.

Two Gaussian classes and linear classifiers, whose true error has a closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr

from benchmarks._row import row
from genlab.datasets import split_indices
from genlab.measure import cross_validated_interval, wilson_interval

REPETITIONS = 400
SIZES = (100, 300, 1000)
FOLDS = (3, 5, 10)
# Half the distance between the classes' means: errors of about 2, 10 and 40%.
DISTANCES = (2.05, 1.28, 0.25)
CHOICES, OF_FEATURES = 20, 5
Linear = tuple[np.ndarray, float]
Fit = Callable[[np.ndarray, np.ndarray], Linear]


class Case(NamedTuple):
    """A classifier in so many dimensions."""

    fit: Fit
    d: int


def centroids(x: np.ndarray, y: np.ndarray) -> Linear:
    """The nearest of the two class means."""
    first, second = x[y == 1].mean(axis=0), x[y == 0].mean(axis=0)
    return first - second, float(-(first - second) @ (first + second) / 2)


def least_squares(x: np.ndarray, y: np.ndarray) -> Linear:
    """The sign of a regression on labels −1 and 1."""
    weights = np.linalg.lstsq(np.c_[x, np.ones(len(x))], 2.0 * y - 1, rcond=None)[0]
    return weights[:-1], float(weights[-1])


CASES = {
    "nearest centroid, 5 inputs": Case(centroids, 5),
    "least squares, 5 inputs": Case(least_squares, 5),
    "least squares, 20 inputs": Case(least_squares, 20),
}


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table, in percent: the lowest of all sizes and errors."""
    rows = []
    for name, case in CASES.items():
        for n_folds in FOLDS:
            results = [
                _simulated(case, n, n_folds, distance) for n in SIZES for distance in DISTANCES
            ]
            for target, least in (("training sets", 95), ("models", 95), ("all examples", 91)):
                covered = [100 * result[target] for result in results]
                measured = f"{name}, {n_folds} folds, {_TARGETS[target]}, % covered: lowest"
                rows.append(row(measured, [min(covered)], least=least) | {"rounds": covered})
            width = [result["width"] for result in results]
            rows.append(
                row(f"{name}, {n_folds} folds, width over Wilson's: highest", [max(width)], most=2)
                | {"rounds": width}
            )
    unstable = [100 * _unstable(n_folds) for n_folds in FOLDS]
    name = "models that differ twice as much as counts, 3, 5, 10 folds, % covered: lowest"
    rows.append(row(name, [min(unstable)], least=92) | {"rounds": unstable})
    chosen = [100 * _chosen(n, distance) for n in SIZES[:2] for distance in DISTANCES]
    name = f"the lowest of {CHOICES} equally good, 5 folds, % covered: lowest"
    return [*rows, row(name, [min(chosen)], least=92) | {"rounds": chosen}]


_TARGETS = {
    "training sets": "mean over training sets",
    "models": "mean of the models",
    "all examples": "model of all examples",
}


def _drawn(n: int, mean: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    y = rng.integers(0, 2, n)
    return rng.normal(size=(n, len(mean))) + (2 * y - 1)[:, None] * mean, y


def _true_error(model: Linear, mean: np.ndarray) -> float:
    weights, offset = model
    length = np.linalg.norm(weights)
    return float(ndtr((-weights @ mean + np.array([-offset, offset])) / length).mean())


def _cross_validated(
    fit: Fit, x: np.ndarray, y: np.ndarray, mean: np.ndarray, folds: list[np.ndarray]
) -> tuple[list[float], list[float]]:
    """Validation error and true error of the model of each fold."""
    errors, true = [], []
    for fold in folds:
        rest = np.ones(len(y), bool)
        rest[fold] = False
        weights, offset = model = fit(x[rest], y[rest])
        errors.append(float(((x[fold] @ weights + offset > 0) != y[fold]).mean()))
        true.append(_true_error(model, mean))
    return errors, true


def _simulated(case: Case, n: int, n_folds: int, distance: float) -> dict[str, float]:
    rng = np.random.default_rng(n + n_folds)
    mean = np.zeros(case.d)
    mean[0] = distance
    ends, of_models, of_all, widths = [], [], [], []
    for seed in range(REPETITIONS):
        x, y = _drawn(n, mean, rng)
        folds = split_indices(y, (1 / n_folds,) * n_folds, seed=seed)
        errors, true = _cross_validated(case.fit, x, y, mean, folds)
        interval = cross_validated_interval(errors, n / n_folds, n - n / n_folds)
        ends.append((interval.low, interval.high))
        of_models.append(np.mean(true))
        of_all.append(_true_error(case.fit(x, y), mean))
        wilson = wilson_interval(round(float(interval.mean) * n), n)
        widths.append((interval.high - interval.low) / (wilson.high - wilson.low))
    low, high = np.array(ends).T
    targets = {"training sets": np.mean(of_models), "models": of_models, "all examples": of_all}
    covered = {
        name: float(((low <= np.array(target)) & (np.array(target) <= high)).mean())
        for name, target in targets.items()
    }
    return covered | {"width": float(np.median(widths))}


def _unstable(n_folds: int, n: int = 300, p: float = 0.1) -> float:
    """Coverage where the true errors of models have a beta distribution about p."""
    rng = np.random.default_rng(n_folds)
    each = n // n_folds
    deviation = 2 * np.sqrt(p * (1 - p) / each)
    concentration = p * (1 - p) / deviation**2 - 1
    covered = 0
    for _ in range(5 * REPETITIONS):
        true = rng.beta(p * concentration, (1 - p) * concentration, n_folds)
        interval = cross_validated_interval(rng.binomial(each, true) / each, each, n - each)
        covered += bool(interval.low <= p <= interval.high)
    return covered / (5 * REPETITIONS)


def _chosen(n: int, distance: float) -> float:
    """Coverage of the interval of the lowest of several errors, that of models of some inputs."""
    rng, d, n_folds = np.random.default_rng(n), 20, 5
    # Every choice of inputs is equally good.
    mean = np.full(d, distance / np.sqrt(OF_FEATURES))
    ends, expected = [], []
    for seed in range(REPETITIONS // 2):
        x, y = _drawn(n, mean, rng)
        folds = split_indices(y, (1 / n_folds,) * n_folds, seed=seed)
        trials = []
        for _ in range(CHOICES):
            seen = rng.permutation(d)[:OF_FEATURES]
            trials.append(_cross_validated(centroids, x[:, seen], y, mean[seen], folds))
            expected.append(np.mean(trials[-1][1]))
        errors, _ = min(trials, key=lambda trial: float(np.mean(trial[0])))
        interval = cross_validated_interval(errors, n / n_folds, n - n / n_folds)
        ends.append((interval.low, interval.high))
    low, high = np.array(ends).T
    return float(((low <= np.mean(expected)) & (np.mean(expected) <= high)).mean())
