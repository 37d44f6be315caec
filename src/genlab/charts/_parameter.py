"""Training and validation error against a parameter that sets the capacity of a model."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from genlab._base.jsons import Row, finite
from genlab._base.words import label, number
from genlab.charts._estimates import line_with_band
from genlab.charts._marks import colors, data, titled
from genlab.charts._theme import NOISE, TEST, TRAIN

_SETS = {"training": TRAIN, "validation": TEST}
_NAMES = {"train": "training", "test": "validation"}
# Room for a value without a number, such as "no limit", as a fraction of the axis.
_BEYOND = 0.12
_DECADE = 10.0


def parameter_table(rows: Sequence[Row]) -> list[Row]:
    """The rows of the chart, with the place of each value on the axis.

    Values go from 0, the lowest capacity, to 1, the highest: in proportion to their logarithms
    where they span a factor of ten, else to the values; where one is no number, in equal steps.
    What has no limit, or no number, lies beyond the highest.

    Columns: set, place, value (a text), estimate, low, high, n_fits and own.
    """
    values = _values(rows)
    return [
        finite(
            {
                "set": _NAMES[row["curve"].partition("_")[0]],
                "place": _place(row["value"], values),
                "value": _text(row["value"]),
                **{name: row[name] for name in ("estimate", "low", "high", "n_fits", "own")},
            }
        )
        for row in rows
    ]


def parameter_chart(
    rows: Sequence[Row],
    *,
    title: str,
    subtitle: Sequence[str],
    x_title: str | Sequence[str],
    y_title: str,
    threshold: Any = None,
) -> alt.LayerChart:
    """Chart training and validation error against a parameter; capacity grows to the right.

    Parameters
    ----------
    rows
        Rows with value, curve ("train_error" or "test_error"), estimate, low, high, n_fits and
        own: whether it is the model that was asked about, whose value may be None. The others
        go from the lowest capacity to the highest. Errors are fractions.
    title, subtitle, x_title, y_title
        Texts of the chart and of its axes; `x_title` may have several lines.
    threshold
        The value at the interpolation threshold, or None.
    """
    table = parameter_table(rows)
    ticks = {row["place"]: row["value"] for row in table if not row["own"]}
    own = next(row for row in table if row["own"])
    if own["place"] > 1:
        ticks[own["place"]] = own["value"]
    end = max(1.0, own["place"])
    scale = alt.Scale(domain=[0, end], nice=False, padding=8)
    texts = " : ".join(f"datum.value == {place!r} ? {text!r}" for place, text in ticks.items())
    axis = alt.Axis(
        values=list(ticks), labelExpr=f"{texts} : ''", grid=False, labelOverlap="greedy"
    )
    x = alt.X(
        "place:Q",
        title=x_title if isinstance(x_title, str) else list(x_title),
        scale=scale,
        axis=axis,
    )
    y = alt.Y("estimate:Q", title=y_title, axis=alt.Axis(format="~%", tickCount=6))
    color = alt.Color("set:N", scale=colors(_SETS), legend=alt.Legend(symbolType="stroke"))
    tooltip: list[str | alt.Tooltip] = [
        "set:N",
        "value:N",
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("estimate", "low", "high")),
        "n_fits:Q",
    ]
    curves = data([row for row in table if not row["own"]])
    layers = line_with_band(curves, x, y, color, tooltip=tooltip)
    if threshold is not None:
        place = _place(threshold, _values(rows))
        layers += _upright(place, "interpolation threshold", end, x, row=1, dashed=True)
    layers += _upright(own["place"], "the model", end, x, row=0, dashed=False)
    asked = data([row for row in table if row["own"]])
    layers += [
        asked.mark_rule(strokeWidth=2).encode(x=x, y="low:Q", y2="high:Q", color=color),
        asked.mark_point(
            shape="diamond", size=110, filled=True, opacity=1, stroke="white", strokeWidth=1
        ).encode(x=x, y=y, color=color, tooltip=tooltip),
    ]
    chart: alt.LayerChart = titled(
        alt.layer(*layers).properties(width=460, height=300), title, subtitle
    )
    return chart


def _upright(
    place: float, name: str, end: float, x: alt.X, *, row: int, dashed: bool
) -> list[alt.Chart]:
    """A line at a place, with its name in a row above the panel, on the side with more room."""
    left = place > end / 2
    base = data([{"place": place, "name": name}])
    dashes = [5, 4] if dashed else [1, 0]
    return [
        base.mark_rule(color=NOISE, strokeWidth=1.2, strokeDash=dashes).encode(x=x),
        base.mark_text(
            align="right" if left else "left",
            baseline="top",
            dx=-5 if left else 5,
            dy=2 + 15 * row,
            fontSize=12,
            style="ink",
        ).encode(x=x, y=alt.value(0), text="name:N"),
    ]


def _places(values: Sequence[Any]) -> list[float]:
    """Where each value lies, from 0 to 1; those after the last number beyond it."""
    numbers = _numbers(values)
    if not numbers:
        return [i / max(len(values) - 1, 1) for i in range(len(values))]
    beyond = [1 + _BEYOND * (i + 1) for i in range(len(values) - len(numbers))]
    return [_between(value, numbers) for value in numbers] + beyond


def _place(value: Any, values: Sequence[Any]) -> float:
    """Where a value lies that may be none of the values: within the axis, or beyond its end."""
    places, exact = _places(values), _exact(value)
    if exact in values:
        return places[values.index(exact)]
    numbers = _numbers(values)
    if numbers and _is_number(value) and (value > 0 or min(numbers) <= 0):
        return min(max(_between(value, numbers), -_BEYOND), 1 + _BEYOND)
    return max(places) + _BEYOND


def _numbers(values: Sequence[Any]) -> list[float]:
    """The numbers that the values begin with, where they rise or fall throughout; else none."""
    numbers = [value for value in values if _is_number(value)]
    pairs = list(itertools.pairwise(numbers))
    monotone = all(a < b for a, b in pairs) or all(a > b for a, b in pairs)
    return numbers if pairs and monotone and list(values[: len(numbers)]) == numbers else []


def _between(value: float, numbers: Sequence[float]) -> float:
    """How far a value lies from the first number to the last, by ratio where they span ten."""
    low, high = numbers[0], numbers[-1]
    if min(low, high, value) > 0 and max(low, high) / min(low, high) >= _DECADE:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return float(round((value - low) / (high - low), 9))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _values(rows: Sequence[Row]) -> list[Any]:
    """The values of the axis, in the order of the rows."""
    return list(dict.fromkeys(_exact(row["value"]) for row in rows if not row["own"]))


def _exact(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _text(value: Any) -> str:
    if value is None:
        return "no limit"
    return number(value) if _is_number(value) else label(value)
