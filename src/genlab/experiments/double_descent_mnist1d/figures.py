"""The figures of `double-descent-mnist1d`."""

from __future__ import annotations

from genlab._base.jsons import Row
from genlab.charts import Figure, capacity_chart
from genlab.experiments import ExperimentResult
from genlab.measure import regimes

_TITLES = {"noisy": "15% of the labels redrawn", "clean": "Right labels"}
_CAPTIONS = {
    ("error", "noisy"): "Test error falls, rises towards the width at which every label is "
    "fitted, and falls again.",
    ("error", "clean"): "With right labels the peak is gone, and wider is better.",
    ("loss", "noisy"): "Test loss peaks at the same widths: there the fit is forced.",
    ("loss", "clean"): "Test loss with right labels.",
}
_Y_TITLES = {
    "error": "error (share of examples misclassified)",
    "loss": "loss (cross-entropy, nats)",
}
_TICKS = (2, 5, 10, 20, 40, 77, 100, 200, 400)


def figures(result: ExperimentResult) -> list[Figure]:
    """Error and loss against width, with and without label noise."""
    return [
        Figure(
            name=f"{quantity}-{labels}",
            caption=caption,
            chart=capacity_chart(
                [row for row in result.tables["bands"] if row["labels"] == labels],
                quantity,
                title=f"{_TITLES[labels]}: {quantity} against width",
                subtitle=_subtitle(result),
                x_title="hidden units a layer",
                y_title=_Y_TITLES[quantity],
                ticks=_TICKS,
                published=[
                    row for row in result.tables["published_points"] if row["labels"] == labels
                ],
                mark=(77.0, "parameters = examples"),
                shaded=_shaded(result) if labels == "noisy" else (),
            ),
        )
        for (quantity, labels), caption in _CAPTIONS.items()
    ]


def _subtitle(result: ExperimentResult) -> list[str]:
    counts = sorted({row["n_seeds"] for row in result.tables["bands"]})
    seeds = " or ".join(str(n) for n in counts)
    return [
        "MNIST-1D, 40-h-h-10, 10,000 examples, Adam, 4,000 full batches;",
        "one seed, so no interval" if counts == [1] else f"mean of {seeds} seeds, 95% interval",
    ]


def _shaded(result: ExperimentResult) -> list[Row]:
    """The regimes, from the marks of the noisy curve."""
    marks = {
        row["landmark"]: {"capacity": row["capacity"], "mean": row["estimate"]}
        for row in result.tables["landmarks"]
        if row["labels"] == "noisy"
    }
    test = [
        row
        for row in result.tables["bands"]
        if row["labels"] == "noisy" and row["curve"] == "test_error"
    ]
    first = marks["first minimum"]["capacity"]
    return regimes(first, marks["peak"], marks["second minimum"], test)
