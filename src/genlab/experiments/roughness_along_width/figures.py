"""The figures of `roughness-along-width`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from genlab._base.jsons import Row
from genlab._base.words import listed
from genlab.charts import (
    BIAS,
    ERROR,
    FIT,
    TRUTH,
    VARIANCE,
    AnyChart,
    Figure,
    colors,
    data,
    line_with_band,
    panel,
    reference_line,
    threshold_band,
    titled,
)
from genlab.experiments import ExperimentResult
from genlab.experiments._labels import LABELS
from genlab.experiments._peak_words import labels_text, threshold_ends
from genlab.experiments.roughness_along_width.words import courses_told
from genlab.measure import class_changes

_ERROR = "test error"
_LINES = {
    ("none", "test_error"): _ERROR,
    "same": "paths within a class",
    "different": "to another class",
    "test": "to the nearest test example",
}
_COLORS = dict(zip(_LINES.values(), (ERROR, BIAS, VARIANCE, TRUTH), strict=True))
# Quantity -> its name, the title of its axis, and whether that is in percent and logarithmic.
_ROWS = {
    "test_error": (_ERROR, "error", True, False),
    "total_variation": ("total variation", "total variation", False, False),
    "curvature": ("curvature", "curvature", False, True),
    "neither_fraction": ("class of neither end", "share of the path", True, False),
    "class_changes": ("class changes", "changes on a path", False, False),
    "start_slope": ("slope at the training example", "slope", False, True),
}
# Pixels beside a panel for the numbers of its axis, so that panels stand below each other.
_BESIDE = 46
_LOG_TICKS = [digit * 10.0**power for power in range(-4, 4) for digit in (1, 3)]
# A class is drawn where its probability is somewhere on the path at least this.
_LEAST = 0.05
_TOY = {
    "error": "expected squared error",
    "total_variation": "total variation",
    "curvature": "curvature",
}


def figures(result: ExperimentResult) -> list[Figure]:
    """Roughness beside test error; classes and slopes; one path; the toy model."""
    return [
        Figure(
            name="roughness",
            caption="Test error, and how rough the predicted probabilities are on straight paths "
            "from training examples to other examples. Grey: the interpolation threshold, the "
            "widths between which training error falls below 1%. "
            f"With {_labels('noisy', result)}: {courses_told(result.tables)}",
            chart=_grid(
                result,
                ("test_error", "total_variation", "curvature"),
                "Test error and roughness between examples against hidden width",
            ),
            wide=True,
        ),
        Figure(
            name="classes",
            caption="Share of the path with a predicted class that is that of neither end, number "
            "of changes of the predicted class, and slope of the probabilities at the training "
            "example.",
            chart=_grid(
                result,
                ("neither_fraction", "class_changes", "start_slope"),
                "Predicted classes on paths, and the slope where they start",
            ),
            wide=True,
        ),
        Figure(
            name="path",
            caption=_path_caption(result),
            chart=_path(result),
            wide=True,
        ),
        Figure(
            name="toy",
            caption="The toy model: expected error, total variation and curvature of the fit, "
            "computed exactly. Dashed, level: the true function.",
            chart=_toy(result),
            wide=True,
        ),
    ]


def panel_table(result: ExperimentResult, quantity: str, labels: str) -> list[Row]:
    """The rows of one panel, with the name of each line; None below 0 on a log axis."""
    log = _ROWS[quantity][3]
    rows = []
    for row in result.tables["curves"]:
        if (row["quantity"], row["labels"]) != (quantity, labels):
            continue
        ends = {
            name: None if row[name] is None or (log and row[name] <= 0) else row[name]
            for name in ("estimate", "low", "high")
        }
        line = _ERROR if quantity == "test_error" else _LINES[row["paths"]]
        rows.append({"capacity": row["capacity"], "line": line, **ends})
    return rows


def _grid(result: ExperimentResult, quantities: Sequence[str], title: str) -> AnyChart:
    """One row for each quantity, with noisy and with clean labels on one axis."""
    lines = {
        name: color
        for name, color in _COLORS.items()
        if name != _ERROR or "test_error" in quantities
    }
    rows = []
    for quantity in quantities:
        panels: list[AnyChart] = []
        for labels in LABELS:
            heading = f"{_ROWS[quantity][0]}, {_labels(labels, result)}"
            chart = _panel(result, quantity, labels, lines, first=not panels)
            panels.append(
                chart.properties(
                    title=alt.TitleParams(heading, fontSize=13, anchor="middle", offset=4)
                )
            )
        rows.append(alt.hconcat(*panels, spacing=30).resolve_scale(y="shared"))
    return titled(alt.vconcat(*rows, spacing=20), title, _subtitle(result))


def _panel(
    result: ExperimentResult, quantity: str, labels: str, lines: dict[str, str], *, first: bool
) -> alt.LayerChart:
    _, title, percent, log = _ROWS[quantity]
    widths = result.protocol["widths"]
    scale = alt.Scale(type="log", domain=[widths[0], widths[-1]], nice=False)
    threshold = threshold_ends(result.tables["thresholds"], labels)
    axis = alt.Axis(
        format="~%" if percent else ",~r",
        minExtent=_BESIDE,
        **({"values": _LOG_TICKS} if log else {"tickCount": 5}),
    )
    number = ".1%" if percent else ".3~g"
    layers = [] if threshold is None else threshold_band(threshold, widths, scale)
    layers += line_with_band(
        data(panel_table(result, quantity, labels)),
        alt.X(
            "capacity:Q",
            title="hidden units per layer",
            scale=scale,
            axis=alt.Axis(values=widths, labelOverlap="greedy", labelSeparation=6, grid=False),
        ),
        alt.Y(
            "estimate:Q",
            title=title if first else None,
            axis=axis,
            scale=alt.Scale(type="log") if log else alt.Scale(zero=quantity != "test_error"),
        ),
        alt.Color("line:N", scale=colors(lines), legend=alt.Legend(symbolType="stroke", columns=2)),
        tooltip=[
            "line:N",
            alt.Tooltip("capacity:Q", title="width"),
            *(alt.Tooltip(f"{name}:Q", format=number) for name in ("estimate", "low", "high")),
        ],
        opacity=0.18,
    )
    chart: Any = alt.layer(*layers).properties(width=300, height=190)
    layered: alt.LayerChart = chart
    return layered


def _labels(labels: str, result: ExperimentResult) -> str:
    return labels_text(labels, result.protocol["label_noise"]["fraction"])


def _subtitle(result: ExperimentResult) -> list[str]:
    protocol = result.protocol
    n = protocol["n_datasets"]
    over = "one training set, so no interval"
    if n > 1:
        over = f"mean of {n} training sets, 95% interval"
    return [
        f"MNIST-1D, 40-h-h-10, {protocol['n_train']:,} training examples, Adam, "
        f"{protocol['recipe']['steps']:,} full batches;",
        f"{protocol['n_paths']} paths of each kind; {over}",
    ]


def path_table(result: ExperimentResult) -> list[Row]:
    """The classes that are likely somewhere on the path, for one of the widths or more."""
    rows = result.tables["example"]
    likely = {row["class"] for row in rows if row["probability"] >= _LEAST}
    return [{**row, "class": str(row["class"])} for row in rows if row["class"] in likely]


def _path(result: ExperimentResult) -> AnyChart:
    rows = path_table(result)
    classes = sorted({row["class"] for row in rows})
    panels: list[AnyChart] = []
    for width in dict.fromkeys(row["capacity"] for row in rows):
        own = [row for row in rows if row["capacity"] == width]
        chart = (
            data(own)
            .mark_line(strokeWidth=2)
            .encode(
                x=alt.X(
                    "place:Q",
                    title="share of the way",
                    axis=alt.Axis(values=[0, 0.5, 1], format="~%", grid=False),
                ),
                y=alt.Y(
                    "probability:Q",
                    title="predicted probability" if not panels else None,
                    axis=alt.Axis(format="~%", tickCount=3),
                    scale=alt.Scale(domain=[0, 1]),
                ),
                color=alt.Color(
                    "class:N",
                    scale=alt.Scale(scheme="tableau10", domain=classes),
                    legend=alt.Legend(symbolType="stroke", title="class", columns=5),
                ),
                tooltip=[
                    "class:N",
                    alt.Tooltip("place:Q", format=".0%"),
                    alt.Tooltip("probability:Q", format=".1%"),
                ],
            )
        )
        panels.append(panel(f"width {width}", chart, width=200, height=180))
    protocol = result.protocol
    return titled(
        alt.hconcat(*panels, spacing=25),
        "Predicted probabilities on one path between two examples of a class",
        [
            f"The first path of the first training set, {protocol['n_places']} places; "
            f"{_labels('noisy', result)}. Classes with at least {_LEAST:.0%} somewhere.",
            "Computed for these networks, so without intervals.",
        ],
    )


def _path_caption(result: ExperimentResult) -> str:
    start, end = result.tables["example_ends"]
    told = [
        f"class {row['label']}"
        + (
            ""
            if row["label"] == row["noisy_label"]
            else f" (trained on with the noisy label {row['noisy_label']})"
        )
        for row in (start, end)
    ]
    changes = [
        f"{class_changes(path)} at width {width}"
        for width, path in _predicted(result.tables["example"]).items()
    ]
    return (
        f"One straight path between two training examples: {told[0]} at the start, {told[1]} at "
        f"the end. Changes of the predicted class: {listed(changes)}."
    )


def _predicted(rows: Sequence[Row]) -> dict[int, list[int]]:
    """Width -> the class with the highest probability at each place."""
    highest: dict[tuple[int, float], Row] = {}
    for row in rows:
        at = (row["capacity"], row["place"])
        if at not in highest or row["probability"] > highest[at]["probability"]:
            highest[at] = row
    found: dict[int, list[int]] = {}
    for (width, _), row in highest.items():
        found.setdefault(width, []).append(row["class"])
    return found


def _toy(result: ExperimentResult) -> AnyChart:
    rows, truth = result.tables["toy"], result.tables["toy_truth"][0]
    n = result.protocol["toy_points"]
    scale = alt.Scale(type="log", nice=False)
    panels: list[AnyChart] = []
    for name, title in _TOY.items():
        x = alt.X(
            "capacity:Q",
            title="hidden units",
            scale=scale,
            axis=alt.Axis(values=[1, 3, 5, 10, 15, 30, 60, 200], grid=False, labelOverlap=True),
        )
        base = data([{"capacity": row["capacity"], "value": row[name]} for row in rows])
        y = alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=5, format=",~r"))
        layers = [
            *reference_line(n, f"{n}, as many as points", scale=scale),
            base.mark_line(strokeWidth=2, color=FIT).encode(x=x, y=y),
            base.mark_circle(size=26, opacity=1, color=FIT).encode(
                x=x,
                y=y,
                tooltip=[
                    alt.Tooltip("capacity:Q", title="hidden units"),
                    alt.Tooltip("value:Q", title=title, format=".4~g"),
                ],
            ),
        ]
        if name in truth:
            layers += reference_line(truth[name], "true function", axis="y", name_at=160)
        drawn: Any = alt.layer(*layers)
        panels.append(panel(title, drawn, width=210, height=190))
    return titled(
        alt.hconcat(*panels, spacing=25),
        "The toy model: error and roughness of the fit against hidden units",
        [
            f"One hidden layer fitted to {n} points by least squares of minimum norm;",
            "expected values over data sets, exact, so without intervals",
        ],
    )
