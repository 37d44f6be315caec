"""Published values in a figure: diamonds, named in the legend."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row


def diamonds(
    points: Sequence[Row], x: alt.X, color: alt.Color, tooltip: Sequence[str | alt.Tooltip]
) -> alt.Chart:
    """Diamonds at the `value` of each row, against the column that `x` names."""
    chart: alt.Chart = (
        alt.Chart(alt.Data(values=[{**row, "key": "published"} for row in points]))
        .mark_point(size=80, filled=True, opacity=1, stroke="white", strokeWidth=1)
        .encode(
            x=x,
            y="value:Q",
            color=color,
            shape=alt.Shape(
                "key:N",
                scale=alt.Scale(domain=["published"], range=["diamond"]),
                legend=alt.Legend(symbolFillColor="#888888", symbolStrokeWidth=0),
            ),
            tooltip=list(tooltip),
        )
    )
    return chart
