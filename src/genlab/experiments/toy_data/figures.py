"""The figures of `toy-data`."""

from __future__ import annotations

import altair as alt

from genlab.charts import (
    FIT,
    TRUTH,
    Figure,
    band,
    colors,
    curve,
    data,
    panel,
    points,
    titled,
    truth,
    x_axis,
)
from genlab.experiments import ExperimentResult

_UNITS = {"unit 1": "#2a7fc9", "unit 2": "#d9622b", "unit 3": "#8e5bb5"}


def figures(result: ExperimentResult) -> list[Figure]:
    """The curve and its noise; the model from its parts to its fit."""
    return [
        Figure(
            name="data",
            caption="The function that is to be learned, the spread of the noise around it, and "
            "one data set.",
            chart=_data(result),
        ),
        Figure(
            name="model",
            caption="Hidden units rise from fixed joints; weighted and summed they make a curve "
            "of three straight lines.",
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
            "dashed: the function; band: ± 2 standard deviations of the noise (0.3);",
            "dots: one data set, a point at random in each of 15 equal cells of [0, 1]",
        ],
    )


def _model(result: ExperimentResult) -> alt.HConcatChart:
    units = result.tables["units"]
    color = alt.Color("unit:N", scale=colors(_UNITS), legend=alt.Legend(symbolType="stroke"))

    def hinges(column: str, title: str) -> alt.Chart:
        chart: alt.Chart = (
            data(units)
            .mark_line(strokeWidth=2.5)
            .encode(x=x_axis(), y=alt.Y(f"{column}:Q", title=title), color=color)
        )
        return chart

    offset = result.tables["model"][0]["value"]
    panels = (
        panel("hidden units: max(0, x − joint)", hinges("activation", "activation")),
        panel("times their slopes", hinges("weighted", "weighted activation (units of y)")),
        panel(
            f"summed, with the offset {offset:.2f}",
            truth(result.tables["function"]),
            curve(result.tables["fit"], FIT, width=3),
            points(result.tables["samples"]),
        ),
    )
    return titled(
        alt.hconcat(*panels, spacing=30),
        "The model taken apart",
        "3 hidden units with joints at 0, 1/3 and 2/3; offset and slopes by least squares; dashed: "
        "the function; dots: the data",
    )
