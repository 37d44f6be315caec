"""`toy-tradeoff`: bias² falls and variance rises with capacity; their sum has a minimum.

Figure 8.9 of S. Prince, "Understanding Deep Learning", with intervals, and with medians
where the mean of the variance is no longer a fair summary.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import BOOK
from genlab.experiments.toy_tradeoff.protocol import (
    BOOK_BIAS,
    BOOK_BIAS_REASON,
    BOOK_BIAS_TOLERANCE,
    BOOK_READING,
    BOOK_VARIANCE,
    BOOK_VARIANCE_REASON,
    BOOK_VARIANCE_TOLERANCE,
    COMPUTED,
    COMPUTED_BIAS,
    COMPUTED_DIGIT,
    COMPUTED_REASON,
    COMPUTED_TOLERANCE,
    COMPUTED_VARIANCE,
    FEW,
    PROTOCOLS,
    Protocol,
)
from genlab.experiments.toy_tradeoff.tables import TABLES
from genlab.experiments.toy_tradeoff.words import answer, finding, notes, units_text
from genlab.measure import (
    Comparison,
    Interval,
    compare,
    mean_interval,
    quantile_interval,
    tail_index,
)
from genlab.models import HingeRegression
from genlab.studies import Decomposition, ExactDecomposition, decompose, decompose_exactly

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]


def run(context: Context, protocol: Protocol) -> Findings:
    """Decompose the error of every capacity, by measuring and exactly."""
    problem = make_toy_regression(n=protocol.n_points, noise=protocol.noise)
    seed = context.seeds(1)[0]
    measured = {
        capacity: decompose(HingeRegression(capacity), problem, protocol.n_datasets, seed=seed)
        for capacity in protocol.capacities
    }
    exact = {
        capacity: decompose_exactly(HingeRegression(capacity), problem, protocol.n_exact, seed=seed)
        for capacity in sorted({*protocol.capacities, *protocol.tails_of})
    }
    tables = {
        "tradeoff": [
            row
            for capacity in protocol.capacities
            for row in _part_rows(capacity, measured[capacity], exact[capacity], protocol)
        ],
        "minimum": _minimum_rows({c: measured[c].excess for c in protocol.mean_capacities}),
        "given_inputs": [_given_row(capacity, parts) for capacity, parts in exact.items()],
        "tails": [
            row
            for capacity in protocol.tails_of
            for row in _tail_rows(capacity, exact[capacity].given_variance)
        ],
        "published_points": _published_points(),
    }
    return Findings(
        tables,
        _published({c: measured[c] for c in protocol.mean_capacities}),
        answer(tables, protocol),
        notes=notes(tables, protocol),
        finding=finding(tables),
    )


def _part_rows(
    capacity: int, measured: Decomposition, exact: ExactDecomposition, protocol: Protocol
) -> list[Row]:
    """Bias², variance and their sum: means while these are fair summaries, then medians."""
    summary = "mean" if capacity <= protocol.last_mean else "median"
    if summary == "mean":
        average, noise = measured.average, measured.problem.noise**2
        error = average.error
        parts = {
            "bias_squared": (average.bias_squared, exact.bias_squared.mean()),
            "variance": (average.variance, exact.variance.mean()),
            "sum": (
                Interval(error.mean - noise, error.low - noise, error.high - noise, error.n),
                exact.bias_squared.mean() + exact.variance.mean(),
            ),
        }
    else:
        parts = {
            "bias_squared": (quantile_interval(exact.given_bias_squared), None),
            "variance": (quantile_interval(exact.given_variance), None),
            "sum": (quantile_interval(exact.given_bias_squared + exact.given_variance), None),
        }
    return [
        {
            "capacity": capacity,
            "n_parameters": capacity + 1,
            "part": part,
            "summary": summary,
            **interval.row(),
            "exact": None if exactly is None else float(exactly),
            "n_datasets": int(interval.n),
        }
        for part, (interval, exactly) in parts.items()
    ]


def _given_row(capacity: int, exact: ExactDecomposition) -> Row:
    """How the variance that noise makes differs from one draw of the inputs to another."""
    variance = exact.given_variance
    quantiles = np.quantile(variance, [0.05, 0.25, 0.75, 0.95])
    return {
        "capacity": capacity,
        **quantile_interval(variance).row("variance_median"),
        **{
            f"quantile_{name}": float(value)
            for name, value in zip(("05", "25", "75", "95"), quantiles, strict=True)
        },
        "largest": float(variance.max()),
        **tail_index(variance).row("tail_index"),
        "n_datasets": len(variance),
    }


def _tail_rows(capacity: int, variance: Float[np.ndarray, " n"]) -> list[Row]:
    """Fraction of the draws whose variance is at least v, at about 100 values of v."""
    ordered = np.sort(variance)[::-1]
    ranks = np.unique(np.geomspace(1, len(ordered), 100).round().astype(int))
    return [
        {
            "capacity": capacity,
            "variance": float(ordered[k - 1]),
            "fraction": float(k / len(ordered)),
        }
        for k in ranks
    ]


def _minimum_rows(excess_of: Mapping[int, Float[np.ndarray, " n_datasets"]]) -> list[Row]:
    """How each capacity's sum compares with the lowest, data set by data set."""
    excess = np.stack(list(excess_of.values()))
    best = int(excess.mean(axis=1).argmin())
    lowest = {k: _fraction_lowest(excess, k) for k in FEW}
    return [
        {
            "capacity": capacity,
            "is_lowest": i == best,
            **mean_interval(values - excess[best]).row(),
            "n_datasets": excess.shape[1],
            **{f"fraction_lowest_of_{k}": float(lowest[k][i]) for k in FEW},
        }
        for i, (capacity, values) in enumerate(excess_of.items())
    ]


def _fraction_lowest(
    excess: Float[np.ndarray, "capacities n_datasets"], k: int
) -> Float[np.ndarray, " capacities"]:
    """How often each capacity has the lowest mean error over k data sets."""
    groups = excess[:, : excess.shape[1] // k * k].reshape(len(excess), -1, k).mean(axis=2)
    return np.bincount(groups.argmin(axis=0), minlength=len(excess)) / groups.shape[1]


def _published(measured: Mapping[int, Decomposition]) -> list[Comparison]:
    """The capacities whose means are shown, compared with computed values and the book's."""
    rows = []
    for capacity, bias, variance in zip(
        range(1, len(COMPUTED_BIAS) + 1), COMPUTED_BIAS, COMPUTED_VARIANCE, strict=True
    ):
        if capacity in measured:
            average, name = measured[capacity].average, units_text(capacity)
            rows += [
                compare(
                    f"{part}, {name}",
                    value,
                    interval,
                    COMPUTED_TOLERANCE * value + COMPUTED_DIGIT,
                    COMPUTED,
                    reason=COMPUTED_REASON,
                )
                for part, value, interval in (
                    ("bias²", bias, average.bias_squared),
                    ("variance", variance, average.variance),
                )
            ]
    return [
        *rows,
        *(
            compare(
                f"bias², {units_text(capacity)}, book's figure",
                value,
                measured[capacity].average.bias_squared,
                BOOK_BIAS_TOLERANCE * value + BOOK_READING,
                BOOK,
                reason=BOOK_BIAS_REASON,
            )
            for capacity, value in BOOK_BIAS.items()
            if capacity in measured
        ),
        *(
            compare(
                f"variance, {units_text(capacity)}, book's figure",
                value,
                measured[capacity].average.variance,
                BOOK_VARIANCE_TOLERANCE * value,
                BOOK,
                reason=BOOK_VARIANCE_REASON,
            )
            for capacity, value in BOOK_VARIANCE.items()
            if capacity in measured
        ),
    ]


def _published_points() -> list[Row]:
    """The book's values as points of the figure."""
    return [
        {"capacity": capacity, "part": part, "value": value, "source": BOOK}
        for part, values in (("bias_squared", BOOK_BIAS), ("variance", BOOK_VARIANCE))
        for capacity, value in values.items()
    ]
