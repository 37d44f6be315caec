"""The figures of `toy-error-sources`."""

from __future__ import annotations

from typing import Any

import altair as alt

from genlab._base.jsons import Row
from genlab._base.words import estimate
from genlab.charts import (
    BIAS,
    ERROR,
    NOISE,
    POINT,
    TRUTH,
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
from genlab.experiments._toy import PART_TEXTS
from genlab.experiments.toy_error_sources.noise_kinds import NOISE_SD
from genlab.experiments.toy_error_sources.words import KIND_TEXTS

_PART_COLORS = {"noise": NOISE, "bias_squared": BIAS, "variance": VARIANCE}
_MEASURED = "test error (measured independently)"
# Kind of noise and what the large model is given -> text and colour.
_SOURCES = {
    ("measurement_error", "x"): (KIND_TEXTS["measurement_error"], BIAS),
    ("unobserved_variable", "x"): (KIND_TEXTS["unobserved_variable"], ERROR),
    ("mislabelled", "x"): (KIND_TEXTS["mislabelled"], VARIANCE),
    ("unobserved_variable", "x_and_h"): ("the same variable, observed", TRUTH),
}
# Kind of noise -> what its panel shows.
_KIND_SUBTITLES = {
    "measurement_error": "every point has its own error",
    "unobserved_variable": "colour: the variable h",
    "mislabelled": "correct points lie on the function",
}


def figures(result: ExperimentResult) -> list[Figure]:
    """The three sources; the kinds of noise; each part along x; what remains with much data."""
    return [
        Figure(
            name="sources",
            caption="Noise: fresh targets scatter around the function. Bias: even the mean of all "
            "fits differs from the function, because straight lines cannot follow it. Variance: "
            "single fits scatter around their mean, because each was fitted to other data.",
            chart=_sources(result),
            wide=True,
        ),
        Figure(
            name="kinds-of-noise",
            caption="Three origins of noise with the same variance. Each sets the same lower limit "
            "to the error of a model that is given x alone. Whether this limit can be lowered "
            "depends on the origin.",
            chart=_kinds(result),
            wide=True,
        ),
        Figure(
            name="parts",
            caption="Bias is largest where the function bends, variance at the ends of [0, 1], and "
            "noise is the same everywhere. The three add up to the test error, which was measured "
            "independently.",
            chart=_parts(result),
        ),
        Figure(
            name="floor",
            caption="With a large model and much data, the error falls to the variance of the "
            "noise and no further. Observing the unobserved variable removes its noise.",
            chart=_floor(result),
        ),
    ]


def _sources(result: ExperimentResult) -> alt.HConcatChart:
    parts = {row["part"]: row for row in result.tables["parts"]}
    curves = result.tables["curves"]
    function = [{**row, "y": row["truth"]} for row in curves]
    mean = [{**row, "y": row["estimate"]} for row in curves]

    def around(rows: list[Row], spread: str | float) -> list[Row]:
        widths = [2 * (row[spread] if isinstance(spread, str) else spread) for row in rows]
        return [
            {"x": row["x"], "low": row["y"] - width, "high": row["y"] + width}
            for row, width in zip(rows, widths, strict=True)
        ]

    gap = [{"x": row["x"], "low": row["truth"], "high": row["estimate"]} for row in curves]
    single = result.tables["single_fits"]
    panels = (
        panel(
            f"noise: {parts['noise']['estimate']:.4f}",
            band(around(function, NOISE_SD), NOISE),
            truth(function),
            points(result.tables["fresh_points"], color=NOISE, size=25),
            subtitle="fresh targets; function ± 2 SD",
        ),
        panel(
            f"bias²: {parts['bias_squared']['estimate']:.4f}",
            band(gap, BIAS, opacity=0.35),
            truth(function),
            curve(mean, BIAS, width=3),
            subtitle="mean fit and function",
        ),
        panel(
            f"variance: {parts['variance']['estimate']:.4f}",
            band(around(mean, "standard_deviation"), VARIANCE),
            curve(single, VARIANCE, width=1, opacity=0.55, detail="fit:N"),
            curve(mean, BIAS, width=3),
            subtitle="single fits; mean fit ± 2 SD",
        ),
    )
    protocol = result.protocol
    return titled(
        alt.hconcat(*panels, spacing=30),
        "Where test error comes from",
        f"{protocol['model']['n_hidden']} hidden units, {protocol['n_datasets']:,} data sets of "
        f"{protocol['n_points']} points; averages over x, in squared units of y; SD: standard "
        f"deviation; dashed: the function",
    )


def parts_table(result: ExperimentResult) -> list[Row]:
    """What `parts` draws: each part on top of those before it."""
    rows, floor = [], dict.fromkeys((row["x"] for row in result.tables["parts_by_x"]), 0.0)
    for row in result.tables["parts_by_x"]:
        top = floor[row["x"]] + row["estimate"]
        part = PART_TEXTS[row["part"]]
        rows.append({**row, "part": part, "bottom": floor[row["x"]], "top": top})
        floor[row["x"]] = top
    return rows


def _parts(result: ExperimentResult) -> alt.LayerChart:
    domain = (0.0, 0.42)
    title = "expected squared error (squared units of y)"
    color = alt.Color(
        "part:N",
        scale=colors(
            {
                **{PART_TEXTS[part]: shade for part, shade in _PART_COLORS.items()},
                _MEASURED: ERROR,
            }
        ),
        legend=alt.Legend(columns=2, symbolType="square"),
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
    shown = {name: f"{parts[name]['estimate']:.4f}" for name in (*_PART_COLORS, "test_error")}
    protocol = result.protocol
    return titled(
        alt.layer(areas, bars, dots).properties(width=460, height=300),
        "Noise, bias² and variance add up to the test error",
        [
            f"averages: {shown['noise']} + {shown['bias_squared']} + {shown['variance']}; test "
            f"error {shown['test_error']}, on fresh noisy points in",
            f"{len(result.tables['test_error_by_x'])} cells of x; 95% intervals over "
            f"{protocol['n_datasets']:,} data sets of {protocol['n_points']} points; "
            f"{protocol['model']['n_hidden']} hidden units",
        ],
    )


def _kinds(result: ExperimentResult) -> alt.HConcatChart:
    variances = {
        row["kind"]: row for row in result.tables["kinds_of_noise"] if row["quantity"] == "variance"
    }
    function = result.tables["function"]
    h = alt.Color(
        "cause:Q",
        title="h",
        scale=alt.Scale(domain=[-1, 0, 1], range=[BIAS, NOISE, VARIANCE], interpolate="rgb"),
        legend=alt.Legend(orient="bottom", title="h", gradientLength=110, titleOrient="left"),
    )
    label = alt.Color(
        "label:N",
        scale=colors({"correct": NOISE, "mislabelled": POINT}),
        legend=alt.Legend(orient="bottom", title="label", titleOrient="left"),
    )
    shades: dict[str, Any] = {
        "measurement_error": alt.value(NOISE),
        "unobserved_variable": h,
        "mislabelled": label,
    }
    panels = []
    for kind, shade in shades.items():
        rows = [
            {**row, "label": "mislabelled" if row["cause"] else "correct"}
            for row in result.tables["examples"]
            if row["kind"] == kind
        ]
        layers = [points(rows, size=20).encode(color=shade), truth(function)]
        if kind == "mislabelled":
            layers.append(curve(result.tables["mean_when_mislabelled"], None))
        subtitle = [f"variance {estimate(variances[kind], 4)}", _KIND_SUBTITLES[kind]]
        panels.append(panel(KIND_TEXTS[kind], *layers, subtitle=subtitle))
    return titled(
        alt.hconcat(*panels, spacing=30).resolve_scale(color="independent"),
        "Three origins of noise",
        f"dashed: the function; solid: the mean of y given x, which mislabelled points move; "
        f"variance of y given x over {result.protocol['n_kind_datasets']:,} data sets, 95% "
        f"intervals",
    )


def _floor(result: ExperimentResult) -> alt.LayerChart:
    rows = [
        {**row, "source": _SOURCES[row["kind"], row["given"]][0]}
        for row in result.tables["large_model"]
    ]
    x = alt.X("n:O", title="training examples", axis=alt.Axis(labelAngle=0, format=","))
    offset = alt.XOffset(
        "source:N", scale=alt.Scale(domain=[text for text, _ in _SOURCES.values()])
    )
    y = alt.Y("estimate:Q", title="test error (squared units of y)")
    color = alt.Color(
        "source:N", scale=colors(dict(_SOURCES.values())), legend=alt.Legend(columns=2)
    )
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
        "Noise limits the error, unless its cause is observed",
        [
            f"{result.protocol['large_model']['n_hidden']} hidden units; 95% intervals over "
            f"{rows[0]['n_datasets']:,} data sets;",
            f"dashed: variance of the noise, {noise:g}",
        ],
    )
