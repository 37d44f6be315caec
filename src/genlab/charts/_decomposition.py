"""The parts of an expected squared error along the input."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row
from genlab.charts._marks import colors, data, titled, x_axis
from genlab.charts._theme import BIAS, ERROR, NOISE, VARIANCE

_PARTS = {"noise": NOISE, "bias squared": BIAS, "variance": VARIANCE, "error": ERROR}


def decomposition_table(rows: Sequence[Row]) -> list[Row]:
    """What the chart draws: every part at every input, with its interval."""
    return [{**row, "part": row["part"].replace("_", " ")} for row in rows if row["x"] == row["x"]]


def decomposition_chart(
    rows: Sequence[Row], *, title: str, subtitle: Sequence[str]
) -> alt.LayerChart:
    """Noise, bias², variance and their sum against x, with 95% intervals.

    `rows` has rows of x, part, estimate, low and high; those without x, averages, are left out.
    """
    color = alt.Color("part:N", scale=colors(_PARTS), legend=alt.Legend(symbolType="stroke"))
    base = data(decomposition_table(rows))
    x = x_axis()
    bands = base.mark_area(opacity=0.25).encode(x=x, y="low:Q", y2="high:Q", color=color)
    lines = base.mark_line(strokeWidth=2).encode(
        x=x, y=alt.Y("estimate:Q", title="squared error (squared units of y)"), color=color
    )
    chart: alt.LayerChart = titled(
        alt.layer(bands, lines).properties(width=460, height=300), title, subtitle
    )
    return chart
