"""Errors side by side: a dot and an interval each, with its name and its number above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt

from genlab._base.jsons import Row, finite
from genlab._base.words import percent
from genlab.charts._estimates import dots_with_bars
from genlab.charts._marks import colors, data, titled
from genlab.charts._theme import BIAS

_STEP = 54
_ENDS = ("estimate", "low", "high")


def compared_table(rows: Sequence[Row]) -> list[Row]:
    """The rows of the chart with the text of each; None for ends that are NaN."""
    nan = float("nan")
    table = []
    for row in rows:
        ends = {name: nan if row.get(name) is None else row[name] for name in _ENDS}
        text = f"{row['name']}: {percent(ends)}"
        table.append(finite({"name": row["name"], **ends, "text": text}))
    return table


def compared_chart(
    rows: Sequence[Row],
    *,
    title: str,
    subtitle: Sequence[str],
    x_title: str,
    ranges: Mapping[str, str] | None = None,
) -> alt.LayerChart:
    """Chart errors below each other, in percent, with their 95% intervals.

    Parameters
    ----------
    rows
        Rows with name, estimate, low and high, fractions, in the order in which they are shown.
        Ends that are NaN or missing draw no interval.
    title, subtitle, x_title
        Texts of the chart and of the axis of the error.
    ranges
        Name -> colour of its dot; one colour where it is left out.
    """
    table = compared_table(rows)
    names = [row["name"] for row in table]
    y = alt.Y("name:N", sort=names, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    largest = max((row[name] or 0.0 for row in table for name in _ENDS), default=1.0) or 0.01
    scale = alt.Scale(domain=[0, 1.04 * largest], nice=False)
    axis = alt.Axis(format="~%", tickCount=6)
    x = alt.X("estimate:Q", title=x_title, scale=scale, axis=axis)
    color = alt.Color(
        "name:N",
        scale=colors({name: (ranges or {}).get(name, BIAS) for name in names}),
        legend=None,
    )
    base = data(table)
    layers = dots_with_bars(
        base, x, y, color, tooltip=["text:N"], along="x", size=130, width=3, yOffset=alt.value(38)
    )
    layers.append(
        base.mark_text(align="left", baseline="middle", fontSize=13, style="ink").encode(
            x=alt.value(0), y=y, yOffset=alt.value(16), text="text:N"
        )
    )
    chart: alt.LayerChart = titled(
        alt.layer(*layers).properties(width=460, height=_STEP * len(table)), title, subtitle
    )
    return chart
