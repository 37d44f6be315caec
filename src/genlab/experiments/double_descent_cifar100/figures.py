"""The figures of `double-descent-cifar100`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import Figure, capacity_chart
from genlab.experiments import ExperimentResult
from genlab.measure import regimes

_NAMES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}
_TITLES = {"noisy": "20% of the training labels wrong", "clean": "Right labels"}
_TICKS = (1, 2, 4, 8, 16, 32, 64)


def figures(result: ExperimentResult) -> list[Figure]:
    """Error against width with wrong and with right labels; untrained, the published alone."""
    captions = {
        "noisy": "Test and training error against width, some labels wrong, beside the "
        "published values.",
        "clean": "With right labels, beside the published value at the largest width.",
    }
    if "bands" not in result.tables:
        captions = {"noisy": "The published values alone; no network was trained."}
    return [
        Figure(name=f"error-{labels}", caption=caption, chart=_chart(result, labels))
        for labels, caption in captions.items()
    ]


def _chart(result: ExperimentResult, labels: str) -> alt.LayerChart:
    def of_labels(table: str) -> list[Row]:
        return [row for row in result.tables.get(table, []) if row["labels"] == labels]

    marks = {row["landmark"]: row for row in of_labels("landmarks")}
    threshold = marks.get("train error falls below 1%", {}).get("capacity")
    bands = of_labels("bands")
    return capacity_chart(
        bands,
        "error",
        title=f"{_TITLES[labels]}: error against width",
        subtitle=_subtitle(result),
        x_title="width k (channels of the first stage)",
        y_title="error (share of images misclassified)",
        ticks=_TICKS,
        published=of_labels("published_points"),
        mark=None if threshold is None else (threshold, "train error below 1%"),
        shaded=_shaded(marks, [row for row in bands if row["curve"] == "test_error"]),
    )


def _subtitle(result: ExperimentResult) -> list[str]:
    published = "diamonds: published, CIFAR-100, 50,000 images, 4,000 epochs"
    if "protocol" not in result.tables:
        return [published]
    row = result.tables["protocol"][0]
    return [
        f"ResNet-18 of width k, {_NAMES[row['dataset']]}, {row['n_train']:,} images, "
        f"{row['epochs']:,.0f} epochs, one network a width;",
        f"band: 95% interval over {row['n_test']:,} test images;",
        published,
    ]


def _shaded(marks: dict[str, Row], test: list[Row]) -> list[Row]:
    """The regimes; none where the peak is not above the first minimum beyond chance."""
    if not marks or not marks["peak above the first minimum"]["low"] > 0:
        return []
    first = marks["first minimum"]["capacity"]
    return regimes(first, marks["peak"], marks["second minimum"], test)
