"""`toy-tradeoff`: bias² falls and variance rises with capacity; their sum has a minimum.

Figure 8.9 of S. Prince, "Understanding Deep Learning", with intervals, and with medians
where the mean of the variance is no longer a fair summary.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import BOOK, estimate, text
from genlab.measure import (
    Comparison,
    Interval,
    compare_interval,
    mean_interval,
    quantile_interval,
    tail_index,
)
from genlab.models import HingeRegression
from genlab.studies import Decomposition, ExactDecomposition, decompose, decompose_exactly

_N_DATASETS = {"quick": 4_000, "default": 40_000, "paper": 100_000}
_N_EXACT = {"quick": 2_000, "default": 4_000, "paper": 40_000}
_CAPACITIES = range(1, 13)
# Up to here the variance given the inputs has a light tail, and means are shown.
_LAST_MEAN = 8
_TAILS_OF = (4, 7, 8, 9, 10, 11, 12, 14)
# Numbers of data sets that one would fit by hand.
_FEW = (1, 5, 20)

_COMPUTED = "computed from 4,000 designs"
_COMPUTED_BIAS = (0.303, 0.303, 0.059, 0.005, 0.011, 0.005, 0.002, 0.001)
_COMPUTED_VARIANCE = (0.015, 0.023, 0.026, 0.032, 0.040, 0.047, 0.056, 0.068)
# Read from the book's figure, whose curves come from few data sets.
_BOOK_BIAS = {1: 0.308, 2: 0.308, 3: 0.062, 4: 0.007}
_BOOK_VARIANCE = {3: 0.029, 5: 0.044, 8: 0.073, 11: 0.16, 12: 0.42}


def run(context: Context) -> Findings:
    """Decompose the error of every capacity, by measuring and exactly."""
    problem = make_toy_regression()
    n, n_exact = _N_DATASETS[context.scale], _N_EXACT[context.scale]
    seed = context.seeds(1)[0]
    measured = {
        capacity: decompose(HingeRegression(capacity), problem, n, seed=seed)
        for capacity in _CAPACITIES
    }
    exact = {
        capacity: decompose_exactly(HingeRegression(capacity), problem, n_exact, seed=seed)
        for capacity in sorted({*_CAPACITIES, *_TAILS_OF})
    }
    given = [_given_row(capacity, exact[capacity]) for capacity in exact]
    minimum = _minimum(measured)
    tables = {
        "tradeoff": [row for c in _CAPACITIES for row in _part_rows(c, measured[c], exact[c])],
        "minimum": minimum,
        "given_inputs": given,
        "tails": [row for c in _TAILS_OF for row in _tail_rows(c, exact[c].given_variance)],
        "published_points": _published_points(),
    }
    return Findings(
        tables, _published(measured), _answer(measured, minimum, n), notes=_notes(n, given)
    )


def _part_rows(capacity: int, measured: Decomposition, exact: ExactDecomposition) -> list[Row]:
    """Bias², variance and their sum: means while these are fair summaries, then medians."""
    if capacity <= _LAST_MEAN:
        average, noise = measured.average, measured.problem.noise**2
        error = average.error
        parts = {
            "bias²": (average.bias_squared, exact.bias_squared.mean()),
            "variance": (average.variance, exact.variance.mean()),
            "sum": (
                Interval(error.mean - noise, error.low - noise, error.high - noise, error.n),
                exact.bias_squared.mean() + exact.variance.mean(),
            ),
        }
    else:
        parts = {
            "bias²": (quantile_interval(exact.given_bias_squared), None),
            "variance": (quantile_interval(exact.given_variance), None),
            "sum": (quantile_interval(exact.given_bias_squared + exact.given_variance), None),
        }
    return [
        {
            "capacity": capacity,
            "n_parameters": capacity + 1,
            "part": part,
            "summary": "mean" if capacity <= _LAST_MEAN else "median",
            **estimate(interval),
            "exact": None if exactly is None else float(exactly),
            "n_datasets": int(interval.n),
        }
        for part, (interval, exactly) in parts.items()
    ]


def _given_row(capacity: int, exact: ExactDecomposition) -> Row:
    """How the variance that noise makes differs from one draw of the inputs to another."""
    variance = exact.given_variance
    index = tail_index(variance)
    quantiles = np.quantile(variance, [0.05, 0.25, 0.75, 0.95])
    median = quantile_interval(variance)
    return {
        "capacity": capacity,
        "variance_median": float(median.mean),
        "low": float(median.low),
        "high": float(median.high),
        **{
            f"quantile_{name}": float(value)
            for name, value in zip(("05", "25", "75", "95"), quantiles, strict=True)
        },
        "largest": float(variance.max()),
        "tail_index": float(index.mean),
        "tail_low": float(index.low),
        "tail_high": float(index.high),
        "n_datasets": len(variance),
    }


def _tail_rows(capacity: int, variance: Float[np.ndarray, " n"]) -> list[Row]:
    """Share of the draws whose variance is at least v, at about 100 values of v."""
    ordered = np.sort(variance)[::-1]
    ranks = np.unique(np.geomspace(1, len(ordered), 100).round().astype(int))
    return [
        {"capacity": capacity, "variance": float(ordered[k - 1]), "share": float(k / len(ordered))}
        for k in ranks
    ]


def _minimum(measured: dict[int, Decomposition]) -> list[Row]:
    """How each capacity's sum compares with the lowest, data set by data set."""
    excess = np.stack([measured[c].excess for c in range(1, _LAST_MEAN + 1)])
    best = int(excess.mean(axis=1).argmin())
    lowest = {k: _share_lowest(excess, k) for k in _FEW}
    rows = []
    for i, values in enumerate(excess):
        difference = mean_interval(values - excess[best])
        rows.append(
            {
                "capacity": i + 1,
                "is_lowest": i == best,
                "above_the_lowest": float(difference.mean),
                "low": float(difference.low),
                "high": float(difference.high),
                "n_datasets": excess.shape[1],
                **{f"share_lowest_of_{k}": float(lowest[k][i]) for k in _FEW},
            }
        )
    return rows


def _share_lowest(
    excess: Float[np.ndarray, "capacities n_datasets"], k: int
) -> Float[np.ndarray, " capacities"]:
    """How often each capacity has the lowest mean error over k data sets."""
    groups = excess[:, : excess.shape[1] // k * k].reshape(len(excess), -1, k).mean(axis=2)
    return np.bincount(groups.argmin(axis=0), minlength=len(excess)) / groups.shape[1]


def _published(measured: dict[int, Decomposition]) -> list[Comparison]:
    rows = []
    for capacity in range(1, _LAST_MEAN + 1):
        average = measured[capacity].average
        bias, variance = _COMPUTED_BIAS[capacity - 1], _COMPUTED_VARIANCE[capacity - 1]
        name = f"{capacity} hidden unit{'s' if capacity > 1 else ''}"
        rows.append(compare_interval(f"bias², {name}", bias, average.bias_squared, 0.01, _COMPUTED))
        rows.append(
            compare_interval(
                f"variance, {name}", variance, average.variance, 0.1 * variance, _COMPUTED
            )
        )
    for capacity, value in _BOOK_BIAS.items():
        rows.append(
            compare_interval(
                f"bias², {capacity} hidden units, book's figure",
                value,
                measured[capacity].average.bias_squared,
                0.02,
                BOOK,
            )
        )
    for capacity, value in _BOOK_VARIANCE.items():
        if capacity <= _LAST_MEAN:
            rows.append(
                compare_interval(
                    f"variance, {capacity} hidden units, book's figure",
                    value,
                    measured[capacity].average.variance,
                    0.25 * value,
                    BOOK,
                )
            )
    return rows


def _published_points() -> list[Row]:
    return [
        {"capacity": capacity, "part": part, "value": value, "source": BOOK}
        for part, values in (("bias²", _BOOK_BIAS), ("variance", _BOOK_VARIANCE))
        for capacity, value in values.items()
    ]


def _answer(measured: dict[int, Decomposition], minimum: list[Row], n: int) -> str:
    best = next(row for row in minimum if row["is_lowest"])
    rest = [row for row in minimum if not row["is_lowest"]]
    second = min(rest, key=lambda row: row["above_the_lowest"])
    parts = measured[best["capacity"]].average
    sure = (
        "and every other is surely above it"
        if all(row["low"] > 0 for row in rest)
        else "though not surely: the interval of a difference reaches 0"
    )
    shares = [100 * best[f"share_lowest_of_{k}"] for k in _FEW]
    return (
        f"Where bias has mostly gone and variance is still small: the sum of both is lowest at "
        f"{best['capacity']} hidden units (bias² {text(parts.bias_squared, 4)}, variance "
        f"{text(parts.variance, 4)}), {sure}; the next, {second['capacity']} hidden units, by "
        f"{second['above_the_lowest']:.4f} [{second['low']:.4f}, {second['high']:.4f}]. Judged by "
        f"{_FEW[0]}, {_FEW[1]} or {_FEW[2]} data sets, {best['capacity']} comes out lowest in "
        f"{shares[0]:.0f}, {shares[1]:.0f} or {shares[2]:.0f}% of the cases. Means over {n:,} data "
        f"sets of 15 points."
    )


def _notes(n: int, given: list[Row]) -> list[str]:
    by_capacity = {row["capacity"]: row for row in given}
    heavy, light = by_capacity[_LAST_MEAN + 1], by_capacity[_LAST_MEAN]
    last = by_capacity[14]
    return [
        f"Intervals: 95%, over {n:,} data sets, each with inputs and noise of its own. 'exact' "
        f"integrates the noise in closed form, so its only sampling error is that of the drawn "
        f"inputs.",
        f"From {_LAST_MEAN + 1} hidden units on medians over data sets are shown, not means. Now "
        f"and then the inputs fall so that a line is held by points that almost coincide, and "
        f"noise then swings it widely: the share of draws whose variance exceeds v falls only as "
        f"a power of v. The power is {light['tail_index']:.1f} at {_LAST_MEAN} hidden units, "
        f"{heavy['tail_index']:.1f} [{heavy['tail_low']:.1f}, {heavy['tail_high']:.1f}] at "
        f"{_LAST_MEAN + 1} and {last['tail_index']:.1f} [{last['tail_low']:.1f}, "
        f"{last['tail_high']:.1f}] at 14. Below 2 a mean over data sets has no valid interval; at "
        f"1 and below there is no mean. The book's means at 11 and 12 are such.",
    ]
