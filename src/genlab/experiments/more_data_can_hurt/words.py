"""The sentences of `more-data-can-hurt`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import listed, percent, points
from genlab.experiments._peak_words import excluded_rise
from genlab.experiments.more_data_can_hurt.protocol import Protocol

Tables = Mapping[str, Sequence[Row]]


def answer(tables: Tables) -> str:
    """The finding, then its numbers."""
    found = [row for row in tables["rises"] if row["found"]]
    if not found:
        known = [
            f"{excluded} ({kind_name(row)})"
            for row in tables["rises"]
            if (excluded := excluded_rise(row["most"]))
        ]
        head = "No rise of the test error with more training examples was found. " + (
            f"Excluded is {listed(known)}."
            if known
            else "So few seeds exclude none: any rise could be hidden by chance."
        )
    else:
        head = (
            f"More training examples raise the test error for {len(found)} of "
            f"{len(tables['rises'])} curves: {listed([_rise(row) for row in found])}."
        )
    return " ".join([head, *(_ends(tables, row) for row in tables["rises"])])


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


def _ends(tables: Tables, row: Row) -> str:
    """Test error with the fewest and the most examples."""
    rows = [
        one
        for one in tables["curves"]
        if (one["label_noise"], one["capacity"]) == (row["label_noise"], row["capacity"])
    ]
    test = [one for one in rows if one["curve"] == "test_error"]
    fitted = [
        one["n_train"] for one in rows if one["curve"] == "train_error" and one["estimate"] < 0.01
    ]
    until = (
        f"Training error is below 1% up to {max(fitted):,} examples."
        if fitted
        else "No training set is fitted."
    )
    return (
        f"At {kind_name(row)}, test error is {percent(test[0])} with {test[0]['n_train']:,} "
        f"examples and {percent(test[-1])} with {test[-1]['n_train']:,}. {until}"
    )


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
