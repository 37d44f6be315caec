"""`toy-smoothness`: of all fits through a few points, the minimum-norm one is smooth.

Figure 8.11 of S. Prince, "Understanding Deep Learning": with more hidden units than needed
the fit between sparse points can be smoother, but need not be. Here: how much smoother, how
rough an equally exact fit can be, and that gradient descent from zero finds the smooth one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from genlab._base import streams
from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, ToySamples, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import CURVE_X, curve_rows, roughness_of_truth
from genlab.experiments.toy_smoothness.fits import (
    exact_fits,
    gradient_descent,
    length,
    null_part,
    root_mean_square,
)
from genlab.experiments.toy_smoothness.protocol import PROTOCOLS, Protocol
from genlab.experiments.toy_smoothness.tables import TABLES
from genlab.experiments.toy_smoothness.words import answer, finding, notes
from genlab.measure import quantile_interval, tail_index, wilson_interval
from genlab.models import HingeFit, HingeRegression

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]

Values = Float[np.ndarray, " n_datasets"]


def run(context: Context, protocol: Protocol) -> Findings:
    """Fit a few points with ever more hidden units: smoothly, roughly, and by descent."""
    seed, descent_seed = context.seeds(2)
    problem = make_toy_regression(n=protocol.n_points)
    samples = problem.fresh(protocol.n_datasets, seed=seed)
    interpolations: list[Row] = []
    residuals: list[Row] = []
    minimum_norm = {}
    for capacity in protocol.capacities:
        fits = exact_fits(capacity, samples, seed, protocol.multiples)
        measured = {multiple: _measures(fit, problem, protocol) for multiple, fit in fits.items()}
        minimum_norm[capacity] = measured[0]
        for multiple, fit in fits.items():
            interpolations += _summaries(capacity, multiple, measured[multiple], protocol)
            residuals.append(_residual_row(capacity, multiple, fit, samples))
    descent, descent_end, descent_fits = _descents(problem, protocol, descent_seed)
    tables = {
        "interpolations": interpolations,
        "training_residuals": residuals,
        "against_unique_fit": [
            row
            for capacity in protocol.capacities[1:]
            for row in _against_unique(capacity, minimum_norm, protocol)
        ],
        "truth": [{"roughness": roughness_of_truth(problem)["curvature"]}],
        "descent": descent,
        "descent_end": descent_end,
        "fits": [
            row
            for capacity in protocol.capacities
            for row in _fit_rows(capacity, problem, protocol, seed)
        ],
        "descent_fits": descent_fits,
        "points": curve_rows(problem.x, problem.y),
        "function": curve_rows(CURVE_X, problem.truth(CURVE_X)),
    }
    return Findings(
        tables,
        [],
        answer(tables, protocol),
        notes=notes(tables, protocol),
        finding=finding(tables, protocol),
    )


def _inputs(protocol: Protocol) -> Float[np.ndarray, " n_inputs"]:
    """The midpoints of equal cells of [0, 1]."""
    return (np.arange(protocol.n_inputs) + 0.5) / protocol.n_inputs


def _measures(fit: HingeFit, problem: ToyRegression, protocol: Protocol) -> dict[str, Values]:
    """How rough the fit to each data set is, and how far from the truth."""
    # The first slope is the rise from 0 on; the others are changes at the knots inside.
    bends = np.abs(fit.slopes[:, 1:])
    x = _inputs(protocol)
    return {
        "roughness": bends.sum(axis=1),
        "sharpest_bend": bends.max(axis=1),
        "distance": root_mean_square(fit.predict(x) - problem.truth(x)),
        "norm": length(fit.parameters),
    }


def _summaries(
    capacity: int, multiple: int, measured: Mapping[str, Values], protocol: Protocol
) -> list[Row]:
    return [
        {
            "capacity": capacity,
            "multiple": multiple,
            "quantity": quantity,
            **_spread(values),
            **tail_index(values, share=protocol.tail_fraction).row("tail_index"),
            "n_datasets": len(values),
        }
        for quantity, values in measured.items()
    ]


def _residual_row(capacity: int, multiple: int, fit: HingeFit, samples: ToySamples) -> Row:
    largest = np.abs(fit.predict(samples.x) - samples.y).max(axis=1)
    return {
        "capacity": capacity,
        "multiple": multiple,
        "median_of_largest": float(np.median(largest)),
        "largest": float(largest.max()),
        "n_datasets": len(largest),
    }


def _against_unique(
    capacity: int, minimum_norm: Mapping[int, Mapping[str, Values]], protocol: Protocol
) -> list[Row]:
    """In how many data sets the minimum-norm fit is lower than the only fit there is."""
    unique = minimum_norm[protocol.capacities[0]]
    rows: list[Row] = []
    for quantity, values in minimum_norm[capacity].items():
        lower = int((values < unique[quantity]).sum())
        rows.append(
            {
                "capacity": capacity,
                "quantity": quantity,
                **wilson_interval(lower, len(values)).row(),
                "n_datasets": len(values),
            }
        )
    return rows


def _fit_rows(capacity: int, problem: ToyRegression, protocol: Protocol, seed: int) -> list[Row]:
    """Curves through the problem's own points."""
    signs = (protocol.drawn_multiple, -protocol.drawn_multiple)
    fits = exact_fits(capacity, _own(problem), seed, signs)
    return [
        row
        for multiple, fit in fits.items()
        for row in curve_rows(
            CURVE_X, fit.predict(CURVE_X)[0], capacity=capacity, multiple=multiple
        )
    ]


def _descents(
    problem: ToyRegression, protocol: Protocol, seed: int
) -> tuple[list[Row], list[Row], list[Row]]:
    """Gradient descent from zero and from a random start: on the way, at the end, as curves.

    The curves are those of the problem's own data set; the numbers are over fresh ones.
    """
    samples = problem.fresh(protocol.n_descents, seed=seed)
    x, y, _ = (np.vstack(pair) for pair in zip(_own(problem), samples, strict=True))
    model = HingeRegression(protocol.descent_capacity)
    features, minimum_norm = model.features(x), model.fit(x, y).parameters
    normal = streams.numpy_stream(seed, streams.DESCENT_START).standard_normal(minimum_norm.shape)
    random = normal * (protocol.start_length * length(minimum_norm) / length(normal))[:, None]
    starts = {"zero": np.zeros_like(minimum_norm), "random": random}
    checkpoints = np.geomspace(1, protocol.n_steps, protocol.n_checkpoints)
    steps = np.unique(checkpoints.round().astype(int)).tolist()
    # Both starts go down together: a step of many data sets costs little more than of one.
    reached = gradient_descent(
        np.vstack([features] * 2), np.vstack([y] * 2), np.vstack(list(starts.values())), steps
    )
    paths = dict(zip(starts, np.split(reached, 2, axis=1), strict=True))
    curve: list[Row] = []
    end: list[Row] = []
    for start, path in paths.items():
        for step, parameters in zip(steps, path, strict=True):
            off = parameters - minimum_norm
            distances = {
                "parameters": length(off) / length(minimum_norm),
                "predictions": root_mean_square(off @ model.features(_inputs(protocol)).T),
                "training": root_mean_square(np.matvec(features, parameters) - y),
            }
            curve += _descent_rows(start, step, distances)
        limit = minimum_norm + null_part(features, starts[start])
        from_limit = length(path[-1] - limit) / length(minimum_norm)
        measured = {**distances, "parameters_from_limit": from_limit}
        last = _measures(HingeFit(model, path[-1]), problem, protocol)
        end += _descent_rows(start, protocol.n_steps, measured | last)
    singular = np.linalg.svd(features, compute_uv=False)
    slowest = {"slowest_steps": (singular[:, 0] / singular[:, -1]) ** 2}
    end += _descent_rows("both", protocol.n_steps, slowest)
    drawn = {"minimum_norm": minimum_norm, **{start: path[-1] for start, path in paths.items()}}
    fits = [
        row
        for name, parameters in drawn.items()
        for row in curve_rows(CURVE_X, HingeFit(model, parameters[0]).predict(CURVE_X), fit=name)
    ]
    return curve, end, fits


def _descent_rows(start: str, step: int, values: Mapping[str, Values]) -> list[Row]:
    """One row per quantity, over the fresh data sets: the first is the problem's own."""
    return [
        {"start": start, "quantity": name, "step": step, **_spread(v[1:]), "n_datasets": len(v) - 1}
        for name, v in values.items()
    ]


def _own(problem: ToyRegression) -> ToySamples:
    """The problem's own data set, as one of several."""
    return ToySamples(problem.x[None], problem.y[None], problem.clean[None])


def _spread(values: Values) -> Row:
    """Median, its 95% interval, and the quantiles between which most values lie."""
    low, high = np.quantile(values, [0.05, 0.95])
    return {
        **quantile_interval(values).row(),
        "quantile_05": float(low),
        "quantile_95": float(high),
    }
