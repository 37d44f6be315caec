"""The sentences of `toy-more-data`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate
from genlab.experiments.toy_more_data.protocol import Protocol
from genlab.measure import Interval


def answer(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> str:
    """Variance falls, bias stays, and how fast."""
    part = {(row["part"], row["n"]): row for row in tables["parts"]}
    slope = {row["over"]: row for row in tables["slopes"]}
    first, last = protocol.sizes[0], protocol.sizes[-1]
    return (
        f"More data reduce the variance, but not the bias. Variance falls from "
        f"{estimate(part['variance', first], 4)} with {first} points to "
        f"{estimate(part['variance', last], 5)} with {last}. From {protocol.many} points on it is "
        f"nearly proportional to 1/n: on log axes its slope is {estimate(slope['many'], 3)}, and "
        f"theory (noise variance · parameters / n) gives −1. Over all sizes the slope is "
        f"{estimate(slope['all'], 3)}, because with few points the variance is higher than this "
        f"theory says. Bias² hardly changes: {estimate(part['bias_squared', first], 4)} with "
        f"{first} points and {estimate(part['bias_squared', last], 4)} with {last}. More data "
        f"cannot make {protocol.model.n_hidden} straight lines follow the function."
    )


def finding(tables: Mapping[str, Sequence[Row]]) -> str:
    """The answer in one sentence."""
    slope = next(row for row in tables["slopes"] if row["over"] == "many")
    return (
        f"More data reduce the variance, but not the bias: on log axes the variance falls with "
        f"slope {estimate(slope, 3)}."
    )


def notes(protocol: Protocol, index: Interval) -> list[str]:
    """Over what the intervals are taken; `index` is the tail index of the smallest size."""
    first = protocol.sizes[0]
    tail = (
        f"With {first} points the distribution of the error over data sets has the tail index "
        f"{estimate(index.row(), 1)}"
    )
    return [
        f"Intervals: 95%, over {protocol.n_datasets:,} data sets of each size. Those of the slopes "
        f"include the sampling error only, not the error of fitting a straight line to a curve. "
        f"The model has {protocol.model.n_hidden} hidden units.",
        f"{tail}. The tail is light enough for a mean and its interval."
        if index.low > 2
        else f"{tail}, a heavy tail. The mean converges slowly, and its interval is too narrow.",
    ]
