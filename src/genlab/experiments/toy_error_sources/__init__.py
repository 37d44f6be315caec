"""`toy-error-sources`: noise, bias and variance, each measured separately; and kinds of noise.

Figure 8.5 of S. Prince, "Understanding Deep Learning" (2023), with numbers: how fresh
targets scatter, what no model of the family can follow, how single fits differ, and the test
error that the three must add up to, measured independently. Then section 8.2.1's three origins
of noise, simulated with the same variance.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import CURVE_X, curve_rows
from genlab.experiments.toy_error_sources.large_model import errors_given_x, errors_given_x_and_h
from genlab.experiments.toy_error_sources.noise_kinds import (
    MISLABELLED,
    NOISE_KINDS,
    NOISE_SD,
    UNOBSERVED,
    VARIANCE_F,
    NoiseKind,
    NoisySets,
)
from genlab.experiments.toy_error_sources.protocol import PROTOCOLS, Protocol
from genlab.experiments.toy_error_sources.tables import TABLES
from genlab.experiments.toy_error_sources.words import answer, finding, notes
from genlab.measure import Interval, binned_means, mean_interval, wilson_interval
from genlab.studies import Decomposition, ExactDecomposition, decompose, decompose_exactly

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]

# Cells of [0, 1] in which test points are counted.
_CELLS = 25


def run(context: Context, protocol: Protocol) -> Findings:
    """Measure each part of the test error separately, then the kinds of noise."""
    problem = make_toy_regression(n=protocol.n_points, noise=NOISE_SD)
    fits, targets, trained, tested, large, fresh, shown = context.seeds(7)
    measured = decompose(protocol.model, problem, protocol.n_datasets, seed=fits)
    exact = decompose_exactly(protocol.model, problem, protocol.n_exact, seed=fits)
    noise = _noise(protocol.n_datasets, targets, measured)
    test, cells = _test_error(problem, protocol, trained, tested)
    drawn = {
        kind: kind.draw(protocol.n_kind_datasets, protocol.sizes[-1], fresh) for kind in NOISE_KINDS
    }
    truth = problem.truth(CURVE_X)
    tables = {
        "parts": _part_rows(measured, exact, noise, test),
        "kinds_of_noise": [row for kind, sets in drawn.items() for row in _kind_rows(kind, sets)],
        "large_model": [
            row
            for kind in NOISE_KINDS
            for size in protocol.sizes
            for row in _large_model_rows(kind, protocol, size, large, fresh)
        ],
        "test_error_by_x": _cell_rows(cells, measured),
        "mean_moved": [row for kind, sets in drawn.items() for row in _moved_rows(kind, sets)],
        "parts_by_x": _input_rows(measured, noise),
        "curves": _curve_rows(measured),
        "single_fits": _single_fits(protocol, problem, shown),
        "fresh_points": _fresh_points(protocol, shown),
        "function": curve_rows(CURVE_X, truth),
        "mean_when_mislabelled": curve_rows(CURVE_X, MISLABELLED.mean(truth)),
        "examples": [row for kind in NOISE_KINDS for row in _example_rows(kind, protocol, shown)],
    }
    return Findings(
        tables,
        [],
        answer(tables, protocol),
        notes=notes(tables, protocol),
        finding=finding(tables),
    )


def _noise(n: int, seed: int, measured: Decomposition) -> Float[np.ndarray, "n_datasets m"]:
    """Squared distance of fresh targets from the truth, at the inputs of a decomposition."""
    grid = make_toy_regression(n=len(measured.inputs), noise=NOISE_SD, design="grid")
    samples = grid.fresh(n, seed=seed)
    return (samples.y - samples.clean) ** 2


def _test_error(
    problem: ToyRegression, protocol: Protocol, seed: int, test_seed: int
) -> tuple[Float[np.ndarray, " n_datasets"], Interval]:
    """Each fit's mean squared error on fresh noisy points, and that in each cell of x."""
    n, model = protocol.n_datasets, protocol.model
    samples = problem.fresh(n, seed=seed)
    uniform = make_toy_regression(n=protocol.n_test, noise=NOISE_SD, design="uniform")
    test = uniform.fresh(n, seed=test_seed)
    errors = (model.fit(samples.x, samples.y).predict(test.x) - test.y) ** 2
    return errors.mean(axis=1), mean_interval(binned_means(test.x, errors, _CELLS))


def _part_rows(
    measured: Decomposition,
    exact: ExactDecomposition,
    noise: Float[np.ndarray, "n_datasets m"],
    test: Float[np.ndarray, " n_datasets"],
) -> list[Row]:
    """The three parts, their sum, and the test error to compare it with."""
    bias, variance = float(exact.bias_squared.mean()), float(exact.variance.mean())
    total = NOISE_SD**2 + bias + variance
    # Independent data sets in pairs: intervals of the sum and the difference are over the pairs.
    summed = noise.mean(axis=1) + measured.excess
    rows = {
        "noise": (mean_interval(noise.mean(axis=1)), NOISE_SD**2),
        "bias_squared": (measured.average.bias_squared, bias),
        "variance": (measured.average.variance, variance),
        "sum": (mean_interval(summed), total),
        "test_error": (mean_interval(test), total),
        "test_error_minus_sum": (mean_interval(test - summed), 0.0),
    }
    best = {"part": "best_bias_squared", "estimate": None, "low": None, "high": None}
    return [
        *(
            {"part": part, **interval.row(), "exact": exactly, "n_datasets": int(interval.n)}
            for part, (interval, exactly) in rows.items()
        ),
        {**best, "exact": _best_of_family(measured), "n_datasets": None},
    ]


def _best_of_family(measured: Decomposition) -> float:
    """The least mean squared distance from the truth that any of the models has."""
    model, x, truth = measured.model, measured.inputs, measured.truth
    return float(((model.fit(x, truth).predict(x) - truth) ** 2).mean())


def _input_rows(measured: Decomposition, noise: Float[np.ndarray, "n_datasets m"]) -> list[Row]:
    at = measured.at_inputs
    parts = {
        "noise": mean_interval(noise),
        "bias_squared": at.bias_squared,
        "variance": at.variance,
    }
    return [
        {"part": part, "x": float(x), **interval.row(index=i)}
        for part, interval in parts.items()
        for i, x in enumerate(measured.inputs)
    ]


def _cell_rows(cells: Interval, measured: Decomposition) -> list[Row]:
    """The test error in each cell of x, with the decomposition's error there."""
    expected = measured.at_inputs.error.mean.reshape(_CELLS, -1).mean(axis=1)
    return [
        {
            "x": (i + 0.5) / _CELLS,
            **cells.row(index=i),
            "noise_bias_variance": float(expected[i]),
            "n_datasets": int(cells.n[i]),
        }
        for i in range(_CELLS)
    ]


def _curve_rows(measured: Decomposition) -> list[Row]:
    """The truth, the mean fit with its interval, and the standard deviation of single fits."""
    spread = np.sqrt(measured.at_inputs.variance.mean)
    return [
        {
            "x": float(x),
            "truth": float(measured.truth[i]),
            **measured.prediction.row(index=i),
            "standard_deviation": float(spread[i]),
        }
        for i, x in enumerate(measured.inputs)
    ]


def _single_fits(protocol: Protocol, problem: ToyRegression, seed: int) -> list[Row]:
    """Models fitted to one data set each, at the knots and at 1: straight lines between."""
    samples = problem.fresh(protocol.n_fits_shown, seed=seed)
    ends = np.append(protocol.model.knots, 1.0)
    fits = protocol.model.fit(samples.x, samples.y).predict(ends)
    return [row for i, y in enumerate(fits) for row in curve_rows(ends, y, fit=i)]


def _fresh_points(protocol: Protocol, seed: int) -> list[Row]:
    problem = make_toy_regression(n=protocol.n_points_shown, noise=NOISE_SD, design="uniform")
    samples = problem.fresh(1, seed=seed)
    return curve_rows(samples.x[0], samples.y[0])


def _kind_rows(kind: NoiseKind, sets: NoisySets) -> list[Row]:
    """How large the noise is and what shape it has, compared with the closed forms."""
    squares = (sets.y - kind.mean(sets.clean)) ** 2
    beyond = int((squares > 4 * NOISE_SD**2).sum())
    of_f = ((sets.y - sets.clean) ** 2 - squares).mean(axis=1)
    rows = {
        "variance": (mean_interval(squares.mean(axis=1)), NOISE_SD**2),
        "kurtosis": (mean_interval((squares**2).mean(axis=1) / NOISE_SD**4), kind.kurtosis),
        "beyond_2_sd": (wilson_interval(beyond, squares.size), kind.beyond_2_sd),
        "error_of_f_minus_noise": (mean_interval(of_f), (1 - kind.weight_of_f) ** 2 * VARIANCE_F),
    }
    return [
        {"kind": kind.name, "quantity": quantity, **interval.row(), "exact": exact}
        | {"n_datasets": len(sets.x), "n": sets.x.shape[1]}
        for quantity, (interval, exact) in rows.items()
    ]


def _moved_rows(kind: NoiseKind, sets: NoisySets) -> list[Row]:
    """How far the mean target lies from f in each cell of x, and where E[y|x] lies."""
    moved = mean_interval(binned_means(sets.x, sets.y - sets.clean, _CELLS))
    exact = binned_means(sets.x, kind.mean(sets.clean) - sets.clean, _CELLS).mean(axis=0)
    return [
        {
            "kind": kind.name,
            "x": (i + 0.5) / _CELLS,
            **moved.row(index=i),
            "exact": float(exact[i]),
            "n_datasets": int(moved.n[i]),
        }
        for i in range(_CELLS)
    ]


def _large_model_rows(
    kind: NoiseKind, protocol: Protocol, size: int, seed: int, test_seed: int
) -> list[Row]:
    """The error of a large model, and how far it is above the noise on the same points.

    Where a variable is unobserved, also the error of a model that is given it.
    """
    model = protocol.large_model
    train, test = (kind.draw(protocol.n_kind_datasets, size, s) for s in (seed, test_seed))
    noise = ((test.y - kind.mean(test.clean)) ** 2).mean(axis=1)
    errors = {"x": errors_given_x(model, train, test)}
    if kind is UNOBSERVED:
        errors["x_and_h"] = errors_given_x_and_h(model, train, test)
    rows = []
    for given, error in errors.items():
        above = mean_interval(error - noise) if given == "x" else mean_interval(error)
        rows.append(
            {
                "kind": kind.name,
                "given": given,
                "n": size,
                **mean_interval(error).row(),
                "noise": NOISE_SD**2 if given == "x" else 0.0,
                **above.row("above"),
                "n_datasets": protocol.n_kind_datasets,
            }
        )
    return rows


def _example_rows(kind: NoiseKind, protocol: Protocol, seed: int) -> list[Row]:
    """A data set's points, and what makes each of them noisy."""
    sets = kind.draw(1, protocol.n_examples_shown, seed)
    return [
        {"kind": kind.name, "x": float(x), "y": float(y), "cause": float(cause)}
        for x, y, cause in zip(sets.x[0], sets.y[0], sets.cause[0], strict=True)
    ]
