"""The figures of `toy-smoothness`."""

from __future__ import annotations

from typing import Any

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import FIT, NOISE, POINT, TRUTH, VARIANCE, AnyChart, Figure, colors, data, titled
from genlab.experiments import ExperimentResult

_LEAST, _ROUGH, _TRUTH = "least norm", "as good, rough", "truth"
_AMBER = "#d99a2b"
_MULTIPLES = {0: _LEAST, 3: "rough, 3×", 10: "rough, 10×"}
_MULTIPLE_COLORS = {_TRUTH: TRUTH, _LEAST: FIT, "rough, 3×": _AMBER, "rough, 10×": VARIANCE}
_STARTS = {"zero": "from zero", "elsewhere": "from elsewhere"}
_STROKES = alt.Legend(symbolType="stroke")
_DECADES = [10.0**k for k in range(-16, 7)]


def figures(result: ExperimentResult) -> list[Figure]:
    """Fits through the same points, how rough they are, and where descent leads."""
    return [
        Figure(
            name="fits",
            caption="All of these curves go through all points. With more hidden units the one of "
            "least norm bends gently, but others are as good on the training points.",
            chart=_fits(result),
            wide=True,
        ),
        Figure(
            name="roughness",
            caption="Capacity alone makes nothing smooth: least norm stays near the truth, other "
            "perfect fits need not.",
            chart=_roughness(result),
            wide=True,
        ),
        Figure(
            name="descent",
            caption="From zero gradient descent reaches the fit of least norm; from elsewhere it "
            "stops at another that fits the points as well.",
            chart=_descent(result),
            wide=True,
        ),
    ]


def roughness_table(result: ExperimentResult) -> list[Row]:
    """What the second figure draws: roughness and distance of three kinds of fits."""
    return [
        {**row, "fit": _MULTIPLES[row["multiple"]], "shown_capacity": str(row["capacity"])}
        for row in result.tables["interpolations"]
        if row["multiple"] in _MULTIPLES and row["quantity"] in ("roughness", "distance")
    ]


def _fits(result: ExperimentResult) -> AnyChart:
    rows = [
        {**row, "fit": _LEAST if row["multiple"] == 0 else _ROUGH} for row in result.tables["fits"]
    ]
    smooth = [row["y"] for row in rows if row["fit"] == _LEAST]
    y = alt.Y(
        "y:Q",
        title=None,
        scale=alt.Scale(domain=[min(smooth) - 1, max(smooth) + 1], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    names = {_TRUTH: TRUTH, _LEAST: FIT, _ROUGH: _AMBER, "training points": POINT}
    curve: dict[str, Any] = {
        "x": _x(),
        "y": y,
        "color": alt.Color("fit:N", scale=colors(names), legend=_STROKES),
    }
    fixed = [_truth(result).encode(**curve), _points(result).encode(**curve)]
    panels = []
    for capacity in dict.fromkeys(row["capacity"] for row in rows):
        own = [row for row in rows if row["capacity"] == capacity]
        rough = [row for row in own if row["fit"] == _ROUGH]
        base = data([row for row in own if row["fit"] == _LEAST])
        layers = [
            data(rough).mark_line(strokeWidth=1.4, clip=True).encode(detail="multiple:N", **curve),
            fixed[0],
            base.mark_line(strokeWidth=2.5).encode(**curve),
            fixed[1],
        ]
        title = f"{capacity} hidden units" + ("" if rough else ": one fit only")
        panels.append(alt.layer(*layers).properties(width=300, height=190, title=_panel(title)))
    multiple = max(row["multiple"] for row in rows)
    return titled(
        alt.vconcat(alt.hconcat(*panels[:3]), alt.hconcat(*panels[3:])),
        "Between the points the fit is free, and least norm chooses a smooth one",
        [
            "one data set of 6 points, y over x; rough: a random change that no point sees, "
            f"{multiple} times as long as the fit of least norm, added to it and taken off it;",
            "the axes show what least norm needs, and cut the rough ones off",
        ],
    )


def _x() -> alt.X:
    return alt.X("x:Q", title="x", axis=alt.Axis(values=[0, 0.5, 1], format="~g", grid=False))


def _truth(result: ExperimentResult) -> alt.Chart:
    rows = [{**row, "fit": _TRUTH} for row in result.tables["function"]]
    return data(rows).mark_line(strokeWidth=2, strokeDash=[5, 4])


def _points(result: ExperimentResult) -> alt.Chart:
    rows = [{**row, "fit": "training points"} for row in result.tables["points"]]
    return data(rows).mark_point(size=60, filled=True, opacity=1)


def _panel(title: str) -> alt.TitleParams:
    return alt.TitleParams(title, fontSize=13, anchor="middle")


def _roughness(result: ExperimentResult) -> AnyChart:
    rows = roughness_table(result)
    capacities = list(dict.fromkeys(row["shown_capacity"] for row in rows))
    x = alt.X(
        "shown_capacity:N",
        sort=capacities,
        title="hidden units",
        axis=alt.Axis(labelAngle=0, grid=False),
    )
    color = alt.Color("fit:N", scale=colors(_MULTIPLE_COLORS), legend=_STROKES)
    place = {"x": x, "xOffset": alt.XOffset("fit:N", sort=list(_MULTIPLES.values()))}
    titles = {
        "roughness": "roughness (total variation of the slope, log)",
        "distance": "distance from the truth (units of y, log)",
    }
    panels = []
    for quantity, title in titles.items():
        own = [row for row in rows if row["quantity"] == quantity]
        base = data(own)
        ends = [min(r["quantile_05"] for r in own) / 1.2, max(r["quantile_95"] for r in own) * 1.2]
        y = alt.Y(
            "estimate:Q",
            title=title,
            scale=alt.Scale(type="log", domain=ends, nice=False),
            axis=alt.Axis(format="~g", values=[k * d for d in _DECADES for k in (1, 2, 5)]),
        )
        spread = base.mark_rule(strokeWidth=7, opacity=0.3).encode(
            y="quantile_05:Q", y2="quantile_95:Q", color=color, **place
        )
        bars = base.mark_rule(strokeWidth=2.5).encode(y="low:Q", y2="high:Q", color=color, **place)
        points = base.mark_point(size=46, filled=True, opacity=1).encode(
            y=y, color=color, tooltip=_tooltip("fit:N", "capacity:Q"), **place
        )
        layers = [spread, bars, points]
        if quantity == "roughness":
            level = data([{"fit": _TRUTH, "y": result.tables["truth"][0]["roughness"]}])
            layers.insert(
                0, level.mark_rule(strokeWidth=2, strokeDash=[5, 4]).encode(y="y:Q", color=color)
            )
        panels.append(alt.layer(*layers).properties(width=440, height=300))
    n = rows[0]["n_datasets"]
    return titled(
        alt.hconcat(*panels),
        "As good on the training points, but rough",
        [
            f"medians over {n:,} data sets of 6 points, 95% intervals mostly inside the dots; pale "
            "bars: from the 5% to the 95% quantile; with 5 hidden units there is one fit only",
        ],
    )


def _tooltip(*names: str) -> list[Any]:
    numbers = ("estimate", "low", "high", "quantile_05", "quantile_95")
    return [*names, *(alt.Tooltip(f"{name}:Q", format=".4g") for name in numbers)]


def _descent(result: ExperimentResult) -> AnyChart:
    rows = [{**row, "fit": _STARTS[row["start"]]} for row in result.tables["descent"]]
    names = {
        "from zero": FIT,
        "from elsewhere": _AMBER,
        _LEAST: NOISE,
        "training points": POINT,
    }
    color = alt.Color("fit:N", scale=colors(names), legend=_STROKES)
    x = alt.X(
        "step:Q",
        title="steps of gradient descent (log)",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format="~s", values=_DECADES, grid=False),
    )
    titles = {
        "parameters": ("distance in parameters", "in lengths of least norm (log)"),
        "predictions": ("distance in predictions", "root mean square (units of y, log)"),
        "training": ("training residual", "root mean square (units of y, log)"),
    }
    panels: list[Any] = []
    for quantity, (title, unit) in titles.items():
        base = data([row for row in rows if row["quantity"] == quantity])
        y = alt.Y(
            "estimate:Q",
            title=unit,
            scale=alt.Scale(type="log", nice=False),
            axis=alt.Axis(
                values=_DECADES,
                labelExpr="format(datum.value, datum.value < 0.001 ? '~e' : '~g')",
                labelOverlap=True,
            ),
        )
        layers = [
            base.mark_area(opacity=0.2).encode(
                x=x, y="quantile_05:Q", y2="quantile_95:Q", color=color
            ),
            base.mark_area(opacity=0.35).encode(x=x, y="low:Q", y2="high:Q", color=color),
            base.mark_line(strokeWidth=2.5).encode(
                x=x, y=y, color=color, tooltip=_tooltip("fit:N", "step:Q")
            ),
        ]
        panels.append(alt.layer(*layers).properties(width=440, height=210, title=_panel(title)))
    panels.append(_reached(result, color))
    end = next(row for row in result.tables["descent_end"] if row["start"] == "zero")
    return titled(
        alt.vconcat(alt.hconcat(*panels[:2]), alt.hconcat(*panels[2:])),
        "From zero to the fit of least norm, from elsewhere to another",
        [
            f"50 hidden units; medians over {end['n_datasets']} data sets of 6 points; bands: 95% "
            "intervals (dark), 5% to 95% quantile (pale); distances are from the fit of least norm",
        ],
    )


def _reached(result: ExperimentResult, color: alt.Color) -> AnyChart:
    """Where descent is at the end; the fit of least norm, wide and pale, shows behind."""
    rows = result.tables["descent_fits"]
    y = alt.Y("y:Q", title="y", scale=alt.Scale(zero=False))
    curve: dict[str, Any] = {"x": _x(), "y": y, "color": color}
    layers = [
        data([row for row in rows if row["fit"] == _LEAST])
        .mark_line(strokeWidth=8, opacity=0.45)
        .encode(**curve),
        data([row for row in rows if row["fit"] != _LEAST])
        .mark_line(strokeWidth=2)
        .encode(**curve),
        _points(result).encode(**curve),
    ]
    title = _panel("the fits of one data set, at the end")
    return alt.layer(*layers).properties(width=440, height=210, title=title)
