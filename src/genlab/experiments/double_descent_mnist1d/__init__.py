"""`double-descent-mnist1d`: test error against hidden width, past as many weights as examples.

Figure 8.10 of S. Prince, "Understanding Deep Learning": a network of two hidden layers of
equal width on 10,000 examples of MNIST-1D, with right labels and with 15% of them redrawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from genlab._base.jsons import Row
from genlab.datasets import LabelNoise, make_mnist1d
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._words import percent
from genlab.measure import Comparison, Interval, compare
from genlab.models import MLP
from genlab.studies import CapacityCurve, capacity_runs
from genlab.training import Recipe

_BOOK = "Prince, Understanding Deep Learning, ch. 8"
_N_TRAIN, _N_TEST = 10_000, 5_000
_RECIPE = Recipe.adam(0.005, batch_size=None, steps=4000)
_NOISE = {"clean": None, "noisy": LabelNoise(0.15)}
_LABELS = {"clean": "right labels", "noisy": "15% of the training labels redrawn"}

# width -> seeds. Wide networks cost most: their work grows with the square of the width.
_WIDTHS: dict[str, dict[int, int]] = {
    "quick": dict.fromkeys((10, 20, 40, 60, 77, 100), 1),
    "default": {**dict.fromkeys((5, 10, 20, 40, 60, 77, 90, 100), 3), 200: 1},
    "paper": dict.fromkeys(range(2, 401), 3),
}

# Read from the book's figure: width -> error in percent.
_BOOK_TEST = {
    "clean": {10: 44.5, 20: 38.4, 40: 35.8, 77: 32.9, 100: 31.5, 200: 28.0, 400: 25.5},
    "noisy": {10: 46.5, 20: 41.7, 40: 43.4, 77: 48.6, 100: 46.4, 200: 40.4, 400: 35.9},
}
_BOOK_TRAIN = {"noisy": {10: 47.5, 20: 38.5, 40: 25.8, 77: 0.1, 100: 0.0, 200: 0.0, 400: 0.0}}
_TOLERANCE = 3.0


def run(context: Context) -> Findings:
    """Train every width with and without label noise, and find the peak."""
    data = make_mnist1d(_N_TRAIN + _N_TEST, _N_TRAIN / (_N_TRAIN + _N_TEST))
    n_seeds = _WIDTHS[context.scale]
    runs = {
        name: capacity_runs(
            lambda width: MLP(hidden=(width, width), init="fan_in"),
            n_seeds,
            data,
            _RECIPE,
            lambda width: context.seeds(n_seeds[width]),
            label_noise=noise or 0.0,
        )
        for name, noise in _NOISE.items()
    }
    cells = [one.cell for found in runs.values() for one in found]
    results = iter(context.run_cells(cells))
    curves = {
        name: CapacityCurve(
            tuple(found), tuple(next(results) for _ in found), data.n_train, data.n_classes
        )
        for name, found in runs.items()
    }
    tables = {
        "landmarks": [row for name in curves for row in _landmarks(name, curves[name])],
        "bands": [{"labels": name, **row} for name in curves for row in curves[name].bands()],
        "networks": [{"labels": name, **row} for name in curves for row in curves[name].rows()],
        "published_points": _published_points(),
    }
    return Findings(
        tables, _published(curves), _answer(curves), cells, _notes(curves, n_seeds.values())
    )


def _number(interval: Interval) -> Row:
    return {
        "estimate": float(interval.mean),
        "low": float(interval.low),
        "high": float(interval.high),
        "n_seeds": int(interval.n),
    }


def _landmarks(name: str, curve: CapacityCurve) -> list[Row]:
    """Threshold, extremes and their differences; errors are fractions."""
    threshold, extremes = curve.threshold, curve.extremes
    rows = [
        {
            "labels": name,
            "landmark": "train error falls below 1%",
            "capacity": float(threshold.capacity.mean),
            **_number(threshold.capacity),
        }
    ]
    for label, found in (
        ("first minimum", extremes.first_minimum),
        ("peak", extremes.peak),
        ("second minimum", extremes.second_minimum),
    ):
        rows.append(
            {"labels": name, "landmark": label, "capacity": found.capacity, **_number(found.value)}
        )
    for label, difference in (
        ("peak above the first minimum", extremes.rise),
        ("peak above the second minimum", extremes.fall),
    ):
        rows.append(
            {
                "labels": name,
                "landmark": label,
                "capacity": extremes.peak.capacity,
                **_number(difference),
            }
        )
    return rows


def _published(curves: dict[str, CapacityCurve]) -> list[Comparison]:
    rows = []
    for part, book in (("test", _BOOK_TEST), ("train", _BOOK_TRAIN)):
        for name, published in book.items():
            curve = curves[name]
            errors = dict(zip(curve.capacities, curve.values(f"{part}_error"), strict=True))
            rows += [
                compare(
                    f"{part} error (%), {_LABELS[name]}, {width} wide",
                    value,
                    100 * errors[width],
                    _TOLERANCE,
                    _BOOK,
                )
                for width, value in published.items()
                if width in errors
            ]
    return rows


def _published_points() -> list[Row]:
    """The book's values as points of the figures: errors as fractions."""
    return [
        {
            "labels": name,
            "curve": f"{part}_error",
            "capacity": width,
            "value": value / 100,
            "source": _BOOK,
        }
        for part, book in (("test", _BOOK_TEST), ("train", _BOOK_TRAIN))
        for name, published in book.items()
        for width, value in published.items()
    ]


def _width(interval: Interval) -> str:
    if math.isnan(interval.mean):
        return "no width that was run"
    if math.isnan(interval.low):
        return f"a width of {float(interval.mean):.0f}"
    low, high = float(interval.low), float(interval.high)
    return f"a width of {float(interval.mean):.1f} [{low:.1f}, {high:.1f}]"


def _answer(curves: dict[str, CapacityCurve]) -> str:
    noisy, clean = curves["noisy"], curves["clean"]
    found, plain = noisy.extremes, clean.extremes
    first, peak, last = found.first_minimum, found.peak, found.second_minimum
    steady = (
        f"With right labels there is no such peak: test error falls to "
        f"{percent(plain.second_minimum.value)} at {plain.second_minimum.capacity:.0f}."
        if not plain.rise.low > 0
        else f"With right labels it rises by {percent(plain.rise)} at most."
    )
    return (
        f"It falls, rises to a peak about where the network begins to fit every label, and falls "
        f"again. With 15% of the labels redrawn, training error is below 1% from "
        f"{_width(noisy.threshold.capacity)} on, and test error goes from {percent(first.value)} "
        f"at a width of {first.capacity:.0f} up to {percent(peak.value)} at "
        f"{peak.capacity:.0f} and down to {percent(last.value)} at {last.capacity:.0f}. {steady}"
    )


def _notes(curves: dict[str, CapacityCurve], n_seeds: Iterable[int]) -> list[str]:
    counts = sorted(set(n_seeds))
    seeds = " or ".join(str(n) for n in counts)
    alone = " A width with one seed has no interval." if 1 in counts else ""
    threshold = curves["noisy"].threshold
    return [
        f"Intervals: 95%, Student's t over {seeds} seed{'s' if counts != [1] else ''} (label "
        f"noise, initial weights); the data stay the same.{alone} Errors are those after the last "
        f"of 4,000 full-batch steps of Adam.",
        f"The threshold is where training error, on a straight line between the widths that were "
        f"run, falls below 1%; with noise no seed did so up to a width of "
        f"{threshold.none_below:.0f} and all did from {threshold.all_from:.0f} on. Peak and "
        f"minima are the extremes of the means at the widths that were run, so chance makes the "
        f"peak a little too high and the minima a little too low.",
        f"The dashed line marks as many parameters as training examples ({_N_TRAIN:,}), at a "
        f"width of 77. A training error on noisy labels counts the noisy label as right; test "
        f"labels are always right.",
    ]
