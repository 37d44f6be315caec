"""The parts of an expected loss and their sum against capacity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from genlab._base.jsons import Row
from genlab.charts._estimates import line_with_band, threshold_band
from genlab.charts._marks import colors, data
from genlab.charts._theme import BIAS, ERROR, NOISE, VARIANCE

_ENDS = ("estimate", "low", "high")
# Words of a part's name -> the words of the legend and their colour.
_SHOWN = {
    "loss": ("mean loss", ERROR),
    "noise": ("noise", NOISE),
    "bias": ("bias", BIAS),
    "variance": ("variance", VARIANCE),
}
_LOG_TICKS = [digit * 10.0**power for power in range(-4, 5) for digit in (1, 2, 5)]


def parts_table(rows: Sequence[Row], *, log: bool = False) -> list[Row]:
    """The rows of the chart, with the legend's name of each part.

    None stands for what is no finite number, and on a log axis for what is not above 0.
    """
    return [
        {"capacity": row["capacity"], "part": _shown(row["part"])}
        | {name: row[name] if _drawable(row[name], log) else None for name in _ENDS}
        for row in rows
    ]


def _drawable(value: float | None, log: bool) -> bool:
    return value is not None and abs(value) < float("inf") and (value > 0 or not log)


def _shown(part: str) -> str:
    """The legend's name: "bias" for bias, bias² and either with noise that is not known."""
    return next(_SHOWN[word][0] for word in ("loss", "bias", "variance", "noise") if word in part)


def parts_chart(
    rows: Sequence[Row],
    *,
    x_title: str | None,
    y_title: str | None,
    ticks: Sequence[float],
    threshold: tuple[float, float] | None = None,
    percent: bool = False,
    log: bool = False,
    width: int = 460,
    height: int = 300,
) -> alt.LayerChart:
    """Chart the parts of a loss and their sum against capacity, on a log axis of capacity.

    Parameters
    ----------
    rows
        Rows with capacity, part ("loss" or a term), estimate, low and high, the ends of a 95%
        interval.
    x_title, y_title
        Titles of the axes; None for none.
    ticks
        Capacities that the axis names.
    threshold
        Capacities between which the interpolation threshold lies. They are shaded, and named above
        the panel.
    percent, log
        Whether the loss is a fraction that is shown in percent, and whether its axis is
        logarithmic, which leaves out what is not above 0.
    width, height
        Pixels.
    """
    table = parts_table(rows, log=log)
    sizes = sorted({row["capacity"] for row in table})
    scale = alt.Scale(type="log", domain=[sizes[0], sizes[-1]], nice=False)
    axis = alt.Axis(values=list(ticks), grid=False, format="~g", labelOverlap=True)
    x = alt.X("capacity:Q", title=x_title, scale=scale, axis=axis)
    shown = {
        name: color for name, color in _SHOWN.values() if any(r["part"] == name for r in table)
    }
    number = ".1%" if percent else ".3~f"
    layers: list[alt.Chart] = []
    if threshold is not None:
        layers += threshold_band(threshold, sizes, scale)
    layers += line_with_band(
        data(table),
        x,
        alt.Y(
            "estimate:Q",
            title=y_title,
            axis=alt.Axis(
                format="~%" if percent else "~g",
                **({"values": _LOG_TICKS} if log else {"tickCount": 5}),
            ),
            scale=alt.Scale(type="log") if log else alt.Scale(zero=True),
        ),
        alt.Color("part:N", scale=colors(shown), legend=alt.Legend(symbolType="stroke")),
        tooltip=[
            "part:N",
            "capacity:Q",
            *(alt.Tooltip(f"{name}:Q", format=number) for name in _ENDS),
        ],
    )
    chart: Any = alt.layer(*layers).properties(width=width, height=height)
    layered: alt.LayerChart = chart
    return layered
