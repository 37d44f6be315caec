"""The figures of `theory-double-descent`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import (
    BIAS,
    ERROR,
    FIT,
    POINT,
    TRUTH,
    VARIANCE,
    AnyChart,
    Figure,
    colors,
    data,
    dots_with_bars,
    titled,
)
from genlab.experiments import ExperimentResult
from genlab.experiments._infinite_width import KERNEL_TEXTS
from genlab.experiments.theory_double_descent.words import MODEL_TEXTS

_NO_RIDGE, _RIDGE = "no ridge", "with ridge"
_RIDGE_COLORS = {_NO_RIDGE: VARIANCE, _RIDGE: BIAS}
_PART_COLORS = {"bias": BIAS, "variance": VARIANCE}
_FINITE, _LIMIT = "theory for this number of examples", "limit of many examples"
_EXTRAPOLATED = "limit, simulation extrapolated to it"
_THEORY_COLORS = {_FINITE: FIT, _LIMIT: ERROR, _EXTRAPOLATED: TRUTH}
_TICKS = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
_KNOWN = {
    _NO_RIDGE: "Theory for a finite number of examples is known for linear regression only, with "
    "two variances below 1 feature per example.",
    _RIDGE: "Theory for a finite number of examples is known for linear regression with equal "
    "variances only.",
}
_SIZE = {"width": 245, "height": 240}
_DOMAIN = (0.02, 60.0)
# So far the axis of ratios goes on past the first and the last dot.
_MARGIN = 1.1
_LABEL_COLORS = {"clean": FIT, "noisy": POINT}


def figures(result: ExperimentResult) -> list[Figure]:
    """Risk, its parts, the ratio of measured and theory, and networks of infinite width."""
    return [
        Figure(
            name="risk",
            caption="Risk against features per training example, for linear regression on features "
            "of equal variance and of two variances, and for random ReLU features. Lines: theory "
            "for many examples. Dots: simulation. Without a ridge the risk has no bound where "
            "there are as many features as examples.",
            chart=_risk(result),
            wide=True,
        ),
        Figure(
            name="parts",
            caption="Bias and variance over label noise, without a ridge. Lines: theory for many "
            "examples. Dots: simulation. In theory the variance peaks in every model, and the bias "
            "with random features alone.",
            chart=_parts(result),
            wide=True,
        ),
        Figure(
            name="agreement",
            caption="Risk in the simulation divided by theory, without a ridge. Intervals that "
            "reach the dashed line at 1 agree with theory. Near the peak the limit of many "
            "examples is below the exact risk. So it is also compared with the simulation "
            "extrapolated to it.",
            chart=_agreement(result, _NO_RIDGE),
            wide=True,
        ),
        Figure(
            name="agreement-ridge",
            caption="The same with a ridge, where the peak is finite.",
            chart=_agreement(result, _RIDGE),
            wide=True,
        ),
        Figure(
            name="infinite-width",
            caption="Test error of networks of infinite width on MNIST-1D, trained to the end on "
            "clean and on noisy labels. NNGP: only the last layer is trained. NTK: all layers with "
            "hidden inputs are trained.",
            chart=_infinite_width(result),
        ),
    ]


def risk_table(result: ExperimentResult) -> list[Row]:
    """What `risk` draws as dots: means of the risk; where they are infinite there is none."""
    return [
        {**row, "line": _RIDGE if row["ridge"] else _NO_RIDGE}
        for row in result.tables["risk"]
        if row["part"] == "risk" and row["summary"] == "mean"
    ]


def parts_table(result: ExperimentResult) -> list[Row]:
    """What `parts` draws as dots: bias and variance without a ridge, where they are not 0."""
    return [
        {**row, "line": row["part"]}
        for row in result.tables["risk"]
        if row["part"] in _PART_COLORS
        and row["ridge"] == 0
        and row["summary"] == "mean"
        and row["limit"] > 0
    ]


def agreement_table(result: ExperimentResult) -> list[Row]:
    """What `agreement` draws: measured risk over theory, with its interval."""
    compared = [
        (row, theory, row[column])
        for row in risk_table(result)
        for column, theory in (("finite", _FINITE), ("limit", _LIMIT))
        if row[column] is not None
    ] + [
        (row, _EXTRAPOLATED, row["limit"])
        for row in result.tables["extrapolated"]
        if row["part"] == "risk"
    ]
    return [
        {
            **{name: row[name] for name in ("model", "ridge", "ratio")},
            "theory": theory,
            "line": _RIDGE if row["ridge"] else _NO_RIDGE,
            **{end: row[end] / value for end in ("estimate", "low", "high")},
        }
        for row, theory, value in compared
    ]


def _x(result: ExperimentResult) -> alt.X:
    ratios = result.protocol["ratios"]
    return alt.X(
        "ratio:Q",
        title="features / training examples (log scale)",
        scale=alt.Scale(
            type="log", domain=[min(ratios) / _MARGIN, max(ratios) * _MARGIN], nice=False
        ),
        axis=alt.Axis(values=_TICKS, format="~g", grid=False),
    )


def _threshold(x: alt.X) -> tuple[alt.Chart, alt.Chart]:
    """A line where there are as many features as examples, with its name above the panel."""
    base = data([{"ratio": 1.0}])
    name = base.mark_text(baseline="bottom", dy=-3, fontSize=11, style="ink")
    return (
        base.mark_rule(strokeDash=[2, 3]).encode(x=x),
        name.encode(x=x, y=alt.value(0), text=alt.value("as many features as examples")),
    )


def _y(column: str, title: str | None) -> alt.Y:
    return alt.Y(
        f"{column}:Q",
        title=title,
        scale=alt.Scale(type="log", domain=list(_DOMAIN), nice=False),
        axis=alt.Axis(values=[0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50], format="~g"),
    )


def _color(shades: Mapping[str, str]) -> alt.Color:
    return alt.Color("line:N", scale=colors(dict(shades)), legend=alt.Legend(symbolType="stroke"))


def _shown(*columns: str) -> list[str | alt.Tooltip]:
    numbers = [alt.Tooltip(f"{column}:Q", format=".4g") for column in columns]
    return ["line:N", "ratio:Q", *numbers]


def _panels(
    result: ExperimentResult,
    lines: Sequence[Row],
    dots: Sequence[Row],
    shades: Mapping[str, str],
    title: str,
) -> alt.HConcatChart:
    """For each model, theory as lines and the simulation as dots with intervals."""
    x, color = _x(result), _color(shades)
    panels: list[AnyChart] = []
    for model, text in MODEL_TEXTS.items():
        own = data([row for row in dots if row["model"] == model])
        y_title = title if not panels else None
        theory = (
            data([row for row in lines if row["model"] == model])
            .mark_line(strokeWidth=1.8, clip=True)
            .encode(x=x, y=_y("value", y_title), color=color, detail="side:N")
        )
        bars = own.mark_rule(strokeWidth=2, clip=True).encode(
            x=x, y=_y("low", y_title), y2="high:Q", color=color
        )
        points = own.mark_circle(size=40, opacity=1, clip=True).encode(
            x=x,
            y=_y("estimate", y_title),
            color=color,
            tooltip=_shown("estimate", "low", "high", "limit"),
        )
        layers = alt.layer(*_threshold(x), theory, bars, points)
        panels.append(
            layers.properties(title=alt.TitleParams(text, fontSize=13, offset=4), **_SIZE)
        )
    return alt.hconcat(*panels, spacing=24)


def _lines(result: ExperimentResult, parts: Mapping[str, str], **only: Any) -> list[Row]:
    """Points of the theory's lines, those below and above the peak apart; none that is 0."""
    return [
        {
            "model": row["model"],
            "ratio": row["ratio"],
            "value": row[part],
            "line": line or (_RIDGE if row["ridge"] else _NO_RIDGE),
            "side": f"{row['ridge']} {row['ratio'] < 1 and row['ridge'] == 0}",
        }
        for row in result.tables["lines"]
        if all(row[name] == value for name, value in only.items())
        for part, line in parts.items()
        if row[part] > 0
    ]


def _subtitle(result: ExperimentResult) -> str:
    protocol = result.protocol
    return (
        f"{protocol['n_examples']} examples, label noise of standard deviation "
        f"{protocol['noise']:g}. Dots: means of {protocol['n_draws']} training sets, with 95% "
        "intervals."
    )


def _risk(result: ExperimentResult) -> alt.HConcatChart:
    chart = _panels(
        result,
        _lines(result, {"risk": ""}),
        risk_table(result),
        _RIDGE_COLORS,
        "risk (log scale)",
    )
    protocol = result.protocol
    return titled(
        chart,
        "Risk against features per example, in theory and in simulation",
        [
            _subtitle(result),
            f"Ridge: {protocol['ridge']:g}, and {protocol['features_ridge']:g} with random "
            "features. Without one the mean is infinite at the dotted line.",
        ],
    )


def _parts(result: ExperimentResult) -> alt.HConcatChart:
    chart = _panels(
        result,
        _lines(result, {"bias": "bias", "variance": "variance"}, ridge=0),
        parts_table(result),
        _PART_COLORS,
        "part of the risk (log scale)",
    )
    return titled(
        chart,
        "Bias and variance against features per example, without a ridge",
        [_subtitle(result), "The bias of linear regression is 0 up to 1 feature per example."],
    )


def _agreement(result: ExperimentResult, line: str) -> alt.HConcatChart:
    rows = [row for row in agreement_table(result) if row["line"] == line]
    ends = [row[end] for row in rows for end in ("low", "high")]
    scale = alt.Scale(
        domain=[min(0.9, *ends) - 0.02, max(1.1, *ends) + 0.02], nice=False, zero=False
    )
    color = alt.Color(
        "theory:N",
        scale=colors(_THEORY_COLORS),
        legend=alt.Legend(symbolType="circle"),
    )
    # Evenly spaced: near 1 the ratios are too close for three dots side by side.
    shown = [ratio for ratio in _TICKS if ratio in result.protocol["ratios"]]
    x = alt.X(
        "ratio:O",
        title="features / training examples",
        scale=alt.Scale(domain=result.protocol["ratios"]),
        axis=alt.Axis(values=shown, format="~g", labelAngle=0, grid=False),
    )
    offset = alt.XOffset("theory:N", scale=alt.Scale(domain=list(_THEORY_COLORS), range=[2, 10]))
    protocol = result.protocol
    panels: list[AnyChart] = []
    for model, text in MODEL_TEXTS.items():
        own = [row for row in rows if row["model"] == model]
        title = "simulation / theory" if not panels else None
        one = data([{"y": 1.0}]).mark_rule(strokeWidth=1.2, strokeDash=[5, 4]).encode(y="y:Q")
        marks = dots_with_bars(
            data(own),
            x,
            alt.Y("estimate:Q", title=title, scale=scale, axis=alt.Axis(format="~g")),
            color,
            tooltip=["theory:N", "ratio:O", *_shown("estimate", "low", "high")[2:]],
            size=24,
            width=1.6,
            xOffset=offset,
        )
        layers = alt.layer(*_threshold(x), one, *marks)
        panels.append(
            layers.properties(title=alt.TitleParams(text, fontSize=13, offset=4), **_SIZE)
        )
    return titled(
        alt.hconcat(*panels, spacing=24),
        "Risk in the simulation divided by theory",
        [
            f"{protocol['n_examples']} examples, {line}, with 95% intervals over "
            f"{protocol['n_draws']} training sets. Extrapolated: from {protocol['n_smaller']} and "
            f"{protocol['n_examples']} examples.",
            _KNOWN[line],
        ],
    )


def _infinite_width(result: ExperimentResult) -> AnyChart:
    rows = [
        {
            **row,
            **{end: 100 * row[end] for end in ("estimate", "low", "high")},
            "kernel": KERNEL_TEXTS[row["kernel"]],
        }
        for row in result.tables["infinite_width"]
    ]
    scale = alt.Scale(zero=False)
    y = alt.Y("kernel:N", title=None, axis=alt.Axis(labelFontSize=13))
    apart = alt.YOffset("labels:N", scale=alt.Scale(domain=list(_LABEL_COLORS), range=[10, 40]))
    color = alt.Color("labels:N", scale=colors(_LABEL_COLORS))
    base = data(rows)
    bars = base.mark_rule(strokeWidth=3, opacity=0.6).encode(
        x=alt.X("low:Q", title="test error (%)", scale=scale),
        x2="high:Q",
        y=y,
        yOffset=apart,
        color=color,
    )
    dots = base.mark_circle(size=80, opacity=1).encode(
        x=alt.X("estimate:Q", title="test error (%)", scale=scale),
        y=y,
        yOffset=apart,
        color=color,
        tooltip=[
            "kernel:N",
            "labels:N",
            alt.Tooltip("estimate:Q", format=".1f"),
            alt.Tooltip("low:Q", format=".1f"),
            alt.Tooltip("high:Q", format=".1f"),
        ],
    )
    protocol = result.protocol
    return titled(
        alt.layer(bars, dots).properties(width=420, height=110),
        "Networks of infinite width on MNIST-1D",
        [
            f"{protocol['depth']} hidden layers, {protocol['n_train_mnist1d']:,} training "
            f"examples. Noisy: {protocol['label_noise']:.0%} label noise.",
            f"95% intervals over {protocol['n_test_mnist1d']:,} test examples.",
        ],
    )
