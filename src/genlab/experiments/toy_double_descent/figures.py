"""The figures of `toy-double-descent`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import (
    BIAS,
    ERROR,
    NOISE,
    TRAIN,
    TRUTH,
    VARIANCE,
    AnyChart,
    Figure,
    colors,
    data,
    titled,
)
from genlab.experiments import ExperimentResult

_PLAIN, _BEST, _TRAINING = "no ridge", "best ridge", "training, no ridge"
_SIZE = {"width": 460, "height": 300}
_STROKES = alt.Legend(symbolType="stroke")


def figures(result: ExperimentResult) -> list[Figure]:
    """Double descent with fixed and with random inputs, and the parts of the first."""
    return [
        Figure(
            name="double-descent-grid",
            caption="The expected error with fixed inputs against capacity, without and with a "
            "ridge penalty, and the training error.",
            chart=_grid(result),
        ),
        Figure(
            name="double-descent-stratified",
            caption="The expected error with random inputs against capacity: some draws leave the "
            "slope of a line segment almost undetermined.",
            chart=_stratified(result),
        ),
        Figure(
            name="double-descent-parts",
            caption="The two parts of the expected error with fixed inputs: squared bias and "
            "variance.",
            chart=_parts(result),
        ),
    ]


def grid_table(result: ExperimentResult) -> list[Row]:
    """What the first figure draws as lines: errors with fixed inputs."""
    rows = result.tables["grid"]
    ridge = result.protocol["ridge"]
    chosen = {
        _PLAIN: [(row, "error") for row in rows if row["ridge"] == 0],
        _ridge_name(result): [(row, "error") for row in rows if row["ridge"] == ridge],
        _BEST: [(row, "error") for row in rows if row["is_best_ridge"]],
        _TRAINING: [(row, "train_error") for row in rows if row["ridge"] == 0],
    }
    return [
        {"capacity": row["capacity"], "ridge": row["ridge"], "line": line, "error": row[column]}
        for line, pairs in chosen.items()
        for row, column in pairs
    ]


def _ridge_name(result: ExperimentResult) -> str:
    return f"ridge {result.protocol['ridge']:g}"


def _colors(result: ExperimentResult) -> dict[str, str]:
    return {_PLAIN: ERROR, _ridge_name(result): TRUTH, _BEST: VARIANCE, _TRAINING: TRAIN}


def _capacity(result: ExperimentResult) -> alt.X:
    capacities = result.protocol["capacities"]
    ends = [min(capacities), max(capacities)]
    ticks = (1, 2, 4, 8, result.protocol["n_points"] - 1, 20, 30, 50, 100, 200)
    return alt.X(
        "capacity:Q",
        title="hidden units (log scale)",
        scale=alt.Scale(type="log", domain=ends, nice=False),
        axis=alt.Axis(
            values=[tick for tick in ticks if ends[0] <= tick <= ends[1]], format="d", grid=False
        ),
    )


def _threshold(result: ExperimentResult, top: float) -> AnyChart:
    """A dashed line where there are as many parameters as points."""
    row = next(r for r in result.tables["landmarks"] if r["landmark"] == "threshold")
    base = data([{"capacity": row["capacity"], "label": "parameters = points", "y": top}])
    line = base.mark_rule(strokeDash=[4, 4]).encode(x=_capacity(result))
    name = base.mark_text(align="right", baseline="top", dx=-5, fontSize=11).encode(
        x=_capacity(result), y="y:Q", text="label:N"
    )
    return alt.layer(line, name)


def _grid(result: ExperimentResult) -> AnyChart:
    rows = grid_table(result)
    title = "expected squared error (squared units of y)"
    y = alt.Y("error:Q", title=title, scale=alt.Scale(domain=[0, 0.5], nice=False))
    names = _colors(result)
    color = alt.Color("line:N", scale=colors(names), legend=_STROKES)
    # The best ridge is often the one beside it, whose line shows between the dashes.
    dashes = alt.Scale(
        domain=list(names), range=[[6, 4] if name == _BEST else [1, 0] for name in names]
    )
    lines = (
        data(rows)
        .mark_line(strokeWidth=2.5, clip=True)
        .encode(
            x=_capacity(result),
            y=y,
            color=color,
            strokeDash=alt.StrokeDash("line:N", scale=dashes, legend=_STROKES),
            tooltip=[
                "line:N",
                alt.Tooltip("capacity:Q", title="hidden units"),
                "ridge:Q",
                alt.Tooltip("error:Q", format=".4f"),
            ],
        )
    )
    measured = data([{**row, "line": _PLAIN} for row in result.tables["grid_measured"]])
    bars = measured.mark_rule(strokeWidth=2).encode(
        x=_capacity(result), y="low:Q", y2="high:Q", color=color
    )
    points = measured.mark_point(size=34, filled=True, opacity=1).encode(
        x=_capacity(result),
        y="estimate:Q",
        color=color,
        tooltip=[
            alt.Tooltip("capacity:Q", title="hidden units"),
            alt.Tooltip("estimate:Q", title="measured", format=".4f"),
            alt.Tooltip("low:Q", format=".4f"),
            alt.Tooltip("high:Q", format=".4f"),
            alt.Tooltip("exact:Q", format=".4f"),
        ],
    )
    protocol = result.protocol
    n = protocol["n_points"]
    return titled(
        alt.layer(
            _noise(result), _threshold(result, 0.5), lines, bars, points, _peak(result, "grid")
        ).properties(**_SIZE),
        "Double descent with fixed inputs",
        [
            f"{n} points at the midpoints of {n} equal cells. Lines: computed, without sampling",
            f"error. Dots: measured on {protocol['n_measured']:,} data sets, with 95% intervals. "
            "Best ridge: lowest",
            f"expected error of {len(protocol['ridges'])} ridges at each capacity (chosen with the "
            "true function).",
        ],
    )


def _peak(result: ExperimentResult, design: str) -> alt.Chart:
    """The capacity of the highest error, next to it."""
    row = next(
        r
        for r in result.tables["landmarks"]
        if (r["design"], r["ridge"], r["landmark"]) == (design, 0, "peak")
    )
    base = data([{**row, "label": f"{row['capacity']} hidden units"}])
    name: alt.Chart = base.mark_text(align="left", dx=9, fontSize=11).encode(
        x=_capacity(result), y="estimate:Q", text="label:N"
    )
    return name


def _noise(result: ExperimentResult) -> AnyChart:
    """The noise: no model has a lower expected error."""
    row = result.tables["grid"][0]
    base = data([{"capacity": row["capacity"], "y": row["noise"], "label": "noise"}])
    line = base.mark_rule(strokeWidth=1.5, color=NOISE).encode(y="y:Q")
    name = base.mark_text(align="left", baseline="top", dx=4, dy=4, fontSize=11).encode(
        x=_capacity(result), y="y:Q", text="label:N"
    )
    return alt.layer(line, name)


def _stratified(result: ExperimentResult) -> AnyChart:
    names = {0.0: _PLAIN, result.protocol["ridge"]: _ridge_name(result)}
    rows = [{**row, "line": names[row["ridge"]]} for row in result.tables["stratified"]]
    top = max(row["quantile_75"] for row in rows)
    scale = alt.Scale(type="log", domain=[0.06, 1.6 * top], nice=False)
    y = alt.Y(
        "estimate:Q",
        title="expected squared error (squared units of y, log scale)",
        scale=scale,
        axis=alt.Axis(values=[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500], format="~g"),
    )
    color = alt.Color(
        "line:N",
        scale=colors({name: _colors(result)[name] for name in names.values()}),
        legend=_STROKES,
    )
    base = data(rows)
    bands = base.mark_area(opacity=0.22).encode(
        x=_capacity(result),
        y=alt.Y("quantile_25:Q", scale=scale),
        y2="quantile_75:Q",
        color=color,
    )
    lines = base.mark_line(strokeWidth=2.5).encode(x=_capacity(result), y=y, color=color)
    bars = base.mark_rule(strokeWidth=2.5).encode(
        x=_capacity(result), y="low:Q", y2="high:Q", color=color
    )
    points = base.mark_point(size=14, filled=True, opacity=1).encode(
        x=_capacity(result),
        y=y,
        color=color,
        tooltip=[
            "line:N",
            alt.Tooltip("capacity:Q", title="hidden units"),
            alt.Tooltip("estimate:Q", title="median", format=".4f"),
            alt.Tooltip("low:Q", format=".4f"),
            alt.Tooltip("high:Q", format=".4f"),
            alt.Tooltip("quantile_25:Q", format=".4f"),
            alt.Tooltip("quantile_75:Q", format=".4f"),
        ],
    )
    n = result.protocol["n_points"]
    return titled(
        alt.layer(
            _noise(result),
            _threshold(result, 1.6 * top),
            bands,
            lines,
            bars,
            points,
            _peak(result, "stratified"),
        ).properties(**_SIZE),
        "Double descent with random inputs",
        [
            f"{n} points, one in each of {n} equal cells. Median over "
            f"{result.protocol['n_draws']:,} draws of the inputs.",
            "Bars: 95% intervals of the median. Bands: the middle half of the draws.",
        ],
    )


def _parts(result: ExperimentResult) -> AnyChart:
    rows = [
        {"capacity": row["capacity"], "part": part, "value": row[column]}
        for row in result.tables["grid"]
        if row["ridge"] == 0
        for part, column in (("bias²", "bias_squared"), ("variance", "variance"))
    ]
    y = alt.Y(
        "value:Q",
        title="squared error (squared units of y, log scale)",
        scale=alt.Scale(type="log", domain=[5e-5, 1], nice=False),
        axis=alt.Axis(values=[1e-4, 1e-3, 1e-2, 1e-1, 1], format="~g"),
    )
    color = alt.Color(
        "part:N", scale=colors({"bias²": BIAS, "variance": VARIANCE}), legend=_STROKES
    )
    base = data(rows)
    lines = base.mark_line(strokeWidth=2.5).encode(x=_capacity(result), y=y, color=color)
    points = base.mark_point(size=14, filled=True, opacity=1).encode(
        x=_capacity(result),
        y=y,
        color=color,
        tooltip=[
            "part:N",
            alt.Tooltip("capacity:Q", title="hidden units"),
            alt.Tooltip("value:Q", format=".3g"),
        ],
    )
    noise = result.tables["grid"][0]["noise"]
    return titled(
        alt.layer(_threshold(result, 1), lines, points).properties(**_SIZE),
        "Squared bias and variance against capacity",
        f"Fixed inputs, no ridge. Computed, without sampling error. Noise ({noise:.2g}) is not "
        "shown.",
    )
