"""Training and test error against the number of training examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt

from genlab._base.jsons import Row
from genlab.charts._estimates import line_with_band
from genlab.charts._marks import colors, data, titled
from genlab.charts._theme import ERROR, TEST, TRAIN

_SETS = {"train": TRAIN, "test": TEST}
_NAMES = {"train": "train", "test": "test"}
_HEIGHT = 300
# Times as many examples -> the mark of such a forecast, and its pixels beside the size.
_HOLLOW = {2: ("circle", -5), 4: ("square", 5)}


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
    backtests: Sequence[Row] = (),
    names: Mapping[str, str] = _NAMES,
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
    backtests
        Forecasts made from smaller sizes, drawn as hollow marks: circles where they were made
        from half as many examples, squares from a quarter. Rows with from_n, n_train, times (2
        or 4), estimate, low, high and measured.
    names
        What the legend calls "train" and "test".
    """
    table = [{**row, "set": names[row["set"]]} for row in learning_table(bands)]
    ranges = {names[name]: color for name, color in _SETS.items()}
    sizes = sorted({row["n_train"] for row in [*table, *forecast]})
    scale = alt.Scale(type="log", domain=[sizes[0], sizes[-1]], nice=False)
    x = alt.X(
        "n_train:Q",
        title="training examples",
        scale=scale,
        axis=alt.Axis(values=sizes, grid=False, format=",d", labelOverlap=True),
    )
    y = alt.Y("estimate:Q", title=y_title, axis=alt.Axis(format="%"))
    color = alt.Color("set:N", scale=colors(ranges), legend=alt.Legend(symbolType="stroke"))
    tooltip: list[str | alt.Tooltip] = [
        "set:N",
        alt.Tooltip("n_train:Q", format=","),
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("estimate", "low", "high")),
        "n_fits:Q",
    ]
    layers = line_with_band(data(table), x, y, color, tooltip=tooltip)
    if forecast:
        last = max(
            (row for row in table if row["set"] == names["test"]), key=lambda row: row["n_train"]
        )
        rows = [{**last, "low": last["estimate"], "high": last["estimate"]}]
        rows += [{"set": names["test"], **row} for row in forecast]
        ahead = data(rows)
        layers += line_with_band(ahead, x, y, color, opacity=0.12)[:1]
        layers.append(
            ahead.mark_line(strokeWidth=2, strokeDash=[5, 4]).encode(x=x, y=y, color=color)
        )
    if backtests:
        layers += _backtests(backtests, x, y)
    chart: alt.LayerChart = titled(
        alt.layer(*layers).properties(width=460, height=_HEIGHT), title, subtitle
    )
    return chart


def _backtests(rows: Sequence[Row], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """A hollow mark and an interval for each forecast that was made from smaller sizes."""
    tooltip: list[str | alt.Tooltip] = [
        alt.Tooltip("from_n:Q", title="made from", format=","),
        alt.Tooltip("n_train:Q", format=","),
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("estimate", "low", "high")),
        alt.Tooltip("measured:Q", format=".1%"),
    ]
    layers: list[alt.Chart] = []
    for times, (shape, beside) in _HOLLOW.items():
        base = data([row for row in rows if row["times"] == times])
        layers += [
            base.mark_rule(color=ERROR, strokeWidth=1.2, xOffset=beside, x2Offset=beside).encode(
                x=x, y="low:Q", y2="high:Q"
            ),
            base.mark_point(
                shape=shape,
                color=ERROR,
                size=60,
                filled=False,
                strokeWidth=1.8,
                opacity=1,
                xOffset=beside,
            ).encode(x=x, y=y, tooltip=tooltip),
        ]
    return layers
