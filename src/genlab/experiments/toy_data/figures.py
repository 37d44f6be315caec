"""The figures of `toy-data`."""

from __future__ import annotations

import altair as alt

from genlab.charts import (
    FIT,
    SERIES,
    TRUTH,
    Figure,
    band,
    curve,
    data,
    panel,
    points,
    titled,
    truth,
    x_axis,
)
from genlab.experiments import ExperimentResult
from genlab.experiments.toy_data.words import knots

_UNIT_COLORS = SERIES[:3]


def figures(result: ExperimentResult) -> list[Figure]:
    """The function and its noise; the model from its parts to its fit."""
    return [
        Figure(
            name="data",
            caption="The data are values of a known function plus noise. The band shows how far "
            "the noise spreads.",
            chart=_data(result),
        ),
        Figure(
            name="model",
            caption="Each hidden unit is zero up to its knot and then rises. Weighted and summed, "
            "the hidden units make a curve of straight lines.",
            chart=_model(result),
            wide=True,
        ),
    ]


def _data(result: ExperimentResult) -> alt.LayerChart:
    function = result.tables["function"]
    chart = alt.layer(
        band(function, TRUTH, opacity=0.2), truth(function), points(result.tables["samples"])
    ).properties(width=460, height=280)
    return titled(
        chart,
        "Toy regression: y = exp(sin 2πx) + noise",
        [
            f"dashed: the function; band: ± 2 standard deviations of the noise "
            f"({result.protocol['noise']:g});",
            f"dots: one data set, one random point in each of {len(result.tables['samples'])} "
            f"equal cells of [0, 1]",
        ],
    )


def _model(result: ExperimentResult) -> alt.HConcatChart:
    units = result.tables["units"]
    n_hidden = result.protocol["model"]["n_hidden"]
    color = alt.Color(
        "unit:O",
        scale=alt.Scale(domain=list(range(1, n_hidden + 1)), range=list(_UNIT_COLORS)),
        legend=alt.Legend(title="hidden unit", titleOrient="left", symbolType="stroke"),
    )

    def hinges(column: str, title: str) -> alt.Chart:
        chart: alt.Chart = (
            data(units)
            .mark_line(strokeWidth=2.5)
            .encode(x=x_axis(), y=alt.Y(f"{column}:Q", title=title), color=color)
        )
        return chart

    offset = next(row["value"] for row in result.tables["model"] if row["parameter"] == "offset")
    panels = (
        panel("1. hidden units: max(0, x − knot)", hinges("activation", "activation")),
        panel("2. times their slopes", hinges("weighted", "activation × slope (units of y)")),
        panel(
            f"3. summed, plus the offset {offset:.2f}",
            truth(result.tables["function"]),
            curve(result.tables["fit"], FIT, width=3),
            points(result.tables["samples"]),
        ),
    )
    return titled(
        alt.hconcat(*panels, spacing=30),
        "The model, part by part",
        f"{n_hidden} hidden units with knots at {knots(n_hidden)}; offset and slopes by least "
        f"squares; solid blue: the fit; dashed: the function; dots: the data",
    )
