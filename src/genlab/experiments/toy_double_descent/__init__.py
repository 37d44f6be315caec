"""`toy-double-descent`: the expected error peaks at as many parameters as points, then falls.

Section 8.4 of S. Prince, "Understanding Deep Learning", where figure 8.10 shows it for a
network, on the toy problem: there the expected error is computed, not estimated.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.toy_double_descent.protocol import PROTOCOLS, Protocol
from genlab.experiments.toy_double_descent.tables import TABLES
from genlab.experiments.toy_double_descent.words import answer, finding, notes
from genlab.measure import quantile_interval, tail_index
from genlab.models import HingeRegression
from genlab.studies import decompose, decompose_exactly

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]


def run(context: Context, protocol: Protocol) -> Findings:
    """The expected error of every capacity, with fixed inputs exactly and with random ones."""
    # The checks have data sets of their own each, so that they do not miss together.
    seed, *check_seeds = context.seeds(1 + len(protocol.checked_capacities))
    fixed = make_toy_regression(protocol.n_points, design="grid")
    random = make_toy_regression(protocol.n_points)
    grid = [
        row for capacity in protocol.capacities for row in _grid_rows(fixed, capacity, protocol)
    ]
    stratified = [
        _stratified_row(random, capacity, ridge, protocol, seed)
        for ridge in (0.0, protocol.ridge)
        for capacity in protocol.capacities
    ]
    exact = {row["capacity"]: row["error"] for row in grid if row["ridge"] == 0}
    measured = [
        _measured_row(fixed, capacity, exact[capacity], protocol, check_seed)
        for capacity, check_seed in zip(protocol.checked_capacities, check_seeds, strict=True)
    ]
    residuals = [
        _residual_row(problem, capacity, protocol.n_draws, seed)
        for problem in (fixed, random)
        for capacity in protocol.residual_capacities
    ]
    landmarks = [
        row
        for design, rows in (("grid", _as_estimates(grid)), ("stratified", stratified))
        for ridge in (0.0, protocol.ridge)
        for row in _landmarks(design, ridge, [r for r in rows if r["ridge"] == ridge], fixed.n)
    ]
    tables = {
        "landmarks": landmarks,
        "grid": grid,
        "grid_measured": measured,
        "stratified": stratified,
        "training_residuals": residuals,
    }
    return Findings(
        tables,
        [],
        answer(landmarks, protocol),
        notes=notes(tables, protocol),
        finding=finding(landmarks, protocol),
    )


def _inputs(protocol: Protocol) -> Float[np.ndarray, " n_inputs"]:
    """The midpoints of equal cells of [0, 1]."""
    return (np.arange(protocol.n_inputs) + 0.5) / protocol.n_inputs


def _grid_rows(problem: ToyRegression, capacity: int, protocol: Protocol) -> list[Row]:
    """The error of one capacity at the problem's inputs, exactly, one row per ridge."""
    inputs = _inputs(protocol)
    truth = problem.truth(inputs)
    features = HingeRegression(capacity).features(problem.x)
    singular = np.linalg.svd(features, compute_uv=False)
    rows: list[Row] = []
    for ridge in protocol.ridges:
        model = HingeRegression(capacity, ridge)
        solver = model.solver(problem.x)
        smoother = model.features(inputs) @ solver
        residual = np.eye(problem.n) - features @ solver
        bias_squared = ((smoother @ problem.clean - truth) ** 2).mean()
        variance = problem.noise**2 * (smoother**2).sum(axis=1).mean()
        missed = ((residual @ problem.clean) ** 2).mean()
        train = missed + problem.noise**2 * (residual**2).sum() / problem.n
        rows.append(
            {
                "capacity": capacity,
                "n_parameters": capacity + 1,
                "ridge": ridge,
                "noise": problem.noise**2,
                "bias_squared": float(bias_squared),
                "variance": float(variance),
                "error": float(problem.noise**2 + bias_squared + variance),
                "train_error": float(train),
                "smallest_singular_value": float(singular.min()),
            }
        )
    best = min(row["error"] for row in rows)
    return [{**row, "is_best_ridge": row["error"] == best} for row in rows]


def _measured_row(
    problem: ToyRegression, capacity: int, exact: float, protocol: Protocol, seed: int
) -> Row:
    """The same error from fits to data sets with random noise."""
    model, n, inputs = HingeRegression(capacity), protocol.n_measured, _inputs(protocol)
    error = decompose(model, problem, n, inputs=inputs, seed=seed).average.error.row()
    return {
        "capacity": capacity,
        **error,
        "exact": exact,
        "contains_exact": error["low"] <= exact <= error["high"],
        "n_datasets": n,
    }


def _stratified_row(
    problem: ToyRegression, capacity: int, ridge: float, protocol: Protocol, seed: int
) -> Row:
    """The error given the inputs, over draws of the inputs."""
    model, n = HingeRegression(capacity, ridge), protocol.n_draws
    exact = decompose_exactly(model, problem, n, inputs=_inputs(protocol), seed=seed)
    excess = exact.given_bias_squared + exact.given_variance
    error = problem.noise**2 + excess
    names = ("05", "25", "75", "95")
    quantiles = np.quantile(error, [0.05, 0.25, 0.75, 0.95])
    return {
        "capacity": capacity,
        "n_parameters": capacity + 1,
        "ridge": ridge,
        **quantile_interval(error).row(),
        **{f"quantile_{q}": float(v) for q, v in zip(names, quantiles, strict=True)},
        "largest": float(error.max()),
        **tail_index(excess, share=protocol.tail_fraction).row("tail_index"),
        "n_datasets": n,
    }


def _residual_row(problem: ToyRegression, capacity: int, n: int, seed: int) -> Row:
    samples = problem.fresh(n, seed=seed)
    fit = HingeRegression(capacity).fit(samples.x, samples.y)
    largest = np.abs(fit.predict(samples.x) - samples.y).max(axis=1)
    return {
        "design": problem.design,
        "capacity": capacity,
        "median_of_largest": float(np.median(largest)),
        "largest": float(largest.max()),
        "n_datasets": n,
    }


def _as_estimates(grid: list[Row]) -> list[Row]:
    """The grid's errors in the columns of an estimate; exact ones have no interval."""
    return [{**row, "estimate": row["error"], "low": None, "high": None} for row in grid]


def _landmarks(design: str, ridge: float, rows: Sequence[Row], n: int) -> list[Row]:
    """Where the error is lowest and highest on either side of as many parameters as points."""
    first = min((row for row in rows if row["n_parameters"] < n), key=_error)
    places = {
        "first_minimum": first,
        "threshold": next(row for row in rows if row["n_parameters"] == n),
        "peak": max((row for row in rows if row["capacity"] >= first["capacity"]), key=_error),
        "units_equal_points": next(row for row in rows if row["capacity"] == n),
        "second_minimum": min((row for row in rows if row["n_parameters"] > n), key=_error),
        "largest_capacity": rows[-1],
    }
    return [
        {
            "design": design,
            "ridge": ridge,
            "landmark": landmark,
            **{key: row[key] for key in ("capacity", "n_parameters", "estimate", "low", "high")},
        }
        for landmark, row in places.items()
    ]


def _error(row: Row) -> float:
    return float(row["estimate"])
