"""The figures of `toy-more-capacity`."""

from __future__ import annotations

import altair as alt

from genlab.charts import (
    FIT,
    TEST,
    TRAIN,
    Figure,
    band,
    colors,
    curve,
    data,
    panel,
    points,
    titled,
    truth,
)
from genlab.experiments import ExperimentResult


def figures(result: ExperimentResult) -> list[Figure]:
    """The fits of each capacity, those of one data set, and training against test error."""
    return [
        Figure(
            name="spread",
            caption="With more hidden units the mean fit comes closer to the function (less bias), "
            "and single fits vary more around it (more variance).",
            chart=_spread(result),
            wide=True,
        ),
        Figure(
            name="overfitting",
            caption="The largest model passes closest to these points: it fits their noise, too.",
            chart=_one(result),
            wide=True,
        ),
        Figure(
            name="errors",
            caption="Training error falls with capacity. Test error falls, then rises.",
            chart=_errors(result),
        ),
    ]


def _capacities(result: ExperimentResult) -> list[int]:
    capacities: list[int] = result.protocol["capacities"]
    return capacities


def _spread(result: ExperimentResult) -> alt.HConcatChart:
    panels = []
    for capacity in _capacities(result):
        rows = [row for row in result.tables["bands"] if row["capacity"] == capacity]
        summary = rows[0]["summary"]
        spread = (
            "mean ± 2 standard deviations"
            if summary == "mean"
            else "median, quantiles 2.3% to 97.7%"
        )
        middle = [{"x": row["x"], "y": row["middle"]} for row in rows]
        panels.append(
            panel(
                f"{capacity} hidden units",
                band(rows, FIT),
                curve(middle, FIT, width=3),
                truth(result.tables["function"]),
                subtitle=spread,
            )
        )
    n, n_points = result.protocol["n_datasets"], result.protocol["n_points"]
    return titled(
        alt.hconcat(*panels, spacing=30),
        "More capacity: less bias, more variance",
        f"solid: mean or median of the fits to {n:,} data sets of {n_points} points; band: about "
        f"95% of the fits; dashed: the function",
    )


def _one(result: ExperimentResult) -> alt.HConcatChart:
    errors = {row["capacity"]: row for row in result.tables["one_data_set"]}
    panels = [
        panel(
            f"{capacity} hidden units",
            truth(result.tables["function"]),
            curve(
                [row for row in result.tables["one_fit"] if row["capacity"] == capacity],
                FIT,
                width=2.5,
            ),
            points(result.tables["samples"]),
            subtitle=f"squared error: training {errors[capacity]['train_loss']:.3f}, "
            f"test {errors[capacity]['test_loss']:.3f}",
        )
        for capacity in _capacities(result)
    ]
    return titled(
        alt.hconcat(*panels, spacing=30),
        f"Fits to one data set of {result.protocol['n_points']} points",
        "solid: the fit; dots: its data; dashed: the function; test: expected on fresh targets",
    )


def _errors(result: ExperimentResult) -> alt.LayerChart:
    rows, protocol = result.tables["errors"], result.protocol
    x = alt.X("capacity:O", title="hidden units", axis=alt.Axis(labelAngle=0))
    offset = alt.XOffset("set:N", sort=["train", "test"])
    color = alt.Color("set:N", scale=colors({"train": TRAIN, "test": TEST}))
    base = data(rows)
    bars = base.mark_bar(opacity=0.8).encode(
        x=x,
        xOffset=offset,
        y=alt.Y("estimate:Q", title="median squared error (squared units of y)"),
        color=color,
    )
    intervals = base.mark_rule(strokeWidth=2).encode(x=x, xOffset=offset, y="low:Q", y2="high:Q")
    names = base.mark_text(dy=-9, fontSize=11).encode(
        x=x, xOffset=offset, y="high:Q", text=alt.Text("estimate:Q", format=".3f")
    )
    return titled(
        alt.layer(bars, intervals, names).properties(width=460, height=300),
        "Overfitting: test error rises while training error falls",
        [
            f"medians over {rows[0]['n_datasets']:,} data sets of {protocol['n_points']} points, "
            f"95% intervals;",
            f"test: expected on fresh targets, including noise of variance "
            f"{protocol['noise'] ** 2:g}",
        ],
    )
