"""The sentences of `roughness-along-width`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import capital, estimate, listed, number, percent, points
from genlab.datasets import PATH_ENDS
from genlab.experiments.roughness_along_width.protocol import LABELS, Protocol

#: What is measured on paths: attributes of `genlab.measure.PathRoughness`.
QUANTITIES = (
    "total_variation",
    "excess_variation",
    "curvature",
    "start_slope",
    "end_slope",
    "class_changes",
    "neither_fraction",
)
#: Where a path leads that starts at a training example, in a sentence.
PATHS = {
    "same": "to an example of the same class",
    "different": "to an example of another class",
    "test": "to the nearest test example",
}
_FRACTIONS = ("test_error", "neither_fraction")

Tables = Mapping[str, Sequence[Row]]


def labels_text(labels: str, protocol: Protocol) -> str:
    """What "clean" and "noisy" mean."""
    if labels == "clean":
        return "clean labels"
    return f"{protocol.label_noise.fraction:.0%} label noise"


def answer(tables: Tables, protocol: Protocol) -> str:
    """The findings, then their numbers, for each kind of labels and for the toy model."""
    return " ".join(
        [
            *(_headline(tables, labels, protocol) for labels in LABELS),
            "Roughness is the total variation of the predicted probabilities on straight paths.",
            *(_of_labels(tables, labels, protocol) for labels in LABELS),
            *_not_alone(tables),
            _of_toy(tables, protocol),
        ]
    )


def finding(tables: Tables) -> str:
    """The answer in one sentence of at most 25 words."""
    error = _peak(tables, "noisy", "none", "test_error")
    row = descent(tables, "noisy", "same", "total_variation")
    falls = ", as test error falls again" if error["found"] else ""
    return (
        f"From width {row['from']} to {row['to']}{falls}, total variation within a class "
        f"{_changed(row)}."
    )


def descent(
    tables: Tables, labels: str, paths: str, quantity: str, span: str = "second_descent"
) -> Row:
    """How much a quantity falls along the second descent of the test error, or all widths."""
    rows = [row for row in tables["descents"] if row["span"] == span]
    return _pick(rows, labels, paths, quantity)


def _headline(tables: Tables, labels: str, protocol: Protocol) -> str:
    """Whether roughness falls where the test error falls again, and whether it peaks with it."""
    start = f"With {labels_text(labels, protocol)}"
    peaks = [_peak(tables, labels, paths, "total_variation") for paths in PATHS]
    all_peak = all(row["found"] for row in peaks)
    tops = [str(top) for top in sorted({row["top"] for row in peaks})]
    where = f"at width{'s' if len(tops) > 1 else ''} {listed(tops)}"
    error = _peak(tables, labels, "none", "test_error")
    if not error["found"]:
        also = f", but roughness peaks {where}" if all_peak else ""
        return f"{start}, no peak of the test error was found{also}."
    falls = [paths for paths in PATHS if descent(tables, labels, paths, "total_variation")["found"]]
    if not falls:
        return f"{start}, networks were not found to be smoother where test error falls again."
    if len(falls) < len(PATHS):
        told = listed([PATHS[paths] for paths in falls])
        return (
            f"{start}, networks become smoother where test error falls again on paths {told} only."
        )
    if not all_peak:
        return f"{start}, networks become smoother between examples where test error falls again."
    return (
        f"{start}, networks are roughest {where}, test error is highest at width {error['top']}, "
        "and both fall again."
    )


def _of_labels(tables: Tables, labels: str, protocol: Protocol) -> str:
    return " ".join(
        [
            f"With {labels_text(labels, protocol)}: {_threshold(tables, labels)}",
            _course(tables, labels, "none", "test_error", "test error"),
            _course(tables, labels, "same", "total_variation", "total variation within a class"),
            _falls(tables, labels),
        ]
    )


def _threshold(tables: Tables, labels: str) -> str:
    row = next(row for row in tables["thresholds"] if row["labels"] == labels)
    below, above = row["none_below"], row["all_from"]
    if _missing(above):
        return "some networks of every width have a training error of at least 1%."
    if _missing(below):
        return f"training error is below 1% from width {above:.0f} on."
    return f"training error falls below 1% between widths {below:.0f} and {above:.0f}."


def _course(tables: Tables, labels: str, paths: str, quantity: str, name: str) -> str:
    """Values before, at and after a peak, or after and before the largest rise."""
    peak = _peak(tables, labels, paths, quantity)
    before, top, after = (
        f"{_value(tables, labels, paths, quantity, peak[at])} at width {peak[at]}"
        for at in ("before", "top", "after")
    )
    if not peak["found"]:
        shown = listed(list(dict.fromkeys([before, top, after])))
        return f"No peak of the {name} was found: it is {shown}."
    told = f"{capital(name)} is {before}, peaks at {top} and falls to {after}."
    widths = [
        row["capacity"]
        for row in tables["highest"]
        if (row["labels"], row["paths"], row["quantity"]) == (labels, paths, quantity)
    ]
    if len(widths) > 1 and labels == "noisy":
        some = ", ".join(map(str, widths[:-1]))
        told += f" Its highest value may be at width {some} or {widths[-1]}."
    return told


def _falls(tables: Tables, labels: str) -> str:
    """What total variation does along the second descent of the error, or after its own peak."""
    if not _peak(tables, labels, "none", "test_error")["found"]:
        return _own_falls(tables, labels)
    rows = [descent(tables, labels, paths, "total_variation") for paths in PATHS]
    neither = descent(tables, labels, "same", "neither_fraction")
    shown = [_changed(row) for row in rows]
    first = rows[0]
    return (
        f"From width {first['from']} to width {first['to']}, total variation within a class "
        f"{shown[0]}, to another class it {shown[1]}, and to the nearest test example it "
        f"{shown[2]}. The share of the path within a class where the predicted class is that of "
        f"neither end {_changed(neither)}."
    )


def _own_falls(tables: Tables, labels: str) -> str:
    """How far total variation falls after its own peaks."""
    shown = []
    for paths, where in PATHS.items():
        row = _peak(tables, labels, paths, "total_variation")
        if row["found"]:
            fall = {name: row["fall" + end] for name, end in _ENDS}
            shown.append(f"{estimate(fall, 2)} on paths {where}")
    if not shown:
        return "No peak of the total variation was found on any kind of paths."
    return f"After its peak total variation falls by {listed(shown)}."


_ENDS = (("estimate", ""), ("low", "_low"), ("high", "_high"))


def _not_alone(tables: Tables) -> list[str]:
    """That smooth networks may have a high error, where the narrowest are smoother and worse."""
    rough = descent(tables, "noisy", "same", "total_variation", "all_widths")
    error = descent(tables, "noisy", "none", "test_error", "all_widths")
    if not (rough["high"] < 0 and error["low"] > 0):
        return []
    return [
        "Smoothness alone does not make test error low: with noisy labels, from width "
        f"{rough['from']} to width {rough['to']} total variation within a class "
        f"{_changed(rough)}, and test error {_changed(error)}."
    ]


def _changed(row: Row) -> str:
    """Whether a quantity falls or rises, or that this could be chance; from the differences."""
    if row["found"]:
        return f"falls by {_difference(row)}"
    if row["high"] < 0:
        return f"rises by {_difference(_negative(row))}"
    return f"changes by {_difference(_negative(row))}, maybe by chance"


def _of_toy(tables: Tables, protocol: Protocol) -> str:
    """Where error and roughness of the toy model are highest beyond the first minimum."""
    rows, truth = tables["toy"], tables["toy_truth"][0]
    names = {"error": "error", "total_variation": "total variation", "curvature": "curvature"}
    tops = {name: max(rows, key=lambda row: float(row[name])) for name in names}
    capacities = {row["capacity"] for row in tops.values()}
    last, top = rows[-1], tops["error"]
    shown = listed(
        [f"{number(top[name])} to {number(last[name])} ({text})" for name, text in names.items()]
    )
    same = (
        f"expected error, total variation and curvature are all highest with {top['capacity']} "
        "hidden units"
        if len(capacities) == 1
        else "they are highest with "
        + listed([f"{row['capacity']} hidden units ({names[name]})" for name, row in tops.items()])
    )
    return (
        f"In the toy model with {protocol.toy_points} fixed inputs the expected values are exact: "
        f"{same}. From there to {last['capacity']} hidden units, the values go from {shown}. The "
        f"true function has {number(truth['total_variation'])} (total variation) and "
        f"{number(truth['curvature'])} (curvature)."
    )


def _peak(tables: Tables, labels: str, paths: str, quantity: str) -> Row:
    return _pick(tables["peaks"], labels, paths, quantity)


def _pick(rows: Sequence[Row], labels: str, paths: str, quantity: str) -> Row:
    wanted = (labels, paths, quantity)
    return next(row for row in rows if (row["labels"], row["paths"], row["quantity"]) == wanted)


def _value(tables: Tables, labels: str, paths: str, quantity: str, width: int) -> str:
    row = _pick(
        [row for row in tables["curves"] if row["capacity"] == width], labels, paths, quantity
    )
    return _shown(row)


def _shown(row: Row) -> str:
    """A value with its interval."""
    if row["quantity"] in _FRACTIONS:
        return percent(row)
    return estimate(row, 2)


def _difference(row: Row) -> str:
    """The difference of two values with its interval."""
    return f"{points(row)} points" if row["quantity"] in _FRACTIONS else _shown(row)


def _negative(row: Row) -> Row:
    ends = {"estimate": -row["estimate"], "low": -row["high"], "high": -row["low"]}
    return {**row, **ends}


def _missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def notes(protocol: Protocol) -> list[str]:
    """What is measured, over what the intervals are taken, and what the places miss."""
    n, paths = protocol.n_datasets, protocol.n_paths
    return [
        f"At every width a network is fitted to each of {n} fresh training sets of "
        f"{protocol.n_train:,} examples of MNIST-1D, with noisy labels and initial weights of its "
        f"own. The same {n} training sets and seeds are used at every width.",
        f"{paths} random examples of each training set are the starts of {len(PATH_ENDS) * paths} "
        "paths: straight lines to a random training example of the same class, to one of another "
        "class, and to the nearest test example. Classes are those of the clean labels. The same "
        "paths are used at every width. The network predicts the probabilities of the classes at "
        f"{protocol.n_places} equally spaced places of each path.",
        "Total variation adds up the distances between the probabilities at neighbouring places. "
        "The distance is half the sum of the absolute differences, from 0 to 1. Excess variation "
        "is what is left after the distance of the two ends, the least that is possible. "
        "Curvature adds up the changes of slope. Slopes are per path "
        "(`genlab.measure.path_roughness`).",
        "Between two places the probabilities may change and change back, so total variation and "
        "curvature are somewhat too low. Networks of one training set were followed at 401 in "
        "place of 101 places: total variation was up to 2% higher, and curvature up to a third.",
        f"Intervals: 95%, over {n} training sets. The paths of a training set are averaged first. "
        "Peaks and falls are tested with differences between widths on the same training sets, "
        "in intervals that hold for all pairs of widths at once (`genlab.measure.peak_test`, "
        "paired). Each curve has a false claim in at most 5% of cases. Several curves together "
        "have one more often.",
        "Narrow networks are less certain: their probabilities change little because they stay "
        "away from 0 and 1. The number of class changes and the share with the class of neither "
        "end do not depend on that.",
        "In the toy model, inputs lie at the middles of equal cells and targets have normal noise. "
        "A fit is linear in the targets, so its slopes are normal, and the expected sums of their "
        "absolute values are known in closed form (the folded normal distribution). So they have "
        "no intervals.",
        "That both fall together does not prove that smoothness lowers the error.",
        "Gamba et al. (TMLR 2023) report that the sharpness of the loss around training examples "
        "peaks at the interpolation threshold and falls with more parameters. Somepalli et al. "
        "(CVPR 2022) report that class regions are most fragmented there. Their data, networks and "
        "measures differ from these, so no number is compared.",
    ]
