"""Training and test error or loss against training step, with a band over seeds."""

from __future__ import annotations

import re
from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row
from genlab.charts._diamonds import diamonds
from genlab.charts._estimates import line_with_band
from genlab.charts._marks import data, titled
from genlab.charts._theme import TEST, TRAIN

_SETS = ("train", "test")
_LABELS = {
    "error": "error (fraction of examples misclassified)",
    "loss": "loss (cross-entropy, nats)",
}


def bands_table(bands: Sequence[Row], quantity: str) -> list[Row]:
    """The rows of `bands` for "error" or "loss", with the set (train or test) of each."""
    return [
        {
            "set": name,
            "step": row["step"],
            **{name: _or_none(row[name]) for name in ("estimate", "low", "high")},
        }
        for name in _SETS
        for row in bands
        if row["curve"] == f"{name}_{quantity}"
    ]


def _or_none(value: float | None) -> float | None:
    """The value, or None for NaN, which JSON does not have."""
    return None if value is None or value != value else value


def bands_chart(
    bands: Sequence[Row],
    quantity: str,
    *,
    title: str,
    subtitle: str | Sequence[str],
    x_title: str = "training step",
    y_title: str | None = None,
    published: Sequence[Row] = (),
) -> alt.LayerChart:
    """Chart training and test error or loss against training step.

    Parameters
    ----------
    bands
        Rows with curve ("train_error" and so on), step, estimate, low and high. Errors are
        fractions, losses cross-entropies in nats.
    quantity
        "error" or "loss".
    title, subtitle, x_title, y_title
        Texts of the chart and of its axes; None names the quantity on the y axis.
    published
        Rows with curve, step, value and source, drawn as diamonds.
    """
    table = bands_table(bands, quantity)
    x = alt.X("step:Q", title=x_title, axis=alt.Axis(tickCount=6))
    y_axis = alt.Axis(format="%") if quantity == "error" else alt.Axis()
    color = alt.Color(
        "set:N",
        scale=alt.Scale(domain=list(_SETS), range=[TRAIN, TEST]),
        legend=alt.Legend(symbolType="stroke", symbolOpacity=1),
    )
    y_title = _LABELS[quantity] if y_title is None else y_title
    y = alt.Y("estimate:Q", title=y_title, axis=y_axis, scale=alt.Scale(nice=False))
    layers = line_with_band(data(table), x, y, color)
    points = [
        {**row, "set": name}
        for row in published
        for name in _SETS
        if row["curve"] == f"{name}_{quantity}"
    ]
    if points:
        value = alt.Tooltip("value:Q", title="published", format=_format(quantity))
        layers.append(diamonds(points, x, color, ["set:N", "step:Q", value, "source:N"]))
    layers.append(_pointer(table, x, quantity, name="hover_" + re.sub(r"\W+", "_", title)))
    chart: alt.LayerChart = titled(
        alt.layer(*layers).properties(width=460, height=280), title, subtitle
    )
    return chart


def _pointer(table: list[Row], x: alt.X, quantity: str, name: str) -> alt.Chart:
    """A rule that follows the pointer and shows the numbers of both sets at its step."""
    steps: dict[int, Row] = {}
    for row in table:
        text = " ".join(
            (
                _text(row["estimate"], quantity),
                f"[{_text(row['low'], quantity)}, {_text(row['high'], quantity)}]",
            )
        )
        steps.setdefault(row["step"], {"step": row["step"]})[row["set"]] = text
    hover = alt.selection_point(
        name=name, on="pointerover", nearest=True, fields=["step"], empty=False
    )
    chart: alt.Chart = (
        alt.Chart(alt.Data(values=list(steps.values())))
        .mark_rule()
        .encode(
            x=x,
            opacity=alt.when(hover).then(alt.value(0.6)).otherwise(alt.value(0)),
            tooltip=[
                alt.Tooltip("step:Q", format=","),
                alt.Tooltip("train:N", title=f"training {quantity} [95%]"),
                alt.Tooltip("test:N", title=f"test {quantity} [95%]"),
            ],
        )
        .add_params(hover)
    )
    return chart


def _format(quantity: str) -> str:
    return ".1%" if quantity == "error" else ".2f"


def _text(value: float | None, quantity: str) -> str:
    return "no value" if value is None else f"{value:{_format(quantity)}}"
