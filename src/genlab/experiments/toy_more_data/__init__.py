"""`toy-more-data`: more training examples lower the variance, and leave the bias.

Figure 8.6 of S. Prince, "Understanding Deep Learning".
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import CURVE_X, curve_rows
from genlab.experiments.toy_more_data.protocol import PROTOCOLS, Protocol
from genlab.experiments.toy_more_data.tables import TABLES
from genlab.experiments.toy_more_data.words import answer, finding, notes
from genlab.measure import tail_index
from genlab.models import HingeRegression
from genlab.studies import Decomposition, ExactDecomposition, decompose, decompose_exactly

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]


def run(context: Context, protocol: Protocol) -> Findings:
    """Decompose the error of one model for several numbers of training examples."""
    model, sizes = protocol.model, protocol.sizes
    seeds = dict(zip(sizes, context.seeds(len(sizes)), strict=True))
    problems = {n: make_toy_regression(n=n, noise=protocol.noise) for n in sizes}
    measured, exact = {}, {}
    for n, problem in problems.items():
        measured[n] = decompose(model, problem, protocol.n_datasets, seed=seeds[n])
        exact[n] = decompose_exactly(model, problem, protocol.n_exact, seed=seeds[n])
    tables = {
        "parts": [row for n in sizes for row in _part_rows(n, measured[n], exact[n])],
        "slopes": [
            _slope_row("all", measured, sizes),
            _slope_row("many", measured, [n for n in sizes if n >= protocol.many]),
            *(_slope_row("pair", measured, pair) for pair in pairwise(sizes)),
        ],
        "fits": [
            row
            for n in protocol.shown
            for row in _fit_rows(model, problems[n], protocol.n_fits, seeds[n])
        ],
        "samples": [row for n in protocol.shown for row in _sample_rows(problems[n], seeds[n])],
        "function": curve_rows(CURVE_X, problems[sizes[0]].truth(CURVE_X)),
    }
    index = tail_index(measured[sizes[0]].excess)
    return Findings(
        tables,
        [],
        answer(tables, protocol),
        notes=notes(protocol, index),
        finding=finding(tables),
    )


def _part_rows(n: int, measured: Decomposition, exact: ExactDecomposition) -> list[Row]:
    average = measured.average
    # Ordinary least squares with many points: noise² · parameters / n.
    limit = measured.problem.noise**2 * measured.model.n_parameters / n
    return [
        {
            "n": n,
            "part": part,
            **interval.row(),
            "exact": float(exactly.mean()),
            "many_points": expected,
            "n_datasets": measured.n_datasets,
        }
        for part, interval, exactly, expected in (
            ("bias_squared", average.bias_squared, exact.bias_squared, None),
            ("variance", average.variance, exact.variance, limit),
        )
    ]


def _slope_row(over: str, measured: dict[int, Decomposition], sizes: Sequence[int]) -> Row:
    """The least-squares slope of log variance on log n; its interval is that of sampling."""
    variance = [measured[n].average.variance for n in sizes]
    x = np.log(sizes)
    weights = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    # Half the width of Student's interval on the log scale; the upper end allows for skewness.
    halves = np.array([np.log(v.mean / v.low) for v in variance])
    slope = float(weights @ np.log([v.mean for v in variance]))
    half = float(np.sqrt((weights**2 * halves**2).sum()))
    return {
        "over": over,
        "n_low": sizes[0],
        "n_high": sizes[-1],
        "estimate": slope,
        "low": slope - half,
        "high": slope + half,
    }


def _fit_rows(model: HingeRegression, problem: ToyRegression, n_fits: int, seed: int) -> list[Row]:
    samples = problem.fresh(n_fits, seed=seed)
    curves = model.fit(samples.x, samples.y).predict(CURVE_X)
    return [
        row
        for i, curve in enumerate(curves)
        for row in curve_rows(CURVE_X, curve, n=problem.n, fit=i + 1)
    ]


def _sample_rows(problem: ToyRegression, seed: int) -> list[Row]:
    """The points behind the first of the fits."""
    samples = problem.fresh(1, seed=seed)
    return curve_rows(samples.x[0], samples.y[0], n=problem.n)
