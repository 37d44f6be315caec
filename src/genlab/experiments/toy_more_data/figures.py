"""The figures of `toy-more-data`."""

from __future__ import annotations

import altair as alt

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

_MANY = "noise variance × 4 parameters / n"


def figures(result: ExperimentResult) -> list[Figure]:
    """Six fits for three numbers of points, and both parts against the number."""
    return [
        Figure(
            name="fits",
            caption="Six data sets, six fits: the more points, the less the fits differ. What they "
            "have in common stays: three straight lines cannot follow the function.",
            chart=_fits(result),
            wide=True,
        ),
        Figure(
            name="variance",
            caption="On log axes the variance falls along a line of slope −1; the bias does not "
            "move.",
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
        "More data, less variance",
        "solid: fits of 3 hidden units to six data sets; dots: the points of one of them; dashed: "
        "the function",
    )


def _variance(result: ExperimentResult) -> alt.LayerChart:
    rows = result.tables["parts"]
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
        scale=colors({"bias²": BIAS, "variance": VARIANCE, _MANY: NOISE}),
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
        data([{**row, "part": _MANY} for row in rows if row["part"] == "variance"])
        .mark_line(strokeWidth=2, strokeDash=[5, 4])
        .encode(x=x, y="many_points:Q", color=color)
    )
    slope = next(row for row in result.tables["slopes"] if row["over"].startswith("n >="))
    first = slope["over"].removeprefix("n >= ")
    return titled(
        alt.layer(many, lines, intervals, dots).properties(width=460, height=300),
        "Variance falls as 1/n, bias stays",
        [
            f"slope from {first} points on: {slope['slope']:.3f} [{slope['low']:.3f}, "
            f"{slope['high']:.3f}]; each point over".replace("-", "−"),
            f"{rows[0]['n_datasets']:,} data sets; 95% intervals, mostly inside the dots",
        ],
    )
