"""The figures of `toy-smoothness`."""

from __future__ import annotations

from typing import Any

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import FIT, NOISE, POINT, TRUTH, VARIANCE, AnyChart, Figure, colors, data, titled
from genlab.experiments import ExperimentResult

_MINIMUM, _ROUGH, _TRUTH, _POINTS = "minimum norm", "rough", "truth", "training points"
_AMBER = "#d99a2b"
#: Codes of `descent_fits`, and with them those of `start`.
_DESCENTS = {
    "minimum_norm": _MINIMUM,
    "zero": "gradient descent from zero",
    "random": "gradient descent from random parameters",
}
_STROKES = alt.Legend(symbolType="stroke", labelLimit=0)
_DECADES = [10.0**k for k in range(-16, 7)]


def figures(result: ExperimentResult) -> list[Figure]:
    """Fits through the same points, how rough they are, and where descent leads."""
    return [
        Figure(
            name="fits",
            caption="All curves except the true function go through all training points. With "
            "more hidden units the minimum-norm fit becomes smooth; other exact fits "
            "oscillate between the points.",
            chart=_fits(result),
            wide=True,
        ),
        Figure(
            name="roughness",
            caption="Extra capacity alone does not make a fit smooth. The minimum-norm fit stays "
            "near the true function. Other exact fits can be far from it.",
            chart=_roughness(result),
            wide=True,
        ),
        Figure(
            name="descent",
            caption="Gradient descent from zero approaches the minimum-norm fit. From random "
            "initial parameters it approaches another fit, which goes through the points as well.",
            chart=_descent(result),
            wide=True,
        ),
    ]


def roughness_table(result: ExperimentResult) -> list[Row]:
    """What the second figure draws: roughness and distance of three kinds of fits."""
    names = {0: _MINIMUM} | _rough_names(result)
    return [
        {**row, "fit": names[row["multiple"]], "shown_capacity": str(row["capacity"])}
        for row in result.tables["interpolations"]
        if row["multiple"] in names and row["quantity"] in ("roughness", "distance")
    ]


def _rough_names(result: ExperimentResult) -> dict[int, str]:
    """The two longest changes, and what the legend calls fits with them."""
    return {k: f"{_ROUGH}, change {k}×" for k in result.protocol["multiples"][-2:]}


def _fits(result: ExperimentResult) -> AnyChart:
    rows = [
        {**row, "fit": _MINIMUM if row["multiple"] == 0 else _ROUGH}
        for row in result.tables["fits"]
    ]
    smooth = [row["y"] for row in rows if row["fit"] == _MINIMUM]
    y = alt.Y(
        "y:Q",
        title="y",
        scale=alt.Scale(domain=[min(smooth) - 1, max(smooth) + 1], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    names = {_TRUTH: TRUTH, _MINIMUM: FIT, _ROUGH: _AMBER, _POINTS: POINT}
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
        base = data([row for row in own if row["fit"] == _MINIMUM])
        layers = [
            data(rough).mark_line(strokeWidth=1.4, clip=True).encode(detail="multiple:N", **curve),
            fixed[0],
            base.mark_line(strokeWidth=2.5).encode(**curve),
            fixed[1],
        ]
        title = f"{capacity} hidden units" + ("" if rough else ": one exact fit only")
        panels.append(alt.layer(*layers).properties(width=300, height=190, title=_panel(title)))
    n = result.protocol["n_points"]
    return titled(
        alt.vconcat(alt.hconcat(*panels[:3]), alt.hconcat(*panels[3:])),
        f"Many networks fit {n} points exactly; the minimum-norm one is smooth",
        [
            f"One data set of {n} points. Rough: the minimum-norm fit plus and minus a random "
            "change that leaves every training prediction as it is,",
            f"{result.protocol['drawn_multiple']} times as long as the fit. The axes are those of "
            "the minimum-norm fit; rough fits are cut off there.",
        ],
    )


def _x() -> alt.X:
    return alt.X("x:Q", title="x", axis=alt.Axis(values=[0, 0.5, 1], format="~g", grid=False))


def _truth(result: ExperimentResult) -> alt.Chart:
    rows = [{**row, "fit": _TRUTH} for row in result.tables["function"]]
    return data(rows).mark_line(strokeWidth=2, strokeDash=[5, 4])


def _points(result: ExperimentResult) -> alt.Chart:
    rows = [{**row, "fit": _POINTS} for row in result.tables["points"]]
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
    rough = _rough_names(result).values()
    names = {_TRUTH: TRUTH, _MINIMUM: FIT} | dict(zip(rough, (_AMBER, VARIANCE), strict=False))
    color = alt.Color("fit:N", scale=colors(names), legend=_STROKES)
    place = {"x": x, "xOffset": alt.XOffset("fit:N", sort=[_MINIMUM, *rough])}
    titles = {
        "roughness": "roughness (total variation of the slope, log scale)",
        "distance": "distance from the truth (units of y, log scale)",
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
        "Other exact fits are rough, and far from the truth",
        [
            f"Medians over {n:,} data sets of {result.protocol['n_points']} points; most 95% "
            "intervals are inside the dots. Pale bars: from the 5% to the 95% quantile.",
            "Change: length of what is added to the minimum-norm fit, in lengths of that fit. With "
            f"{capacities[0]} hidden units there is one exact fit only.",
        ],
    )


def _tooltip(*names: str) -> list[Any]:
    numbers = ("estimate", "low", "high", "quantile_05", "quantile_95")
    return [*names, *(alt.Tooltip(f"{name}:Q", format=".4g") for name in numbers)]


def _descent(result: ExperimentResult) -> AnyChart:
    rows = [{**row, "fit": _DESCENTS[row["start"]]} for row in result.tables["descent"]]
    names = {
        _DESCENTS["zero"]: FIT,
        _DESCENTS["random"]: _AMBER,
        _MINIMUM: NOISE,
        _POINTS: POINT,
    }
    color = alt.Color("fit:N", scale=colors(names), legend=_STROKES)
    x = alt.X(
        "step:Q",
        title="steps of gradient descent (log scale)",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format="~s", values=_DECADES, grid=False),
    )
    titles = {
        "parameters": ("distance in parameters", "lengths of the fit (log scale)"),
        "predictions": ("distance in predictions", "RMS (units of y, log scale)"),
        "training": ("training residual", "RMS (units of y, log scale)"),
    }
    panels: list[Any] = []
    for quantity, (title, unit) in titles.items():
        own = [row for row in rows if row["quantity"] == quantity]
        base = data(own)
        narrow = max(r["quantile_95"] for r in own) < 100 * min(r["quantile_05"] for r in own)
        y = alt.Y(
            "estimate:Q",
            title=unit,
            scale=alt.Scale(type="log", nice=False),
            axis=alt.Axis(
                values=[k * d for d in _DECADES for k in ((1, 2, 5) if narrow else (1,))],
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
    protocol = result.protocol
    return titled(
        alt.vconcat(alt.hconcat(*panels[:2]), alt.hconcat(*panels[2:])),
        "Gradient descent from zero approaches the minimum-norm fit",
        [
            f"{protocol['descent_capacity']} hidden units; distances are from the minimum-norm "
            f"fit; RMS: root mean square. Medians over {protocol['n_descents']} data sets of "
            f"{protocol['n_points']} points.",
            "Dark bands: 95% intervals of the medians. Pale bands: from the 5% to the 95% "
            "quantile.",
        ],
    )


def _reached(result: ExperimentResult, color: alt.Color) -> AnyChart:
    """Where descent is at the end; the minimum-norm fit, wide and pale, shows behind."""
    rows = [{**row, "fit": _DESCENTS[row["fit"]]} for row in result.tables["descent_fits"]]
    y = alt.Y("y:Q", title="y", scale=alt.Scale(zero=False))
    curve: dict[str, Any] = {"x": _x(), "y": y, "color": color}
    layers = [
        data([row for row in rows if row["fit"] == _MINIMUM])
        .mark_line(strokeWidth=8, opacity=0.45)
        .encode(**curve),
        data([row for row in rows if row["fit"] != _MINIMUM])
        .mark_line(strokeWidth=2)
        .encode(**curve),
        _points(result).encode(**curve),
    ]
    title = _panel("fits to one data set after the last step")
    return alt.layer(*layers).properties(width=440, height=210, title=title)
