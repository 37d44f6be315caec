"""The parts of an expected loss, and their sum."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row
from genlab.charts._marks import colors, data, titled
from genlab.charts._theme import BIAS, ERROR, NOISE, VARIANCE


def loss_parts_table(rows: Sequence[Row]) -> list[Row]:
    """The rows of the chart, with the words of each part; None for what is no finite number."""
    columns = ("estimate", "low", "high")
    finite = {name: float("inf") for name in columns}
    return [
        {"part": row["part"].replace("_", " ")}
        | {name: row[name] if abs(row[name]) < finite[name] else None for name in columns}
        for row in rows
    ]


def loss_parts_chart(
    rows: Sequence[Row],
    *,
    title: str,
    subtitle: Sequence[str],
    x_title: str,
    percent: bool = False,
) -> alt.LayerChart:
    """Chart a bar and a 95% interval for each part of a loss.

    Parameters
    ----------
    rows
        Rows with part, estimate, low and high, in the order in which they are shown.
    title, subtitle, x_title
        Texts of the chart and of the axis of the loss.
    percent
        Whether the loss is a fraction that is shown in percent.
    """
    table = loss_parts_table(rows)
    parts = [row["part"] for row in table]
    y = alt.Y("part:N", title=None, sort=parts)
    tooltip: list[str | alt.Tooltip] = [
        "part:N",
        *(
            alt.Tooltip(f"{name}:Q", format=".2%" if percent else ".4~g")
            for name in ("estimate", "low", "high")
        ),
    ]
    color = alt.Color("part:N", scale=colors({part: _color(part) for part in parts}), legend=None)
    axis = alt.Axis(tickCount=6, format="~%") if percent else alt.Axis(tickCount=6)
    base = data(table)
    bars = base.mark_bar(height=18, opacity=0.7).encode(
        x=alt.X("estimate:Q", title=x_title, axis=axis), y=y, color=color, tooltip=tooltip
    )
    ends = base.mark_rule(strokeWidth=2.5, style="ink").encode(x="low:Q", x2="high:Q", y=y)
    chart: alt.LayerChart = titled(
        alt.layer(bars, ends).properties(width=460, height=40 * len(parts)), title, subtitle
    )
    return chart


def _color(part: str) -> str:
    for word, color in {"bias": BIAS, "systematic": BIAS, "variance": VARIANCE}.items():
        if word in part:
            return color
    return NOISE if part == "noise" else ERROR
