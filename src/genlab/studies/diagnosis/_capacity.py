"""More or less capacity: where the model stands on the curve, and what a change would give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab._base.words import label, percent
from genlab.measure import Interval, interpolation_threshold, peak_test
from genlab.studies._fits import report_failures
from genlab.studies.diagnosis._axis import Axis
from genlab.studies.diagnosis._divided import Losses, chosen_elsewhere, gain_interval
from genlab.studies.diagnosis._part import QUESTIONS, Part, change, interval_of, is_known, points
from genlab.studies.diagnosis._tried import Tried

# Below this training error a model has fitted its training examples.
_FITTED = 0.01
# A capacity is near the threshold within this factor.
_NEAR = 2.0


#: Where a model stands on the curve.
UNDER_FITTED, OVER_FITTED = "under-fitted", "over-fitted"
STILL_IMPROVING, NEAR_BEST = "fitted, and still improving", "near the best beyond chance"


class Capacity(NamedTuple):
    """The part, and what the advice and the cost of choosing rest on.

    Attributes
    ----------
    part
        The part.
    best
        The value of the capacity with the lowest error; None where that is the model's own.
    position
        Where the model stands.
    gain
        How much lower the error is with the capacity that other folds choose.
    losses
        For the model itself, and then for each value, the losses in each split.
    own_train_error
        Training error of the model itself.
    """

    part: Part
    best: Any
    position: str
    gain: Interval
    losses: list[list[Losses]]
    own_train_error: float


def capacity(axis: Axis, found: Mapping[Any, Tried], n_tried: int) -> Capacity:
    """The part, from fits of each value, under the value, and of the model, under "asked"."""
    asked = found["asked"]
    values = [found[value] for value in axis.values]
    means = np.array([_mean(tried.errors()) for tried in values])
    if np.isnan(means).all():
        report_failures([result for tried in values for result in tried.results])
        raise ValueError(f"no fit with another {axis.parameter} has an error.")
    best = int(np.nanargmin(means))
    if not means[best] < _mean(asked.errors()):
        best = len(values)
    losses = [asked.losses(), *(tried.losses() for tried in values)]
    gain = gain_interval(losses[0], chosen_elsewhere(losses), asked.pairs, n_tried)
    rows = _rows(axis, found)
    peak = peak_test([tried.errors() for tried in values])
    own_train = _mean(asked.errors("train"))
    position = NEAR_BEST
    if best < len(values) and gain.low > 0:
        more = best > _place(axis)
        position = UNDER_FITTED if more else OVER_FITTED
        if more and own_train < _FITTED:
            position = STILL_IMPROVING
    facts = _facts(axis, found, own_train) | {
        "position": position,
        "second_descent": peak.found,
        **gain.row("gain"),
    }
    notes = []
    if position != NEAR_BEST and best in (0, len(axis.values) - 1):
        end = "lowest" if best == 0 else "highest"
        notes.append(
            f"The lowest error is at the {end} capacity that was tried. Try values beyond it, if "
            "there are any."
        )
    second = ""
    if peak.found:
        second = (
            f" The error has a second descent: it rises to a peak at {axis.parameter} = "
            f"{label(axis.values[peak.top])} and falls again by {points(peak.fall.row())}."
        )
    answer = _answer(axis, rows, gain, best, position, facts["relation"]) + second
    tables = {"capacity": rows, "position": [facts]}
    part = Part("capacity", QUESTIONS["capacity"], answer, tables, tuple(notes))
    value = axis.values[best] if best < len(values) else None
    return Capacity(part, value, position, gain, losses, own_train)


def _mean(values: Float[np.ndarray, " k"]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _place(axis: Axis) -> float:
    """Where the model's own value lies among the values: −0.5 before the first."""
    if not np.isfinite(own := axis.own_number):
        return len(axis.values) - 0.5
    values = [float(np.mean(value)) for value in axis.values]
    lower = sum(value < own if axis.increasing else value > own for value in values)
    return lower if any(value == own for value in values) else lower - 0.5


def _rows(axis: Axis, found: Mapping[Any, Tried]) -> list[Row]:
    """Training and validation error of each value, and of the model itself."""
    rows = []
    for value in (*axis.values, None):
        tried = found["asked" if value is None else value]
        for part in ("train", "test"):
            rows.append(
                {
                    "parameter": axis.parameter,
                    "value": axis.own if value is None else value,
                    "curve": f"{part}_error",
                    **tried.row(part),
                    "own": value is None,
                }
            )
    return rows


def _facts(axis: Axis, found: Mapping[Any, Tried], own_train: float) -> Row:
    """The interpolation threshold among the values, and how the model lies to it."""
    ranks = range(1, len(axis.values) + 1)
    train = [np.clip(found[value].errors("train"), 0, 1) for value in axis.values]
    known = [values[np.isfinite(values)] for values in train]
    threshold = None
    if all(len(values) for values in known):
        crossing = interpolation_threshold(list(ranks), train)
        if np.isfinite(crossing.all_from):
            threshold = axis.values[int(crossing.all_from) - 1]
    fitted = own_train < _FITTED
    near = fitted if threshold is None else _ratio(axis, threshold) <= _NEAR
    relation = "does not fit all training examples"
    if near or fitted:
        relation = f"is {'near' if near else 'past'} the interpolation threshold"
    return {
        "parameter": axis.parameter,
        "own": axis.own,
        "threshold": threshold,
        "relation": relation,
    }


def _ratio(axis: Axis, threshold: Any) -> float:
    """The ratio of the model's own value and the threshold, at least 1."""
    if not np.isfinite(own := axis.own_number):
        return float("inf")
    at = float(np.mean(threshold))
    return max(own / at, at / own) if own > 0 and at > 0 else float("inf")


def _answer(
    axis: Axis, rows: list[Row], gain: Interval, best: int, position: str, relation: str
) -> str:
    own, train = (
        next(percent(row) for row in rows if row["own"] and row["curve"] == f"{part}_error")
        for part in ("test", "train")
    )
    name = (
        f"With {axis.parameter} = {label(axis.own)}"
        if axis.own is not None
        else f"Without a limit on {axis.parameter}"
    )
    stands = f"{name} the model's error is {own} and its training error is {train}: it {relation}."
    row = gain.row()
    if best == len(axis.values):
        tried = f"{label(axis.values[0])} to {label(axis.values[-1])}"
        return (
            f"Neither: no value of {axis.parameter} that was tried ({tried}) has a lower error. "
            f"{stands}"
        )
    chosen = (
        f"if each fold uses the {axis.parameter} with the lowest error on the other folds, "
        "the error"
    )
    if position == NEAR_BEST:
        changed = f"is {change(row, 'lower', 'higher')}, which could be chance"
        if row["low"] == row["high"] == 0:
            changed = "is the same"
        elif not is_known(row["low"]):
            changed = f"is {change(row, 'lower', 'higher')}, and has no interval"
        return f"Neither clearly helps: {chosen} {changed}. {stands}"
    said = {
        UNDER_FITTED: "More capacity: the model under-fits",
        STILL_IMPROVING: (
            "More capacity: the model already fits its training examples, but more "
            "capacity still lowers the error on other examples"
        ),
        OVER_FITTED: "Less capacity: the model over-fits",
    }[position]
    lowest = next(
        one for one in rows if one["value"] == axis.values[best] and one["curve"] == "test_error"
    )
    return (
        f"{said}. {chosen[0].upper()}{chosen[1:]} is lower by {points(row)}. The lowest error is "
        f"{percent(lowest)} at {axis.parameter} = {label(axis.values[best])}. {stands}"
    )


def _means(losses: list[Losses]) -> Float[np.ndarray, " k"]:
    return np.array([one.mean() for one in losses])


def choosing(axis: Axis, found: Capacity, asked: Tried) -> Part:
    """The part on choosing: how optimistic the lowest of the errors along the capacity is.

    The honest error is that of the candidate that the other folds choose, on the fold that had no
    say.
    """
    honest = chosen_elsewhere(found.losses)
    means = [np.mean([losses.mean() for losses in own]) for own in found.losses]
    best = found.losses[int(np.nanargmin(means))]
    optimism = gain_interval(honest, best, asked.pairs)
    n = len(found.losses)
    row = optimism.row()
    table = {
        "n_candidates": n,
        **asked.interval_of(_means(best)).row("lowest"),
        **asked.interval_of(_means(honest)).row("honest"),
        **optimism.row("optimism"),
    }
    lowest, chosen = (percent(interval_of(table, name)) for name in ("lowest", "honest"))
    if row["low"] > 0:
        finding = f"Choosing makes the error look lower than it is, by {points(row)}."
    elif row["low"] == row["high"] == 0:
        finding = "Not at all: the values chosen on the other folds do equally well."
    else:
        finding = f"The difference could be chance: {points(row)}."
    answer = (
        f"{finding} The lowest of {n} errors for different values of {axis.parameter} is {lowest}. "
        f"If each fold uses the value that is best on the other folds, the error is {chosen}."
    )
    return Part("choosing", QUESTIONS["choosing"], answer, {"choosing": [table]})
