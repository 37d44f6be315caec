"""The figures of `toy-tradeoff`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import BIAS, ERROR, VARIANCE, Figure, colors, data, diamonds, titled
from genlab.experiments import ExperimentResult
from genlab.experiments._toy import PART_TEXTS

_COLORS = {"bias_squared": BIAS, "variance": VARIANCE, "sum": ERROR}
_UNITS = "hidden units (straight lines of the model)"


def figures(result: ExperimentResult) -> list[Figure]:
    """The trade-off, where its minimum lies, and why the largest models are shown by medians."""
    return [
        Figure(
            name="tradeoff",
            caption="With capacity, bias² falls and variance rises. Their sum has a minimum.",
            chart=_tradeoff(result),
        ),
        Figure(
            name="minimum",
            caption="How much higher the error of each capacity is than the lowest error.",
            chart=_minimum(result),
        ),
        Figure(
            name="tails",
            caption="The larger the model, the heavier the tail of its variance. A straight line "
            "on these axes is a tail that falls as a power of 1/v. The flatter the line, the more "
            "a few rare draws determine the mean.",
            chart=_tails(result),
        ),
    ]


def tradeoff_table(result: ExperimentResult) -> list[Row]:
    """What the first figure draws: the parts, means and medians."""
    return [
        {
            "part": PART_TEXTS[row["part"]],
            **{name: row[name] for name in ("capacity", "summary", "estimate", "low", "high")},
        }
        for row in result.tables["tradeoff"]
    ]


def _tradeoff(result: ExperimentResult) -> alt.LayerChart:
    rows, protocol = tradeoff_table(result), result.protocol
    capacities, last_mean = protocol["capacities"], protocol["last_mean"]
    x = alt.X(
        "capacity:Q",
        title=_UNITS,
        axis=alt.Axis(values=capacities, format="d", grid=False),
        scale=alt.Scale(domain=[min(capacities) - 0.3, max(capacities) + 0.3]),
    )
    y = alt.Y(
        "estimate:Q",
        title="squared error (squared units of y)",
        scale=alt.Scale(domain=[0, 0.45]),
    )
    color = alt.Color(
        "part:N",
        scale=colors({PART_TEXTS[part]: shade for part, shade in _COLORS.items()}),
        legend=alt.Legend(symbolType="stroke"),
    )
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
        [{**row, "part": PART_TEXTS[row["part"]]} for row in result.tables["published_points"]],
        x,
        color,
        ["part:N", "capacity:Q", alt.Tooltip("value:Q", title="published"), "source:N"],
    )
    chart = alt.layer(bars, lines, points, published).properties(width=460, height=300)
    return titled(
        chart,
        "The bias–variance trade-off",
        [
            f"mean over {protocol['n_datasets']:,} data sets of {protocol['n_points']} points; "
            f"from {last_mean + 1}: median over {protocol['n_exact']:,} draws of inputs;",
            f"95% intervals, mostly inside the dots; noise (variance {protocol['noise'] ** 2:g}) "
            f"is not included",
        ],
    )


def _minimum(result: ExperimentResult) -> alt.LayerChart:
    rows = result.tables["minimum"]
    x = alt.X("capacity:O", title=_UNITS, axis=alt.Axis(labelAngle=0))
    base = data(rows)
    y = alt.Y("estimate:Q", title="difference from the lowest error (squared units of y)")
    bars = base.mark_bar(color=ERROR, opacity=0.75).encode(x=x, y=y)
    intervals = base.mark_rule(strokeWidth=2).encode(x=x, y="low:Q", y2="high:Q")
    names = base.mark_text(dy=-9, fontSize=11).encode(
        x=x,
        y="high:Q",
        text=alt.Text("estimate:Q", format=".3f"),
    )
    best = next(row["capacity"] for row in rows if row["is_lowest"])
    chart = alt.layer(bars, intervals, names).properties(width=460, height=300)
    return titled(
        chart,
        f"Error is lowest at {best} hidden units",
        [
            f"difference of the expected squared error from that of {best} hidden units,",
            f"on the same {rows[0]['n_datasets']:,} data sets; 95% intervals",
        ],
    )


def _tails(result: ExperimentResult) -> alt.Chart:
    rows = result.tables["tails"]
    capacities, last_mean = result.protocol["tails_of"], result.protocol["last_mean"]
    x = alt.X(
        "variance:Q",
        title="v: variance given the inputs (squared units of y)",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format="~g", values=[0.01, 0.1, 1, 10, 100, 1000, 10_000]),
    )
    y = alt.Y(
        "fraction:Q",
        title="fraction of draws with a variance above v",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format="~g", values=[1, 0.1, 0.01, 0.001, 0.0001]),
    )
    color = alt.Color(
        "capacity:O",
        scale=alt.Scale(domain=capacities, scheme="viridis"),
        legend=alt.Legend(title="hidden units", symbolType="stroke", columns=8),
    )
    lines = data(rows).mark_line(strokeWidth=2).encode(x=x, y=y, color=color, order="fraction:Q")
    return titled(
        lines.properties(width=460, height=300),
        f"Rare draws of the inputs dominate the variance from {last_mean + 1} hidden units on",
        f"fraction of {result.protocol['n_exact']:,} draws of {result.protocol['n_points']} inputs "
        f"whose variance (over the noise) exceeds v",
    )
