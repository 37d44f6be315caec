"""The sentences of `double-descent-mnist1d`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from genlab._base.jsons import Row
from genlab._base.words import listed, negated, percent, points
from genlab.experiments._peak_words import (
    PEAK_NOTE,
    capacities_of,
    doubt,
    labels_text,
    threshold_text,
)
from genlab.experiments._rows import interval_of
from genlab.experiments.double_descent_mnist1d.protocol import PROTOCOLS, Protocol, equal_width
from genlab.studies import CapacityCurve

_INFINITE_NOTE = (
    "A network of infinite width is kernel regression on the same training examples and labels. "
    "With the kernel NTK it is what gradient descent on squared error ends with when all layers "
    "with hidden inputs are trained; with NNGP only the last layer is. The networks of the curve "
    "are trained by Adam on cross-entropy. So the theory says where very wide networks would be "
    "if they were trained in that way, and the curve need not end there. Intervals: 95%, over "
    "test examples. Those of the distance do not cover other seeds of the widest network."
)


def _labels(labels: str, protocol: Protocol) -> str:
    return labels_text(labels, protocol.label_noise.fraction)


def answer(curves: Mapping[str, CapacityCurve], wide: Sequence[Row], protocol: Protocol) -> str:
    """The finding, then its numbers."""
    return " ".join([_curve(curves, protocol), *_infinite(wide, protocol)])


def _curve(curves: Mapping[str, CapacityCurve], protocol: Protocol) -> str:
    noisy, clean = curves["noisy"], curves["clean"]
    before, top, after = _points(noisy)
    peak = noisy.peak
    labels = _labels("noisy", protocol)
    threshold = threshold_text(noisy.threshold, "width ")
    if peak.found:
        falls = "falls with width, rises" if peak.before > 0 else "rises with width"
        return (
            f"Test error {falls} to a peak and falls again. With {labels} it is {before}, {top} "
            f"(the peak) and {after}. {threshold} {_without(clean)}"
        )
    return (
        f"With {labels}, test error is {before} (the lowest up to the interpolation threshold), "
        f"{top} (the highest from there on) and {after} (the lowest after that). "
        f"{doubt(most_seeds(noisy))} {threshold} {_without(clean)}"
    )


def finding(curve: CapacityCurve, protocol: Protocol) -> str:
    """The answer in one sentence `curve` is that with label noise."""
    _, top, _ = _points(curve)
    if curve.peak.found:
        return f"With {_labels('noisy', protocol)}, test error peaks at {top} and falls again."
    return f"With {_labels('noisy', protocol)}, test error is {top}. {doubt(most_seeds(curve))}"


def _points(curve: CapacityCurve) -> tuple[str, str, str]:
    """Test error before, at and after the peak, or what may be one."""
    bands = {row["capacity"]: row for row in curve.bands() if row["curve"] == "test_error"}
    before, top, after = (
        f"{percent(bands[int(width)])} at width {width:.0f}"
        for width in capacities_of(curve.peak, curve.extremes, curve.capacities)
    )
    return before, top, after


def _without(curve: CapacityCurve) -> str:
    """The same with clean labels, in a sentence."""
    if curve.peak.found:
        return "With clean labels it peaks as well: it is {}, {} and {}.".format(*_points(curve))
    bands = [row for row in curve.bands() if row["curve"] == "test_error"]
    lowest = min(bands, key=lambda row: float(np.nan_to_num(row["estimate"], nan=np.inf)))
    shown = f"it is lowest, {percent(lowest)}, at width {lowest['capacity']:.0f}."
    if most_seeds(curve) == 1:
        return f"With clean labels {shown}"
    return f"With clean labels these seeds show no peak: {shown}"


def _infinite(wide: Sequence[Row], protocol: Protocol) -> list[str]:
    """What networks of infinite width are predicted to do, and how far the widest is from that."""
    rows = {row["labels"]: row for row in wide if row["kernel"] == "ntk"}
    if not rows:
        return []
    shown = [
        f"{percent(rows[labels])} with {_labels(labels, protocol)}" for labels in ("clean", "noisy")
    ]
    return [
        f"A network of infinite width (NTK) is predicted to have a test error of {listed(shown)}.",
        *(_distance(rows[labels], protocol) for labels in ("clean", "noisy")),
    ]


def _distance(row: Row, protocol: Protocol) -> str:
    """How far the widest network is from infinite width."""
    named = f"With {_labels(row['labels'], protocol)} the widest network (width "
    named += f"{row['capacity']})"
    far = interval_of(row, "difference")
    if np.isnan(far["estimate"]):
        return f"{named} diverged."
    if far["low"] > 0:
        return f"{named} is {points(far)} points above that."
    if far["high"] < 0:
        return f"{named} is {points(negated(far))} points below that."
    return f"{named} differs from that by {points(far)} points, which could be chance."


def most_seeds(curve: CapacityCurve) -> int:
    """Largest number of networks of one width that did not diverge."""
    return max(map(len, curve.values("test_error")))


def notes(
    curves: Mapping[str, CapacityCurve], wide: Sequence[Row], protocol: Protocol
) -> list[str]:
    """Over what the intervals are taken, and what the landmarks are."""
    counts = sorted({n for labels in curves for n in protocol.seeds_of(labels).values()})
    seeds = numbers_of_seeds(counts)
    alone = " A width with one seed has no interval." if 1 in counts else ""
    return [
        f"Intervals: 95%, over {seeds} seed{'s' if counts != [1] else ''} (label noise, initial "
        "weights). Intervals of errors lie between 0 and 100%, intervals of losses above 0. All "
        f"seeds have the same data.{alone} Errors are those after the last of "
        f"{protocol.recipe.steps:,} full-batch steps of Adam.",
        "The interpolation threshold is where training error falls below 1%. With label noise: "
        f"{threshold_text(curves['noisy'].threshold, 'width ')} With clean labels: "
        f"{threshold_text(curves['clean'].threshold, 'width ')} Its interval is valid for any "
        "shape of the curve between the widths that were run.",
        PEAK_NOTE,
        f"The dashed line marks width {equal_width(protocol.n_train)}, where the network has as "
        f"many parameters as there are training examples ({protocol.n_train:,}).",
        "Training error with label noise counts the noisy label as correct. Test labels are always "
        "clean.",
        *([] if protocol.trains_as(PROTOCOLS["paper"]) else [_other_protocol(protocol)]),
        *([_INFINITE_NOTE] if wide else []),
    ]


def numbers_of_seeds(counts: Sequence[int]) -> str:
    """How many seeds the widths have, in a text; `counts` increase.

    >>> numbers_of_seeds([1, 3]), numbers_of_seeds([3, 4, 8])
    ('1 or 3', '3 to 8')
    """
    if len(counts) > 2:
        return f"{counts[0]} to {counts[-1]}"
    return " or ".join(map(str, counts))


def _other_protocol(protocol: Protocol) -> str:
    """Why nothing published is drawn."""
    book = PROTOCOLS["paper"]
    return (
        f"The book's networks are trained for {book.recipe.steps:,} steps on {book.n_train:,} "
        f"examples, these for {protocol.recipe.steps:,} steps on {protocol.n_train:,}. So the "
        "published values are not those of these networks, and the figures leave them out. The "
        "default scale follows the book."
    )
