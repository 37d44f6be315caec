"""`double-descent-mnist1d`: test error against hidden width, past as many weights as examples.

Figure 8.10 of S. Prince, "Understanding Deep Learning": a network of two hidden layers of
equal width on 10,000 examples of MNIST-1D, with clean labels and with 15% label noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from genlab._base.jsons import Row
from genlab.datasets import DataSpec, MNIST1DSettings, make_mnist1d
from genlab.experiments._experiment import Context, Findings, PublishedRun
from genlab.experiments._peak_words import labels_text
from genlab.experiments.double_descent_mnist1d.infinite import (
    infinite_width_cell,
    infinite_width_rows,
)
from genlab.experiments.double_descent_mnist1d.protocol import (
    BOOK,
    FIGURE,
    FITTED_REASON,
    FITTED_TOLERANCE,
    PROTOCOLS,
    PUBLISHED_TEST,
    PUBLISHED_TRAIN,
    REASON,
    TOLERANCE,
    Protocol,
)
from genlab.experiments.double_descent_mnist1d.tables import TABLES
from genlab.experiments.double_descent_mnist1d.words import answer, finding, notes
from genlab.measure import Comparison, compare, percent_interval
from genlab.models import MLP
from genlab.studies import CapacityCurve, capacity_runs
from genlab.sweep import Cell, TrainingCell

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "published_runs", "run"]


def run(context: Context, protocol: Protocol) -> Findings:
    """Train every width with clean and with noisy labels, and find the peak."""
    n = protocol.n_train + protocol.n_test
    data = make_mnist1d(n, protocol.n_train / n)
    runs = {
        labels: capacity_runs(
            _network,
            n_seeds,
            data,
            protocol.recipe,
            partial(_seeds, context, n_seeds),
            label_noise=noise,
        )
        for labels, noise in (("clean", 0.0), ("noisy", protocol.label_noise))
        for n_seeds in [protocol.seeds_of(labels)]
    }
    cells = [network.cell for networks in runs.values() for network in networks]
    also: list[Cell[Any]] = []
    if protocol.infinite_width:
        seeds = context.seeds(max(protocol.seeds_of("noisy").values()))
        also.append(infinite_width_cell(data, seeds, protocol))
    results = iter(context.run_cells([*cells, *also]))
    curves = {
        labels: CapacityCurve(
            tuple(networks),
            tuple(next(results) for _ in networks),
            data.n_train,
            data.n_test,
            data.n_classes,
        )
        for labels, networks in runs.items()
    }
    tables = {
        "landmarks": [row for labels in curves for row in _landmarks(labels, curves[labels])],
        "bands": [
            {"labels": labels, **row} for labels, curve in curves.items() for row in curve.bands()
        ],
        "networks": [
            {"labels": labels, **row} for labels, curve in curves.items() for row in curve.rows()
        ],
        "infinite_width": [
            row for predicted in results for row in infinite_width_rows(data, curves, predicted)
        ],
        "published_points": _published_points() if protocol.trains_as(PROTOCOLS["paper"]) else [],
    }
    return Findings(
        tables,
        _published(curves, protocol),
        answer(curves, tables["infinite_width"], protocol),
        cells,
        notes(curves, tables["infinite_width"], protocol),
        finding=finding(curves["noisy"], protocol),
    )


def _network(width: int) -> MLP:
    return MLP(hidden=(width, width), init="fan_in")


def published_runs() -> list[PublishedRun]:
    """The book's network of each width at the end of its training."""
    published = PROTOCOLS["paper"]
    n, recipe = published.n_train + published.n_test, published.recipe
    data = DataSpec("mnist1d", MNIST1DSettings().arguments(n, published.n_train / n, "exact"))
    return [
        PublishedRun(
            TrainingCell(data, _network(width), recipe, 0, noise),
            [
                (curve, recipe.steps, book[labels][width] / 100)
                for curve, book in (
                    ("test_error", PUBLISHED_TEST),
                    ("train_error", PUBLISHED_TRAIN),
                )
                if labels in book
            ],
            FIGURE,
        )
        for labels, noise in (("clean", None), ("noisy", published.label_noise))
        for width in PUBLISHED_TEST[labels]
    ]


def _seeds(context: Context, n_seeds: Mapping[int, int], width: int) -> list[int]:
    return context.seeds(n_seeds[width])


def _landmarks(labels: str, curve: CapacityCurve) -> list[Row]:
    """Threshold, extremes and their differences."""
    threshold, extremes = curve.threshold.capacity, curve.extremes
    places = [
        ("threshold", float(threshold.mean), threshold),
        ("first_minimum", extremes.first_minimum.capacity, extremes.first_minimum.value),
        ("peak", extremes.peak.capacity, extremes.peak.value),
        ("second_minimum", extremes.second_minimum.capacity, extremes.second_minimum.value),
        ("rise", extremes.peak.capacity, extremes.rise),
        ("fall", extremes.peak.capacity, extremes.fall),
    ]
    return [
        {
            "labels": labels,
            "landmark": landmark,
            "capacity": capacity,
            **interval.row(),
            "n_seeds": int(interval.n),
        }
        for landmark, capacity, interval in places
    ]


def _published(curves: Mapping[str, CapacityCurve], protocol: Protocol) -> list[Comparison]:
    rows = []
    for part, name, book in (
        ("test", "test error", PUBLISHED_TEST),
        ("train", "training error", PUBLISHED_TRAIN),
    ):
        n = protocol.n_test if part == "test" else protocol.n_train
        for labels, published in book.items():
            curve, of = curves[labels], labels_text(labels, protocol.label_noise.fraction)
            errors = dict(zip(curve.capacities, curve.values(f"{part}_error"), strict=True))
            rows += [
                compare(
                    f"{name} (%), {of}, hidden width {width}",
                    value,
                    percent_interval(100 * errors[width], n),
                    TOLERANCE if value > 1 else FITTED_TOLERANCE,
                    BOOK,
                    reason=REASON if value > 1 else FITTED_REASON,
                    comparable=protocol.trains_as(PROTOCOLS["paper"]),
                )
                for width, value in published.items()
                if width in errors
            ]
    return rows


def _published_points() -> list[Row]:
    """The book's values as points of the figures: errors as fractions."""
    return [
        {
            "labels": labels,
            "curve": f"{part}_error",
            "capacity": width,
            "value": value / 100,
            "source": BOOK,
        }
        for part, book in (("test", PUBLISHED_TEST), ("train", PUBLISHED_TRAIN))
        for labels, published in book.items()
        for width, value in published.items()
    ]
