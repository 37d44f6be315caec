"""The sentences of `toy-more-capacity`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate, listed
from genlab.experiments.toy_more_capacity.protocol import Protocol

# Digits of squared errors in sentences, by table.
_DIGITS = {"parts": 4, "errors": 3}


def answer(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> str:
    """Bias falls, variance rises; training error falls, test error falls and rises again."""

    def values(table: str, **wanted: str) -> str:
        return listed(
            [
                estimate(row, _DIGITS[table])
                for row in tables[table]
                if all(row[column] == value for column, value in wanted.items())
            ]
        )

    medians = listed([str(capacity) for capacity in protocol.median_capacities])
    summary = f" (medians for {medians})" if medians else ""
    return (
        f"More capacity lowers bias and raises variance. With "
        f"{listed([str(capacity) for capacity in protocol.capacities])} hidden units, bias² is "
        f"{values('parts', part='bias_squared')}. Variance is "
        f"{values('parts', part='variance')}{summary}. The larger models fit the "
        f"noise of the training set: the median training error falls ("
        f"{values('errors', set='train')}), while the median test error falls and then rises "
        f"again ({values('errors', set='test')})."
    )


def finding(tables: Mapping[str, Sequence[Row]]) -> str:
    """The answer in one sentence."""
    *_, last = (row for row in tables["parts"] if row["part"] == "variance")
    return (
        f"More capacity lowers bias and raises variance, which is {estimate(last, 4)} with "
        f"{last['capacity']} hidden units."
    )


def notes(protocol: Protocol) -> list[str]:
    """Over what the intervals are taken, and why some summaries are medians."""
    medians = listed([str(capacity) for capacity in protocol.median_capacities])
    over_inputs = (
        f" (bias² and variance of {medians} hidden units: over {protocol.n_exact:,} draws of the "
        f"inputs)"
    )
    heavy_tails = (
        f"With {medians} hidden units the variance has a heavy tail (measured in toy-tradeoff), so "
        "its mean converges slowly. Medians are given instead of means, and quantiles instead of "
        "two standard deviations. "
    )
    return [
        f"Intervals: 95%, over {protocol.n_datasets:,} data sets of {protocol.n_points} points"
        f"{over_inputs if medians else ''}. The errors of one data set describe that data set, so "
        f"they have no interval.",
        f"{heavy_tails if medians else ''}Training and test errors are medians for all capacities, "
        f"so that they can be compared.",
        "Models of different capacity have different knots, so a larger model does not contain the "
        "smaller one, and an error need not fall at every step.",
    ]
