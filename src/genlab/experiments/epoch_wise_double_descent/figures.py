"""The figures of `epoch-wise-double-descent`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import BIAS, ERROR, VARIANCE, AnyChart, Figure, colors, data, titled
from genlab.experiments import ExperimentResult

# The first steps, in which every error falls from 90%, would take most of the colours.
_FIRST = 10
_STEPS = (1, 10, 100, 1000, 10_000)
_SHADES = (BIAS, VARIANCE, ERROR)
# A number is no nearer to a dot, in log(step).
_APART = 0.25
_Y_TITLE = "error (fraction of examples misclassified)"


def figures(result: ExperimentResult) -> list[Figure]:
    """The map of width and step, courses of three widths, and capacity curves at three steps."""
    return [
        Figure(
            name="map",
            caption="Test error against hidden width and training step, from step "
            f"{_FIRST} on. Read a column upwards: it is the training of one width. Numbers are the "
            "mean test error there. Dots: the step of the lowest test error at each width. Line: "
            "the step from which training error is below 1%.",
            chart=_map(result),
            wide=True,
        ),
        Figure(
            name="training",
            caption="Test error (solid) and training error (dashed) in the course of training, for "
            "a narrow, a middle and a wide network. Bands: 95% intervals.",
            chart=_training(result),
        ),
        Figure(
            name="widths",
            caption="Test error against width after few, more and all steps. The last is the "
            "capacity curve that training ends with; the others are the same networks, stopped "
            "earlier.",
            chart=_widths(result),
        ),
    ]


def map_table(result: ExperimentResult) -> list[Row]:
    """The cells of the map: mean test error, with edges half-way on log axes, from `_FIRST` on."""
    rows = [row for row in result.tables["map"] if row["step"] >= _FIRST]
    test = [row for row in rows if row["curve"] == "test_error" and row["estimate"] is not None]
    across = edges(sorted({row["capacity"] for row in test}))
    up = edges(sorted({row["step"] for row in test}))
    return [
        {
            **{name: row[name] for name in ("capacity", "step", "estimate", "low", "high")},
            "left": across[row["capacity"]][0],
            "right": across[row["capacity"]][1],
            "below": up[row["step"]][0],
            "above": up[row["step"]][1],
        }
        for row in test
    ]


def edges(places: Sequence[float]) -> dict[float, tuple[float, float]]:
    """For each place the geometric middles between it and its neighbours, or itself at an end.

    >>> edges([1, 4, 16])
    {1: (1, 2.0), 4: (2.0, 8.0), 16: (8.0, 16)}
    """
    middles = [(a * b) ** 0.5 for a, b in pairwise(places)]
    return dict(
        zip(
            places,
            zip([places[0], *middles], [*middles, places[-1]], strict=True),
            strict=True,
        )
    )


def _map(result: ExperimentResult) -> AnyChart:
    rows = map_table(result)
    width = alt.Scale(type="log", nice=False, domain=_range(rows, "left", "right"))
    step = alt.Scale(type="log", nice=False, domain=_range(rows, "below", "above"))
    x = alt.X(
        "left:Q",
        title="hidden units per layer",
        scale=width,
        axis=_width_axis(result),
    )
    y = alt.Y(
        "below:Q",
        title="training step",
        scale=step,
        axis=alt.Axis(values=list(_STEPS), format=",d", grid=False),
    )
    number = alt.Tooltip("estimate:Q", title="test error", format=".1%")
    ends = [alt.Tooltip(f"{name}:Q", format=".1%") for name in ("low", "high")]
    shade = alt.Scale(scheme="viridis", reverse=True)
    cells = (
        data(rows)
        .mark_rect(strokeWidth=0.7)
        .encode(
            x=x,
            x2="right:Q",
            y=y,
            y2="above:Q",
            color=alt.Color(
                "estimate:Q",
                scale=shade,
                legend=alt.Legend(title="test error", format=".0%", gradientLength=220),
            ),
            # No background shows between the cells.
            stroke=alt.Stroke("estimate:Q", scale=shade, legend=None),
            tooltip=["capacity:Q", "step:Q", number, *ends],
        )
    )
    place: dict[str, Any] = {
        "x": alt.X("capacity:Q", scale=width),
        "y": alt.Y("step:Q", scale=step),
    }
    reached = fitted_table(result)
    fitted = [
        data(reached).mark_line(color="black", strokeWidth=2.5, clip=True).encode(**place),
        # Its name stands above the map, where there is room for it on a phone.
        data(reached[:1])
        .mark_text(baseline="bottom", dy=-5, fontSize=11, style="ink")
        .encode(x=place["x"], y=alt.value(0), text=alt.value("line: training error below 1%")),
    ]
    lowest = (
        data(lowest_table(result))
        .mark_circle(color="white", stroke="black", size=34, opacity=1)
        .encode(**place, tooltip=["capacity:Q", "step:Q", number])
    )
    numbers = (
        data(labels_table(result))
        .mark_text(fontSize=11)
        .encode(
            **place,
            text=alt.Text("estimate:Q", format=".0%"),
            color=alt.condition("datum.dark", alt.value("white"), alt.value("black")),
        )
    )
    chart = alt.layer(cells, *fitted, lowest, numbers).properties(width=560, height=360)
    return titled(
        chart.resolve_scale(color="independent"),
        "Test error against width and training step",
        [
            _subtitle(result)[0],
            f"mean of {result.protocol['n_seeds']} seeds; intervals are in the table 'map'",
        ],
    )


def _width_axis(result: ExperimentResult) -> alt.Axis:
    return alt.Axis(
        values=result.protocol["widths"], labelOverlap="greedy", labelSeparation=6, grid=False
    )


def _range(rows: Sequence[Row], low: str, high: str) -> list[float]:
    return [min(row[low] for row in rows), max(row[high] for row in rows)]


def fitted_table(result: ExperimentResult) -> list[Row]:
    """The step at which training error falls below 1%, for widths where all networks get there."""
    return [
        {"capacity": row["capacity"], "step": row["estimate"]}
        for row in result.tables["fitted"]
        if row["estimate"] is not None
    ]


def lowest_table(result: ExperimentResult) -> list[Row]:
    """The step of the lowest mean test error of each width."""
    cells = map_table(result)
    widths = sorted({row["capacity"] for row in cells})
    return [
        min((row for row in cells if row["capacity"] == width), key=lambda row: row["estimate"])
        for width in widths
    ]


def labels_table(result: ExperimentResult) -> list[Row]:
    """Cells whose number is written: some widths and steps, and none on a dot or the line."""
    cells = map_table(result)
    widths = _some(sorted({row["capacity"] for row in cells}), 6)
    steps = _some(sorted({row["step"] for row in cells}), 7)
    values = [row["estimate"] for row in cells]
    middle = (min(values) + max(values)) / 2
    dots = {row["capacity"]: row["step"] for row in lowest_table(result)}
    reached = fitted_table(result)
    return [
        {**row, "dark": row["estimate"] > middle}
        for row in cells
        if row["capacity"] in widths
        and row["step"] in steps
        and abs(math.log(row["step"] / dots[row["capacity"]])) > _APART
        and not _on_line(row, reached)
    ]


def _on_line(row: Row, reached: Sequence[Row]) -> bool:
    """Whether a cell's number would lie on the line of training error."""
    step = {one["capacity"]: one["step"] for one in reached}.get(row["capacity"])
    return step is not None and abs(math.log(row["step"] / step)) < _APART


def _some(places: Sequence[int], n: int) -> set[int]:
    """About n of the places, without the two at the ends."""
    inner = places[1:-1]
    if len(inner) <= n:
        return set(inner)
    return {inner[round(i * (len(inner) - 1) / (n - 1))] for i in range(n)}


def training_table(result: ExperimentResult) -> list[Row]:
    """Errors of the widths that are shown, at every step but the first."""
    return [
        {**row, "width": _name(row["capacity"])}
        for row in result.tables["map"]
        if row["capacity"] in result.protocol["shown"] and row["step"] > 0
    ]


def _name(width: int) -> str:
    return f"width {width}"


def _training(result: ExperimentResult) -> AnyChart:
    rows = training_table(result)
    trained, over = _subtitle(result)
    shades = dict(zip(map(_name, result.protocol["shown"]), _SHADES, strict=True))
    x = alt.X(
        "step:Q",
        title="training step",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(values=list(_STEPS), format=",d", grid=False),
    )
    return titled(
        _lines(rows, x, "width", shades).properties(width=460, height=300),
        "Training and test error against training step",
        [trained, f"{over}; solid: test error, dashed: training error"],
    )


def widths_table(result: ExperimentResult) -> list[Row]:
    """Test errors of all widths after few, more and all steps."""
    steps = sorted({row["step"] for row in result.tables["map"]} - {0})
    chosen = {_nearest(steps, steps[-1] / factor) for factor in (40, 8, 1)}
    return [
        {**row, "after": _after(row["step"])}
        for row in result.tables["map"]
        if row["step"] in chosen and row["curve"] == "test_error"
    ]


def _nearest(steps: Sequence[int], wanted: float) -> int:
    return min(steps, key=lambda step: max(step / wanted, wanted / step))


def _after(step: int) -> str:
    return f"after {step:,} steps"


def _widths(result: ExperimentResult) -> AnyChart:
    rows = widths_table(result)
    steps = sorted({row["step"] for row in rows})
    x = alt.X(
        "capacity:Q",
        title="hidden units per layer",
        scale=alt.Scale(type="log", nice=False),
        axis=_width_axis(result),
    )
    shades = dict(zip(map(_after, steps), _SHADES, strict=False))
    return titled(
        _lines(rows, x, "after", shades).properties(width=460, height=300),
        "Test error against hidden width, after different numbers of steps",
        _subtitle(result),
    )


def _lines(rows: Sequence[Row], x: alt.X, column: str, shades: dict[str, str]) -> AnyChart:
    """Test error as solid lines, and training error, if any, dashed; both with bands."""
    color = alt.Color(f"{column}:N", scale=colors(shades), legend=alt.Legend(symbolType="stroke"))
    train = [row for row in rows if row["curve"] == "train_error"]
    y = alt.Y(
        "estimate:Q", title=_Y_TITLE, axis=alt.Axis(format="%"), scale=alt.Scale(zero=bool(train))
    )
    test = data([row for row in rows if row["curve"] == "test_error"])
    shown = [alt.Tooltip(f"{name}:Q", format=".1%") for name in ("estimate", "low", "high")]
    layers: list[Any] = [
        test.mark_area(opacity=0.25).encode(x=x, y="low:Q", y2="high:Q", color=color),
        test.mark_line(strokeWidth=2.5).encode(x=x, y=y, color=color),
        test.mark_circle(size=20, opacity=1).encode(
            x=x, y=y, color=color, tooltip=[f"{column}:N", "capacity:Q", "step:Q", *shown]
        ),
    ]
    if train:
        layers = [
            data(train).mark_area(opacity=0.2).encode(x=x, y="low:Q", y2="high:Q", color=color),
            data(train).mark_line(strokeWidth=1.5, strokeDash=[5, 4]).encode(x=x, y=y, color=color),
            *layers,
        ]
    return alt.layer(*layers)


def _subtitle(result: ExperimentResult) -> list[str]:
    protocol = result.protocol
    n = protocol["n_seeds"]
    return [
        f"MNIST-1D, 40-h-h-10, {protocol['n_train']:,} examples, "
        f"{protocol['label_noise']['fraction']:.0%} label noise, Adam, full batches;",
        "one seed, so no interval" if n == 1 else f"mean of {n} seeds, 95% interval",
    ]
