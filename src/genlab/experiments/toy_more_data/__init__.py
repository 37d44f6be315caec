"""`toy-more-data`: more training examples lower the variance, and leave the bias.

Figure 8.6 of S. Prince, "Understanding Deep Learning".
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import CURVE_X, curve_rows, estimate, text
from genlab.measure import tail_index
from genlab.models import HingeRegression
from genlab.studies import Decomposition, ExactDecomposition, decompose, decompose_exactly

_N_DATASETS = {"quick": 2_000, "default": 10_000, "paper": 100_000}
_N_EXACT = {"quick": 500, "default": 2_000, "paper": 10_000}
_MODEL = HingeRegression(3)
_N = (6, 8, 10, 15, 25, 40, 60, 100, 200, 400)
_SHOWN = (6, 10, 100)
_FITS = 6
# From here on noise/n, not the accidents of few points, makes the variance.
_MANY = 25


def run(context: Context) -> Findings:
    """Decompose the error of one model for several numbers of training examples."""
    seeds = context.seeds(len(_N))
    problems = {n: make_toy_regression(n=n) for n in _N}
    measured, exact = {}, {}
    for seed, (n, problem) in zip(seeds, problems.items(), strict=True):
        measured[n] = decompose(_MODEL, problem, _N_DATASETS[context.scale], seed=seed)
        exact[n] = decompose_exactly(_MODEL, problem, _N_EXACT[context.scale], seed=seed)
    slopes = [
        _slope("all", measured, list(_N)),
        _slope(f"n >= {_MANY}", measured, [n for n in _N if n >= _MANY]),
        *(_slope(f"{a} to {b}", measured, [a, b]) for a, b in pairwise(_N)),
    ]
    tables = {
        "parts": [row for n in _N for row in _part_rows(n, measured[n], exact[n])],
        "slopes": slopes,
        "fits": [row for n in _SHOWN for row in _fit_rows(problems[n], seeds[_N.index(n)])],
        "samples": [row for n in _SHOWN for row in _sample_rows(problems[n], seeds[_N.index(n)])],
        "function": curve_rows(CURVE_X, problems[_N[0]].truth(CURVE_X)),
    }
    return Findings(
        tables, [], _answer(measured, slopes), notes=_notes(measured, _N_DATASETS[context.scale])
    )


def _part_rows(n: int, measured: Decomposition, exact: ExactDecomposition) -> list[Row]:
    average = measured.average
    # Ordinary least squares with many points: noise² · parameters / n.
    limit = measured.problem.noise**2 * _MODEL.n_parameters / n
    return [
        {
            "n": n,
            "part": part,
            **estimate(interval),
            "exact": float(exactly.mean()),
            "many_points": expected,
            "n_datasets": measured.n_datasets,
        }
        for part, interval, exactly, expected in (
            ("bias²", average.bias_squared, exact.bias_squared, None),
            ("variance", average.variance, exact.variance, limit),
        )
    ]


def _slope(name: str, measured: dict[int, Decomposition], sizes: list[int]) -> Row:
    """The least-squares slope of log variance on log n; its interval is that of sampling."""
    variance = [measured[n].average.variance for n in sizes]
    x = np.log(sizes)
    weights = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    # Half the width of an interval on the log scale, which is symmetric.
    halves = np.array([np.log(v.high / v.low) / 2 for v in variance])
    slope = float(weights @ np.log([v.mean for v in variance]))
    half = float(np.sqrt((weights**2 * halves**2).sum()))
    return {"over": name, "slope": slope, "low": slope - half, "high": slope + half}


def _fit_rows(problem: ToyRegression, seed: int) -> list[Row]:
    samples = problem.fresh(_FITS, seed=seed)
    curves = _MODEL.fit(samples.x, samples.y).predict(CURVE_X)
    return [
        row
        for i, curve in enumerate(curves)
        for row in curve_rows(CURVE_X, curve, n=problem.n, fit=i + 1)
    ]


def _sample_rows(problem: ToyRegression, seed: int) -> list[Row]:
    """The points behind the first of the fits."""
    samples = problem.fresh(1, seed=seed)
    return curve_rows(samples.x[0], samples.y[0], n=problem.n)


def _answer(measured: dict[int, Decomposition], slopes: list[Row]) -> str:
    first, last = measured[_N[0]].average, measured[_N[-1]].average
    by_name = {row["over"]: row for row in slopes}
    every, many = by_name["all"], by_name[f"n >= {_MANY}"]
    return (
        f"Variance falls as 1/n: from {text(first.variance, 4)} with {_N[0]} points to "
        f"{text(last.variance, 5)} with {_N[-1]}. On log axes its slope is "
        f"{text(_as_estimate(many), 3)} from {_MANY} points on (noise variance times parameters "
        f"over n would be −1) and {text(_as_estimate(every), 3)} over all, for few points add "
        f"accidents of their own. The bias stays: bias² is {text(first.bias_squared, 4)} with "
        f"{_N[0]} points and {text(last.bias_squared, 4)} with {_N[-1]}; more data cannot mend a "
        f"model of three straight lines."
    )


def _as_estimate(row: Row) -> Row:
    return {"estimate": row["slope"], "low": row["low"], "high": row["high"]}


def _notes(measured: dict[int, Decomposition], n_datasets: int) -> list[str]:
    index = tail_index(measured[_N[0]].excess)
    return [
        f"Intervals: 95%, over {n_datasets:,} data sets a point; those of the slopes hold the "
        f"sampling error alone, not that the curve may bend. The model has 3 hidden units.",
        f"With {_N[0]} points the tail of the error over data sets has the index "
        f"{text(index, 1)}, so its mean converges well enough to be shown."
        if index.low > 2
        else f"With {_N[0]} points the tail of the error over data sets is heavy (index "
        f"{text(index, 1)}): its mean converges slowly, and its interval is too narrow.",
    ]
