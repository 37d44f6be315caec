"""The sentences of `hyperparameter-choice`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import points
from genlab.experiments.hyperparameter_choice.choices import (
    BY_TEST,
    BY_TRAINING,
    BY_VALIDATION,
    SEALED,
)
from genlab.experiments.hyperparameter_choice.protocol import PROTOCOLS, Protocol

#: Way of choosing -> its text in figures.
WAYS = {
    BY_TRAINING: "lowest training error",
    BY_VALIDATION: "lowest validation error",
    BY_TEST: "lowest test error",
    SEALED: "validation, then the test set once",
}


def answer(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> str:
    """The finding, then its numbers."""
    ways = {row["way"]: row for row in tables["ways"]}
    training, validation, sealed = (ways[way] for way in (BY_TRAINING, BY_VALIDATION, SEALED))
    most = {row["way"]: row for row in tables["against_trials"]}  # the last, of most trials
    finding = (
        "An error that was used for choosing is optimistic. " if validation["gap_high"] < 0 else ""
    )
    return (
        f"{finding}{_by_training(tables, protocol)}: reported minus true error is "
        f"{_points(training)} percentage points. For the lowest validation error it is "
        f"{_points(validation)}, and for the lowest test error {_points(ways[BY_TEST])} (the "
        f"{protocol.n_test:,} test examples having been used for choosing). For a configuration "
        "that is chosen on the validation set and evaluated once on the untouched test set, it is "
        f"{_points(sealed)}{_no_optimism(sealed)} Among {most[BY_TEST]['n_trials']:,} trials, "
        f"reported minus true error is {_points(most[BY_TEST])} points for the lowest test error, "
        f"and {_points(most[SEALED])} for the test error of the trial with the lowest validation "
        "error."
    )


def finding(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> str:
    """The answer in one sentence."""
    validation = next(row for row in tables["ways"] if row["way"] == BY_VALIDATION)
    return (
        f"The lowest validation error of {len(protocol.configurations)} configurations, minus the "
        f"true error, is {_points(validation)} percentage points."
    )


def _by_training(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> str:
    """What choosing by training error reports, and the error on fresh examples."""
    training = next(row for row in tables["ways"] if row["way"] == BY_TRAINING)
    fresh = f"an error of {100 * training['fresh']:.1f}% on {protocol.n_fresh:,} fresh examples"
    n = len(protocol.configurations)
    zero = [row["configuration"] for row in tables["configurations"] if row["train_error"] == 0]
    chosen = {row["configuration"] for row in tables["repetitions"] if row["way"] == BY_TRAINING}
    if len(zero) > 1 and chosen == {zero[0]}:
        return (
            f"{len(zero)} of {n} configurations have a training error of 0, so training error "
            f"cannot rank them; the first of them is chosen, and has {fresh}"
        )
    return (
        f"Of {n} configurations, the one with the lowest training error has a training error of "
        f"{100 * training['reported']:.1f}%, but {fresh}"
    )


def _no_optimism(row: Row) -> str:
    """The end of a sentence on a gap: where its interval holds 0, what cannot be excluded."""
    if not row["gap_low"] <= 0 <= row["gap_high"]:
        return "."
    return (
        f", which shows no optimism. (With {row['n_repetitions']} repetitions, an optimism of "
        f"{-100 * row['gap_low']:.2f} points cannot be excluded.)"
    )


def _points(row: Row) -> str:
    columns = {"estimate": "gap", "low": "gap_low", "high": "gap_high"}
    return points({name: row[column] for name, column in columns.items()}, 2)


def notes(protocol: Protocol, n_diverged: int, n_trained: int) -> list[str]:
    """The search space, over what the intervals are taken, and what the curves show."""
    n, default = len(protocol.configurations), protocol.default
    outside = protocol.n_pool - 2 * protocol.n_test
    wide = (
        f" With {n} configurations and {protocol.n_repetitions} repetitions the intervals are "
        f"wide; at the default scale there are {len(PROTOCOLS['default'].configurations)} and "
        f"{PROTOCOLS['default'].n_repetitions}."
        if protocol.n_repetitions < PROTOCOLS["default"].n_repetitions
        else ""
    )
    lines = [
        f"Configurations: {_either(protocol.depths)} hidden layers of {_either(protocol.widths)} "
        f"units, SGD with a learning rate of {_either(protocol.learning_rates)} and batches of "
        f"{protocol.batch_size}, {_either(protocol.epochs)} epochs, on {protocol.n_train:,} "
        f"training examples. The chosen model is used as it was trained, without a second training "
        f"that includes the validation set.{wide}",
        f"{protocol.n_repetitions} repetitions, in each of which all sets are resampled: the "
        f"training set, {protocol.n_pairs} pairs of a validation and a test set of "
        f"{protocol.n_test:,} examples each that share no example, and {protocol.n_fresh:,} fresh "
        "ones. The choice is made on each pair by itself. A repetition's value is the mean over "
        "its pairs, which narrows the intervals without more training. Intervals: 95%, over the "
        "repetitions; intervals of errors lie between 0 and 100%. Differences are taken within "
        "each repetition.",
        "To be evaluated on the fresh examples, the chosen networks are trained again, with the "
        "same seeds. Several training errors may be equal, mostly at 0: then the first "
        "configuration is chosen, one with few layers and units.",
        f"Against the number of trials: {protocol.n_searched} of the repetitions, in which each "
        f"configuration is trained with {protocol.n_seeds} seeds. A trial is a configuration with "
        f"a seed, and a search chooses among m of these {n * protocol.n_seeds:,} trials at random. "
        "The figure shows the exact mean over all such searches "
        "(`genlab.measure.expected_best_of`) and over the pairs. The true error is estimated on "
        f"the {outside:,} evaluated examples that are in neither set of a pair.",
        f"Against the size of the validation set: all {n} configurations in all repetitions. The "
        f"first {protocol.n_divided:,} examples are divided into sets of that size, over which a "
        f"repetition's value is the mean. The true error is estimated on "
        f"{protocol.n_pool - protocol.n_divided:,} others.",
        f"The estimates use the validation set alone: `genlab.measure.optimism`, "
        f"`ranking_uncertainty` and `gain_over_default`. Their intervals, too, are over "
        f"repetitions. Another configuration wins where it has the lowest error on the pair's test "
        f"set. The gain over the book's network, {default.depth} hidden layers of "
        f"{default.width} units at a learning rate of {default.learning_rate:g}, is measured on "
        f"the {outside:,} examples outside the pair.",
    ]
    if n_diverged:
        lines.append(
            f"{n_diverged} of {n_trained:,} trials diverged. Diverged trials are never chosen by "
            f"training error; on other sets they score as a constant prediction."
        )
    return lines


def _either(values: Sequence[float]) -> str:
    *first, last = (f"{value:g}" for value in values)
    return f"{', '.join(first)} or {last}" if first else last
