"""Training and test error or loss against capacity, with a band over seeds."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row
from genlab.charts._diamonds import diamonds
from genlab.charts._estimates import line_with_band, reference_line
from genlab.charts._marks import colors, data, titled
from genlab.charts._theme import NOISE, TEST, TRAIN

_HEIGHT = 300
# Opacity of the critical regime; the others are named and not shaded.
_SHADED = 0.18
_SETS = {"train": TRAIN, "test": TEST}


def capacity_table(bands: Sequence[Row], quantity: str) -> list[Row]:
    """The rows of `bands` for "error" or "loss", with the set (train or test) of each."""
    return [
        {"set": name, **{column: row[column] for column in ("capacity", "estimate", "low", "high")}}
        | {"n_parameters": row["n_parameters"], "n_fits": row["n_fits"]}
        for name in _SETS
        for row in bands
        if row["curve"] == f"{name}_{quantity}"
    ]


def capacity_chart(
    bands: Sequence[Row],
    quantity: str,
    *,
    title: str,
    subtitle: Sequence[str],
    x_title: str,
    y_title: str,
    ticks: Sequence[float],
    published: Sequence[Row] = (),
    mark: tuple[float, str] | None = None,
    shaded: Sequence[Row] = (),
    level: Row | None = None,
) -> alt.LayerChart:
    """Chart training and test error or loss against capacity, on a log axis.

    Parameters
    ----------
    bands
        Rows with curve ("train_error" and so on), capacity, estimate, low, high, n_parameters
        and n_fits. Errors are fractions, losses in their own unit.
    quantity
        "error" or "loss".
    title, subtitle, x_title, y_title
        Texts of the chart and of its axes.
    ticks
        Capacities that the axis names, where they lie within the data.
    published
        Rows with curve, capacity, value and source, drawn as diamonds.
    mark
        A capacity and its name: a dashed line, with the name above it.
    shaded
        Rows with from, to and name, as `genlab.measure.regimes` returns them; the critical
        regime is shaded.
    level
        A test error or loss with its interval, such as what theory predicts for an infinite
        capacity: a dashed line across the chart, in a band. Columns estimate, low, high and name.
    """
    table = capacity_table(bands, quantity)
    sizes = [row["capacity"] for row in [*table, *published]]
    scale = alt.Scale(type="log", domain=[min(sizes), max(sizes)], nice=False)
    shown = [tick for tick in ticks if min(sizes) <= tick <= max(sizes)]
    x = alt.X("capacity:Q", title=x_title, scale=scale, axis=alt.Axis(values=shown, grid=False))
    y_axis = alt.Axis(format="%") if quantity == "error" else alt.Axis()
    color = alt.Color("set:N", scale=colors(_SETS), legend=alt.Legend(symbolType="stroke"))
    number = ".1%" if quantity == "error" else ".3f"
    layers: list[alt.Chart] = [_regime(row, scale) for row in shaded]
    layers += [_regime_name(row, scale) for row in shaded]
    if level is not None:
        layers += _level(level)
    layers += line_with_band(
        data(table),
        x,
        alt.Y("estimate:Q", title=y_title, axis=y_axis),
        color,
        tooltip=[
            "set:N",
            "capacity:Q",
            alt.Tooltip("n_parameters:Q", format=","),
            alt.Tooltip("estimate:Q", format=number),
            alt.Tooltip("low:Q", format=number),
            alt.Tooltip("high:Q", format=number),
            "n_fits:Q",
        ],
    )
    if mark is not None:
        layers += reference_line(*mark, scale=scale)
    points = [
        {**row, "set": name}
        for row in published
        for name in _SETS
        if row["curve"] == f"{name}_{quantity}"
    ]
    if points:
        value = alt.Tooltip("value:Q", title="published", format=number)
        layers.append(diamonds(points, x, color, ["set:N", "capacity:Q", value, "source:N"]))
    chart: alt.LayerChart = titled(
        alt.layer(*layers).properties(width=460, height=_HEIGHT), title, subtitle
    )
    return chart


def _level(row: Row) -> list[alt.Chart]:
    """A band, its line and, below its left end where no curve is, its name."""
    base = data([row])
    return [
        base.mark_rect(color=TEST, opacity=0.25).encode(y="low:Q", y2="high:Q"),
        *reference_line(row["estimate"], axis="y"),
        base.mark_text(align="left", baseline="top", dx=6, dy=4, fontSize=11).encode(
            x=alt.value(0), y="low:Q", text="name:N"
        ),
    ]


def _regime(row: Row, scale: alt.Scale) -> alt.Chart:
    chart: alt.Chart = (
        data([row])
        .mark_rect(color=NOISE, opacity=_SHADED if row["name"] == "critical" else 0.0)
        .encode(x=alt.X("from:Q", scale=scale), x2="to:Q")
    )
    return chart


def _regime_name(row: Row, scale: alt.Scale) -> alt.Chart:
    middle = {**row, "middle": (row["from"] * row["to"]) ** 0.5}
    chart: alt.Chart = (
        data([middle])
        .mark_text(baseline="top", dy=4, fontSize=12, fontStyle="italic")
        .encode(x=alt.X("middle:Q", scale=scale), y=alt.value(0), text="name:N")
    )
    return chart
