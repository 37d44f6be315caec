"""`double-descent-cifar100`: test error of a residual network against its width.

Figure 4 of Nakkiran et al., "Deep Double Descent" (ICLR 2020): ResNet-18 of width k on
CIFAR-100, with right labels and with 20% of them exchanged for wrong ones. The published
protocol takes hundreds of hours on one GPU; smaller scales change what is said in a note.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import Dataset, LabelNoise, fetch_cifar10, fetch_cifar100
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.double_descent_cifar100.accelerator import days_on_a_cpu
from genlab.measure import (
    Comparison,
    DoubleDescent,
    Interval,
    compare_interval,
    double_descent,
    wilson_interval,
)
from genlab.models import ResNet
from genlab.studies import CapacityCurve, CapacityRun, capacity_runs
from genlab.sweep import CellResult, TrainingCell, device_of_workers
from genlab.training import Recipe

_PAPER = "Nakkiran et al., Deep Double Descent, ICLR 2020, fig. 4"
_NOISE = {"noisy": LabelNoise(0.2, "other"), "clean": None}
_LABELS = {"noisy": "20% of the training labels wrong", "clean": "right labels"}
_NAMES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}


class _Scale(NamedTuple):
    """What is trained: widths, how many of the images, and how."""

    widths: tuple[int, ...]
    n_train: int | None
    n_test: int | None
    recipe: Recipe


def _epochs(n: int, n_train: int, batch_size: int) -> int:
    return -(-n * n_train // batch_size)


_SCALES = {
    "quick": _Scale(
        widths=(1, 2),
        n_train=256,
        n_test=256,
        recipe=Recipe.adam(0.001, batch_size=64, steps=40, evaluate_every=20, augment="crop_flip"),
    ),
    "default": _Scale(
        widths=(1, 2, 3, 4, 6, 8, 12, 16, 24),
        n_train=10_000,
        n_test=None,
        recipe=Recipe.adam(
            0.001,
            batch_size=128,
            steps=_epochs(200, 10_000, 128),
            evaluate_every=_epochs(10, 10_000, 128),
        ),
    ),
    "paper": _Scale(
        widths=tuple(range(1, 65)),
        n_train=None,
        n_test=None,
        recipe=Recipe.adam(
            0.0001,
            batch_size=128,
            steps=_epochs(4000, 50_000, 128),
            evaluate_every=_epochs(40, 50_000, 128),
            augment="crop_flip",
        ),
    ),
}

# label, curve, k, value, difference that counts as agreement: read from the paper's figure,
# where the peak lies near k = 10 to 12, and train error reaches 0 near k = 15 to 18.
_AT_WIDTHS = (
    ("noisy", "test_error", 11, 0.62, 0.03),
    ("noisy", "test_error", 64, 0.46, 0.03),
    ("noisy", "train_error", 16.5, 0.0, 0.01),
    ("clean", "test_error", 64, 0.30, 0.03),
)
_PEAK_AT, _FITTED_FROM, _WIDTHS_OFF = 11.0, 16.5, 3.0

_PROTOCOLS = {
    "quick": "This is a smoke run, to see that everything works: widths 1 and 2, 256 images and "
    "40 steps say nothing about double descent.",
    "default": "Scaled down from the published protocol: the first 10,000 training images, 200 "
    "epochs in place of 4,000, a learning rate of 0.001 in place of 0.0001, and no augmentation, "
    "so that wide networks fit their labels in that time. The published values are drawn for "
    "their shape; threshold and peak are expected at smaller widths.",
    "paper": "The published protocol. Pixels are numbers from 0 to 1, not standardised further.",
}


def run(context: Context) -> Findings:
    """Train every width with and without label noise, and find the peak."""
    scale = _SCALES[context.scale]
    device = "" if context.scale == "quick" else device_of_workers().platform
    data, missing = _images(context, scale, download=device not in ("", "cpu"))
    if data is None:
        note = (
            "Either archive serves. They hold 170 MB each and are downloaded where a GPU is at "
            "hand, at the scales default and paper."
        )
        return _untrained(missing, [note])
    runs = {
        name: capacity_runs(
            ResNet, scale.widths, data, scale.recipe, context.seeds(1), label_noise=noise or 0.0
        )
        for name, noise in _NOISE.items()
    }
    cells = [one.cell for found in runs.values() for one in found]
    if device == "cpu" and (days := days_on_a_cpu(context, cells)):
        return _untrained(days, [])
    curves = _curves(runs, context.run_cells(cells), data)
    is_published = context.scale == "paper" and data.name == "cifar100"
    tables = {
        "landmarks": [row for name in curves for row in _landmarks(name, curves[name], data)],
        "protocol": [_protocol_row(scale, data)],
        "bands": [row for name in curves for row in _bands(name, curves[name], data)],
        "networks": [{"labels": name, **row} for name in curves for row in curves[name].rows()],
        "published_points": _published_points(),
        "layers": ResNet(max(scale.widths)).layer_table(data.input_shape, data.n_classes),
    }
    said = _smoke if context.scale == "quick" else _answer
    return Findings(
        tables,
        _published(curves, data) if is_published else [],
        said(curves, data) + missing,
        cells,
        _notes(context, curves, cells, data),
    )


def _untrained(why: str, notes: list[str]) -> Findings:
    """The published values alone, and why."""
    tables = {"published_points": _published_points()}
    return Findings(tables, [], f"No network was trained.{why}", notes=notes)


def _images(context: Context, scale: _Scale, *, download: bool) -> tuple[Dataset | None, str]:
    """CIFAR-100, or CIFAR-10 where that alone is at hand, and a sentence on what is missing."""
    said = ""
    for fetch in (fetch_cifar100, fetch_cifar10):
        data, missing = _at_hand(context, scale, fetch, download=False)
        if data is not None:
            return data, said
        said += missing
    if download:
        return _at_hand(context, scale, fetch_cifar100, download=True)
    return None, said


def _at_hand(
    context: Context, scale: _Scale, fetch: Callable[..., Dataset], *, download: bool
) -> tuple[Dataset | None, str]:
    def images() -> Dataset:
        return fetch(n_train=scale.n_train, n_test=scale.n_test, download=download)

    images.__name__ = fetch.__name__
    return context.at_hand(images)


def _curves(
    runs: dict[str, list[CapacityRun]], results: list[CellResult], data: Dataset
) -> dict[str, CapacityCurve]:
    """The networks by their labels; those that diverged are left out."""
    ends = iter(results)
    curves = {}
    for name, found in runs.items():
        of_all = [(one, next(ends)) for one in found]
        pairs = [pair for pair in of_all if pair[1].diverged_at < 0]
        if pairs:
            kept, of_kept = zip(*pairs, strict=True)
            curves[name] = CapacityCurve(kept, of_kept, data.n_train, data.n_classes)
    return curves


def _wilson(error: float, n: int, confidence: float = 0.95) -> Interval:
    """An error on n test images, with Wilson's interval over draws of them."""
    return wilson_interval(round(error * n), n, confidence)


def _difference(first: float, second: float, n: int, n_widths: int) -> Interval:
    """The difference of two errors that were picked among those of all widths.

    With Newcombe's interval (1998, method 10), 95% for every pair of widths at once
    (Bonferroni). It is for errors on independent images; these are on the same ones,
    where the difference varies less, so it is rather too wide.
    """
    confidence = 1 - 0.05 / max(1, math.comb(n_widths, 2))
    a, b = _wilson(first, n, confidence), _wilson(second, n, confidence)
    down = np.hypot(a.mean - a.low, b.high - b.mean)
    up = np.hypot(a.high - a.mean, b.mean - b.low)
    difference = a.mean - b.mean
    return Interval(difference, difference - down, difference + up, a.n)


def _extremes(curve: CapacityCurve) -> DoubleDescent:
    """Minimum, peak, minimum of the test error: the peak is the end of its largest rise.

    The threshold of training error does not serve to part them: published, the peak
    comes before it.
    """
    errors = curve.values("test_error")
    means = np.array([values.mean() for values in errors])
    top = int((means - np.minimum.accumulate(means)).argmax())
    return double_descent(curve.capacities, errors, curve.capacities[top])


def _numbers(interval: Interval) -> Row:
    return {name: float(getattr(interval, name)) for name in ("mean", "low", "high")}


def _bands(name: str, curve: CapacityCurve, data: Dataset) -> list[Row]:
    """Every curve against width; only test error has an interval."""
    return [
        {"labels": name, **row}
        | (_numbers(_wilson(row["mean"], data.n_test)) if row["curve"] == "test_error" else {})
        for row in curve.bands()
    ]


def _landmarks(name: str, curve: CapacityCurve, data: Dataset) -> list[Row]:
    """Threshold, extremes and their differences; errors are fractions."""
    threshold, found = float(curve.threshold.capacity.mean), _extremes(curve)
    first, peak, second = found.first_minimum, found.peak, found.second_minimum
    nothing = {"mean": math.nan, "low": math.nan, "high": math.nan}
    rows = [{"landmark": "train error falls below 1%", "capacity": threshold, **nothing}]
    for label, extremum in (
        ("first minimum", first),
        ("peak", peak),
        ("second minimum", second),
    ):
        value = _wilson(float(extremum.value.mean), data.n_test)
        rows.append({"landmark": label, "capacity": extremum.capacity, **_numbers(value)})
    for label, other in (("first", first), ("second", second)):
        ends = (float(peak.value.mean), float(other.value.mean))
        rows.append(
            {
                "landmark": f"peak above the {label} minimum",
                "capacity": peak.capacity,
                **_numbers(_difference(*ends, data.n_test, len(curve.capacities))),
            }
        )
    return [{"labels": name, **row} for row in rows]


def _protocol_row(scale: _Scale, data: Dataset) -> Row:
    recipe = scale.recipe
    return {
        "dataset": data.name,
        "n_train": data.n_train,
        "n_test": data.n_test,
        "widths": len(scale.widths),
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
        {"labels": name, "curve": curve, "capacity": k, "value": value, "source": _PAPER}
        for name, curve, k, value, _ in _AT_WIDTHS
    ]


def _published(curves: dict[str, CapacityCurve], data: Dataset) -> list[Comparison]:
    """The published values beside ours, errors in percent."""
    rows = []
    for name, curve in curves.items():
        marks = {row["landmark"]: row for row in _landmarks(name, curve, data)}
        bands = {(row["curve"], row["capacity"]): row for row in _bands(name, curve, data)}
        for label, kind, k, value, tolerance in _AT_WIDTHS:
            if label != name or kind != "test_error":
                continue
            at_peak = k != 64
            row = marks["peak"] if at_peak else bands.get((kind, k))
            if row is not None:
                where = "at its peak" if at_peak else f"at k = {k}"
                rows.append(
                    _beside(
                        f"test error {where} (%), {_LABELS[name]}",
                        100 * value,
                        [100 * row[end] for end in ("mean", "low", "high")],
                        100 * tolerance,
                    )
                )
        if name == "noisy":
            for what, value, mark in (
                ("k of the peak", _PEAK_AT, "peak"),
                (
                    "k from which train error is below 1%",
                    _FITTED_FROM,
                    "train error falls below 1%",
                ),
            ):
                found = [marks[mark]["capacity"], math.nan, math.nan]
                rows.append(_beside(f"{what}, {_LABELS[name]}", value, found, _WIDTHS_OFF))
    return rows


def _beside(name: str, value: float, found: list[float], tolerance: float) -> Comparison:
    mean, low, high = (np.asarray(number) for number in found)
    return compare_interval(
        name, value, Interval(mean, low, high, np.asarray(1)), tolerance, _PAPER
    )


def _percent(row: Row, unit: str = "%") -> str:
    return f"{100 * row['mean']:.1f} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]{unit}"


def _answer(curves: dict[str, CapacityCurve], data: Dataset) -> str:
    return " ".join(_sentence(name, curve, data) for name, curve in curves.items())


def _sentence(name: str, curve: CapacityCurve, data: Dataset) -> str:
    marks = {row["landmark"]: row for row in _landmarks(name, curve, data)}
    first, peak, last = (marks[m] for m in ("first minimum", "peak", "second minimum"))
    rise = marks["peak above the first minimum"]
    threshold = marks["train error falls below 1%"]["capacity"]
    fitted = (
        "training error does not fall below 1%"
        if math.isnan(threshold)
        else f"training error is below 1% from k = {threshold:.1f} on"
    )
    with_labels = f"With {_LABELS[name]} ({_NAMES[data.name]}), {fitted}, and test error"
    if rise["low"] > 0:
        return (
            f"{with_labels} falls to {_percent(first)} at k = {first['capacity']:.0f}, rises by "
            f"{_percent(rise, ' points')} to {_percent(peak)} at k = {peak['capacity']:.0f}, "
            f"and falls to {_percent(last)} at k = {last['capacity']:.0f}."
        )
    lowest = min(first, last, key=lambda row: row["mean"])
    return (
        f"{with_labels} has no peak beyond chance: it is lowest, {_percent(lowest)}, at "
        f"k = {lowest['capacity']:.0f}."
    )


def _smoke(curves: dict[str, CapacityCurve], data: Dataset) -> str:
    parts = []
    for name, curve in curves.items():
        rows = [row for row in _bands(name, curve, data) if row["curve"] == "test_error"]
        errors = " and ".join(f"{_percent(row)} at k = {row['capacity']}" for row in rows)
        parts.append(f"{errors} with {_LABELS[name]}")
    return (
        f"A smoke run on {_NAMES[data.name]}, too small for double descent: test error is "
        f"{', and '.join(parts)}."
    )


def _notes(
    context: Context, curves: dict[str, CapacityCurve], cells: list[TrainingCell], data: Dataset
) -> list[str]:
    n_left_out = len(cells) - sum(len(curve.runs) for curve in curves.values())
    notes = [
        _PROTOCOLS[context.scale],
        f"One network a width and kind of labels. Intervals: 95%, Wilson's, of test errors over "
        f"the {data.n_test:,} test images; they do not hold what another seed would change. "
        f"Training errors are of all {data.n_train:,} images as they are labelled, without "
        f"augmentation, and have no interval; nor have losses and widths, of which there is one "
        f"value each.",
        "The peak is the end of the largest rise of test error among the widths that were run, "
        "its minima are the lowest before and after. Picking makes a rise too large by chance; so "
        "intervals of rise and fall are Newcombe's, 95% for all pairs of widths at once.",
    ]
    if data.name != "cifar100":
        notes.append(
            f"Trained on {_NAMES[data.name]}, whose errors are lower than those of CIFAR-100: the "
            f"published values belong to CIFAR-100."
        )
    if n_left_out:
        notes.append(f"{n_left_out} of {len(cells)} networks diverged and are left out.")
    made = [json.loads(text) for text in context.store.environments(cells)]
    devices = {
        f"{one['device']}, which multiplied in {one.get('float32 products', 'float32 or TF32')}"
        for one in made
        if one.get("platform", "cpu") != "cpu"
    }
    if devices:
        notes.append(f"Trained on {'; and on '.join(sorted(devices))}.")
    return notes
