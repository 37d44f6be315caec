"""`toy-more-capacity`: more hidden units lower the bias and raise the variance.

Figures 8.7 and 8.8 of S. Prince, "Understanding Deep Learning".
"""

from __future__ import annotations

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import CURVE_X, curve_rows, distance_from_truth
from genlab.experiments.toy_more_capacity.protocol import PROTOCOLS, Protocol
from genlab.experiments.toy_more_capacity.tables import TABLES
from genlab.experiments.toy_more_capacity.words import answer, finding, notes
from genlab.measure import quantile_interval
from genlab.models import HingeRegression
from genlab.studies import Decomposition, decompose, decompose_exactly

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]

# What lies within two standard deviations of a normal distribution, as quantiles.
_LOW, _HIGH = 0.02275, 0.97725


def run(context: Context, protocol: Protocol) -> Findings:
    """The mean fit and the spread of each capacity, and one data set overfitted."""
    problem = make_toy_regression(n=protocol.n_points, noise=protocol.noise)
    seed = context.seeds(1)[0]
    models = {capacity: HingeRegression(capacity) for capacity in protocol.capacities}
    measured = [
        decompose(model, problem, protocol.n_datasets, seed=seed) for model in models.values()
    ]
    tables = {
        "parts": [row for parts in measured for row in _part_rows(parts, protocol)],
        "errors": [row for parts in measured for row in _error_rows(parts)],
        "one_data_set": [_one_row(model, problem) for model in models.values()],
        "bands": [row for parts in measured for row in _band_rows(parts, protocol)],
        "one_fit": [
            row
            for capacity, model in models.items()
            for row in curve_rows(
                CURVE_X, model.fit(problem.x, problem.y).predict(CURVE_X), capacity=capacity
            )
        ],
        "samples": curve_rows(problem.x, problem.y),
        "function": curve_rows(CURVE_X, problem.truth(CURVE_X)),
    }
    return Findings(
        tables, [], answer(tables, protocol), notes=notes(protocol), finding=finding(tables)
    )


def _band_rows(measured: Decomposition, protocol: Protocol) -> list[Row]:
    """The middle of the fits, and between which values most of them lie, along x."""
    samples = measured.problem.fresh(measured.n_datasets, seed=measured.seed)
    fits = measured.model.fit(samples.x, samples.y).predict(CURVE_X)
    capacity = measured.model.n_hidden
    summary = protocol.summary(capacity)
    if summary == "median":
        low, middle, high = np.quantile(fits, [_LOW, 0.5, _HIGH], axis=0)
    else:
        middle, deviation = fits.mean(axis=0), fits.std(axis=0, ddof=1)
        low, high = middle - 2 * deviation, middle + 2 * deviation
    return [
        {
            "capacity": capacity,
            "summary": summary,
            "x": float(x),
            "middle": float(middle[i]),
            "low": float(low[i]),
            "high": float(high[i]),
        }
        for i, x in enumerate(CURVE_X)
    ]


def _part_rows(measured: Decomposition, protocol: Protocol) -> list[Row]:
    capacity = measured.model.n_hidden
    summary = protocol.summary(capacity)
    if summary == "median":
        exact = decompose_exactly(
            measured.model, measured.problem, protocol.n_exact, seed=measured.seed
        )
        parts = {
            "bias_squared": quantile_interval(exact.given_bias_squared),
            "variance": quantile_interval(exact.given_variance),
        }
    else:
        average = measured.average
        parts = {"bias_squared": average.bias_squared, "variance": average.variance}
    return [
        {
            "capacity": capacity,
            "part": part,
            "summary": summary,
            **interval.row(),
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
            **quantile_interval(errors).row(),
            "n_datasets": measured.n_datasets,
        }
        for part, errors in (
            ("train", (residuals**2).mean(axis=1)),
            ("test", measured.excess + measured.problem.noise**2),
        )
    ]


def _one_row(model: HingeRegression, problem: ToyRegression) -> Row:
    """The same for the problem's own data set."""
    fit = model.fit(problem.x, problem.y)
    return {
        "capacity": model.n_hidden,
        "train_loss": float(np.mean((fit.predict(problem.x) - problem.y) ** 2)),
        "test_loss": distance_from_truth(fit, problem) + problem.noise**2,
    }
