"""The figures of `variance-along-width`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import (
    BIAS,
    ERROR,
    NOISE,
    SERIES,
    TRUTH,
    VARIANCE,
    Figure,
    colors,
    data,
    line_with_band,
    reference_line,
    titled,
)
from genlab.experiments import ExperimentResult
from genlab.experiments.variance_along_width.words import (
    SOURCE_NAMES,
    component_name,
    course,
    peaking_sources,
    prediction_told,
    widest_variance,
)

_SOURCE_COLORS = {
    "training_sample": BIAS,
    "label_noise": VARIANCE,
    "initial_weights": ERROR,
    "batch_order": TRUTH,
}
# Of interactions, which two and three sources have.
_COMPONENT_COLORS = dict(
    zip(
        (
            "training_sample",
            "label_noise",
            "initial_weights",
            "training_sample:label_noise",
            "training_sample:initial_weights",
            "label_noise:initial_weights",
            "training_sample:label_noise:initial_weights",
        ),
        SERIES,
        strict=True,
    )
)
_PART_NAMES = {
    "loss": "Brier score",
    "bias_squared_and_noise": "bias² with noise",
    "variance": "variance",
}
_PART_COLORS = {"Brier score": ERROR, "bias² with noise": BIAS, "variance": VARIANCE}
_QUANTITY_NAMES = {
    "single": "single network",
    "predicted": "ensemble, predicted",
    "measured": "ensemble, measured",
    "limit": "infinitely many, predicted",
}
# What is computed from the components, drawn dashed.
_PREDICTED = (_QUANTITY_NAMES["predicted"], _QUANTITY_NAMES["limit"])
_QUANTITY_COLORS = dict(zip(_QUANTITY_NAMES.values(), (VARIANCE, BIAS, TRUTH, NOISE), strict=True))


def figures(result: ExperimentResult) -> list[Figure]:
    """By source; components; the parts of the loss; ensembles."""
    size, tables = result.protocol["size"], result.tables
    return [
        Figure(
            name="sources",
            caption="Variance that involves each source, alone or in interactions, against width. "
            "Interactions are counted for each of their sources, so the lines add up to more than "
            f"the variance. {peaking_sources(tables)} {course(tables, 'variance')}",
            chart=_lines(
                [{**row, "name": SOURCE_NAMES[row["part"]]} for row in sources_table(result)],
                _named(_SOURCE_COLORS, result),
                result,
                "Variance of predicted probabilities by source",
            ),
        ),
        Figure(
            name="components",
            caption="The components of the variance against width: main effects and interactions. "
            "They add up to the variance.",
            chart=_components(result),
            wide=True,
        ),
        Figure(
            name="loss",
            caption="The Brier score and its two parts against width. "
            + course(tables, "bias_squared_and_noise"),
            chart=_lines(
                parts_table(result),
                _PART_COLORS,
                result,
                "Brier score, bias² and variance",
                "Brier score and its parts",
            ),
        ),
        Figure(
            name="ensembles",
            caption=f"The Brier score of single networks and of ensembles of {size}: predicted "
            "from the components (dashed), and measured with other networks. "
            + prediction_told(tables, widest_variance(tables)),
            chart=_lines(
                ensembles_table(result),
                _QUANTITY_COLORS,
                result,
                "What ensembles remove, predicted and measured",
                "Brier score",
            ),
        ),
        *_batches(result),
    ]


def _batches(result: ExperimentResult) -> list[Figure]:
    rows = sources_table(result, "batch_totals")
    if not rows:
        return []
    size = result.protocol["minibatches"]["recipe"]["batch_size"]
    return [
        Figure(
            name="batches",
            caption=f"Variance that involves each source, where every step takes a batch of {size} "
            "examples: the order of the batches is a fourth source. "
            f"{peaking_sources(result.tables, 'batch_peaks')} "
            + course(result.tables, "variance", "batch_peaks"),
            chart=_lines(
                [{**row, "name": SOURCE_NAMES[row["part"]]} for row in rows],
                {SOURCE_NAMES[source]: color for source, color in _SOURCE_COLORS.items()},
                result,
                f"Variance by source, with batches of {size}",
                of="batch_errors",
            ),
        )
    ]


def sources_table(result: ExperimentResult, table: str = "totals") -> list[Row]:
    """The sums of all components that involve each source."""
    return [row for row in result.tables[table] if row["part"] in SOURCE_NAMES]


def parts_table(result: ExperimentResult) -> list[Row]:
    """The Brier score and its parts."""
    return [
        {**row, "name": _PART_NAMES[row["part"]]}
        for row in result.tables["totals"]
        if row["part"] in _PART_NAMES
    ]


def components_table(result: ExperimentResult) -> list[Row]:
    """Every component, and whether it is a main effect."""
    return [
        {
            **row,
            "name": component_name(row["component"]),
            "kind": "interactions" if ":" in row["component"] else "main effects",
        }
        for row in result.tables["components"]
    ]


def ensembles_table(result: ExperimentResult) -> list[Row]:
    """The losses of single networks and of ensembles."""
    return [
        {**row, "name": _QUANTITY_NAMES[row["quantity"]]}
        for row in result.tables["ensembles"]
        if row["quantity"] in _QUANTITY_NAMES
    ]


def _named(by_source: dict[str, str], result: ExperimentResult) -> dict[str, str]:
    there = {row["part"] for row in sources_table(result)}
    return {SOURCE_NAMES[source]: color for source, color in by_source.items() if source in there}


def _components(result: ExperimentResult) -> alt.HConcatChart:
    rows = components_table(result)
    panels = []
    for kind in ("main effects", "interactions"):
        own = [row for row in rows if row["kind"] == kind]
        names = list(dict.fromkeys(row["component"] for row in own))
        spare = iter((*_COMPONENT_COLORS.values(), *_COMPONENT_COLORS.values()))
        ranges = {
            component_name(name): _COMPONENT_COLORS.get(name) or next(spare) for name in names
        }
        layer = alt.layer(*_layers(own, ranges, result, _VARIANCE, columns=1))
        heading = alt.TitleParams(kind, fontSize=13, anchor="middle")
        panels.append(layer.properties(width=300, height=260, title=heading))
    chart: alt.HConcatChart = titled(
        alt.hconcat(*panels, spacing=40).resolve_scale(color="independent", y="shared"),
        "Components of the variance: main effects and interactions",
        _subtitle(result, result.protocol["n_replicates"]),
    )
    return chart


_VARIANCE = "variance of the probabilities (sum over classes)"


def _lines(
    rows: list[Row],
    ranges: dict[str, str],
    result: ExperimentResult,
    title: str,
    y_title: str = _VARIANCE,
    of: str = "errors",
) -> alt.LayerChart:
    layers = _layers(rows, ranges, result, y_title, of=of)
    design = result.protocol if of == "errors" else result.protocol["minibatches"]
    chart: alt.LayerChart = titled(
        alt.layer(*layers).properties(width=460, height=300),
        title,
        _subtitle(result, design["n_replicates"]),
    )
    return chart


def _layers(
    rows: list[Row],
    ranges: dict[str, str],
    result: ExperimentResult,
    y_title: str,
    columns: int = 2,
    of: str = "errors",
) -> list[alt.Chart]:
    dashes = [[5, 4] if name in _PREDICTED else [1, 0] for name in ranges]
    widths = sorted({row["capacity"] for row in rows})
    scale = alt.Scale(type="log", domain=[widths[0], widths[-1]], nice=False)
    layers = line_with_band(
        data(rows),
        alt.X(
            "capacity:Q",
            title="hidden units per layer",
            scale=scale,
            axis=alt.Axis(values=widths, labelOverlap="greedy", labelSeparation=6, grid=False),
        ),
        alt.Y("estimate:Q", title=y_title),
        alt.Color(
            "name:N",
            scale=colors(ranges),
            legend=alt.Legend(symbolType="stroke", columns=columns),
        ),
        tooltip=[
            alt.Tooltip("name:N", title="part"),
            alt.Tooltip("capacity:Q", title="width"),
            *(alt.Tooltip(f"{name}:Q", format=".4f") for name in ("estimate", "low", "high")),
        ],
        strokeDash=alt.StrokeDash(
            "name:N", scale=alt.Scale(domain=list(ranges), range=dashes), legend=None
        ),
    )
    threshold = _threshold(result, of)
    if threshold is not None:
        layers += reference_line(threshold, "training error below 1%", scale=scale)
    return layers


def _threshold(result: ExperimentResult, table: str) -> float | None:
    """The first width at which the mean training error is below 1%, if there is one."""
    rows = [row for row in result.tables[table] if row["curve"] == "train_error"]
    fitted = [row["capacity"] for row in rows if row["estimate"] < 0.01]
    return min(fitted) if fitted else None


def _subtitle(result: ExperimentResult, n_replicates: int) -> list[str]:
    protocol = result.protocol
    return [
        f"MNIST-1D, 40-h-h-10, {protocol['n_train']:,} training examples, "
        f"{protocol['label_noise']['fraction']:.0%} label noise;",
        f"mean of {n_replicates} replicates of the design, 95% interval",
    ]
