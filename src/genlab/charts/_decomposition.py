"""The parts of an expected squared error against the input."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row
from genlab.charts._estimates import line_with_band
from genlab.charts._marks import colors, data, titled, x_axis
from genlab.charts._theme import BIAS, ERROR, NOISE, VARIANCE

_PARTS = {"noise": NOISE, "bias squared": BIAS, "variance": VARIANCE, "error": ERROR}


def decomposition_table(rows: Sequence[Row]) -> list[Row]:
    """The rows of the chart: each part at each input, with its interval."""
    return [{**row, "part": row["part"].replace("_", " ")} for row in rows if row["x"] == row["x"]]


def decomposition_chart(
    rows: Sequence[Row], *, title: str, subtitle: Sequence[str]
) -> alt.LayerChart:
    """Chart noise, bias², variance and their sum against x, with 95% intervals.

    `rows` have x, part, estimate, low and high, in the squared unit of y. Rows whose x is NaN
    hold averages and are left out.
    """
    color = alt.Color("part:N", scale=colors(_PARTS), legend=alt.Legend(symbolType="stroke"))
    y = alt.Y("estimate:Q", title="squared error (squared unit of y)")
    layers = line_with_band(data(decomposition_table(rows)), x_axis(), y, color)
    chart: alt.LayerChart = titled(
        alt.layer(*layers).properties(width=460, height=300), title, subtitle
    )
    return chart
