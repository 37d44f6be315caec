"""The parts of an expected squared error along the input."""

from __future__ import annotations

from typing import Any

import altair as alt

from genlab.report._theme import BIAS, ERROR, NOISE, VARIANCE
from genlab.report._toy import colors, data, titled, x_axis
from genlab.studies import Decomposition

Row = dict[str, Any]

_PARTS = {"noise": NOISE, "bias squared": BIAS, "variance": VARIANCE, "error": ERROR}


def decomposition_table(result: Decomposition) -> list[Row]:
    """What the chart draws: every part at every input, with its interval."""
    frame = result.to_frame().dropna(subset="x")
    frame["part"] = frame["part"].str.replace("_", " ")
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def decomposition_chart(result: Decomposition) -> alt.LayerChart:
    """Noise, bias², variance and their sum against x, with 95% intervals."""
    color = alt.Color("part:N", scale=colors(_PARTS), legend=alt.Legend(symbolType="stroke"))
    base = data(decomposition_table(result))
    x = x_axis()
    bands = base.mark_area(opacity=0.25).encode(x=x, y="low:Q", y2="high:Q", color=color)
    lines = base.mark_line(strokeWidth=2).encode(
        x=x, y=alt.Y("estimate:Q", title="squared error (squared units of y)"), color=color
    )
    chart: alt.LayerChart = titled(
        alt.layer(bands, lines).properties(width=460, height=300),
        f"Where the error of {result.model.n_hidden} hidden units comes from",
        [
            f"{result.n_datasets:,} data sets of {result.problem.n} points, 95% intervals"
            + ("; heavy-tailed:" if result.heavy_tailed else ""),
            *(["means converge slowly, look at medians"] if result.heavy_tailed else []),
        ],
    )
    return chart
