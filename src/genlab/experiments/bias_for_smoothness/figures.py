"""The figures of `bias-for-smoothness`."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import (
    BIAS,
    ERROR,
    FIT,
    NOISE,
    POINT,
    SERIES,
    TRUTH,
    VARIANCE,
    AnyChart,
    Figure,
    colors,
    curve,
    data,
    line_with_band,
    panel,
    points,
    reference_line,
    titled,
    truth,
)
from genlab.experiments import ExperimentResult
from genlab.experiments.bias_for_smoothness.words import method_text, plain_told, steps_told

# Colours in the order of the methods; the ensemble, which is last, has one of its own.
_SHADES = (TRUTH, VARIANCE, ERROR, SERIES[4], NOISE)
_ENSEMBLE = BIAS
_SIZE = {"width": 245, "height": 250}


def figures(result: ExperimentResult) -> list[Figure]:
    """Networks at equal training loss, their differences, and the same for the toy problem."""
    noise = result.protocol["label_noise"]["fraction"]
    return [
        Figure(
            name="networks",
            caption=f"Roughness and test error against training loss, on MNIST-1D with {noise:.0%} "
            "label noise. Read each panel from right to left: training loss falls in the course of "
            "training. At one training loss, a lower line on the left is a smoother network. "
            f"{plain_told(result.tables, result.protocol['levels'])}".rstrip(),
            chart=_networks(result),
            wide=True,
        ),
        Figure(
            name="differences",
            caption="Each method minus plain training at the same training loss, on MNIST-1D. "
            "Left of the dashed line at 0: smoother, or fewer errors. All intervals of one level "
            "hold at once.",
            chart=_differences(
                differences_table(result),
                result.protocol["levels"],
                ("total variation", "test error (points)"),
                "Differences from plain training at equal training loss",
                _networks_subtitle(result),
            ),
            wide=True,
        ),
        Figure(
            name="toy",
            caption="The same in the toy problem, where training loss is equal exactly: each "
            "method minus gradient descent that is stopped early. "
            + steps_told(result.tables, result.protocol["toy"]["quoted"]),
            chart=_differences(
                toy_table(result),
                result.protocol["toy"]["levels"],
                ("total variation", "test error"),
                "Toy problem: differences from gradient descent at equal training loss",
                f"{result.protocol['toy']['n_datasets']:,} data sets, 95% intervals",
            ),
            wide=True,
        ),
        Figure(
            name="toy-fits",
            caption="Fits to one data set of the toy problem at the same training loss. They "
            "differ little: the figure before has the differences, over all data sets.",
            chart=_fits(result),
            wide=True,
        ),
    ]


def _names(rows: Sequence[Row]) -> dict[str, str]:
    """The names of methods with their colours, in the order of the rows."""
    methods = dict.fromkeys(str(row["method"]) for row in rows)
    single = [method for method in methods if method != "ensemble"]
    found = {method_text(method): shade for method, shade in zip(single, _SHADES, strict=False)}
    return found | ({method_text("ensemble"): _ENSEMBLE} if "ensemble" in methods else {})


def networks_table(result: ExperimentResult) -> list[Row]:
    """What `networks` draws: total variation and test error by method and training loss."""
    return [
        {**row, "line": method_text(row["method"])}
        for row in result.tables["networks"]
        if row["quantity"] in ("total_variation", "test_error")
    ]


def _networks(result: ExperimentResult) -> AnyChart:
    rows = networks_table(result)
    names = _names(rows)
    levels = sorted({row["level"] for row in rows})
    x = alt.X(
        "level:Q",
        title="training loss (nats, log scale)",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(values=levels, format="~g", grid=False),
    )
    color = alt.Color(
        "line:N", scale=colors(names), legend=alt.Legend(symbolType="stroke", columns=3)
    )
    panels = []
    for quantity, title, form in (
        ("total_variation", "total variation along paths", ".2f"),
        ("test_error", "test error", ".1%"),
    ):
        own = [row for row in rows if row["quantity"] == quantity]
        y = alt.Y(
            "estimate:Q",
            title=title,
            scale=alt.Scale(zero=False),
            axis=alt.Axis(format="%" if form == ".1%" else "~g", tickCount=6),
        )
        shown = [alt.Tooltip(f"{name}:Q", format=form) for name in ("estimate", "low", "high")]
        layers = line_with_band(
            data(own), x, y, color, tooltip=["line:N", "level:Q", *shown], opacity=0.12
        )
        panels.append(alt.layer(*layers).properties(**_SIZE))
    return titled(
        alt.hconcat(*panels),
        "Roughness and test error at equal training loss",
        _networks_subtitle(result),
    )


def _networks_subtitle(result: ExperimentResult) -> str:
    protocol = result.protocol
    n = protocol["n_seeds"]
    over = "one seed, so no interval" if n == 1 else f"mean of {n} seeds, 95% intervals"
    return f"MNIST-1D, {protocol['n_train']:,} training examples; {over}"


def differences_table(result: ExperimentResult) -> list[Row]:
    """What `differences` draws; differences of the test error are in points."""
    return [
        row | {"panel": "test error (points)"} | _scaled(row, 100)
        if row["quantity"] == "test_error"
        else row | {"panel": "total variation"}
        for row in result.tables["network_differences"]
        if row["quantity"] in ("total_variation", "test_error")
    ]


def toy_table(result: ExperimentResult) -> list[Row]:
    """What `toy` draws."""
    panels = {"total_variation": "total variation", "test_error": "test error"}
    return [
        row | {"panel": panels[row["quantity"]]}
        for row in result.tables["toy_differences"]
        if row["quantity"] in panels
    ]


def _scaled(row: Row, factor: float) -> Row:
    return {
        name: None if row[name] is None else factor * row[name]
        for name in ("estimate", "low", "high")
    }


def _differences(
    rows: Sequence[Row],
    levels: Sequence[float],
    names: Sequence[str],
    title: str,
    subtitle: str,
) -> AnyChart:
    """Dots with bars: a row for each method and level, a panel for each quantity."""
    shown = [{**row, "line": method_text(row["method"]), "at": f"{row['level']:g}"} for row in rows]
    shades = _names([{"method": "plain"}, *rows])
    shades.pop(method_text("plain"))
    order = [f"{level:g}" for level in levels]
    methods = list(shades)
    panels: list[AnyChart] = []
    for name in names:
        own = [row for row in shown if row["panel"] == name]
        x = alt.X("estimate:Q", title=name, axis=alt.Axis(tickCount=3))
        y = alt.Y(
            "at:N",
            title="training loss" if not panels else None,
            sort=order,
            axis=alt.Axis(grid=False, ticks=False),
        )
        offset = alt.YOffset("line:N", sort=methods, scale=alt.Scale(paddingOuter=0.25))
        color = alt.Color("line:N", scale=colors(shades), legend=alt.Legend(columns=3))
        base = data(own)
        layers = [
            *reference_line(0.0),
            base.mark_rule(strokeWidth=2.5).encode(
                x="low:Q", x2="high:Q", y=y, yOffset=offset, color=color
            ),
            base.mark_circle(size=45, opacity=1).encode(
                x=x,
                y=y,
                yOffset=offset,
                color=color,
                tooltip=[
                    "line:N",
                    alt.Tooltip("at:N", title="training loss"),
                    *(alt.Tooltip(f"{end}:Q", format=".3g") for end in ("estimate", "low", "high")),
                ],
            ),
        ]
        panels.append(alt.layer(*layers).properties(width=245, height=62 * len(order)))
    return titled(alt.hconcat(*panels), title, subtitle)


def _fits(result: ExperimentResult) -> AnyChart:
    fits = result.tables["toy_fits"]
    level = result.protocol["toy"]["quoted"]
    function, examples = result.tables["toy_function"], result.tables["toy_points"]
    panels = []
    for method in ("plain", "weight_decay", "ensemble"):
        own = [row for row in fits if row["method"] == method]
        name = "early stopping" if method == "plain" else method_text(method)
        panels.append(panel(name, truth(function), curve(own, FIT), points(examples, color=POINT)))
    return titled(
        alt.hconcat(*panels),
        f"Three fits with a training loss of {level:g}",
        "Dashed: the true function. Dots: training points.",
    )
