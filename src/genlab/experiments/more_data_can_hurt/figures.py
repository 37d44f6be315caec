"""The figures of `more-data-can-hurt`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import (
    SERIES,
    AnyChart,
    Figure,
    colors,
    data,
    line_with_band,
    titled,
)
from genlab.experiments import ExperimentResult
from genlab.experiments.more_data_can_hurt.words import ends_told, fitted_told, kind_name

_NAMES = {"test_error": "test error", "train_error": "training error"}


def figures(result: ExperimentResult) -> list[Figure]:
    """Test and training error against the number of training examples."""
    return [
        Figure(
            name="test-error",
            caption="Test error against the number of training examples, at fixed widths. Where a "
            "line rises, more data may hurt; the answer says where the rise is more than chance. "
            + ends_told(result.tables),
            chart=_chart(result, "test_error"),
        ),
        Figure(
            name="training-error",
            caption="Training error of the same networks. Where it leaves 0, the network no longer "
            "fits every label: its interpolation threshold is there. " + fitted_told(result.tables),
            chart=_chart(result, "train_error"),
        ),
    ]


def curve_table(result: ExperimentResult, curve: str) -> list[Row]:
    """The rows of one error, with the name of each line."""
    return [
        {**row, "line": kind_name(row)} for row in result.tables["curves"] if row["curve"] == curve
    ]


def _chart(result: ExperimentResult, curve: str) -> AnyChart:
    rows = curve_table(result, curve)
    names = list(dict.fromkeys(row["line"] for row in rows))
    shades = {name: SERIES[i % len(SERIES)] for i, name in enumerate(names)}
    x = alt.X(
        "n_train:Q",
        title="training examples",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(
            values=result.protocol["sizes"],
            format=",d",
            labelOverlap="greedy",
            labelSeparation=6,
            grid=False,
        ),
    )
    y = alt.Y(
        "estimate:Q",
        title=f"{_NAMES[curve]} (fraction of examples misclassified)",
        axis=alt.Axis(format="%"),
        scale=alt.Scale(zero=curve == "train_error"),
    )
    color = alt.Color(
        "line:N", scale=colors(shades), legend=alt.Legend(symbolType="stroke", columns=2)
    )
    shown = [alt.Tooltip(f"{name}:Q", format=".1%") for name in ("estimate", "low", "high")]
    layers = line_with_band(
        data(rows), x, y, color, tooltip=["line:N", "n_train:Q", *shown], opacity=0.15
    )
    protocol = result.protocol
    n = protocol["n_seeds"]
    chart: AnyChart = titled(
        alt.layer(*layers).properties(width=460, height=300),
        f"{_NAMES[curve].capitalize()} against the number of training examples",
        [
            f"MNIST-1D, 40-h-h-10, Adam, {protocol['recipe']['steps']:,} full batches;",
            "one seed, so no interval" if n == 1 else f"mean of {n} seeds, 95% interval",
        ],
    )
    return chart
