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

_UNITS = "hidden units (logarithmic)"
_PLAIN, _RIDGE, _BEST, _TRAINING = "no ridge", "ridge 0.001", "best ridge", "training, no ridge"
_COLORS = {_PLAIN: ERROR, _RIDGE: TRUTH, _BEST: VARIANCE, _TRAINING: TRAIN}
_SIZE = {"width": 460, "height": 300}
_STROKES = alt.Legend(symbolType="stroke")


def figures(result: ExperimentResult) -> list[Figure]:
    """Double descent with fixed and with drawn inputs, and the parts of the first."""
    return [
        Figure(
            name="double-descent-grid",
            caption="The error peaks where training error reaches 0, then falls again; ridge "
            "removes the peak.",
            chart=_grid(result),
        ),
        Figure(
            name="double-descent-stratified",
            caption="With inputs drawn anew the peak is far higher, for some draws leave a line "
            "almost free.",
            chart=_stratified(result),
        ),
        Figure(
            name="double-descent-parts",
            caption="The peak is one of variance; bias does not come back.",
            chart=_parts(result),
        ),
    ]


def grid_table(result: ExperimentResult) -> list[Row]:
    """What the first figure draws as lines: errors at fixed inputs."""
    rows = result.tables["grid"]
    chosen = {
        _PLAIN: [(row, "error") for row in rows if row["ridge"] == 0],
        _RIDGE: [(row, "error") for row in rows if row["ridge"] == 1e-3],
        _BEST: [(row, "error") for row in rows if row["is_best_ridge"]],
        _TRAINING: [(row, "train_error") for row in rows if row["ridge"] == 0],
    }
    return [
        {"capacity": row["capacity"], "ridge": row["ridge"], "line": line, "error": row[column]}
        for line, pairs in chosen.items()
        for row, column in pairs
    ]


def _capacity() -> alt.X:
    return alt.X(
        "capacity:Q",
        title=_UNITS,
        scale=alt.Scale(type="log", domain=[1, 200], nice=False),
        axis=alt.Axis(values=[1, 2, 4, 8, 14, 20, 30, 50, 100, 200], format="d", grid=False),
    )


def _threshold(result: ExperimentResult, top: float) -> AnyChart:
    """A dashed line where there are as many parameters as points."""
    row = next(r for r in result.tables["landmarks"] if r["landmark"] == "parameters = points")
    base = data([{"capacity": row["capacity"], "label": "parameters = points", "y": top}])
    line = base.mark_rule(strokeDash=[4, 4]).encode(x=_capacity())
    name = base.mark_text(align="right", baseline="top", dx=-5, fontSize=11).encode(
        x=_capacity(), y="y:Q", text="label:N"
    )
    return alt.layer(line, name)


def _grid(result: ExperimentResult) -> AnyChart:
    rows = grid_table(result)
    title = "expected squared error (squared units of y)"
    y = alt.Y("error:Q", title=title, scale=alt.Scale(domain=[0, 0.5], nice=False))
    color = alt.Color("line:N", scale=colors(_COLORS), legend=_STROKES)
    # The best ridge is often 0.001, whose line shows between the dashes.
    dashes = alt.Scale(
        domain=list(_COLORS), range=[[6, 4] if name == _BEST else [1, 0] for name in _COLORS]
    )
    lines = (
        data(rows)
        .mark_line(strokeWidth=2.5, clip=True)
        .encode(
            x=_capacity(),
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
        x=_capacity(), y="low:Q", y2="high:Q", color=color
    )
    points = measured.mark_point(size=34, filled=True, opacity=1).encode(
        x=_capacity(),
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
    n = result.tables["grid_measured"][0]["n_datasets"]
    return titled(
        alt.layer(
            _noise(result), _threshold(result, 0.5), lines, bars, points, _peak(result, "grid")
        ).properties(**_SIZE),
        "Double descent with fixed inputs",
        [
            "15 points at the middles of 15 equal cells; lines: computed, no sampling error; dots:",
            f"measured over {n:,} data sets, 95% intervals, mostly inside the dots; best ridge:",
            "that of least expected error among 0 to 0.1 at each capacity, which needs the truth",
        ],
    )


def _peak(result: ExperimentResult, design: str) -> alt.Chart:
    """The capacity of the highest error, beside it."""
    row = next(
        r
        for r in result.tables["landmarks"]
        if (r["design"], r["ridge"], r["landmark"])
        == (design, 0, "highest from the first minimum on")
    )
    base = data([{**row, "label": f"{row['capacity']} hidden units"}])
    name: alt.Chart = base.mark_text(align="left", dx=9, fontSize=11).encode(
        x=_capacity(), y="estimate:Q", text="label:N"
    )
    return name


def _noise(result: ExperimentResult) -> AnyChart:
    """The level that no model can pass."""
    row = result.tables["grid"][0]
    base = data([{"capacity": row["capacity"], "y": row["noise"], "label": "noise"}])
    line = base.mark_rule(strokeWidth=1.5, color=NOISE).encode(y="y:Q")
    name = base.mark_text(align="left", baseline="top", dx=4, dy=4, fontSize=11).encode(
        x=_capacity(), y="y:Q", text="label:N"
    )
    return alt.layer(line, name)


def _stratified(result: ExperimentResult) -> AnyChart:
    names = {0.0: _PLAIN, 1e-3: _RIDGE}
    rows = [{**row, "line": names[row["ridge"]]} for row in result.tables["stratified"]]
    top = max(row["quantile_75"] for row in rows)
    scale = alt.Scale(type="log", domain=[0.06, 1.6 * top], nice=False)
    y = alt.Y(
        "estimate:Q",
        title="expected squared error (squared units of y, log)",
        scale=scale,
        axis=alt.Axis(values=[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500], format="~g"),
    )
    color = alt.Color(
        "line:N",
        scale=colors({name: _COLORS[name] for name in names.values()}),
        legend=_STROKES,
    )
    base = data(rows)
    bands = base.mark_area(opacity=0.22).encode(
        x=_capacity(),
        y=alt.Y("quantile_25:Q", scale=scale),
        y2="quantile_75:Q",
        color=color,
    )
    lines = base.mark_line(strokeWidth=2.5).encode(x=_capacity(), y=y, color=color)
    bars = base.mark_rule(strokeWidth=2.5).encode(
        x=_capacity(), y="low:Q", y2="high:Q", color=color
    )
    points = base.mark_point(size=14, filled=True, opacity=1).encode(
        x=_capacity(),
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
    n = rows[0]["n_datasets"]
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
        "Double descent with drawn inputs",
        [
            f"15 points, one in each of 15 equal cells; median over {n:,} draws of the inputs;",
            "bars: 95% intervals of the median; bands: the middle half of the draws",
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
        title="squared error (squared units of y, log)",
        scale=alt.Scale(type="log", domain=[5e-5, 1], nice=False),
        axis=alt.Axis(values=[1e-4, 1e-3, 1e-2, 1e-1, 1], format="~g"),
    )
    color = alt.Color(
        "part:N", scale=colors({"bias²": BIAS, "variance": VARIANCE}), legend=_STROKES
    )
    base = data(rows)
    lines = base.mark_line(strokeWidth=2.5).encode(x=_capacity(), y=y, color=color)
    points = base.mark_point(size=14, filled=True, opacity=1).encode(
        x=_capacity(),
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
        "The peak is variance",
        f"fixed inputs, no ridge; computed, no sampling error; noise ({noise:.2g}) not shown",
    )
