"""The sentences of `more-data-can-hurt`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import listed, percent, points
from genlab.experiments._peak_words import excluded_rise
from genlab.experiments._rows import missing
from genlab.experiments.more_data_can_hurt.protocol import Protocol

Tables = Mapping[str, Sequence[Row]]
# The mean training error below which a network fits its training labels.
_FITTED = 0.01


def answer(tables: Tables) -> str:
    """The finding, then its numbers; the errors themselves are in the captions."""
    found = [row for row in tables["rises"] if row["found"]]
    if found:
        return (
            f"More training examples raise the test error for {len(found)} of "
            f"{len(tables['rises'])} curves: {listed([_rise(row) for row in found])}."
        )
    known = [
        f"{excluded} ({kind_name(row)})"
        for row in tables["rises"]
        if (excluded := excluded_rise(row["most"]))
    ]
    return "No rise of the test error with more training examples was found. " + (
        f"Excluded is {listed(known)}."
        if known
        else "So few seeds exclude none: any rise could be hidden by chance."
    )


def finding(tables: Tables) -> str:
    """The answer in one sentence of at most 25 words."""
    found = [row for row in tables["rises"] if row["found"]]
    most = max(found or tables["rises"], key=lambda row: float(row["estimate"]))
    if found:
        return (
            f"At width {most['capacity']} with {most['label_noise']:.0%} label noise, more "
            f"examples ({most['from_n']:,} to {most['to_n']:,}) raise test error by "
            f"{points(most)} points."
        )
    return (
        "No rise of test error with more training examples was found; the largest change from "
        f"fewer to more is {points(most)} points."
    )


def kind_name(row: Row) -> str:
    """Which curve it is."""
    return f"width {row['capacity']}, {row['label_noise']:.0%} noise"


def _rise(row: Row) -> str:
    return (
        f"from {row['from_n']:,} to {row['to_n']:,} examples by {points(row)} points "
        f"({kind_name(row)})"
    )


def ends_told(tables: Tables) -> str:
    """Test error with the fewest and the most examples: for a caption."""
    told = []
    for row in tables["rises"]:
        first, *_, last = _curve(tables, row, "test_error")
        told.append(f"{percent(first)} and {percent(last)} ({kind_name(row)})")
    return f"With {first['n_train']:,} and with {last['n_train']:,} examples it is {listed(told)}."


def fitted_told(tables: Tables) -> str:
    """Up to how many examples each network fits its training labels: for a caption."""
    told = []
    for row in tables["rises"]:
        rows = _curve(tables, row, "train_error")
        fitted = [
            one["n_train"]
            for one in rows
            if not missing(one["estimate"]) and one["estimate"] < _FITTED
        ]
        up_to = f"up to {max(fitted):,} examples" if fitted else "with no number of examples"
        told.append(f"{up_to} ({kind_name(row)})")
    return f"Training error is below 1% {listed(told)}."


def _curve(tables: Tables, row: Row, curve: str) -> list[Row]:
    wanted = {name: row[name] for name in ("label_noise", "capacity")} | {"curve": curve}
    return [one for one in tables["curves"] if wanted.items() <= one.items()]


def notes(protocol: Protocol) -> list[str]:
    """Over what the intervals are taken, and when more data is said to hurt."""
    return [
        f"Intervals: 95%, over {protocol.n_seeds} seeds. The networks of a seed have fresh "
        "training examples, noisy labels and initial weights of their own. The training sets "
        "of a seed are nested: a smaller one is the beginning of a larger one. All networks are "
        f"tested on the same {protocol.n_test:,} examples with clean labels, after "
        f"{protocol.recipe.steps:,} steps.",
        "More data hurts where the mean test error with more examples is above that with fewer. "
        "It is claimed where the interval of the difference, of the same seeds, lies above 0. The "
        "intervals hold for all pairs of sizes of a curve at once "
        "(`genlab.measure.pairwise_intervals`, paired). Where no rise is found, the largest upper "
        "end says which rises are excluded. Between the curves there is no correction.",
        "Training error counts the noisy label as correct.",
    ]
