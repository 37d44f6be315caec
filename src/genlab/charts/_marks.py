"""Marks on common scales: curves, bands and points of toy regression, panels and titles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import altair as alt

from genlab._base.jsons import Row
from genlab.charts._figure import AnyChart
from genlab.charts._theme import POINT, TRUTH, config

#: Range of y in which y = exp(sin 2πx) and its noise lie.
Y_DOMAIN = (-0.6, 3.8)


class _Rows(alt.Data):
    """Rows that the copies of a chart share, and that are not compared with Vega-Lite's schema.

    Altair copies each chart that becomes a part of another. No chart changes its rows, and copying
    and comparing them takes longer than all else that Altair does.
    """

    _class_is_valid_at_instantiation = False

    def __init__(self, values: list[Row]) -> None:
        alt.Data.__init__(self, values=values)

    def __deepcopy__(self, _: Any = None) -> Self:
        return self


def data(rows: Sequence[Row]) -> alt.Chart:
    """A chart of rows, without marks."""
    return alt.Chart(_Rows(list(rows)))


def colors(ranges: dict[str, str]) -> alt.Scale:
    """A scale of names and their colours, in the order of the legend."""
    return alt.Scale(domain=list(ranges), range=list(ranges.values()))


def x_axis(title: str | None = "x") -> alt.X:
    """The axis of the input x, from 0 to 1."""
    return alt.X(
        "x:Q",
        title=title,
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2~f"),
    )


def y_axis(
    column: str = "y", title: str | None = "y", domain: tuple[float, float] = Y_DOMAIN
) -> alt.Y:
    """The axis of the target y, with the same scale in every panel."""
    return alt.Y(f"{column}:Q", title=title, scale=alt.Scale(domain=list(domain), nice=False))


def curve(
    rows: Sequence[Row],
    color: str | None,
    *,
    width: float = 2.0,
    opacity: float = 1.0,
    **encode: Any,
) -> alt.Chart:
    """A line through the x and y of the rows, cut off at the edge of the panel.

    With no colour it has that of the text.
    """
    look: dict[str, Any] = {"style": "ink"} if color is None else {"color": color}
    chart: alt.Chart = (
        data(rows)
        .mark_line(**look, strokeWidth=width, opacity=opacity, clip=True)
        .encode(x=x_axis(), y=y_axis(), **encode)
    )
    return chart


def band(rows: Sequence[Row], color: str, *, opacity: float = 0.25) -> alt.Chart:
    """The area between the low and high of the rows."""
    chart: alt.Chart = (
        data(rows)
        .mark_area(color=color, opacity=opacity, clip=True)
        .encode(x=x_axis(), y=y_axis("low"), y2="high:Q")
    )
    return chart


def truth(rows: Sequence[Row]) -> alt.Chart:
    """The true function, dashed."""
    chart: alt.Chart = (
        data(rows)
        .mark_line(color=TRUTH, strokeWidth=2.5, strokeDash=[6, 4])
        .encode(x=x_axis(), y=y_axis())
    )
    return chart


def points(rows: Sequence[Row], *, color: str = POINT, size: float = 45) -> alt.Chart:
    """The examples, as dots."""
    chart: alt.Chart = (
        data(rows)
        .mark_circle(color=color, size=size, opacity=0.9, clip=True)
        .encode(
            x=x_axis(),
            y=y_axis(),
            tooltip=[alt.Tooltip("x:Q", format=".3f"), alt.Tooltip("y:Q", format=".3f")],
        )
    )
    return chart


def panel(
    title: str,
    *layers: alt.Chart,
    subtitle: str | Sequence[str] = "",
    width: int = 230,
    height: int = 210,
) -> AnyChart:
    """One of several panels in a row."""
    heading = alt.TitleParams(title, fontSize=13, anchor="middle")
    if subtitle:
        heading.subtitle = subtitle if isinstance(subtitle, str) else list(subtitle)
    return alt.layer(*layers).properties(width=width, height=height, title=heading)


def titled(chart: Any, title: str, subtitle: str | Sequence[str]) -> Any:
    """The chart with its title, in the style of all figures."""
    lines = [subtitle] if isinstance(subtitle, str) else list(subtitle)
    return chart.properties(
        title=alt.TitleParams(text=title, subtitle=lines), description=title
    ).configure(**config())
