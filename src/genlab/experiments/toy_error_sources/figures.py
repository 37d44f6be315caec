"""The figures of `toy-error-sources`."""

from __future__ import annotations

from typing import Any

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import (
    BIAS,
    ERROR,
    NOISE,
    POINT,
    VARIANCE,
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
    y_axis,
)
from genlab.experiments import ExperimentResult

_PARTS = {"noise": NOISE, "bias²": BIAS, "variance": VARIANCE}
_MEASURED = "test error, measured by itself"
_KINDS = {
    "measurement error": "#2a7fc9",
    "unobserved variable": "#8e5bb5",
    "mislabelled points": "#d9622b",
    "unobserved variable, once observed": "#159a8c",
}
# Twice the standard deviation of the noise.
_BAND = 0.6


def figures(result: ExperimentResult) -> list[Figure]:
    """The three sources; the kinds of noise; where each part lies; what is left with much data."""
    return [
        Figure(
            name="sources",
            caption="Noise: fresh targets scatter around the truth. Bias: even the mean of all "
            "fits misses the truth, for three lines cannot follow it. Variance: single fits "
            "scatter around their mean, for each saw other data.",
            chart=_sources(result),
            wide=True,
        ),
        Figure(
            name="kinds-of-noise",
            caption="Three origins of noise with one variance. To a model that sees only x they "
            "are one and the same floor; whether it can be lowered depends on the origin.",
            chart=_kinds(result),
            wide=True,
        ),
        Figure(
            name="parts",
            caption="Bias rules where the truth bends, variance at the ends, noise everywhere; "
            "the three add up to the test error that was measured without them.",
            chart=_parts(result),
        ),
        Figure(
            name="floor",
            caption="Much data and a large model take the error down to the noise and no further; "
            "observing what was unobserved takes it away.",
            chart=_floor(result),
        ),
    ]


def _sources(result: ExperimentResult) -> alt.HConcatChart:
    parts = {row["part"]: row for row in result.tables["parts"]}
    curves = result.tables["curves"]
    function = [{**row, "y": row["truth"]} for row in curves]
    mean = [{**row, "y": row["estimate"]} for row in curves]

    def around(rows: list[Row], spread: str | float) -> list[Row]:
        widths = [2 * row[spread] if isinstance(spread, str) else spread for row in rows]
        return [
            {"x": row["x"], "low": row["y"] - width, "high": row["y"] + width}
            for row, width in zip(rows, widths, strict=True)
        ]

    gap = [{"x": row["x"], "low": row["truth"], "high": row["estimate"]} for row in curves]
    single = result.tables["single_fits"]
    panels = (
        panel(
            f"noise: {parts['noise']['estimate']:.4f}",
            band(around(function, _BAND), NOISE),
            truth(function),
            points(result.tables["fresh_points"], color=NOISE, size=25),
            subtitle="fresh targets; truth ± 2 sd",
        ),
        panel(
            f"bias²: {parts['bias²']['estimate']:.4f}",
            band(gap, BIAS, opacity=0.35),
            truth(function),
            curve(mean, BIAS, width=3),
            subtitle="mean fit against the truth",
        ),
        panel(
            f"variance: {parts['variance']['estimate']:.4f}",
            band(around(mean, "standard_deviation"), VARIANCE),
            curve(single, VARIANCE, width=1, opacity=0.55, detail="fit:N"),
            curve(mean, BIAS, width=3),
            subtitle="single fits; mean fit ± 2 sd",
        ),
    )
    n = parts["noise"]["n_datasets"]
    return titled(
        alt.hconcat(*panels, spacing=30),
        "Where test error comes from",
        f"3 hidden units, 15 points a data set; averages over x, in squared units of y, over {n:,} "
        f"data sets (intervals in the table); sd: standard deviation",
    )


def parts_table(result: ExperimentResult) -> list[Row]:
    """What `parts` draws: each part on top of those before it."""
    rows, floor = [], dict.fromkeys((row["x"] for row in result.tables["parts_by_x"]), 0.0)
    for row in result.tables["parts_by_x"]:
        top = floor[row["x"]] + row["estimate"]
        rows.append({**row, "bottom": floor[row["x"]], "top": top})
        floor[row["x"]] = top
    return rows


def _parts(result: ExperimentResult) -> alt.LayerChart:
    domain = (0.0, 0.42)
    title = "expected squared error (squared units of y)"
    color = alt.Color(
        "part:N",
        scale=colors({**_PARTS, _MEASURED: ERROR}),
        legend=alt.Legend(columns=4, symbolType="square"),
    )
    areas = (
        data(parts_table(result))
        .mark_area(opacity=0.7, interpolate="linear")
        .encode(x=x_axis(), y=y_axis("bottom", title, domain), y2="top:Q", color=color)
    )
    base = data([{**row, "part": _MEASURED} for row in result.tables["test_error_by_x"]])
    bars = base.mark_rule(strokeWidth=2).encode(x=x_axis(), y="low:Q", y2="high:Q", color=color)
    dots = base.mark_circle(size=42, opacity=1, stroke="white", strokeWidth=0.7).encode(
        x=x_axis(),
        y=y_axis("estimate", title, domain),
        color=color,
        tooltip=[
            alt.Tooltip("x:Q", format=".2f"),
            alt.Tooltip("estimate:Q", title="test error", format=".4f"),
            alt.Tooltip("low:Q", format=".4f"),
            alt.Tooltip("high:Q", format=".4f"),
            alt.Tooltip("noise_bias_variance:Q", format=".4f"),
        ],
    )
    parts = {row["part"]: row for row in result.tables["parts"]}
    shown = {name: f"{parts[name]['estimate']:.4f}" for name in (*_PARTS, "test error")}
    return titled(
        alt.layer(areas, bars, dots).properties(width=460, height=300),
        "Noise, bias² and variance add up to the test error",
        [
            f"averages: {shown['noise']} + {shown['bias²']} + {shown['variance']}; test error "
            f"{shown['test error']}, in 25 cells of x on fresh noisy",
            f"points; 95% intervals over {parts['noise']['n_datasets']:,} data sets, mostly inside "
            f"the dots; 3 hidden units, 15 points",
        ],
    )


def _kinds(result: ExperimentResult) -> alt.HConcatChart:
    found = {
        row["kind"]: row
        for row in result.tables["kinds_of_noise"]
        if row["quantity"] == "variance of y given x"
    }
    function = result.tables["function"]
    h = alt.Color(
        "told:Q",
        title="h",
        scale=alt.Scale(domain=[-1, 0, 1], range=["#2a7fc9", NOISE, "#d9622b"], interpolate="rgb"),
        legend=alt.Legend(orient="bottom", title="h", gradientLength=110, titleOrient="left"),
    )
    label = alt.Color(
        "label:N",
        scale=colors({"right": NOISE, "wrong": POINT}),
        legend=alt.Legend(orient="bottom", title="label", titleOrient="left"),
    )
    shades: list[Any] = [alt.value(NOISE), h, label]
    panels = []
    for kind, color in zip(found, shades, strict=True):
        rows = [
            {**row, "label": "wrong" if row["told"] else "right"}
            for row in result.tables["examples"]
            if row["kind"] == kind
        ]
        layers = [points(rows, size=20).encode(color=color), truth(function)]
        if color is label:
            layers.append(curve(result.tables["mean_when_mislabelled"], POINT))
        row = found[kind]
        panels.append(
            panel(
                kind,
                *layers,
                subtitle=f"variance {row['estimate']:.4f} [{row['low']:.4f}, {row['high']:.4f}]",
            )
        )
    return titled(
        alt.hconcat(*panels, spacing=30).resolve_scale(color="independent"),
        "Three origins of noise",
        f"dashed: the function; solid, on the right: the mean of y given x, which wrong labels "
        f"move; variance of y given x over {row['n_datasets']:,} data sets, 95% intervals",
    )


def _floor(result: ExperimentResult) -> alt.LayerChart:
    rows = [
        {**row, "source": row["kind"] + (", once observed" if row["noise"] == 0 else "")}
        for row in result.tables["large_model"]
    ]
    x = alt.X("n:O", title="training examples", axis=alt.Axis(labelAngle=0, format=","))
    offset = alt.XOffset("source:N", scale=alt.Scale(domain=list(_KINDS)))
    y = alt.Y("estimate:Q", title="expected squared error (squared units of y)")
    color = alt.Color("source:N", scale=colors(_KINDS), legend=alt.Legend(columns=2))
    base = data(rows)
    bars = base.mark_rule(strokeWidth=4, opacity=0.5).encode(
        x=x, xOffset=offset, y="low:Q", y2="high:Q", color=color
    )
    dots = base.mark_circle(size=60, opacity=1).encode(
        x=x,
        xOffset=offset,
        y=y,
        color=color,
        tooltip=[
            "source:N",
            "n:O",
            alt.Tooltip("estimate:Q", format=".4f"),
            alt.Tooltip("low:Q", format=".4f"),
            alt.Tooltip("high:Q", format=".4f"),
        ],
    )
    noise = max(row["noise"] for row in rows)
    line = data([{"noise": noise}]).mark_rule(strokeWidth=2, strokeDash=[5, 4], color=NOISE)
    return titled(
        alt.layer(line.encode(y="noise:Q"), bars, dots).properties(width=460, height=300),
        "Noise is a floor, unless its cause is observed",
        [
            f"20 hidden units; 95% intervals over {rows[0]['n_datasets']:,} data sets; dashed: "
            f"variance {noise:g} of the noise",
        ],
    )
