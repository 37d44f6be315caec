"""The sentences of `variance-along-width`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate, listed
from genlab.experiments._peak_words import threshold_text
from genlab.experiments._rows import interval_of, pick
from genlab.experiments.variance_along_width.protocol import Protocol
from genlab.measure import Threshold

Tables = Mapping[str, Sequence[Row]]

#: Source -> its name.
SOURCE_NAMES = {
    "training_sample": "training sample",
    "label_noise": "label noise",
    "initial_weights": "initial weights",
    "batch_order": "batch order",
}
_PARTS = {
    "variance": "The variance",
    "bias_squared_and_noise": "Bias² with noise",
    "batch_order": "The sum for batch order",
}


def component_name(component: str) -> str:
    """A main effect by its source, an interaction by its sources."""
    return " × ".join(SOURCE_NAMES[source] for source in component.split(":"))


def answer(tables: Tables, threshold: Threshold, protocol: Protocol) -> str:
    """The finding, then its numbers; the rest is in the captions and in the tables."""
    width = widest_variance(tables)
    peaks = pick(tables["peaks"], part="variance")["found"]
    total = estimate(pick(tables["totals"], capacity=width, part="variance"), 3)
    main = max(
        (
            pick(tables["components"], capacity=width, component=source)
            for source in protocol.sources
        ),
        key=lambda row: float(row["estimate"]),
    )
    return " ".join(
        [
            "The variance of the predicted probabilities peaks along width."
            if peaks
            else "No peak of the variance of the predicted probabilities along width is shown.",
            f"At width {width}, where it is highest, it is {total}. Of its components there, "
            f"{_most(tables['components'], width)}.",
            *_doubt(tables["components"], width),
            f"The highest main effect, that of the {SOURCE_NAMES[main['component']]}, is "
            f"{estimate(main, 3)}.",
            threshold_text(threshold, "width "),
            *_ensembles(tables, width, protocol),
            *_batches(tables, protocol),
        ]
    )


def finding(tables: Tables) -> str:
    """The answer in one sentence."""
    width = widest_variance(tables)
    return f"Where variance is largest, at width {width}, {_most(tables['components'], width)}."


def _most(components: Sequence[Row], width: int) -> str:
    """Which component contributes most at a width, or may do so where that could be chance."""
    rows = [row for row in components if row["capacity"] == width]
    largest = max(rows, key=lambda row: float(row["estimate"]))
    sources = [SOURCE_NAMES[source] for source in largest["component"].split(":")]
    kind = f"the {'interaction' if len(sources) > 1 else 'main effect'} of {listed(sources)}"
    alone = sum(row["may_be_largest"] for row in rows) == 1
    return f"{kind} {'contributes' if alone else 'may contribute'} most: {estimate(largest, 3)}"


def _doubt(components: Sequence[Row], width: int) -> list[str]:
    """The components that may be the largest, where there are several."""
    rows = [row for row in components if row["capacity"] == width and row["may_be_largest"]]
    if len(rows) == 1:
        return []
    rows.sort(key=lambda row: -float(row["estimate"]))
    names = [component_name(row["component"]) for row in rows]
    return [f"Each of {listed(names)} may be the largest: their differences could be chance."]


def widest_variance(tables: Tables, totals: str = "totals") -> int:
    """The width at which the variance is largest."""
    rows = [row for row in tables[totals] if row["part"] == "variance"]
    return int(max(rows, key=lambda row: float(row["estimate"]))["capacity"])


def _ensembles(tables: Tables, width: int, protocol: Protocol) -> list[str]:
    """What an ensemble has there, and a single network."""
    row = {one["quantity"]: one for one in tables["ensembles"] if one["capacity"] == width}
    if not row:
        return []
    over = listed([SOURCE_NAMES[source] for source in protocol.over])
    return [
        f"An ensemble of {protocol.size} networks with different {over} divides the components "
        f"that involve {over} by {protocol.size}. Its Brier score at width {width} is "
        f"{estimate(row['measured'], 3)}; that of a single network is {estimate(row['single'], 3)}."
    ]


def _batches(tables: Tables, protocol: Protocol) -> list[str]:
    """What batch order contributes where training has batches."""
    design = protocol.in_batches
    if design is None:
        return []
    rows = tables["batch_components"]
    width = widest_variance(tables, "batch_totals")
    alone = pick(rows, capacity=width, component="batch_order")
    return [
        f"With batches of {design.recipe.batch_size} examples their order is a fourth source. "
        f"At width {width}, where the variance is then highest, the main effect of batch order is "
        f"{estimate(alone, 3)}, and {_most(rows, width)}."
    ]


def course(tables: Tables, part: str, peaks: str = "peaks") -> str:
    """Whether a part peaks along width, with its rise and its fall: for a caption."""
    row, name = pick(tables[peaks], part=part), _PARTS[part]
    rise = (
        f"{estimate(interval_of(row, 'rise'), 3)} from width {row['before']} to width "
        f"{row['capacity']}"
    )
    fall = f"{estimate(interval_of(row, 'fall'), 3)} from there to width {row['after']}"
    if row["found"]:
        return f"{name} peaks: it rises by {rise}, and falls by {fall}."
    if row["before"] == row["capacity"]:
        return f"{name} shows no peak: its mean never rises from one width to the next."
    return f"{name} shows no peak: its largest rise is {rise}, and its fall {fall}."


def peaking_sources(tables: Tables, peaks: str = "peaks") -> str:
    """Which sources' sums of components peak, and at which widths: for a caption."""
    rows = [row for row in tables[peaks] if row["part"] in SOURCE_NAMES]
    there: dict[int, list[str]] = {}
    for row in rows:
        if row["found"]:
            there.setdefault(row["capacity"], []).append(SOURCE_NAMES[row["part"]])
    missing = [SOURCE_NAMES[row["part"]] for row in rows if not row["found"]]
    told = [
        f"A peak at width {width} is shown for {listed(names)}." for width, names in there.items()
    ]
    return " ".join([*told, *([f"No peak is shown for {listed(missing)}."] if missing else [])])


def prediction_told(tables: Tables, width: int) -> str:
    """How far measured ensembles are from what the components predict: for a caption."""
    row = pick(tables["ensembles"], capacity=width, quantity="difference")
    return f"At width {width}, measured minus predicted is {estimate(row, 3)}."


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
        "is what several sources do together, without what fewer of them do. Averaging the "
        "predictions over many levels of a source removes all components that involve it.",
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
