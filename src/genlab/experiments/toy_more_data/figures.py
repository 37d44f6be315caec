"""The figures of `toy-more-data`."""

from __future__ import annotations

import altair as alt

from genlab._base.words import estimate
from genlab.charts import (
    BIAS,
    FIT,
    NOISE,
    VARIANCE,
    Figure,
    colors,
    curve,
    data,
    panel,
    points,
    titled,
    truth,
)
from genlab.experiments import ExperimentResult
from genlab.experiments._toy import PART_TEXTS

_COLORS = {"bias_squared": BIAS, "variance": VARIANCE}
_THEORY = "theory: noise variance · parameters / n"


def figures(result: ExperimentResult) -> list[Figure]:
    """Fits for several numbers of points, and bias² and variance against the number."""
    return [
        Figure(
            name="fits",
            caption="The more points, the less the fits to different data sets differ (variance). "
            "Their common distance from the function stays (bias).",
            chart=_fits(result),
            wide=True,
        ),
        Figure(
            name="variance",
            caption="Variance falls in proportion to 1/n, a line of slope −1 on log axes. Bias² "
            "hardly changes.",
            chart=_variance(result),
        ),
    ]


def _fits(result: ExperimentResult) -> alt.HConcatChart:
    fits, samples = result.tables["fits"], result.tables["samples"]
    panels = [
        panel(
            f"{n} points",
            curve(
                [row for row in fits if row["n"] == n], FIT, width=1.5, opacity=0.8, detail="fit:N"
            ),
            truth(result.tables["function"]),
            points([row for row in samples if row["n"] == n], size=18),
        )
        for n in dict.fromkeys(row["n"] for row in samples)
    ]
    return titled(
        alt.hconcat(*panels, spacing=30),
        "With more data, fits vary less",
        f"solid: fits of {result.protocol['model']['n_hidden']} hidden units to "
        f"{result.protocol['n_fits']} data sets; dots: the points of one of them; dashed: the "
        f"function",
    )


def _variance(result: ExperimentResult) -> alt.LayerChart:
    rows = [{**row, "part": PART_TEXTS[row["part"]]} for row in result.tables["parts"]]
    x = alt.X(
        "n:Q",
        title="training examples n",
        scale=alt.Scale(type="log", nice=False, domain=[5, 500]),
        axis=alt.Axis(values=[6, 10, 15, 25, 40, 60, 100, 200, 400]),
    )
    scale = alt.Scale(type="log", domain=[5e-4, 0.2], nice=False)
    title = "squared error (squared units of y)"
    axis = alt.Axis(values=[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2], format="~g")
    y = alt.Y("estimate:Q", title=title, scale=scale, axis=axis)
    color = alt.Color(
        "part:N",
        scale=colors(
            {**{PART_TEXTS[part]: shade for part, shade in _COLORS.items()}, _THEORY: NOISE}
        ),
        legend=alt.Legend(symbolType="stroke"),
    )
    base = data(rows)
    lines = base.mark_line(strokeWidth=2).encode(x=x, y=y, color=color)
    intervals = base.mark_rule(strokeWidth=4, opacity=0.5).encode(
        x=x, y="low:Q", y2="high:Q", color=color
    )
    dots = base.mark_circle(size=45, opacity=1).encode(
        x=x,
        y=y,
        color=color,
        tooltip=[
            "part:N",
            "n:Q",
            alt.Tooltip("estimate:Q", format=".5f"),
            alt.Tooltip("low:Q", format=".5f"),
            alt.Tooltip("high:Q", format=".5f"),
            alt.Tooltip("exact:Q", format=".5f"),
        ],
    )
    many = (
        data([{**row, "part": _THEORY} for row in rows if row["many_points"] is not None])
        .mark_line(strokeWidth=2, strokeDash=[5, 4])
        .encode(x=x, y="many_points:Q", color=color)
    )
    slope = next(row for row in result.tables["slopes"] if row["over"] == "many")
    return titled(
        alt.layer(many, lines, intervals, dots).properties(width=460, height=300),
        "Variance falls as 1/n, bias² stays constant",
        [
            f"slope of the variance from {slope['n_low']} points on: {estimate(slope, 3)};",
            f"{rows[0]['n_datasets']:,} data sets of each size; 95% intervals, mostly inside the "
            f"dots",
        ],
    )
