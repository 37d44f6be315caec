"""Accuracy against the confidence that a classifier states."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row, finite
from genlab.charts._estimates import dots_with_bars
from genlab.charts._marks import data, titled
from genlab.charts._theme import BIAS, NOISE, TRUTH

# Height of the bar of the fullest bin, as a fraction of the panel.
_TALLEST = 0.2


def reliability_table(rows: Sequence[Row]) -> list[Row]:
    """The bins that hold examples, with the height of the bar of their count."""
    most = max((row["count"] for row in rows), default=1) or 1
    return [finite({**row, "bar": _TALLEST * row["count"] / most}) for row in rows if row["count"]]


def reliability_chart(
    rows: Sequence[Row], *, title: str, subtitle: Sequence[str]
) -> alt.LayerChart:
    """Chart the accuracy of predictions against their confidence, with the number of each.

    Parameters
    ----------
    rows
        Rows with low_edge, high_edge, count, confidence, accuracy, low and high, as
        `genlab.measure.Reliability.rows` returns them.
    title, subtitle
        Texts of the chart.
    """
    table = reliability_table(rows)
    scale = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])
    x = alt.X("confidence:Q", title="stated confidence", scale=scale, axis=axis)
    y = alt.Y("accuracy:Q", title="correct predictions", scale=scale, axis=axis)
    tooltip: list[str | alt.Tooltip] = [
        alt.Tooltip("count:Q", title="examples", format=","),
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("confidence", "accuracy")),
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("low", "high")),
    ]
    base = data(table)
    perfect = data([{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}])
    named = data([{"confidence": 0.3, "accuracy": 0.3, "name": "perfectly calibrated"}])
    layers = [
        base.mark_rect(color=NOISE, opacity=0.45).encode(
            x=alt.X("low_edge:Q", scale=scale),
            x2="high_edge:Q",
            y=alt.Y("bar:Q", scale=scale),
            y2=alt.Y2Datum(0),
            tooltip=tooltip,
        ),
        perfect.mark_line(color=TRUTH, strokeDash=[5, 4], strokeWidth=1.5).encode(x=x, y=y),
        named.mark_text(align="right", dx=-8, dy=-4, fontSize=12, style="ink").encode(
            x=x, y=y, text="name:N"
        ),
        *dots_with_bars(base, x, y, alt.ColorValue(BIAS), tooltip=tooltip, size=70),
    ]
    chart: alt.LayerChart = titled(
        alt.layer(*layers).properties(width=460, height=320), title, subtitle
    )
    return chart
