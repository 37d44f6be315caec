"""`between-points`: how far apart examples lie as the number of inputs grows.

Section 8.4 of S. Prince, "Understanding Deep Learning" (2023), closes with spaces of many
dimensions, and so does its notebook 8.4: distances concentrate, and no number of examples
fills the space. Measured on random points, on MNIST-1D and on MNIST.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator

from genlab._base import streams
from genlab._base.jsons import Row
from genlab.datasets import fetch_mnist, make_mnist1d
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.between_points.distances import Distances, distances_of, log10_examples
from genlab.experiments.between_points.protocol import PROTOCOLS, Protocol
from genlab.experiments.between_points.tables import TABLES
from genlab.experiments.between_points.words import answer, finding, notes
from genlab.measure import error_interval, loss_interval, quantile_interval

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]

# Streams of the random points; each number of inputs has a block of substreams, one per draw.
_STREAMS = {"normal": streams.NORMAL_POINTS, "uniform": streams.UNIFORM_POINTS}


def run(context: Context, protocol: Protocol) -> Findings:
    """Measure random points in every dimension, then real examples."""
    seed = context.seeds(1)[0]
    random: list[Row] = []
    spread: list[Row] = []
    for kind in _STREAMS:
        for inputs in protocol.inputs:
            rows, bins = _measure_draws(kind, inputs, protocol, seed)
            random += rows
            spread += bins
    mnist, missing = context.available("MNIST", fetch_mnist)
    sets = {"MNIST-1D": make_mnist1d()} | ({} if mnist is None else {"MNIST": mnist})
    real = [
        row
        for name, data in sets.items()
        for row in _real_rows(name, data.x_train, protocol, context.seed, random)
    ]
    tables = {
        "distances": random,
        "real_data": real,
        "examples_needed": _examples_needed(protocol),
        "spread": spread,
    }
    return Findings(
        tables,
        [],
        answer(random, real, protocol),
        notes=notes(real, protocol),
        missing=missing,
        finding=finding(random),
    )


def _measure_draws(
    kind: str, inputs: int, protocol: Protocol, seed: int
) -> tuple[list[Row], list[Row]]:
    """All quantities of one kind of points over independent draws, and some histograms."""
    draws, fractions = [], []
    for draw in range(protocol.n_draws):
        rng = streams.numpy_stream(seed, _STREAMS[kind], inputs * 1_000 + draw)
        size = (protocol.n_points, inputs)
        x = rng.standard_normal(size) if kind == "normal" else rng.random(size)
        distances = distances_of(x)
        ratio = {"largest_over_smallest": distances.largest / float(distances.nearest.min())}
        draws.append(_quantities(distances) | ratio)
        if kind == "normal" and inputs in protocol.spread_inputs:
            fractions.append(_fractions(distances, protocol))
    rows = _rows(kind, inputs, draws)
    return rows, _spread_rows(inputs, np.array(fractions), protocol) if fractions else []


def _quantities(distances: Distances) -> dict[str, float]:
    smallest = float(distances.nearest.min())
    return {
        "smallest": smallest,
        "mean": distances.mean,
        "largest": distances.largest,
        "smallest_over_mean": smallest / distances.mean,
        "nearest_over_mean": float(distances.nearest.mean()) / distances.mean,
        "largest_over_mean": distances.largest / distances.mean,
    }


def _rows(name: str, inputs: int, draws: Sequence[dict[str, float]]) -> list[Row]:
    """Each quantity over draws: its mean, or its median where the tail may be heavy."""
    rows: list[Row] = []
    for quantity in draws[0]:
        values = np.array([draw[quantity] for draw in draws])
        median = quantity == "largest_over_smallest"
        interval = quantile_interval(values) if median else loss_interval(values)
        rows.append(
            {
                "data": name,
                "inputs": inputs,
                "quantity": quantity,
                "summary": "median" if median else "mean",
                **interval.row(),
                "n_draws": len(values),
            }
        )
    return rows


def _fractions(distances: Distances, protocol: Protocol) -> Float[np.ndarray, " bins"]:
    """Fraction of the pairs in each bin of distance / mean."""
    n, n_bins = len(distances.matrix), protocol.n_bins
    ratios = distances.matrix[np.triu_indices(n, 1)] / distances.mean
    bins = (ratios / protocol.bin_width).astype(int)
    return np.bincount(bins, minlength=n_bins)[:n_bins] / len(ratios)


def _spread_rows(
    inputs: int, fractions: Float[np.ndarray, "draws bins"], protocol: Protocol
) -> list[Row]:
    n_pairs = protocol.n_points * (protocol.n_points - 1) // 2
    interval = error_interval(fractions, n_pairs)
    return [
        {
            "inputs": inputs,
            "from": i * protocol.bin_width,
            "to": (i + 1) * protocol.bin_width,
            **interval.row(index=i),
            "n_draws": len(fractions),
        }
        for i in np.flatnonzero(interval.mean).tolist()
    ]


def _real_rows(
    name: str,
    x: Float[np.ndarray, "n ..."],
    protocol: Protocol,
    seed: int,
    random: Sequence[Row],
) -> list[Row]:
    """The same of real examples, over disjoint subsets, and the equivalent normal points."""
    flat = x.reshape(len(x), -1)
    n_points = protocol.n_points
    order = streams.numpy_stream(seed, streams.SPLIT).permutation(len(flat))
    n_subsets = min(protocol.n_draws, len(flat) // n_points)
    subsets = order[: n_subsets * n_points].reshape(n_subsets, n_points)
    draws = [_quantities(distances_of(flat[subset].astype(np.float64))) for subset in subsets]
    rows = _rows(name, flat.shape[1], draws)
    nearest = next(row for row in rows if row["quantity"] == "nearest_over_mean")
    equivalent = {
        end: _equivalent_inputs(nearest[end], random) for end in ("estimate", "low", "high")
    }
    return [*rows, {**nearest, "quantity": "equivalent_inputs", **equivalent}]


def _equivalent_inputs(nearest: float, random: Sequence[Row]) -> float:
    """How many inputs normal points have whose neighbours are as near.

    Read off the measured curve against the logarithm of the inputs, a monotone cubic.
    """
    curve = [
        row for row in random if (row["data"], row["quantity"]) == ("normal", "nearest_over_mean")
    ]
    logs = np.log([row["inputs"] for row in curve])
    return float(np.exp(PchipInterpolator([row["estimate"] for row in curve], logs)(nearest)))


def _examples_needed(protocol: Protocol) -> list[Row]:
    """1 / volume of the ball: fewer balls than that cannot cover the unit cube."""
    return [
        {"inputs": inputs, "within": radius, "log10_examples": log10_examples(inputs, radius)}
        for radius in protocol.radii
        for inputs in sorted({*range(1, protocol.most_inputs + 1), *protocol.inputs})
    ]
