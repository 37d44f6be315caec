"""The sentences of `variance-along-width`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import capital, estimate, listed
from genlab.experiments._peak_words import threshold_text
from genlab.experiments.variance_along_width.protocol import Protocol
from genlab.measure import Threshold

#: Source -> its name.
SOURCE_NAMES = {
    "training_sample": "training sample",
    "label_noise": "label noise",
    "initial_weights": "initial weights",
    "batch_order": "batch order",
}
# The training error below which a network fits its training examples.
_FITTED = 0.01
_PARTS = {"variance": "the variance", "bias_squared_and_noise": "bias² with noise"}


def component_name(component: str) -> str:
    """A main effect by its source, an interaction by its sources."""
    return " × ".join(SOURCE_NAMES[source] for source in component.split(":"))


def answer(tables: Mapping[str, Sequence[Row]], threshold: Threshold, protocol: Protocol) -> str:
    """The finding, then its numbers."""
    width = _widest_variance(tables)
    named = {row["component"]: row for row in tables["components"] if row["capacity"] == width}
    ordered = sorted(named.values(), key=lambda row: -row["estimate"])
    largest = [f"{component_name(row['component'])} {estimate(row, 3)}" for row in ordered[:3]]
    main = [f"{SOURCE_NAMES[source]} {estimate(named[source], 3)}" for source in protocol.sources]
    totals = [
        f"{SOURCE_NAMES[source]} {estimate(_total(tables, width, source), 3)}"
        for source in protocol.sources
    ]
    return " ".join(
        [
            _course(tables, "variance"),
            threshold_text(threshold, "width "),
            _peaks(tables, protocol),
            f"At width {width}, where the variance is largest, the highest estimates of its "
            f"components are {listed(largest)}. {_largest(ordered)}",
            f"The main effects are {listed(main)}.",
            f"The sums of all components that involve a source are {listed(totals)}.",
            _course(tables, "bias_squared_and_noise"),
            _ensembles(tables, width, protocol),
            *_batches(tables, protocol),
        ]
    )


def finding(tables: Mapping[str, Sequence[Row]]) -> str:
    """The answer in one sentence."""
    width = _widest_variance(tables)
    return f"Where variance is largest, at width {width}, {_most(tables['components'], width)}."


def _most(components: Sequence[Row], width: int) -> str:
    """Which component contributes most at a width, or may do so where that could be chance."""
    rows = [row for row in components if row["capacity"] == width]
    largest = max(rows, key=lambda row: float(row["estimate"]))
    sources = [SOURCE_NAMES[source] for source in largest["component"].split(":")]
    kind = f"the {'interaction' if len(sources) > 1 else 'main effect'} of {listed(sources)}"
    alone = sum(row["may_be_largest"] for row in rows) == 1
    return f"{kind} {'contributes' if alone else 'may contribute'} most: {estimate(largest, 3)}"


def _largest(ordered: Sequence[Row]) -> str:
    """Whether one component is larger than all others; rows from the highest estimate down."""
    names = [component_name(row["component"]) for row in ordered if row["may_be_largest"]]
    if len(names) == 1:
        return f"The largest is {names[0]}: all others are lower beyond chance."
    return f"Each of {listed(names)} may be the largest: their differences could be chance."


def _widest_variance(tables: Mapping[str, Sequence[Row]], totals: str = "totals") -> int:
    """The width at which the variance is largest."""
    rows = [row for row in tables[totals] if row["part"] == "variance"]
    return int(max(rows, key=lambda row: float(row["estimate"]))["capacity"])


def _total(tables: Mapping[str, Sequence[Row]], width: int, part: str) -> Row:
    rows = tables["totals"]
    return next(row for row in rows if (row["capacity"], row["part"]) == (width, part))


def _course(tables: Mapping[str, Sequence[Row]], part: str) -> str:
    """Whether a part has a peak, and its values."""
    peak = next(row for row in tables["peaks"] if row["part"] == part)
    widths = sorted({row["capacity"] for row in tables["totals"]})
    name = capital(_PARTS[part])
    if peak["found"]:
        places = (peak["before"], peak["capacity"], peak["after"])
        shown = [f"{estimate(_total(tables, w, part), 3)} at width {w}" for w in places]
        return f"{name} peaks along width: it is {shown[0]}, {shown[1]} (the peak) and {shown[2]}."
    shown = [f"{estimate(_total(tables, w, part), 3)} at width {w}" for w in widths]
    return f"No peak of {_PARTS[part]} is shown: it is {listed(shown)}."


def _peaks(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> str:
    """Which sources' sums of components peak."""
    found = {row["part"]: row for row in tables["peaks"] if row["part"] in protocol.sources}
    there = [
        f"the {SOURCE_NAMES[source]} (at width {row['capacity']})"
        for source, row in found.items()
        if row["found"]
    ]
    missing = [f"the {SOURCE_NAMES[source]}" for source, row in found.items() if not row["found"]]
    parts = []
    if there:
        sums = "The sums" if len(there) > 1 else "The sum"
        peak = "peak" if len(there) > 1 else "peaks"
        parts.append(f"{sums} of the components that involve {listed(there)} {peak} as well.")
    if missing:
        parts.append(f"No peak is shown of the sum for {' or '.join(missing)}.")
    return " ".join(parts)


def _ensembles(tables: Mapping[str, Sequence[Row]], width: int, protocol: Protocol) -> str:
    """What an ensemble removes there, predicted and measured."""
    row = {one["quantity"]: one for one in tables["ensembles"] if one["capacity"] == width}
    over = listed([SOURCE_NAMES[source] for source in protocol.over])
    return (
        f"An ensemble of {protocol.size} networks that differ in {over} divides the components "
        f"that involve them by {protocol.size}. At width {width} this predicts that the Brier "
        f"score falls from {estimate(row['single'], 3)} to {estimate(row['predicted'], 3)}. Other "
        f"ensembles have {estimate(row['measured'], 3)}; the difference is "
        f"{estimate(row['difference'], 3)}."
    )


def _batches(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> list[str]:
    """What batch order contributes where training has batches."""
    design = protocol.in_batches
    if design is None:
        return []
    width = _widest_variance(tables, "batch_totals")

    def sums(part: str) -> str:
        rows = [row for row in tables["batch_totals"] if row["part"] == part]
        return listed([f"{estimate(row, 3)} at width {row['capacity']}" for row in rows])

    at = {row["component"]: row for row in tables["batch_components"] if row["capacity"] == width}
    errors = [row for row in tables["batch_errors"] if row["curve"] == "train_error"]
    fitted = [row["capacity"] for row in errors if row["estimate"] < _FITTED]
    peaks = {row["part"]: row for row in tables["batch_peaks"]}
    return [
        f"With batches of {design.recipe.batch_size} examples their order is a fourth source, and "
        + (
            f"the mean training error is first below 1% at width {min(fitted)}."
            if fitted
            else "the mean training error is below 1% at no width."
        ),
        f"The variance is then {sums('variance')}: {_peaked(peaks['variance'])}.",
        f"The sum of all components that involve batch order is {sums('batch_order')}: "
        f"{_peaked(peaks['batch_order'])}.",
        f"At width {width} batch order alone contributes {estimate(at['batch_order'], 3)}, and "
        f"{_most(tables['batch_components'], width)}.",
    ]


def _peaked(row: Row) -> str:
    return f"a peak at width {row['capacity']}" if row["found"] else "no peak is shown"


def notes(protocol: Protocol) -> list[str]:
    """What the numbers are, and over what the intervals are taken."""
    n = protocol.n_levels ** len(protocol.sources)
    return [
        f"At each width {protocol.n_replicates} replicates of a crossed design are trained. In a "
        f"replicate each source has {protocol.n_levels} levels, and all {n} combinations are "
        "trained. The variance is that of the predicted probabilities, summed over classes and "
        f"averaged over the same {protocol.n_test:,} test examples, so that bias, noise and all "
        "components add up to the Brier score.",
        "A main effect is what a source does by itself, on average over the others. An interaction "
        "is what several sources do together, without what fewer of them do.",
        f"Intervals: 95%, over the {protocol.n_replicates} replicates, which share no source. "
        "Replicates have the same seeds at all widths.",
        "The estimates are unbiased. So the estimate of a component near 0 may be negative, and "
        "is reported as it is.",
        "Test labels are clean and the true class probabilities are not known, so bias² and noise "
        "are one part.",
        "A peak is claimed only where the rise to it and the fall after it are above 0 in "
        "intervals that allow for the choice of the widths (`genlab.measure.peak_test`).",
        "A component is called the largest only where its differences from all others are above 0 "
        "in intervals that hold for all pairs of components at once "
        "(`genlab.measure.highest_positions`, paired).",
        f"Label noise: {protocol.label_noise.fraction:.0%} of the training labels. "
        + (
            ""
            if "batch_order" in protocol.sources
            else "Every step uses the whole training sample, so there is no batch order."
        ),
        f"The {protocol.n_ensembles} ensembles have training samples, label noise and initial "
        "weights that are not in the design. An ensemble predicts the mean of the probabilities.",
        *_batch_notes(protocol),
    ]


def _batch_notes(protocol: Protocol) -> list[str]:
    design = protocol.in_batches
    if design is None:
        return []
    n = design.n_levels ** len(design.sources)
    return [
        f"Networks with batches take {design.recipe.steps:,} steps of {design.recipe.batch_size} "
        f"examples: {design.recipe.epochs(design.n_train):,.0f} passes over the training sample. "
        f"Their design has {n} combinations in each of {design.n_replicates} replicates. The order "
        "of the batches has a seed of its own, which is crossed with all others.",
    ]
