"""`toy-more-capacity`: more hidden units lower the bias and raise the variance.

Figures 8.7 and 8.8 of S. Prince, "Understanding Deep Learning".
"""

from __future__ import annotations

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import CURVE_X, curve_rows, distance_from_truth, estimate, text
from genlab.measure import quantile_interval
from genlab.models import HingeRegression
from genlab.studies import Decomposition, decompose, decompose_exactly

_N_DATASETS = {"quick": 4_000, "default": 20_000, "paper": 100_000}
_N_EXACT = {"quick": 1_000, "default": 4_000, "paper": 20_000}
_CAPACITIES = (3, 5, 10)
# With 10 hidden units the tails are heavy: see `toy-tradeoff`.
_MEDIANS = (10,)
# What lies within two standard deviations of a normal distribution, as quantiles.
_LOW, _HIGH = 0.02275, 0.97725


def run(context: Context) -> Findings:
    """The mean fit and the spread of each capacity, and one data set overfitted."""
    problem = make_toy_regression()
    n, n_exact = _N_DATASETS[context.scale], _N_EXACT[context.scale]
    seed = context.seeds(1)[0]
    models = {c: HingeRegression(c) for c in _CAPACITIES}
    measured = {c: decompose(model, problem, n, seed=seed) for c, model in models.items()}
    parts = [row for c in _CAPACITIES for row in _part_rows(measured[c], n_exact)]
    errors = [row for c in _CAPACITIES for row in _error_rows(measured[c])]
    tables = {
        "parts": parts,
        "errors": errors,
        "one_data_set": [_one_row(c, problem) for c in _CAPACITIES],
        "bands": [row for c in _CAPACITIES for row in _band_rows(measured[c])],
        "one_fit": [
            row
            for c in _CAPACITIES
            for row in curve_rows(
                CURVE_X, HingeRegression(c).fit(problem.x, problem.y).predict(CURVE_X), capacity=c
            )
        ],
        "samples": curve_rows(problem.x, problem.y),
        "function": curve_rows(CURVE_X, problem.truth(CURVE_X)),
    }
    return Findings(tables, [], _answer(parts, errors), notes=_notes(n))


def _band_rows(measured: Decomposition) -> list[Row]:
    """The middle of the fits, and between which values most of them lie, along x."""
    samples = measured.problem.fresh(measured.n_datasets, seed=measured.seed)
    fits = measured.model.fit(samples.x, samples.y).predict(CURVE_X)
    capacity = measured.model.n_hidden
    if capacity in _MEDIANS:
        low, middle, high = np.quantile(fits, [_LOW, 0.5, _HIGH], axis=0)
    else:
        middle, deviation = fits.mean(axis=0), fits.std(axis=0, ddof=1)
        low, high = middle - 2 * deviation, middle + 2 * deviation
    return [
        {
            "capacity": capacity,
            "summary": _summary(capacity),
            "x": float(x),
            "middle": float(middle[i]),
            "low": float(low[i]),
            "high": float(high[i]),
        }
        for i, x in enumerate(CURVE_X)
    ]


def _part_rows(measured: Decomposition, n_exact: int) -> list[Row]:
    capacity = measured.model.n_hidden
    if capacity in _MEDIANS:
        exact = decompose_exactly(measured.model, measured.problem, n_exact, seed=measured.seed)
        parts = {
            "bias²": quantile_interval(exact.given_bias_squared),
            "variance": quantile_interval(exact.given_variance),
        }
    else:
        average = measured.average
        parts = {"bias²": average.bias_squared, "variance": average.variance}
    return [
        {
            "capacity": capacity,
            "part": part,
            "summary": _summary(capacity),
            **estimate(interval),
            "n_datasets": int(interval.n),
        }
        for part, interval in parts.items()
    ]


def _error_rows(measured: Decomposition) -> list[Row]:
    """Error on the points that were fitted, and on fresh ones: medians over data sets."""
    samples = measured.problem.fresh(measured.n_datasets, seed=measured.seed)
    residuals = measured.model.fit(samples.x, samples.y).predict(samples.x) - samples.y
    return [
        {
            "capacity": measured.model.n_hidden,
            "set": part,
            "summary": "median",
            **estimate(quantile_interval(errors)),
            "n_datasets": measured.n_datasets,
        }
        for part, errors in (
            ("train", (residuals**2).mean(axis=1)),
            ("test", measured.excess + measured.problem.noise**2),
        )
    ]


def _one_row(capacity: int, problem: ToyRegression) -> Row:
    """The same for the problem's own data set, a description of it."""
    fit = HingeRegression(capacity).fit(problem.x, problem.y)
    return {
        "capacity": capacity,
        "train_loss": float(np.mean((fit.predict(problem.x) - problem.y) ** 2)),
        "test_loss": distance_from_truth(fit, problem) + problem.noise**2,
    }


def _summary(capacity: int) -> str:
    return "median" if capacity in _MEDIANS else "mean"


def _answer(parts: list[Row], errors: list[Row]) -> str:
    def values(rows: list[Row], column: str, name: str, digits: int) -> str:
        found = [row for row in rows if row[column] == name]
        return ", ".join(text(row, digits) for row in found)

    return (
        f"It lowers bias and raises variance: with 3, 5 and 10 hidden units bias² is "
        f"{values(parts, 'part', 'bias²', 4)} and variance "
        f"{values(parts, 'part', 'variance', 4)} (medians for 10). What is learned too well is "
        f"the training set: the median training error falls, "
        f"{values(errors, 'set', 'train', 3)}, while the median error on fresh targets goes "
        f"down and up again, {values(errors, 'set', 'test', 3)}."
    )


def _notes(n: int) -> list[str]:
    return [
        f"Intervals: 95%, over {n:,} data sets of 15 points (bias² and variance of 10 hidden "
        f"units: over draws of the inputs). Numbers of the one data set have none: they describe "
        f"it.",
        "With 10 hidden units the variance has a heavy tail (toy-tradeoff measures it), so its "
        "mean converges slowly: medians are given, and quantiles in place of two standard "
        "deviations. Training and test errors are medians for all three, to be compared.",
    ]
