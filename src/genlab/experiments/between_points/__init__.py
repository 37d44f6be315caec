"""`between-points`: how far apart examples lie as the number of inputs grows.

Section 8.4 of S. Prince, "Understanding Deep Learning" (2023), closes with spaces of many
dimensions, and so does its notebook 8.4: distances concentrate, and no number of examples
fills the space. Measured on drawn data, with MNIST-1D and MNIST beside them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator
from scipy.special import gammaln

from genlab._base import streams
from genlab._base.jsons import Row
from genlab.datasets import fetch_mnist, make_mnist1d
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import estimate, text
from genlab.measure import mean_interval, quantile_interval

_N_DRAWS = {"quick": 8, "default": 16, "paper": 100}
_N_POINTS = 1_000
_INPUTS = (2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_ANSWERED = (2, 100, 1_000)
_SPREAD_OF = (2, 10, 100, 1_000)
# Width of the bins of distance / mean distance.
_BIN = 0.02
_BINS = 250
_WITHIN = (0.1, 0.5, 1.0)
_EXAMPLES_INPUTS = range(1, 101)
# Streams of the drawn points, a block a draw.
_STREAMS = {"normal": streams.NORMAL_POINTS, "uniform": streams.UNIFORM_POINTS}

_SMALLEST, _MEAN, _LARGEST = "smallest", "mean", "largest"
_NEAREST = "nearest neighbour / mean"
_RATIO = "largest / smallest"
_AS_NEAR = "inputs of normal points as near"


class _Distances(NamedTuple):
    """Between all pairs of points: each point's nearest, the mean and the largest."""

    nearest: Float[np.ndarray, " n"]
    mean: float
    largest: float
    matrix: Float[np.ndarray, "n n"]


def run(context: Context) -> Findings:
    """Measure drawn points in every dimension, then real examples."""
    n_draws = _N_DRAWS[context.scale]
    seed = context.seeds(1)[0]
    rows, spread = [], []
    for name in _STREAMS:
        for inputs in _INPUTS:
            found, shares = _measure_draws(name, inputs, n_draws, seed)
            rows += found
            spread += shares
    mnist, missing = context.at_hand(fetch_mnist)
    sets = {"MNIST-1D": make_mnist1d()} | ({} if mnist is None else {"MNIST": mnist})
    real = [
        row
        for name, data in sets.items()
        for row in _real_rows(name, data.x_train, n_draws, context.seed, rows)
    ]
    tables = {
        "distances": rows,
        "real_data": real,
        "examples_needed": _examples_needed(),
        "spread": spread,
    }
    return Findings(tables, [], _answer(rows, real) + missing, notes=_notes(n_draws, real))


def _distances(x: Float[np.ndarray, "n inputs"]) -> _Distances:
    """All distances from one matrix product, and the small ones from differences."""
    squares = np.einsum("ij,ij->i", x, x)
    matrix = x @ x.T
    matrix *= -2.0
    matrix += squares[:, None]
    matrix += squares
    # |a|² + |b|² − 2a·b of points that almost coincide may fall below 0 by rounding.
    np.maximum(matrix, 0.0, out=matrix)
    np.sqrt(matrix, out=matrix)
    n = len(x)
    np.fill_diagonal(matrix, 0.0)
    mean, largest = matrix.sum() / (n * (n - 1)), matrix.max()
    np.fill_diagonal(matrix, np.inf)
    # It also loses digits where a distance is small, so those are taken again.
    nearest = np.linalg.norm(x - x[matrix.argmin(axis=1)], axis=1)
    return _Distances(nearest, float(mean), float(largest), matrix)


def _measure_draws(name: str, inputs: int, n_draws: int, seed: int) -> tuple[list[Row], list[Row]]:
    """All quantities of one kind of points over independent draws, and some histograms."""
    found, shares = [], []
    for draw in range(n_draws):
        rng = streams.numpy_stream(seed, _STREAMS[name], inputs * 1_000 + draw)
        size = (_N_POINTS, inputs)
        x = rng.standard_normal(size) if name == "normal" else rng.random(size)
        distances = _distances(x)
        ratio = {_RATIO: distances.largest / float(distances.nearest.min())}
        found.append(_quantities(distances) | ratio)
        if name == "normal" and inputs in _SPREAD_OF:
            shares.append(_shares(distances))
    rows = _rows(name, inputs, found)
    return rows, _spread_rows(inputs, np.array(shares)) if shares else []


def _quantities(distances: _Distances) -> dict[str, float]:
    smallest = float(distances.nearest.min())
    return {
        _SMALLEST: smallest,
        _MEAN: distances.mean,
        _LARGEST: distances.largest,
        "smallest / mean": smallest / distances.mean,
        _NEAREST: float(distances.nearest.mean()) / distances.mean,
        "largest / mean": distances.largest / distances.mean,
    }


def _rows(name: str, inputs: int, found: list[dict[str, float]]) -> list[Row]:
    """Each quantity over draws: its mean, or its median where the tail may be heavy."""
    rows = []
    for quantity in found[0]:
        values = np.array([each[quantity] for each in found])
        median = quantity == _RATIO
        interval = quantile_interval(values) if median else mean_interval(values)
        rows.append(
            {
                "data": name,
                "inputs": inputs,
                "quantity": quantity,
                "summary": "median" if median else "mean",
                **estimate(interval),
                "n_draws": len(values),
            }
        )
    return rows


def _shares(distances: _Distances) -> Float[np.ndarray, " bins"]:
    """Share of the pairs in each bin of distance / mean."""
    n = len(distances.matrix)
    ratios = distances.matrix[np.triu_indices(n, 1)] / distances.mean
    return np.bincount((ratios / _BIN).astype(int), minlength=_BINS)[:_BINS] / len(ratios)


def _spread_rows(inputs: int, shares: Float[np.ndarray, "draws bins"]) -> list[Row]:
    interval = mean_interval(shares)
    return [
        {
            "inputs": inputs,
            "from": i * _BIN,
            "to": (i + 1) * _BIN,
            **estimate(interval, i),
            "n_draws": len(shares),
        }
        for i in np.flatnonzero(interval.mean).tolist()
    ]


def _real_rows(
    name: str, x: Float[np.ndarray, "n ..."], n_draws: int, seed: int, drawn: list[Row]
) -> list[Row]:
    """The same of real examples, over disjoint subsets, and the normal points as near."""
    flat = x.reshape(len(x), -1)
    order = streams.numpy_stream(seed, streams.SPLIT).permutation(len(flat))
    n_subsets = min(n_draws, len(flat) // _N_POINTS)
    subsets = order[: n_subsets * _N_POINTS].reshape(n_subsets, _N_POINTS)
    found = [_quantities(_distances(flat[subset].astype(np.float64))) for subset in subsets]
    inputs = flat.shape[1]
    rows = _rows(name, inputs, found)
    nearest = next(row for row in rows if row["quantity"] == _NEAREST)
    as_near = {end: _inputs_as_near(nearest[end], drawn) for end in ("estimate", "low", "high")}
    return [*rows, {**nearest, "quantity": _AS_NEAR, **as_near}]


def _inputs_as_near(nearest: float, drawn: list[Row]) -> float:
    """How many inputs normal points have whose neighbours are as near.

    Read off the measured curve against the logarithm of the inputs, a monotone cubic.
    """
    curve = [row for row in drawn if (row["data"], row["quantity"]) == ("normal", _NEAREST)]
    logs = np.log([row["inputs"] for row in curve])
    return float(np.exp(PchipInterpolator([row["estimate"] for row in curve], logs)(nearest)))


def _examples_needed() -> list[Row]:
    """1 / volume of the ball: fewer balls than that cannot cover the unit cube."""
    return [
        {"inputs": d, "within": radius, "log10_examples": _log_examples(d, radius)}
        for radius in _WITHIN
        for d in sorted({*_EXAMPLES_INPUTS, *_INPUTS})
    ]


def _log_examples(inputs: int, radius: float) -> float:
    half = inputs / 2
    log_volume = half * np.log(np.pi) + inputs * np.log(radius) - gammaln(half + 1)
    return float(max(-log_volume / np.log(10), 0.0))


def _answer(drawn: list[Row], real: list[Row]) -> str:
    ratios = [
        f"{text(row, 0 if row['inputs'] < 10 else 2)} in {row['inputs']:,}"
        for row in drawn
        if (row["data"], row["quantity"]) == ("normal", _RATIO) and row["inputs"] in _ANSWERED
    ]
    nearest = {row["data"]: row for row in real if row["quantity"] == _NEAREST}
    as_near = {row["data"]: row for row in real if row["quantity"] == _AS_NEAR}
    sets = ", and ".join(
        f"in {name} ({row['inputs']} inputs) a neighbour is at {text(row, 3)} of the mean "
        f"distance, as among normal points of {text(as_near[name], 1)} inputs"
        for name, row in nearest.items()
    )
    return (
        f"Ever farther, and ever more equally far: among {_N_POINTS:,} normal points the largest "
        f"distance over the smallest is {', '.join(ratios[:-1])} and {ratios[-1]} dimensions. "
        f"Real examples lie closer together: {sets}."
    )


def _notes(n_draws: int, real: list[Row]) -> list[str]:
    subsets = {row["data"]: row["n_draws"] for row in real}
    listed = " and ".join(f"{n} of {name}" for name, n in subsets.items())
    needed = [f"10^{_log_examples(d, _WITHIN[0]):,.0f} in {d:,}" for d in (10, 100, 1_000)]
    return [
        f"Intervals: 95%, over {n_draws} independent draws of {_N_POINTS:,} points; for real data "
        f"over disjoint subsets of {_N_POINTS:,} training examples ({listed}). Largest / smallest "
        f"is a median over draws: in 2 dimensions the chance of a smallest distance below r falls "
        f"only as r², so the variance of that ratio is infinite and its mean has no valid "
        f"interval. Over so few subsets of real data a median has none either; it is not given.",
        f"For a neighbour within {_WITHIN[0]:g} of every point of the unit cube it takes at least "
        f"{needed[0]}, {needed[1]} and {needed[2]} dimensions: the volume of the cube over that of "
        f"a ball, a lower bound in closed form and so without an interval.",
        "The inputs of normal points 'as near' are read off the measured curve, a monotone cubic "
        "in the logarithm of the inputs; the interval is that of the real data's distances.",
    ]
