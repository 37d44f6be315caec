"""The figures of `double-descent-mnist1d`."""

from __future__ import annotations

from genlab._base.jsons import Row
from genlab._base.words import capital
from genlab.charts import Figure, capacity_chart
from genlab.experiments import ExperimentResult
from genlab.experiments._peak_words import labels_text
from genlab.experiments.double_descent_mnist1d.protocol import equal_width
from genlab.experiments.double_descent_mnist1d.words import numbers_of_seeds
from genlab.measure import peak_test, regimes

_CAPTIONS = {
    ("error", "noisy"): "Training and test error against width with label noise{}.",
    ("error", "clean"): "The same with clean labels.",
    ("loss", "noisy"): "Training and test loss of the networks with label noise.",
    ("loss", "clean"): "Training and test loss of the networks with clean labels.",
}
_COMPARED = ", compared with the published values"
_LEVEL_CAPTION = (
    " Level dashed line: test error of a network of infinite width in theory (NTK), fitted to the "
    "same labels by gradient descent on squared error. Its band: 95% interval over test examples."
)
_Y_TITLES = {
    "error": "error (fraction of examples misclassified)",
    "loss": "loss (cross-entropy, nats)",
}
_TICKS = (2, 5, 10, 20, 50, 100, 200, 400)
_BOOK_TICKS = (2, 5, 10, 20, 40, 77, 100, 200, 400)


def figures(result: ExperimentResult) -> list[Figure]:
    """Error and loss against width, with and without label noise."""
    published = result.tables["published_points"]
    return [
        Figure(
            name=f"{quantity}-{labels}",
            caption=caption.format(_COMPARED if published else "")
            + (_LEVEL_CAPTION if quantity == "error" and _level(labels, result) else ""),
            chart=capacity_chart(
                [row for row in result.tables["bands"] if row["labels"] == labels],
                quantity,
                title=f"{_labels(labels, result)}: training and test {quantity} against hidden "
                "width",
                subtitle=_subtitle(result),
                x_title="hidden units per layer",
                y_title=_Y_TITLES[quantity],
                ticks=_BOOK_TICKS if published else _TICKS,
                published=[row for row in published if row["labels"] == labels],
                mark=_mark(labels, result),
                shaded=_shaded(result) if labels == "noisy" else (),
                level=_level(labels, result) if quantity == "error" else None,
            ),
        )
        for (quantity, labels), caption in _CAPTIONS.items()
    ]


def _mark(labels: str, result: ExperimentResult) -> tuple[float, str] | None:
    """The width with as many parameters as examples, where the figure reaches it."""
    rows = result.tables["bands"] + result.tables["published_points"]
    widths = [row["capacity"] for row in rows if row["labels"] == labels]
    width = equal_width(result.protocol["n_train"])
    return (float(width), "parameters = examples") if width <= max(widths) else None


def _level(labels: str, result: ExperimentResult) -> Row | None:
    """Test error of a network of infinite width, where the protocol asks for it."""
    rows = result.tables["infinite_width"]
    found = [row for row in rows if (row["labels"], row["kernel"]) == (labels, "ntk")]
    if not found:
        return None
    shown = {end: found[0][end] for end in ("estimate", "low", "high")}
    return {**shown, "name": "infinite width (NTK)"}


def _labels(labels: str, result: ExperimentResult) -> str:
    return capital(labels_text(labels, result.protocol["label_noise"]["fraction"]))


def _subtitle(result: ExperimentResult) -> list[str]:
    counts = sorted({row["n_fits"] for row in result.tables["bands"]} - {0})
    seeds = numbers_of_seeds(counts)
    protocol = result.protocol
    return [
        f"MNIST-1D, 40-h-h-10, {protocol['n_train']:,} examples, Adam, "
        f"{protocol['recipe']['steps']:,} full batches;",
        "one seed, so no interval" if counts == [1] else f"mean of {seeds} seeds, 95% interval",
    ]


def _shaded(result: ExperimentResult) -> list[Row]:
    """The regimes, from the landmarks of the noisy curve; none where no peak is found."""
    values: dict[int, list[float]] = {}
    for row in result.tables["networks"]:
        if row["labels"] == "noisy":
            values.setdefault(row["capacity"], []).append(row["test_error"])
    if not peak_test([values[width] for width in sorted(values)]).found:
        return []
    landmarks = {
        row["landmark"]: row for row in result.tables["landmarks"] if row["labels"] == "noisy"
    }
    test = [
        row
        for row in result.tables["bands"]
        if row["labels"] == "noisy" and row["curve"] == "test_error"
    ]
    first = landmarks["first_minimum"]["capacity"]
    return regimes(first, landmarks["peak"], landmarks["second_minimum"], test)
