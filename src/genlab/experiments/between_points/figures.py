"""The figures of `between-points`."""

from __future__ import annotations

import math

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import (
    BIAS,
    ERROR,
    FIT,
    NOISE,
    POINT,
    VARIANCE,
    AnyChart,
    Figure,
    colors,
    data,
    panel,
    titled,
)
from genlab.experiments import ExperimentResult

# Quantity -> what the legend calls it, and its colour.
_SHOWN = {
    "nearest_over_mean": ("nearest neighbour", FIT),
    "largest_over_mean": ("farthest pair", POINT),
}
_RADIUS_COLORS = (BIAS, ERROR, VARIANCE)
# Where the panels of `spread` end, in mean distances.
_END = 3.0
_MNIST = 60_000


def figures(result: ExperimentResult) -> list[Figure]:
    """How distances spread, how they concentrate, and what it takes to fill a space."""
    return [
        Figure(
            name="spread",
            caption="The more inputs there are, the less the distances between random points "
            "differ. In many dimensions all pairs of points are about equally far apart.",
            chart=_spread(result),
            wide=True,
        ),
        Figure(
            name="distances",
            caption="The distances of the nearest and of the farthest points both approach the "
            "mean distance. Real examples have much closer neighbours than random points with as "
            "many inputs.",
            chart=_distances(result),
        ),
        Figure(
            name="examples-needed",
            caption="The smallest number of examples with which every point of the unit cube can "
            "have a neighbour within a given distance grows exponentially with the number of "
            "inputs.",
            chart=_examples_needed(result),
        ),
    ]


def _spread(result: ExperimentResult) -> alt.HConcatChart:
    rows = result.tables["spread"]
    panels: list[AnyChart] = []
    for inputs in dict.fromkeys(row["inputs"] for row in rows):
        bins = [row for row in rows if row["inputs"] == inputs]
        highest = max(row["estimate"] for row in bins)
        chart = (
            data(bins)
            .mark_bar(color=FIT, stroke=FIT, strokeWidth=0.5, clip=True, binSpacing=0)
            .encode(
                x=alt.X(
                    "from:Q",
                    title="distance / mean distance",
                    scale=alt.Scale(domain=[0, _END]),
                    axis=alt.Axis(values=[0, 1, 2, 3]),
                ),
                x2="to:Q",
                y=alt.Y(
                    "estimate:Q",
                    title="fraction of pairs" if not panels else None,
                    axis=alt.Axis(format="~%", tickCount=3),
                    scale=alt.Scale(domain=[0, 1.1 * highest], nice=False),
                ),
                y2=alt.datum(0),
                tooltip=[
                    alt.Tooltip("from:Q", format=".2f"),
                    alt.Tooltip("to:Q", format=".2f"),
                    alt.Tooltip("estimate:Q", title="fraction", format=".3%"),
                    alt.Tooltip("low:Q", format=".3%"),
                    alt.Tooltip("high:Q", format=".3%"),
                ],
            )
        )
        panels.append(panel(f"{inputs:,} inputs", chart, width=165, height=180))
    few = min(row["inputs"] for row in rows)
    beyond = sum(row["estimate"] for row in rows if row["inputs"] == few and row["from"] >= _END)
    protocol = result.protocol
    return titled(
        alt.hconcat(*panels, spacing=25),
        "Distances between random points concentrate",
        [
            f"Pairs of {protocol['n_points']:,} standard normal points, mean over "
            f"{protocol['n_draws']} draws, in bins of {protocol['bin_width']:g} (95% intervals: "
            "see the table).",
            f"With {few} inputs {beyond:.2%} of the pairs lie beyond {_END:g}.",
        ],
    )


def distances_table(result: ExperimentResult) -> list[Row]:
    """What `distances` draws: the nearest and the farthest, random and real."""
    return [
        {**row, "pair": _SHOWN[row["quantity"]][0]}
        for table in ("distances", "real_data")
        for row in result.tables[table]
        if row["quantity"] in _SHOWN
    ]


def _distances(result: ExperimentResult) -> alt.LayerChart:
    rows = distances_table(result)
    real_names = list(dict.fromkeys(row["data"] for row in result.tables["real_data"]))
    random = [row for row in rows if row["data"] not in real_names]
    real = [row for row in rows if row["data"] in real_names]
    x = alt.X(
        "inputs:Q",
        title="number of inputs (log scale)",
        scale=alt.Scale(type="log", nice=False, domain=[1.8, 1_100]),
        axis=alt.Axis(values=[2, 5, 10, 20, 50, 100, 200, 500, 1_000], format=","),
    )
    y = alt.Y("estimate:Q", title="distance / mean distance", scale=alt.Scale(domain=[0, 4.4]))
    color = alt.Color(
        "pair:N",
        scale=colors(dict(_SHOWN.values())),
        legend=alt.Legend(symbolType="stroke"),
    )
    dash = alt.StrokeDash(
        "data:N",
        scale=alt.Scale(domain=["normal", "uniform"], range=[[1, 0], [5, 4]]),
        legend=alt.Legend(symbolType="stroke", symbolStrokeColor=NOISE),
    )
    shown = [
        alt.Tooltip("data:N"),
        alt.Tooltip("inputs:Q"),
        alt.Tooltip("pair:N"),
        alt.Tooltip("estimate:Q", format=".3f"),
        alt.Tooltip("low:Q", format=".3f"),
        alt.Tooltip("high:Q", format=".3f"),
    ]
    one = data([{"y": 1.0}]).mark_rule(color=NOISE, strokeWidth=1.5).encode(y="y:Q")
    lines = data(random).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=color, strokeDash=dash)
    bars = (
        data(rows)
        .mark_rule(strokeWidth=5, opacity=0.45)
        .encode(x=x, y="low:Q", y2="high:Q", color=color)
    )
    dots = data(random).mark_circle(size=30, opacity=1).encode(x=x, y=y, color=color, tooltip=shown)
    marks = (
        data(real)
        .mark_point(shape="diamond", size=110, filled=True, opacity=1)
        .encode(x=x, y=y, color=color, tooltip=shown)
    )
    # On the side where the curves are not.
    names = [
        data([row for row in real if (row["inputs"] < 100) == left])
        .mark_text(align="left" if left else "right", dx=9 if left else -9, fontSize=12)
        .encode(x=x, y=y, color=color, text="data:N")
        for left in (True, False)
    ]
    protocol = result.protocol
    return titled(
        alt.layer(one, bars, lines, dots, marks, *names).properties(width=460, height=300),
        "The nearest and the farthest points become equally far",
        [
            f"Means over {protocol['n_draws']} draws of {protocol['n_points']:,} points. Nearest "
            "neighbour: mean over points.",
            f"Diamonds: real examples, subsets of {protocol['n_points']:,}. Bars: 95% intervals, "
            "mostly hidden by dots.",
        ],
    )


def _examples_needed(result: ExperimentResult) -> alt.LayerChart:
    most = result.protocol["most_inputs"]
    rows = [
        {**row, "within": f"{row['within']:g}"}
        for row in result.tables["examples_needed"]
        if row["inputs"] <= most
    ]
    names = dict.fromkeys(row["within"] for row in rows)
    x = alt.X("inputs:Q", title="number of inputs", scale=alt.Scale(domain=[0, most]))
    y = alt.Y(
        "log10_examples:Q",
        title="log10 of the smallest number of examples",
        scale=alt.Scale(domain=[0, 140]),
    )
    lines = (
        data(rows)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "within:N",
                scale=colors(dict(zip(names, _RADIUS_COLORS, strict=False))),
                legend=alt.Legend(
                    title="neighbour within", titleOrient="left", symbolType="stroke"
                ),
            ),
            tooltip=[
                "within:N",
                "inputs:Q",
                alt.Tooltip("log10_examples:Q", title="log10 of examples", format=".1f"),
            ],
        )
    )
    mnist = data([{"y": math.log10(_MNIST), "name": f"{_MNIST:,} examples (MNIST)"}])
    line = mnist.mark_rule(color=NOISE, strokeWidth=2, strokeDash=[5, 4]).encode(y="y:Q")
    label = mnist.mark_text(align="right", dx=-4, dy=-8, fontSize=12).encode(
        x=alt.value("width"), y="y:Q", text="name:N"
    )
    return titled(
        alt.layer(line, lines, label).properties(width=460, height=300),
        "No data set fills a space of many dimensions",
        "Unit cube. Its volume divided by that of a ball: a lower bound, without an interval.",
    )
