"""The sentences of `double-descent-mnist1d`."""

from __future__ import annotations

import math
from collections.abc import Mapping

from genlab._base.words import percent
from genlab.experiments.double_descent_mnist1d.protocol import Protocol
from genlab.measure import Interval
from genlab.studies import CapacityCurve


def labels_text(labels: str, protocol: Protocol) -> str:
    """What "clean" and "noisy" mean."""
    return (
        "clean labels" if labels == "clean" else f"{protocol.label_noise.fraction:.0%} label noise"
    )


def answer(curves: Mapping[str, CapacityCurve], protocol: Protocol) -> str:
    """The finding, then its numbers."""
    noisy, clean = curves["noisy"].extremes, curves["clean"].extremes
    first, peak, last = noisy.first_minimum, noisy.peak, noisy.second_minimum
    without = (
        f"With clean labels there is no such peak: test error falls to "
        f"{percent(clean.second_minimum.value.row())} at width "
        f"{clean.second_minimum.capacity:.0f}."
        if not clean.rise.low > 0
        else f"With clean labels it rises by at most {percent(clean.rise.row())}."
    )
    return (
        f"Test error falls with width, rises to a peak near the interpolation threshold, and falls "
        f"again. With {labels_text('noisy', protocol)}, training error is below 1% from "
        f"{_width(curves['noisy'].threshold.capacity)} on. Test error goes from "
        f"{percent(first.value.row())} at width {first.capacity:.0f} up to "
        f"{percent(peak.value.row())} at width {peak.capacity:.0f}, and down to "
        f"{percent(last.value.row())} at width {last.capacity:.0f}. {without}"
    )


def notes(curves: Mapping[str, CapacityCurve], protocol: Protocol) -> list[str]:
    """Over what the intervals are taken, and what the landmarks are."""
    counts = sorted(set(protocol.n_seeds.values()))
    seeds = " or ".join(str(n) for n in counts)
    alone = " A width with one seed has no interval." if 1 in counts else ""
    threshold = curves["noisy"].threshold
    steps = protocol.recipe.steps
    return [
        f"Intervals: 95%, Student's t over {seeds} seed{'s' if counts != [1] else ''} (label "
        f"noise, initial weights). The data stay the same.{alone} Errors are those after the last "
        f"of {steps:,} full-batch steps of Adam.",
        f"The interpolation threshold is where training error falls below 1%, on a straight line "
        f"between the widths that were run. With label noise no seed is below 1% up to width "
        f"{threshold.none_below:.0f}, and all are from width {threshold.all_from:.0f} on.",
        "The peak and the minima are the extremes of the means at the widths that were run. "
        "Choosing an extreme makes the peak a little too high and the minima a little too low.",
        f"The dashed line marks width 77, where the network has as many parameters as there are "
        f"training examples ({protocol.n_train:,}).",
        "Training error with label noise counts the noisy label as correct. Test labels are always "
        "clean.",
    ]


def _width(threshold: Interval) -> str:
    if math.isnan(threshold.mean):
        return "no width that was run"
    low, high = float(threshold.low), float(threshold.high)
    if math.isnan(low):
        return f"width {float(threshold.mean):.0f}"
    return f"width {float(threshold.mean):.1f} [{low:.1f}, {high:.1f}]"
