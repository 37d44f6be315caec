"""The sentences of `toy-tradeoff`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate, listed
from genlab.experiments._rows import interval_of
from genlab.experiments.toy_tradeoff.protocol import FEW, Protocol


def units_text(capacity: int) -> str:
    """A number of hidden units."""
    return f"{capacity} hidden unit{'s' if capacity > 1 else ''}"


def answer(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> str:
    """Where the minimum lies, whether it is certain, and what few data sets would say."""
    minimum = tables["minimum"]
    best = next(row for row in minimum if row["is_lowest"])
    others = [row for row in minimum if not row["is_lowest"]]
    second = min(others, key=lambda row: float(row["estimate"]))
    parts = {row["part"]: row for row in tables["tradeoff"] if row["capacity"] == best["capacity"]}
    certainty = (
        "Every other capacity has a higher error (all intervals above 0)"
        if all(row["low"] > 0 for row in others)
        else "Not every other capacity is certain to have a higher error: the interval of a "
        "difference contains 0"
    )
    judged = listed([str(k) for k in FEW])
    fractions = listed([f"{100 * best[f'fraction_lowest_of_{k}']:.0f}%" for k in FEW])
    return (
        f"The sum of bias² and variance is lowest at {units_text(best['capacity'])}, where most of "
        "the bias is gone and variance is still small (bias² "
        f"{estimate(parts['bias_squared'], 4)}, variance {estimate(parts['variance'], 4)}). "
        f"{certainty}. The next lowest, {units_text(second['capacity'])}, is higher by "
        f"{estimate(second, 4)}. With few data sets another capacity may seem best: over {judged} "
        f"data sets, {best['capacity']} hidden units have the lowest mean in {fractions} of the "
        f"cases. These are means over {protocol.n_datasets:,} data sets of {protocol.n_points} "
        "points."
    )


def finding(tables: Mapping[str, Sequence[Row]]) -> str:
    """The answer in one sentence."""
    best = next(row for row in tables["minimum"] if row["is_lowest"])
    others = [row for row in tables["minimum"] if not row["is_lowest"]]
    second = min(others, key=lambda row: float(row["estimate"]))
    return (
        f"The sum of bias² and variance is lowest with {units_text(best['capacity'])}; with "
        f"{second['capacity']} it is higher by {estimate(second, 4)}."
    )


_KNOTS = (
    "Models of different capacity have different knots, so a larger model does not contain the "
    "smaller one, and an error need not fall at every step."
)


def notes(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> list[str]:
    """Over what the intervals are taken, and why means end where they do."""
    tails = {row["capacity"]: row for row in tables["given_inputs"]}
    intervals = (
        f"Intervals: 95%, over {protocol.n_datasets:,} data sets, each with its own inputs and "
        f"noise. 'exact' integrates the noise in closed form, so its only sampling error is that "
        f"of the drawn inputs."
    )
    heavy = [capacity for capacity in tails if capacity > protocol.last_mean]
    if not heavy:
        return [intervals, _KNOTS]
    first_median, last_mean, largest = min(heavy), max(tails.keys() - heavy), max(heavy)
    index = {
        capacity: estimate(interval_of(row, "tail_index"), 1) for capacity, row in tails.items()
    }
    return [
        intervals,
        f"From {first_median} hidden units on, medians are shown instead of means. In some draws, "
        "points that almost coincide determine a straight line on their own. Noise then changes "
        "its slope strongly. The variance therefore has a heavy tail: the fraction of draws whose "
        "variance exceeds v falls only as a power of 1/v. This power, the tail index, is "
        f"{index[last_mean]} at {last_mean} hidden units, {index[first_median]} at {first_median} "
        f"and {index[largest]} at {largest}. Below 2 a mean over data sets has no valid interval. "
        "At 1 and below there is no mean. The book's values at 11 and 12 hidden units are such "
        "means.",
        _KNOTS,
    ]
