"""The figures of `toy-tradeoff`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import BIAS, ERROR, VARIANCE, Figure, colors, data, diamonds, titled
from genlab.experiments import ExperimentResult

_PARTS = {"bias²": BIAS, "variance": VARIANCE, "sum": ERROR}
_UNITS = "hidden units (straight lines that make up the model)"


def figures(result: ExperimentResult) -> list[Figure]:
    """The trade-off, where its minimum lies, and why means end at 8 hidden units."""
    return [
        Figure(
            name="tradeoff",
            caption="Bias falls, variance rises, and their sum has a minimum.",
            chart=_tradeoff(result),
        ),
        Figure(
            name="minimum",
            caption="How far each capacity's error lies above that of the best.",
            chart=_minimum(result),
        ),
        Figure(
            name="tails",
            caption="Straight lines here mean tails that fall as a power: the flatter, the rarer "
            "and larger are the draws that decide the mean.",
            chart=_tails(result),
        ),
    ]


def tradeoff_table(result: ExperimentResult) -> list[Row]:
    """What the first figure draws: the parts, means and medians."""
    return [
        {name: row[name] for name in ("capacity", "part", "summary", "estimate", "low", "high")}
        for row in result.tables["tradeoff"]
    ]


def _tradeoff(result: ExperimentResult) -> alt.LayerChart:
    rows = tradeoff_table(result)
    x = alt.X(
        "capacity:Q",
        title=_UNITS,
        axis=alt.Axis(values=list(range(1, 13)), format="d", grid=False),
        scale=alt.Scale(domain=[0.7, 12.3]),
    )
    y = alt.Y(
        "estimate:Q",
        title="squared error (squared units of y)",
        scale=alt.Scale(domain=[0, 0.45]),
    )
    color = alt.Color("part:N", scale=colors(_PARTS), legend=alt.Legend(symbolType="stroke"))
    base = data(rows)
    shown = {
        "tooltip": [
            alt.Tooltip("part:N"),
            alt.Tooltip("capacity:Q", title="hidden units"),
            alt.Tooltip("summary:N"),
            alt.Tooltip("estimate:Q", format=".4f"),
            alt.Tooltip("low:Q", format=".4f"),
            alt.Tooltip("high:Q", format=".4f"),
        ]
    }
    lines = base.mark_line(strokeWidth=2.5).encode(
        x=x,
        y=y,
        color=color,
        strokeDash=alt.StrokeDash(
            "summary:N",
            scale=alt.Scale(domain=["mean", "median"], range=[[1, 0], [5, 4]]),
            legend=alt.Legend(symbolType="stroke", symbolStrokeColor="#888888"),
        ),
    )
    bars = base.mark_rule(strokeWidth=5, opacity=0.45).encode(
        x=x, y="low:Q", y2="high:Q", color=color
    )
    points = base.mark_point(size=36, filled=True, opacity=1).encode(x=x, y=y, color=color, **shown)
    published = diamonds(
        result.tables["published_points"],
        x,
        color,
        ["part:N", "capacity:Q", alt.Tooltip("value:Q", title="published"), "source:N"],
    )
    n = max(row["n_datasets"] for row in result.tables["tradeoff"])
    chart = alt.layer(bars, lines, points, published).properties(width=460, height=300)
    return titled(
        chart,
        "The bias–variance trade-off",
        [
            f"15 points a data set, noise variance 0.09 not shown; up to 8: mean over {n:,} data",
            "sets; from 9: median over draws of the inputs; 95% intervals, mostly inside the dots",
        ],
    )


def _minimum(result: ExperimentResult) -> alt.LayerChart:
    rows = result.tables["minimum"]
    x = alt.X("capacity:O", title=_UNITS, axis=alt.Axis(labelAngle=0))
    base = data(rows)
    y = alt.Y("above_the_lowest:Q", title="expected squared error above the lowest")
    bars = base.mark_bar(color=ERROR, opacity=0.75).encode(x=x, y=y)
    intervals = base.mark_rule(strokeWidth=2).encode(x=x, y="low:Q", y2="high:Q")
    names = base.mark_text(dy=-9, fontSize=11).encode(
        x=x,
        y="high:Q",
        text=alt.Text("above_the_lowest:Q", format=".3f"),
    )
    best = next(row["capacity"] for row in rows if row["is_lowest"])
    chart = alt.layer(bars, intervals, names).properties(width=460, height=300)
    return titled(
        chart,
        f"The minimum lies at {best} hidden units",
        [
            f"differences from {best} hidden units on the same data sets, 95% intervals",
            f"over {rows[0]['n_datasets']:,} data sets, far narrower than the differences",
        ],
    )


def _tails(result: ExperimentResult) -> alt.Chart:
    rows = result.tables["tails"]
    capacities = list(dict.fromkeys(row["capacity"] for row in rows))
    n = max(row["n_datasets"] for row in result.tables["given_inputs"])
    x = alt.X(
        "variance:Q",
        title="v: variance given the inputs (squared units of y)",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format="~g", values=[0.01, 0.1, 1, 10, 100, 1000, 10_000]),
    )
    y = alt.Y(
        "share:Q",
        title="share of draws with a variance above v",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format="~g", values=[1, 0.1, 0.01, 0.001, 0.0001]),
    )
    color = alt.Color(
        "capacity:O",
        scale=alt.Scale(domain=capacities, scheme="viridis"),
        legend=alt.Legend(title="hidden units", symbolType="stroke", columns=8),
    )
    lines = data(rows).mark_line(strokeWidth=2).encode(x=x, y=y, color=color, order="share:Q")
    return titled(
        lines.properties(width=460, height=300),
        "Rare draws of the inputs rule the variance from 9 hidden units on",
        f"share of {n:,} draws of 15 inputs whose variance (over the noise) exceeds v",
    )
