"""The figures of `why-double-descent`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import AnyChart, Figure, capacity_chart, parts_chart, titled
from genlab.experiments import ExperimentResult
from genlab.experiments._labels import LABELS
from genlab.experiments._peak_words import labels_text, threshold_ends

# Loss -> the title of its axis, whether it is shown in percent, and whether the axis is log.
_ROWS = {
    "brier": ("Brier score", False, False),
    "kohavi_wolpert": ("0–1 loss", True, False),
    "cross_entropy": ("cross-entropy (nats)", False, True),
}


def figures(result: ExperimentResult) -> list[Figure]:
    """The parts of three losses; training and test error."""
    n = result.protocol["n_datasets"]
    return [
        Figure(
            name="parts",
            caption="Bias and variance against width. They add up to the mean loss. Grey: the "
            "interpolation threshold, the widths between which training error falls below 1%. "
            "Bias stands for bias² and the noise of the classes.",
            chart=titled(
                alt.vconcat(*(_row(result, loss) for loss in _ROWS), spacing=20),
                "Bias and variance of the test loss against hidden width",
                [
                    f"{_protocol(result)};",
                    f"{n} fresh training sets at each width; bands: 95% intervals over training "
                    "sets",
                ],
            ),
            wide=True,
        ),
        *(_error(result, labels) for labels in LABELS),
    ]


def parts_rows(result: ExperimentResult, loss: str, labels: str) -> list[Row]:
    """The rows of one panel."""
    return [row for row in result.tables["parts"] if (row["loss"], row["labels"]) == (loss, labels)]


def _row(result: ExperimentResult, loss: str) -> alt.HConcatChart:
    """One loss with noisy and with clean labels, on one axis."""
    name, percent, log = _ROWS[loss]
    panels: list[AnyChart] = []
    for labels in LABELS:
        chart = parts_chart(
            parts_rows(result, loss, labels),
            x_title="hidden units per layer",
            y_title=name if not panels else None,
            ticks=result.protocol["widths"],
            threshold=threshold_ends(result.tables["thresholds"], labels),
            percent=percent,
            log=log,
            width=300,
            height=210,
        )
        heading = alt.TitleParams(
            f"{name}, {_labels(labels, result)}", fontSize=13, anchor="middle", offset=4
        )
        panels.append(chart.properties(title=heading))
    return alt.hconcat(*panels, spacing=30).resolve_scale(y="shared")


def _labels(labels: str, result: ExperimentResult) -> str:
    return labels_text(labels, result.protocol["label_noise"]["fraction"])


def _protocol(result: ExperimentResult) -> str:
    protocol = result.protocol
    return (
        f"MNIST-1D, 40-h-h-10, {protocol['n_train']:,} training examples, Adam, "
        f"{protocol['recipe']['steps']:,} full batches"
    )


def _error(result: ExperimentResult, labels: str) -> Figure:
    n = result.protocol["n_datasets"]
    ends = threshold_ends(result.tables["thresholds"], labels)
    return Figure(
        name=f"error-{labels}",
        caption=f"Training and test error against width, {_labels(labels, result)}. "
        "Training error counts noisy labels as correct."
        if labels == "noisy"
        else f"Training and test error against width, {_labels(labels, result)}.",
        chart=capacity_chart(
            [row for row in result.tables["bands"] if row["labels"] == labels],
            "error",
            title=f"Training and test error against hidden width, {_labels(labels, result)}",
            subtitle=[f"{_protocol(result)};", f"mean of {n} training sets, 95% interval"],
            x_title="hidden units per layer",
            y_title="error (fraction of examples misclassified)",
            ticks=result.protocol["widths"],
            mark=None if ends is None else (ends[1], "training error below 1%"),
        ),
    )
