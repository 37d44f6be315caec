"""The sentences of `epoch-wise-double-descent`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate, percent, points
from genlab.experiments._peak_words import PEAK_NOTE, capacities_of, doubt
from genlab.experiments.epoch_wise_double_descent.protocol import Protocol
from genlab.measure import PeakTest
from genlab.studies import CapacityCurve

Tables = Mapping[str, Sequence[Row]]


def answer(tables: Tables, curve: CapacityCurve, peak: PeakTest, protocol: Protocol) -> str:
    """The finding, then its numbers; `peak` is that of the last errors along the width."""
    ends = changes(tables, "end")
    risen = [row for row in ends if row["found"]]
    sentences = [_second_descent(tables)]
    if risen:
        most = max(risen, key=lambda row: float(row["estimate"]))
        sentences.append(
            f"At {_of(risen, ends)} the test error after the last step is above its lowest value. "
            f"The difference is largest at width {most['capacity']}: test error is lowest, "
            f"{_error(tables, most['capacity'], most['from_step'])}, after {most['from_step']:,} "
            f"steps, and ends {points(most)} points higher."
        )
    else:
        sentences.append(
            "At no width is it shown that the test error after the last step is above its lowest "
            "value."
        )
    return " ".join([*sentences, _fit(tables, protocol), _along_width(curve, peak)])


def finding(tables: Tables) -> str:
    """The answer in one sentence of at most 25 words."""
    found = [row for row in changes(tables, "fall") if row["found"]]
    if found:
        most = max(found, key=lambda row: float(row["estimate"]))
        return (
            f"At {_of(found, changes(tables, 'fall'))} test error rises and falls again in "
            f"training, at width {most['capacity']} by {points(most)} points."
        )
    ends = changes(tables, "end")
    most = max(ends, key=lambda row: (bool(row["found"]), float(row["estimate"])))
    if not most["found"]:
        return (
            "No rise of the test error in the course of training was found; the largest, at width "
            f"{most['capacity']}, is {points(most)} points."
        )
    return (
        f"No second descent in training was found; at width {most['capacity']} test error ends "
        f"{points(most)} points above its lowest value."
    )


def changes(tables: Tables, name: str) -> list[Row]:
    """One row per width of a change of the test error; without those that all diverged."""
    rows = [row for row in tables["changes"] if row["change"] == name and row["n_seeds"] > 0]
    if not rows:
        raise ValueError("every network diverged.")
    return rows


def _second_descent(tables: Tables) -> str:
    """At which widths test error rises and falls again, in a sentence or two."""
    falls = changes(tables, "fall")
    found = [row for row in falls if row["found"]]
    if max(row["n_seeds"] for row in falls) == 1:
        return "With one seed per width, a rise and a fall could be due to chance."
    if not found:
        most = max(falls, key=lambda row: float(row["estimate"]))
        return (
            "No second descent in the course of training was found: at none of "
            f"{len(falls)} widths do these seeds show that test error rises and then falls again. "
            f"The largest fall after a rise is {points(most)} points, at width {most['capacity']}."
        )
    most = max(found, key=lambda row: float(row["estimate"]))
    rise = next(row for row in changes(tables, "rise") if row["capacity"] == most["capacity"])
    return (
        "Test error falls, rises and falls again in the course of training at "
        f"{_of(found, falls)}. The second descent is largest at width {most['capacity']}: test "
        f"error rises by {points(rise)} points between step {rise['from_step']:,} and step "
        f"{rise['to_step']:,}, and falls by {points(most)} points until step "
        f"{most['from_step']:,}."
    )


def _of(some: Sequence[Row], every: Sequence[Row]) -> str:
    return f"{len(some)} of {len(every)} widths"


def _error(tables: Tables, width: int, step: int, curve: str = "test_error") -> str:
    row = next(
        row
        for row in tables["map"]
        if (row["capacity"], row["step"], row["curve"]) == (width, step, curve)
    )
    return percent(row)


def _fit(tables: Tables, protocol: Protocol) -> str:
    """From which width every network fits its training set, and how fast the widest does."""
    fitted = [row for row in tables["fitted"] if row["n_seeds"] and row["n_fitted"]]
    whole = [row for row in fitted if row["n_fitted"] == row["n_seeds"]]
    if not whole:
        return (
            f"No width fits the training labels of every seed within {protocol.recipe.steps:,} "
            "steps."
        )
    first, last = whole[0], whole[-1]
    steps = {row["capacity"]: estimate(row, 0) for row in (first, last)}
    return (
        f"The narrowest network that fits the training labels of every seed has width "
        f"{first['capacity']}: training error falls below 1% at step {steps[first['capacity']]}. "
        f"At width {last['capacity']} it does so at step {steps[last['capacity']]}."
    )


def _along_width(curve: CapacityCurve, peak: PeakTest) -> str:
    """Whether the error after the last step has a peak along the width."""
    bands = {row["capacity"]: row for row in curve.bands() if row["curve"] == "test_error"}
    before, top, after = (
        f"{percent(bands[int(width)])} at width {width:.0f}"
        for width in capacities_of(peak, curve.extremes, curve.capacities)
    )
    if peak.found:
        return (
            f"Along the width, the test error after the last step is {before}, peaks at {top}, and "
            f"is {after}."
        )
    most = max(map(len, curve.values("test_error")))
    return (
        f"Along the width, the test error after the last step is {before}, {top} and {after}. "
        f"{doubt(most)}"
    )


def notes(protocol: Protocol) -> list[str]:
    """Over what the intervals are taken, and what a second descent in training is."""
    n, k = protocol.n_seeds, len(protocol.widths)
    return [
        f"Intervals of errors: 95%, over {n} seeds. The networks of a seed have a training set of "
        f"{protocol.n_train:,} fresh examples, noisy labels and initial weights of their own. The "
        "training set of a seed is the same at every width. All networks are tested on the same "
        f"{protocol.n_test:,} examples with clean labels.",
        f"Rises and falls are tested from step {protocol.tested_from} on. In the first steps every "
        "error falls, by amounts that differ much between seeds.",
        "Each network is evaluated before the first step and after "
        f"{len(protocol.recipe.evaluation_steps()) - 1} steps, spaced evenly in the logarithm of "
        "the step. Evaluating changes nothing in training.",
        "An epoch-wise double descent is claimed at a width where both the rise of the mean test "
        "error and the fall after it are above 0, in intervals of differences between steps of the "
        "same networks. The intervals of a width hold for all pairs of its steps at once, so that "
        "the steps may be chosen (`genlab.measure.peak_test`, paired). Between widths there is no "
        "correction. In simulations a flat curve shows a peak in at most 1% of cases. So of "
        f"{k} widths without a second descent at most {0.01 * k:.1f} are expected to show one.",
        "The lowest test error is chosen among all evaluations by the test error itself. That "
        "makes it a little too low. The intervals of the differences allow for the choice of the "
        f"step, but not for that of the width: of {k} widths without a difference at most "
        f"{0.05 * k:.2g} are expected to show one.",
        PEAK_NOTE,
        "Training error counts the noisy label as correct.",
    ]
