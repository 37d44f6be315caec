"""The sentences of `roughness-along-width`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import capital, estimate, listed, negated, number, percent, points
from genlab.datasets import PATH_ENDS
from genlab.experiments._labels import LABELS
from genlab.experiments._peak_words import labels_text, threshold_said
from genlab.experiments._rows import pick
from genlab.experiments.roughness_along_width.protocol import Protocol

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


def answer(tables: Tables, protocol: Protocol) -> str:
    """The findings, then the numbers with label noise, and those of the toy model.

    The courses of both curves are in a caption, the rest is in the tables.
    """
    return " ".join(
        [
            *(_headline(tables, labels, protocol) for labels in LABELS),
            "Roughness is the total variation of the predicted probabilities on straight paths.",
            f"With {_labels('noisy', protocol)}, {threshold_said(tables['thresholds'], 'noisy')}",
            _fall(tables),
            *_not_alone(tables),
            _of_toy(tables, protocol),
        ]
    )


def _labels(labels: str, protocol: Protocol) -> str:
    return labels_text(labels, protocol.label_noise.fraction)


def finding(tables: Tables) -> str:
    """The answer in one sentence of at most 25 words."""
    error = _peak(tables, "noisy", "none", "test_error")
    row = descent(tables, "noisy", "same", "total_variation")
    if error["found"] and row["found"]:
        return (
            "Networks become smoother where test error falls again: from width "
            f"{row['from']} to {row['to']} total variation within a class {_changed(row)}."
        )
    falls = ", as test error falls again" if error["found"] else ""
    return (
        f"From width {row['from']} to {row['to']}{falls}, total variation within a class "
        f"{_changed(row)}."
    )


def descent(
    tables: Tables, labels: str, paths: str, quantity: str, span: str = "second_descent"
) -> Row:
    """How much a quantity falls along the second descent of the test error, or all widths."""
    return pick(tables["descents"], labels=labels, paths=paths, quantity=quantity, span=span)


def _headline(tables: Tables, labels: str, protocol: Protocol) -> str:
    """Whether roughness falls where the test error falls again, and whether it peaks with it."""
    start = f"With {_labels(labels, protocol)}"
    peaks = [_peak(tables, labels, paths, "total_variation") for paths in PATHS]
    all_peak = all(row["found"] for row in peaks)
    tops = [str(top) for top in sorted({row["top"] for row in peaks})]
    where = f"at width {' or '.join(tops)}"
    if len(tops) > 1:
        where += ", depending on the kind of path"
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
        f"{start}, test error peaks at width {error['top']} and roughness {where}. Both fall again."
    )


def courses_told(tables: Tables) -> str:
    """Test error and total variation within a class, with label noise: for a caption."""
    return " ".join(
        [
            _course(tables, "none", "test_error", "test error"),
            _course(tables, "same", "total_variation", "total variation within a class"),
        ]
    )


def _course(tables: Tables, paths: str, quantity: str, name: str) -> str:
    """Values with label noise before, at and after a peak, or around the largest rise."""
    peak = _peak(tables, "noisy", paths, quantity)
    before, top, after = (
        f"{_value(tables, paths, quantity, peak[at])} at width {peak[at]}"
        for at in ("before", "top", "after")
    )
    if not peak["found"]:
        shown = listed(list(dict.fromkeys([before, top, after])))
        return f"No peak of the {name} was found: it is {shown}."
    told = f"{capital(name)} is {before}, peaks at {top} and falls to {after}."
    wanted = {"labels": "noisy", "paths": paths, "quantity": quantity}
    widths = [row["capacity"] for row in tables["highest"] if wanted.items() <= row.items()]
    if len(widths) > 1:
        some = ", ".join(map(str, widths[:-1]))
        told += f" Its highest value may be at width {some} or {widths[-1]}."
    return told


def _fall(tables: Tables) -> str:
    """What total variation within a class and the error do along the error's second descent."""
    row = descent(tables, "noisy", "same", "total_variation")
    error = descent(tables, "noisy", "none", "test_error")
    return (
        f"From width {row['from']} to width {row['to']} total variation on paths "
        f"within a class {_changed(row)}, and test error {_changed(error)}."
    )


def _not_alone(tables: Tables) -> list[str]:
    """That smooth networks may have a high error, where the narrowest are smoother and worse."""
    rough = descent(tables, "noisy", "same", "total_variation", "all_widths")
    error = descent(tables, "noisy", "none", "test_error", "all_widths")
    if not (rough["high"] < 0 and error["low"] > 0):
        return []
    return [
        f"Smoothness alone does not make test error low: from width {rough['from']} to width "
        f"{rough['to']} total variation {_changed(rough)}, and test error {_changed(error)}."
    ]


def _changed(row: Row) -> str:
    """Whether a quantity falls or rises, or that this could be chance; from the differences."""
    if row["found"]:
        return f"falls by {_difference(row)}"
    if row["high"] < 0:
        return f"rises by {_difference(row | negated(row))}"
    return f"changes by {_difference(row | negated(row))}, maybe by chance"


def _of_toy(tables: Tables, protocol: Protocol) -> str:
    """Where error and roughness of the toy model are highest beyond the first minimum."""
    rows, truth = tables["toy"], tables["toy_truth"][0]
    names = {"error": "error", "total_variation": "total variation", "curvature": "curvature"}
    tops = {name: max(rows, key=lambda row: float(row[name])) for name in names}
    capacities = {row["capacity"] for row in tops.values()}
    last, top = rows[-1], tops["total_variation"]
    same = (
        f"expected error, total variation and curvature are all highest with {top['capacity']} "
        "hidden units"
        if len(capacities) == 1
        else "the expected values are highest with "
        + listed([f"{row['capacity']} hidden units ({names[name]})" for name, row in tops.items()])
    )
    return (
        f"In the toy model with {protocol.toy_points} fixed inputs, {same}. Total variation falls "
        f"from {number(top['total_variation'])} with {top['capacity']} hidden units to "
        f"{number(last['total_variation'])} with {last['capacity']}. That of the true function is "
        f"{number(truth['total_variation'])}. These values are exact."
    )


def _peak(tables: Tables, labels: str, paths: str, quantity: str) -> Row:
    return pick(tables["peaks"], labels=labels, paths=paths, quantity=quantity)


def _value(tables: Tables, paths: str, quantity: str, width: int) -> str:
    wanted = {"labels": "noisy", "paths": paths, "quantity": quantity, "capacity": width}
    return _shown(pick(tables["curves"], **wanted))


def _shown(row: Row) -> str:
    """A value with its interval."""
    if row["quantity"] in _FRACTIONS:
        return percent(row)
    return estimate(row, 2)


def _difference(row: Row) -> str:
    """The difference of two values with its interval."""
    return f"{points(row)} points" if row["quantity"] in _FRACTIONS else _shown(row)


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
        "That both fall together does not prove that smoothness lowers the error. The tables "
        "`descents` and `peaks` have the other paths, quantities and labels.",
        "Gamba et al. (TMLR 2023) report that the sharpness of the loss around training examples "
        "peaks at the interpolation threshold and falls with more parameters. Somepalli et al. "
        "(CVPR 2022) report that class regions are most fragmented there. Their data, networks and "
        "measures differ from these, so no number is compared.",
    ]
