"""The figures of `double-descent-cifar100`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import Figure, capacity_chart
from genlab.experiments import ExperimentResult
from genlab.experiments._peak_words import labels_text
from genlab.experiments.double_descent_cifar100.words import DATASET_NAMES, rises_and_falls
from genlab.measure import regimes

_CAPTIONS = {
    "noisy": "Training and test error against width with label noise, compared with the published "
    "values.",
    "clean": "With clean labels, compared with the published value at the largest width.",
}
_TICKS = (1, 2, 4, 8, 16, 32, 64)


def figures(result: ExperimentResult) -> list[Figure]:
    """Error against width with noisy and clean labels; none where no network was trained."""
    if not result.tables["bands"]:
        return []
    return [
        Figure(name=f"error-{labels}", caption=caption, chart=_chart(result, labels))
        for labels, caption in _CAPTIONS.items()
    ]


def _chart(result: ExperimentResult, labels: str) -> alt.LayerChart:
    def of_labels(table: str) -> list[Row]:
        return [row for row in result.tables[table] if row["labels"] == labels]

    marks = {row["landmark"]: row for row in of_labels("landmarks")}
    threshold = marks["threshold"]["capacity"] if marks else None  # None: all diverged
    bands = of_labels("bands")
    name = labels_text(labels, result.protocol["label_noise"]["fraction"])
    return capacity_chart(
        bands,
        "error",
        title=f"{name[0].upper()}{name[1:]}: training and test error against width",
        subtitle=_subtitle(result),
        x_title="width k (channels of the first stage)",
        y_title="error (fraction of images misclassified)",
        ticks=_TICKS,
        published=of_labels("published_points"),
        mark=None if threshold is None else (threshold, "training error below 1%"),
        shaded=_shaded(marks, [row for row in bands if row["curve"] == "test_error"]),
    )


def _subtitle(result: ExperimentResult) -> list[str]:
    published = "diamonds: published, CIFAR-100, 50,000 images, 4,000 epochs"
    row = result.tables["protocol"][0]
    return [
        f"ResNet-18 of width k, {DATASET_NAMES[row['dataset']]}, {row['n_train']:,} images, "
        f"{row['epochs']:,.0f} epochs, one network per width;",
        f"band: 95% interval over {row['n_test']:,} test images;",
        published,
    ]


def _shaded(marks: dict[str, Row], test: list[Row]) -> list[Row]:
    """The regimes; none where rise and fall are not above those of the sample of images."""
    if not marks or not rises_and_falls(marks):
        return []
    first = marks["first_minimum"]["capacity"]
    return regimes(first, marks["peak"], marks["second_minimum"], test)
