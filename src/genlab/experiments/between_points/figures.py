"""The figures of `between-points`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import FIT, NOISE, POINT, AnyChart, Figure, colors, data, panel, titled
from genlab.experiments import ExperimentResult

_SHOWN = {
    "nearest neighbour / mean": ("nearest neighbour", FIT),
    "largest / mean": ("farthest pair", POINT),
}
_WITHIN = {"0.1": "#2a7fc9", "0.5": "#8e5bb5", "1": "#d9622b"}
_MOST_INPUTS = 100
# Where the panels of `spread` end, in mean distances.
_END = 3.0


def figures(result: ExperimentResult) -> list[Figure]:
    """How distances spread, how they concentrate, and what it takes to fill a space."""
    return [
        Figure(
            name="spread",
            caption="The more inputs, the less the distances between random points differ: in "
            "many dimensions everything is about as far as everything else.",
            chart=_spread(result),
            wide=True,
        ),
        Figure(
            name="distances",
            caption="The nearest and the farthest both approach the mean distance. Real examples "
            "have much nearer neighbours than random points of as many inputs.",
            chart=_distances(result),
        ),
        Figure(
            name="examples-needed",
            caption="How many examples it takes, at the least, for every point of the unit cube "
            "to have a neighbour within a given distance.",
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
                    title="share of pairs" if not panels else None,
                    axis=alt.Axis(format="~%", tickCount=3),
                    scale=alt.Scale(domain=[0, 1.1 * highest], nice=False),
                ),
                y2=alt.datum(0),
                tooltip=[
                    alt.Tooltip("from:Q", format=".2f"),
                    alt.Tooltip("to:Q", format=".2f"),
                    alt.Tooltip("estimate:Q", title="share", format=".3%"),
                    alt.Tooltip("low:Q", format=".3%"),
                    alt.Tooltip("high:Q", format=".3%"),
                ],
            )
        )
        panels.append(panel(f"{inputs:,} inputs", chart, width=165, height=180))
    beyond = sum(row["estimate"] for row in rows if row["inputs"] == 2 and row["from"] >= _END)
    return titled(
        alt.hconcat(*panels, spacing=25),
        "Distances between random points concentrate",
        f"pairs of 1,000 standard normal points, mean over {rows[0]['n_draws']} draws, in bins of "
        f"0.02 (intervals in the table); {beyond:.2%} of the pairs lie beyond 3 in 2 dimensions",
    )


def distances_table(result: ExperimentResult) -> list[Row]:
    """What `distances` draws: the nearest and the farthest, drawn and real."""
    return [
        {**row, "pair": _SHOWN[row["quantity"]][0]}
        for table in ("distances", "real_data")
        for row in result.tables[table]
        if row["quantity"] in _SHOWN
    ]


def _distances(result: ExperimentResult) -> alt.LayerChart:
    rows = distances_table(result)
    real_names = list(dict.fromkeys(row["data"] for row in result.tables["real_data"]))
    drawn = [row for row in rows if row["data"] not in real_names]
    real = [row for row in rows if row["data"] in real_names]
    x = alt.X(
        "inputs:Q",
        title="inputs (dimensions)",
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
    lines = data(drawn).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=color, strokeDash=dash)
    bars = (
        data(rows)
        .mark_rule(strokeWidth=5, opacity=0.45)
        .encode(x=x, y="low:Q", y2="high:Q", color=color)
    )
    dots = data(drawn).mark_circle(size=30, opacity=1).encode(x=x, y=y, color=color, tooltip=shown)
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
    n_draws = drawn[0]["n_draws"]
    return titled(
        alt.layer(one, bars, lines, dots, marks, *names).properties(width=460, height=300),
        "Nearest and farthest become alike",
        [
            f"1,000 points, means over {n_draws} draws; a neighbour's distance is the mean over "
            f"points; diamonds:",
            "real examples, over subsets of 1,000; 95% intervals, mostly inside the dots",
        ],
    )


def _examples_needed(result: ExperimentResult) -> alt.LayerChart:
    rows = [
        {**row, "within": f"{row['within']:g}"}
        for row in result.tables["examples_needed"]
        if row["inputs"] <= _MOST_INPUTS
    ]
    x = alt.X("inputs:Q", title="inputs (dimensions)", scale=alt.Scale(domain=[0, _MOST_INPUTS]))
    y = alt.Y(
        "log10_examples:Q",
        title="log10 of the examples needed, at the least",
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
                scale=colors(_WITHIN),
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
    mnist = data([{"y": 4.778, "name": "60,000 examples (MNIST)"}])
    line = mnist.mark_rule(color=NOISE, strokeWidth=2, strokeDash=[5, 4]).encode(y="y:Q")
    name = mnist.mark_text(align="right", dx=-4, dy=-8, fontSize=12).encode(
        x=alt.value("width"), y="y:Q", text="name:N"
    )
    return titled(
        alt.layer(line, lines, name).properties(width=460, height=300),
        "No number of examples fills many dimensions",
        "unit cube; its volume over that of a ball: a lower bound in closed form, no interval",
    )
