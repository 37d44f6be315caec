"""Training and test error against the number of training examples."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row
from genlab.charts._estimates import line_with_band
from genlab.charts._marks import colors, data, titled
from genlab.charts._theme import TEST, TRAIN

_SETS = {"train": TRAIN, "test": TEST}
_HEIGHT = 300


def learning_table(bands: Sequence[Row]) -> list[Row]:
    """The rows of `bands` with the set (train or test) of each; None for ends that are NaN."""
    columns = ("n_train", "estimate", "low", "high")
    return [
        {"set": row["curve"].partition("_")[0]}
        | {name: None if row[name] != row[name] else row[name] for name in columns}
        | {"n_fits": row["n_fits"]}
        for row in bands
    ]


def learning_chart(
    bands: Sequence[Row],
    *,
    title: str,
    subtitle: Sequence[str],
    y_title: str,
    forecast: Sequence[Row] = (),
) -> alt.LayerChart:
    """Chart errors against training examples, on a log axis.

    Parameters
    ----------
    bands
        Rows with curve ("train_error" or "test_error"), n_train, estimate, low, high and n_fits.
    title, subtitle, y_title
        Texts of the chart and of its y axis.
    forecast
        Rows with n_train, estimate, low and high: a dashed line from the last test error on.
    """
    table = learning_table(bands)
    sizes = sorted({row["n_train"] for row in [*table, *forecast]})
    scale = alt.Scale(type="log", domain=[sizes[0], sizes[-1]], nice=False)
    x = alt.X(
        "n_train:Q",
        title="training examples",
        scale=scale,
        axis=alt.Axis(values=sizes, grid=False, format=",d", labelOverlap=True),
    )
    y = alt.Y("estimate:Q", title=y_title, axis=alt.Axis(format="%"))
    color = alt.Color("set:N", scale=colors(_SETS), legend=alt.Legend(symbolType="stroke"))
    tooltip: list[str | alt.Tooltip] = [
        "set:N",
        alt.Tooltip("n_train:Q", format=","),
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("estimate", "low", "high")),
        "n_fits:Q",
    ]
    layers = line_with_band(data(table), x, y, color, tooltip=tooltip)
    if forecast:
        last = max((row for row in table if row["set"] == "test"), key=lambda row: row["n_train"])
        rows = [{**last, "low": last["estimate"], "high": last["estimate"]}]
        rows += [{"set": "test", **row} for row in forecast]
        dashes = alt.value([5, 4])
        layers += line_with_band(data(rows), x, y, color, opacity=0.12, strokeDash=dashes)
    chart: alt.LayerChart = titled(
        alt.layer(*layers).properties(width=460, height=_HEIGHT), title, subtitle
    )
    return chart
