"""More or less capacity: where the model stands on the curve, and what a change would give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab._base.words import label
from genlab.measure import Interval, cross_validated_difference, interpolation_threshold, peak_test
from genlab.studies.diagnosis._axis import Axis
from genlab.studies.diagnosis._divided import chosen_elsewhere, gain_interval, mean_sizes
from genlab.studies.diagnosis._part import QUESTIONS, Part, points, shown
from genlab.studies.diagnosis._tried import Tried

# Below this training error a model has fitted its training examples.
_FITTED = 0.01
# A capacity is near the threshold within this factor.
_NEAR = 2.0


class Capacity(NamedTuple):
    """The part, and what the advice and the cost of choosing rest on.

    Attributes
    ----------
    part
        The part.
    best
        The value of the capacity with the lowest error; None where that is the model's own.
    direction
        "more", "less" or "same" capacity, to the best.
    gain
        How much lower the error is with the capacity that other folds choose.
    errors
        Validation errors, one row per value and the last one for the model itself.
    own_train_error
        Training error of the model itself.
    """

    part: Part
    best: Any
    direction: str
    gain: Interval
    errors: Float[np.ndarray, "candidates k"]
    own_train_error: float


def capacity(axis: Axis, found: Mapping[Any, Tried], n_tried: int) -> Capacity:
    """The part, from fits of each value, under the value, and of the model, under "asked"."""
    asked = found["asked"]
    errors = np.array([*(found[value].errors() for value in axis.values), asked.errors()])
    means = np.array([_mean(row) for row in errors])
    best = int(np.nanargmin(means[:-1]))
    if not means[best] < means[-1]:
        best = len(axis.values)
    place = _place(axis)
    direction = "same"
    if best < len(axis.values):
        direction = "more" if best > place else "less"
    gain = gain_interval(asked.errors(), chosen_elsewhere(errors[::-1]), asked.divisions, n_tried)
    rows = _rows(axis, found)
    peak = peak_test(list(errors[:-1]))
    own_train = _mean(asked.errors("train"))
    facts = _facts(axis, found, gain, peak_found=peak.found, own_train=own_train)
    if gain.low > 0 and direction != "same":
        facts["position"] = "under-fitted" if direction == "more" else "over-fitted"
    notes = []
    if best in (0, len(axis.values) - 1):
        end = "lowest" if best == 0 else "highest"
        notes.append(f"The lowest error is at the {end} capacity that was tried: look beyond it.")
    second = ""
    if peak.found:
        second = (
            f" The error has a second descent: it rises to a peak at {axis.parameter} = "
            f"{label(axis.values[peak.top])} and falls again by {points(peak.fall.row())}."
        )
    answer = _answer(axis, rows, gain, best, direction, own_train) + second
    tables = {"capacity": rows, "position": [facts]}
    part = Part("capacity", QUESTIONS["capacity"], answer, tables, tuple(notes))
    value = axis.values[best] if best < len(axis.values) else None
    return Capacity(part, value, direction, gain, errors, own_train)


def _mean(values: Float[np.ndarray, " k"]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _place(axis: Axis) -> float:
    """Where the model's own value lies among the values: −0.5 before the first."""
    if axis.own is None or isinstance(axis.own, (str, bool)):
        return len(axis.values) - 0.5
    own = float(axis.own)
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


def _facts(
    axis: Axis, found: Mapping[Any, Tried], gain: Interval, *, peak_found: bool, own_train: float
) -> Row:
    """Where the model stands: a row."""
    ranks = range(1, len(axis.values) + 1)
    train = [np.clip(found[value].errors("train"), 0, 1) for value in axis.values]
    known = [values[np.isfinite(values)] for values in train]
    position = "neither under-fitted nor over-fitted beyond chance"
    threshold = None
    if all(len(values) for values in known):
        crossing = interpolation_threshold(list(ranks), train)
        if np.isfinite(crossing.all_from):
            threshold = axis.values[int(crossing.all_from) - 1]
    relation = "has not fitted its training examples"
    if own_train < _FITTED:
        relation = "past the interpolation threshold"
        if threshold is None or _ratio(axis, threshold) <= _NEAR:
            relation = "near the interpolation threshold"
    elif threshold is not None and _ratio(axis, threshold) <= _NEAR:
        relation = "near the interpolation threshold"
    return {
        "parameter": axis.parameter,
        "own": axis.own,
        "threshold": threshold,
        "relation": relation,
        "position": position,
        "second_descent": peak_found,
        **gain.row("gain"),
    }


def _ratio(axis: Axis, threshold: Any) -> float:
    """The ratio of the model's own value and the threshold, at least 1."""
    if axis.own is None or isinstance(axis.own, (str, bool)):
        return float("inf")
    own, at = float(axis.own), float(np.mean(threshold))
    return max(own / at, at / own) if own > 0 and at > 0 else float("inf")


def _answer(
    axis: Axis, rows: list[Row], gain: Interval, best: int, direction: str, own_train: float
) -> str:
    own = next(row for row in rows if row["own"] and row["curve"] == "test_error")
    name = f"{axis.parameter} = {label(axis.own)}" if axis.own is not None else "no limit"
    stands = f"With {name} the model has {shown(own)} error, and {100 * own_train:.1f}% in training"
    row = gain.row()
    if best == len(axis.values) or not row["low"] > 0:
        told = (
            f"No change of {axis.parameter} lowers the error by more than chance: with the value "
            "that other folds choose it is lower by "
            f"{points(row)}."
        )
        return f"{told} {stands}."
    verb = "under-fits" if direction == "more" else "over-fits"
    lowest = next(
        one for one in rows if one["value"] == axis.values[best] and one["curve"] == "test_error"
    )
    return (
        f"{direction.capitalize()}: the model {verb}. With the {axis.parameter} that other folds "
        f"choose the error is lower by {points(row)}; the lowest is {shown(lowest)} at "
        f"{label(axis.values[best])}. {stands}."
    )


class Choosing(NamedTuple):
    """The part on choosing, and the optimism that it found."""

    part: Part
    optimism: Interval


def choosing(axis: Axis, found: Capacity, asked: Tried) -> Choosing:
    """How optimistic the lowest of the errors along the capacity is.

    The honest error is that of the candidate that the other folds choose, on the fold that had no
    say.
    """
    n_validation, n_fitted = mean_sizes(asked.divisions)
    honest = chosen_elsewhere(found.errors)
    best = found.errors[int(np.nanargmin([_mean(row) for row in found.errors]))]
    optimism = cross_validated_difference(honest, best, n_validation, n_fitted)
    n = len(found.errors)
    row = optimism.row()
    table = {
        "n_candidates": n,
        "lowest": _mean(best),
        "honest": _mean(honest),
        **optimism.row("optimism"),
    }
    answer = (
        f"The lowest of {n} errors along {axis.parameter} is {100 * table['lowest']:.1f}%. Chosen "
        f"on other folds and measured where it had no say, it is {100 * table['honest']:.1f}%: "
        f"{points(row)} come from choosing."
    )
    if not row["low"] > 0:
        answer += " That is no more than chance."
    part = Part("choosing", QUESTIONS["choosing"], answer, {"choosing": [table]})
    return Choosing(part, optimism)
