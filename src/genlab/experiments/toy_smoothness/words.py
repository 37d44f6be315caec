"""The sentences of `toy-smoothness`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate, number, percent
from genlab.experiments._rows import interval_of, pick
from genlab.experiments.toy_smoothness.protocol import Protocol


def answer(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> str:
    """The finding, then its numbers."""

    def fit(capacity: int, quantity: str, multiple: int = 0) -> Row:
        rows = tables["interpolations"]
        return pick(rows, capacity=capacity, quantity=quantity, multiple=multiple)

    few, many, far = protocol.capacities[0], protocol.capacities[-1], protocol.multiples[-1]
    closer = pick(tables["against_unique_fit"], capacity=many, quantity="distance")
    zero, random = (
        pick(tables["descent_end"], start=start, quantity="predictions")
        for start in ("zero", "random")
    )
    return (
        f"Many networks fit {protocol.n_points} points exactly, and the minimum-norm one is "
        "smooth. With more hidden units it comes closer to the truth: its median distance falls "
        f"from {estimate(fit(few, 'distance'), 3)} with {few} hidden units, where there is one "
        f"exact fit only, to {estimate(fit(many, 'distance'), 3)} with {many}. With {many} units "
        f"it is closer to the truth in {percent(closer, 0)} of {closer['n_datasets']:,} data sets. "
        "Extra capacity alone does not make the fit smooth. As a check, a random change is added "
        f"to the parameters. It changes no training prediction and has {far} times the norm of the "
        f"fit. With {many} units the median roughness then rises from "
        f"{estimate(fit(many, 'roughness'), 1)} to {estimate(fit(many, 'roughness', far), 0)}, and "
        f"the distance to {estimate(fit(many, 'distance', far), 3)}. Gradient descent from zero "
        f"approaches the minimum-norm fit: after {zero['step']:,} steps the predictions differ by "
        f"{_small(zero)}. From random initial parameters it approaches another fit, and the "
        f"predictions differ by {_small(random)}."
    )


def finding(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> str:
    """The answer in one sentence."""
    few, many = protocol.capacities[0], protocol.capacities[-1]
    closer = pick(tables["against_unique_fit"], capacity=many, quantity="distance")
    return (
        f"With {many} hidden units the minimum-norm fit is closer to the truth than with {few} in "
        f"{percent(closer, 0)} of data sets."
    )


def notes(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> list[str]:
    """What the quantities are, over what the intervals are taken, and how descent is run."""

    def fit(capacity: int, quantity: str) -> Row:
        rows = tables["interpolations"]
        return pick(rows, capacity=capacity, quantity=quantity, multiple=0)

    few, many, n = protocol.capacities[0], protocol.capacities[-1], protocol.n_points
    end = tables["descent_end"]
    tail = fit(many, "distance")
    sharp, rough = (
        [fit(capacity, quantity) for capacity in (few, many)]
        for quantity in ("sharpest_bend", "roughness")
    )
    largest = max(row["largest"] for row in tables["training_residuals"])
    smoother = pick(tables["against_unique_fit"], capacity=many, quantity="roughness")
    slowest = pick(end, quantity="slowest_steps")
    left = pick(end, start="zero", quantity="parameters")
    from_limit = pick(end, start="random", quantity="parameters_from_limit")
    heaviest = (
        f" With {n} units the power is {_power(fit(n, 'distance'))}: the model's {n} line "
        "segments are then the cells that the inputs were drawn in, so each segment holds "
        "only one point, and its slope is hardly determined."
        if n in protocol.capacities
        else ""
    )
    return [
        "Roughness is the total variation of the slope over (0, 1): the sum of the absolute "
        "changes of slope at the knots inside. The truth has "
        f"{tables['truth'][0]['roughness']:.1f}. Distance is the square root of the mean over x of "
        "(fit − truth)². All fits go through all points: the largest training residual is "
        f"{largest:.0e}, which is 0 up to rounding.",
        f"Estimates are medians with 95% intervals over {tail['n_datasets']:,} data sets, with the "
        f"5% and 95% quantiles. Means are not given, because the distances have heavy tails. The "
        f"tail falls as a power, {_power(tail)} with {many} hidden units (estimated "
        f"from the largest {100 * protocol.tail_fraction:.0f}%); below 2 a mean has no valid "
        f"interval.{heaviest}",
        f"The norm is the square root of the sum of the squares of offset and slopes. Many small "
        f"bends keep it low: the largest change of slope at a knot is {estimate(sharp[0], 1)} with "
        f"{few} hidden units and {estimate(sharp[1], 1)} with {many}. Total roughness does not "
        f"fall in the same way: {estimate(rough[0], 1)} and {estimate(rough[1], 1)}. It is lower "
        f"with {many} units in {percent(smoother, 0)} of the data sets.",
        f"Gradient descent minimises ½ Σ(y − f(x))² of a model with {protocol.descent_capacity} "
        f"hidden units on {left['n_datasets']} data sets. The step size is 1/s², where s is the "
        f"largest singular value of the features; from 2/s² on it diverges. The initial parameters "
        f"are zero, or random and {protocol.start_length:g} times as long as the minimum-norm fit.",
        f"Gradient descent is slow: the slowest part of the error shrinks by a factor e in "
        f"{_small(slowest)} steps. From zero, the distance in parameters at the end is "
        f"{_small(left)} lengths of the minimum-norm fit, and {number(left['quantile_95'])} at the "
        f"95% quantile. From random parameters the limit is the minimum-norm fit plus the part of "
        f"the start that changes no training prediction. The distance to that limit is "
        f"{_small(from_limit)}.",
    ]


def _power(row: Row) -> str:
    return estimate(interval_of(row, "tail_index"), 1)


def _small(row: Row) -> str:
    """An estimate and its interval, of any size."""
    return f"{number(row['estimate'])} [{number(row['low'])}, {number(row['high'])}]"
