"""From the networks of `double-descent-cifar100` to its tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import Dataset
from genlab.experiments._experiment import Context, Findings, Missing
from genlab.experiments._peak_words import labels_text
from genlab.experiments.double_descent_cifar100.protocol import (
    PAPER,
    PROTOCOLS,
    PUBLISHED_ERRORS,
    PUBLISHED_PEAK,
    PUBLISHED_THRESHOLD,
    REASON,
    WIDTH_TOLERANCE,
    Protocol,
)
from genlab.experiments.double_descent_cifar100.tables import TABLES
from genlab.experiments.double_descent_cifar100.words import (
    answer,
    finding,
    notes,
    trial_answer,
    trial_finding,
    untrained_answer,
    untrained_finding,
)
from genlab.measure import (
    Comparison,
    DoubleDescent,
    Interval,
    compare,
    double_descent,
    proportion_difference_interval,
    wilson_interval,
)
from genlab.models import ResNet
from genlab.studies import CapacityCurve, CapacityRun, capacity_runs
from genlab.sweep import CellResult, TrainingCell

_NONE = Interval(*(np.asarray(math.nan),) * 3, np.asarray(0))


def runs_of(
    context: Context, protocol: Protocol, data: Dataset
) -> dict[str, list[CapacityRun[TrainingCell]]]:
    """The networks by labels, not yet trained."""
    return {
        labels: capacity_runs(
            ResNet, protocol.widths, data, protocol.recipe, context.seeds(1), label_noise=noise
        )
        for labels, noise in (("noisy", protocol.label_noise), ("clean", 0.0))
    }


def trained(
    context: Context,
    protocol: Protocol,
    data: Dataset,
    runs: Mapping[str, Sequence[CapacityRun[TrainingCell]]],
    missing: list[Missing],
) -> Findings:
    """Train the networks, and find the peak of each curve."""
    cells = [network.cell for networks in runs.values() for network in networks]
    curves = _curves(runs, context.run_cells(cells), data)
    landmarks = [row for name in curves for row in _landmarks(name, curves[name], data)]
    bands = [row for name in curves for row in _bands(name, curves[name], data)]
    tables = {
        "landmarks": landmarks,
        "protocol": [_protocol_row(protocol, data)],
        "bands": bands,
        "networks": [{"labels": name, **row} for name in curves for row in curves[name].rows()],
        "published_points": _published_points(),
        "layers": ResNet(max(protocol.widths)).layer_table(data.input_shape, data.n_classes),
    }
    comparable = protocol == PROTOCOLS["paper"] and data.name == "cifar100"
    return Findings(
        tables,
        _published(landmarks, bands, protocol) if comparable else [],
        trial_answer(bands, data, protocol)
        if protocol.trial
        else answer(landmarks, {name: curves[name].threshold for name in curves}, data, protocol),
        cells,
        notes(
            context, protocol, data, cells, len(cells) - sum(len(c.runs) for c in curves.values())
        ),
        missing,
        trial_finding(bands) if protocol.trial else finding(landmarks, data, protocol),
    )


def untrained(missing: list[Missing], notes: list[str]) -> Findings:
    """The published values alone, and what is missing."""
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    return Findings(
        tables | {"published_points": _published_points()},
        [],
        untrained_answer([entry.name for entry in missing]),
        notes=notes,
        missing=missing,
        finding=untrained_finding([entry.name for entry in missing]),
    )


def _curves(
    runs: Mapping[str, Sequence[CapacityRun[TrainingCell]]],
    results: Sequence[CellResult],
    data: Dataset,
) -> dict[str, CapacityCurve]:
    """The networks by their labels; those that diverged are left out."""
    ends = iter(results)
    curves = {}
    for name, networks in runs.items():
        of_all = [(network, next(ends)) for network in networks]
        pairs = [pair for pair in of_all if pair[1].diverged_at < 0]
        if pairs:
            kept, of_kept = zip(*pairs, strict=True)
            curves[name] = CapacityCurve(kept, of_kept, data.n_train, data.n_test, data.n_classes)
    return curves


def _wilson(error: float, n: int) -> Interval:
    """An error on n test images, with Wilson's interval over samples of them."""
    return wilson_interval(round(error * n), n)


def _difference(first: float, second: float, n: int, n_widths: int) -> Interval:
    """The difference of two errors that were chosen among those of all widths.

    The interval has 95% coverage for all pairs of widths at once (Bonferroni). It is for
    errors on independent images; these are on the same ones, where the difference varies
    less, so it is rather too wide.
    """
    confidence = 1 - 0.05 / max(1, math.comb(n_widths, 2))
    return proportion_difference_interval(round(first * n), n, round(second * n), n, confidence)


def _extremes(curve: CapacityCurve) -> DoubleDescent:
    """Minimum, peak, minimum of the test error: the peak is the end of its largest rise.

    The threshold of training error does not serve to part them: published, the peak
    comes before it.
    """
    errors = curve.values("test_error")
    means = np.array([values.mean() for values in errors])
    top = int((means - np.minimum.accumulate(means)).argmax())
    return double_descent(curve.capacities, errors, curve.capacities[top])


def _bands(labels: str, curve: CapacityCurve, data: Dataset) -> list[Row]:
    """Every curve against width; only test error has an interval."""
    return [
        {"labels": labels, **row}
        | (_wilson(row["estimate"], data.n_test).row() if row["curve"] == "test_error" else {})
        for row in curve.bands()
    ]


def _landmarks(labels: str, curve: CapacityCurve, data: Dataset) -> list[Row]:
    """Threshold, extremes and their differences."""
    extremes, n = _extremes(curve), data.n_test
    first, peak, second = (
        float(extremum.value.mean)
        for extremum in (extremes.first_minimum, extremes.peak, extremes.second_minimum)
    )
    n_widths = len(curve.capacities)
    at_peak = extremes.peak.capacity
    places = [
        ("threshold", float(curve.threshold.capacity.mean), _NONE),
        ("first_minimum", extremes.first_minimum.capacity, _wilson(first, n)),
        ("peak", at_peak, _wilson(peak, n)),
        ("second_minimum", extremes.second_minimum.capacity, _wilson(second, n)),
        ("rise", at_peak, _difference(peak, first, n, n_widths)),
        ("fall", at_peak, _difference(peak, second, n, n_widths)),
    ]
    return [
        {"labels": labels, "landmark": landmark, "capacity": capacity, **interval.row()}
        for landmark, capacity, interval in places
    ]


def _protocol_row(protocol: Protocol, data: Dataset) -> Row:
    recipe = protocol.recipe
    return {
        "dataset": data.name,
        "n_train": data.n_train,
        "n_test": data.n_test,
        "widths": len(protocol.widths),
        "optimizer": recipe.optimizer,
        "learning_rate": recipe.learning_rate,
        "batch_size": recipe.batch_size,
        "steps": recipe.steps,
        "epochs": recipe.epochs(data.n_train),
        "augment": recipe.augment or "none",
    }


def _published_points() -> list[Row]:
    """The paper's values as points of the figures: errors as fractions."""
    return [
        {"labels": labels, "curve": curve, "capacity": k, "value": value, "source": PAPER}
        for labels, curve, k, value, _ in PUBLISHED_ERRORS
    ]


def _published(
    landmarks: Sequence[Row], bands: Sequence[Row], protocol: Protocol
) -> list[Comparison]:
    """The published values compared with ours, errors in percent."""
    marks = {(row["labels"], row["landmark"]): row for row in landmarks}
    errors = {(row["labels"], row["curve"], row["capacity"]): row for row in bands}
    rows = []
    for labels in dict.fromkeys(row["labels"] for row in landmarks):
        name = labels_text(labels, protocol.label_noise.fraction)
        for of, curve, k, value, tolerance in PUBLISHED_ERRORS:
            if of != labels or curve != "test_error":
                continue
            at_peak = k != 64
            row = marks[labels, "peak"] if at_peak else errors.get((labels, curve, k))
            if row is not None:
                where = "at its peak" if at_peak else f"at k = {k}"
                rows.append(
                    _compare(
                        f"test error {where} (%), {name}",
                        100 * value,
                        [100 * row[end] for end in ("estimate", "low", "high")],
                        100 * tolerance,
                    )
                )
        if labels == "noisy":
            rows += [
                _compare(
                    f"{quantity}, {name}",
                    value,
                    [marks[labels, landmark]["capacity"], math.nan, math.nan],
                    WIDTH_TOLERANCE,
                )
                for quantity, value, landmark in (
                    ("width k of the peak", PUBLISHED_PEAK, "peak"),
                    (
                        "width k from which training error is below 1%",
                        PUBLISHED_THRESHOLD,
                        "threshold",
                    ),
                )
            ]
    return rows


def _compare(name: str, published: float, measured: list[float], tolerance: float) -> Comparison:
    mean, low, high = (np.asarray(number) for number in measured)
    interval = Interval(mean, low, high, np.asarray(1))
    return compare(name, published, interval, tolerance, PAPER, reason=REASON)
