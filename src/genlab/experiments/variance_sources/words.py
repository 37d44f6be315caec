"""The sentences of `variance-sources`."""

from __future__ import annotations

from collections.abc import Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate, percent, points
from genlab.experiments._peak_words import labels_text
from genlab.experiments.variance_sources.protocol import LABELS, Protocol, sources
from genlab.measure import Interval

#: Source -> its name.
SOURCE_NAMES = {
    "training_sample": "training sample",
    "label_noise": "label noise",
    "initial_weights": "initial weights",
    "batch_order": "batch order",
    "all": "all together",
}
#: Quantity -> its name.
QUANTITY_NAMES = {"test_error": "test error", "test_loss": "test loss"}


def answer(
    errors: dict[str, Interval],
    deviations: Sequence[Row],
    sums: Sequence[Row],
    sampling: Sequence[Row],
    protocol: Protocol,
) -> str:
    """The finding, then its numbers; `errors` holds the mean test error by labels."""
    spread = {
        (row["labels"], row["source"]): points(row, 2)
        for row in deviations
        if row["quantity"] == "test_error"
    }
    ratio = {row["labels"]: estimate(row, 1) for row in sums if row["quantity"] == "test_error"}
    added = " or ".join(
        f"{100 * row['standard_deviation']:.1f}"
        for row in sampling
        if row["n_test"] == protocol.n_published_test
    )

    def single(labels: str) -> str:
        parts = [f"{spread[labels, name]} ({SOURCE_NAMES[name]})" for name in sources(labels)]
        return f"{', '.join(parts[:-1])} or {parts[-1]}"

    clean, noisy = (labels_text(labels, protocol.label_noise.fraction) for labels in LABELS)
    return (
        f"{_small(deviations)}Training the book's network again, with every source resampled, "
        f"changes its test error with a standard deviation of {spread['clean', 'all']} percentage "
        f"points, around a mean of {percent(errors['clean'].row())}. With one source resampled and "
        f"the others held fixed, the standard deviation is {single('clean')}. With {noisy} the "
        f"mean is {percent(errors['noisy'].row())} and the standard deviation "
        f"{spread['noisy', 'all']}; for one source it is {single('noisy')}. The variances of "
        f"single sources sum to {ratio['clean']} times the variance of all together with {clean}, "
        f"and to {ratio['noisy']} times with {noisy}. A resampled test set of "
        f"{protocol.n_published_test:,} examples would add a standard deviation of {added} "
        f"points.{_too_wide(deviations)}"
    )


def finding(deviations: Sequence[Row]) -> str:
    """The answer in one sentence."""
    row = next(
        row
        for row in deviations
        if (row["labels"], row["quantity"], row["source"]) == ("clean", "test_error", "all")
    )
    return (
        f"With everything resampled, the test error of the book's network has a standard deviation "
        f"of {points(row, 2)} percentage points."
    )


def _small(deviations: Sequence[Row]) -> str:
    """Whether every single source changes test error by less than a point, where that is so."""
    single = [
        row for row in deviations if row["quantity"] == "test_error" and row["source"] != "all"
    ]
    if all(row["high"] < 0.01 for row in single):
        return (
            "Each source by itself changes test error by less than one percentage point (standard "
            "deviation, all intervals). "
        )
    if all(row["estimate"] < 0.01 for row in single):
        return (
            "Each source by itself is estimated to change test error by less than one percentage "
            "point (standard deviation; not every interval is below it). "
        )
    return ""


def _too_wide(deviations: Sequence[Row]) -> str:
    """What the intervals do not tell, where they overlap."""
    together = False
    above = False
    for labels in LABELS:
        rows = {
            row["source"]: row
            for row in deviations
            if row["quantity"] == "test_error" and row["labels"] == labels
        }
        whole = rows.pop("all")
        together |= max(row["low"] for row in rows.values()) < min(
            row["high"] for row in rows.values()
        )
        above |= any(row["estimate"] > whole["estimate"] for row in rows.values())
    if not together:
        return ""
    by_chance = "; by chance a single source may seem larger than all together" if above else ""
    n = max(row["n_groups"] for row in deviations)
    return f" With {n} groups the intervals are too wide to order the sources{by_chance}."


def notes(
    n_groups: int, sums: Sequence[Row], sampling: Sequence[Row], protocol: Protocol
) -> list[str]:
    """How the variances are estimated, and what the intervals are."""
    floor = max(
        100 * row["standard_deviation"] for row in sampling if row["n_test"] == protocol.n_test
    )
    above = [
        f"{QUANTITY_NAMES[row['quantity']]} with "
        f"{labels_text(row['labels'], protocol.label_noise.fraction)}"
        for row in sums
        if row["low"] > 1
    ]
    beyond = (
        f"The whole interval of the sum is above 1 for {' and for '.join(above)}."
        if above
        else "Here no interval of the sum is entirely above 1."
    )
    return [
        f"There are {n_groups} groups of networks for each kind of labels: a first network, and "
        f"for each source another that differs from the first in this source alone. The variance "
        f"due to a source is half the mean squared difference of these two, averaged over "
        f"{n_groups} samples of the other sources. The variance of all together is half the mean "
        f"squared difference of two networks from different groups, which share nothing.",
        f"Intervals: 95%, over the {n_groups} groups. For the standard deviation of a single "
        f"source it is the chi-square interval: exact for normal values, with fewer degrees of "
        f"freedom where the values have heavier tails. For all together, for fractions of the "
        f"variance and for sums it is the jackknife interval on logarithms.",
        f"If the effects of the sources add up, so do their variances. If the effect of one "
        f"source depends on another, both variances contain this interaction, and their sum "
        f"exceeds the variance of all together. {beyond}",
        f"All networks are tested on the same {protocol.n_test:,} fresh examples, so they differ "
        f"only in their training. This adds at most p(1 − p)/{protocol.n_test:,} to the variance, "
        f"with p the test error: a standard deviation of {floor:.2f} points. It adds less where "
        f"two networks make the same mistakes. What {protocol.n_published_test:,} test examples "
        "would add is the same closed form, without an interval. For the loss it is not known, "
        "because the loss of each example is not stored.",
        "The training samples are fresh draws in which the classes vary in number. The published "
        "set has equally many examples of each class.",
    ]
