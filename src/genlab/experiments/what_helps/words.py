"""The sentences of `what-helps`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from genlab._base.jsons import Row
from genlab._base.words import number, percent
from genlab.experiments.what_helps.learning_curves import Errors
from genlab.experiments.what_helps.protocol import PUBLISHED_SIZE, Protocol
from genlab.measure import error_interval

POSITIONS = {"ordered": "positions in order", "shuffled": "positions shuffled"}


def answer(
    protocol: Protocol, errors: Mapping[tuple[str, str], Errors], worth: Sequence[Row]
) -> str:
    """The finding, then its numbers."""

    def error(positions: str, model: str, n: int) -> str:
        values = errors[positions, model][:, protocol.sizes[positions].index(n)]
        return percent(error_interval(values, protocol.n_test).row())

    def needed(positions: str, n: int) -> str:
        return _needed(rows[positions, n], protocol.sizes[positions])

    rows = {(row["positions"], row["n_train"]): row for row in worth if row["model"] == "CNN"}
    shown = {positions: _size(sizes) for positions, sizes in protocol.sizes.items()}
    n, n_shuffled = shown["ordered"], shown["shuffled"]
    inside = [size for size in protocol.sizes["ordered"] if not rows["ordered", size]["bound"]]
    # The first and the last error of the CNN that the MLP reaches, and that with `n`.
    (first, needs), *others = (
        (f"{size:,} examples ({error('ordered', 'CNN', size)} error)", needed("ordered", size))
        for size in dict.fromkeys((*inside[:1], *inside[-1:], n))
    )
    matched = f"{first}, the MLP needs {needs}" + "".join(
        f"; trained on {examples}, {number_needed}" for examples, number_needed in others
    )
    by_model = ", ".join(f"{error('ordered', m, n)} ({m})" for m in protocol.models["ordered"])
    finding = (
        "A model that makes use of neighbouring positions needs fewer examples. "
        if _saves_examples(rows["ordered", n])
        else ""
    )
    return (
        f"{finding}With {n:,} examples the test error is {by_model}. To match the CNN trained on "
        f"{matched}. With shuffled positions and {n_shuffled:,} examples the CNN's error is "
        f"{error('shuffled', 'CNN', n_shuffled)} and the MLP's "
        f"{error('shuffled', 'MLP', n_shuffled)}: to match the CNN, the MLP needs "
        f"{needed('shuffled', n_shuffled)}."
    )


def finding(protocol: Protocol, worth: Sequence[Row]) -> str:
    """The answer in one sentence."""
    rows = [row for row in worth if (row["model"], row["positions"]) == ("CNN", "ordered")]
    measured = [row for row in rows if not row["bound"]] or rows
    row = max(measured, key=lambda row: float(row["n_train"]))
    return (
        f"To match the CNN trained on {row['n_train']:,} examples, the MLP needs "
        f"{_needed(row, protocol.sizes['ordered'])}."
    )


def _size(sizes: Sequence[int]) -> int:
    """The number of examples of the published errors, or the largest of the protocol's sizes."""
    return PUBLISHED_SIZE if PUBLISHED_SIZE in sizes else sizes[-1]


def _saves_examples(row: Row) -> bool:
    """Whether the MLP needs more examples than the CNN has, beyond the interval."""
    return bool(row["bound"] == "above" or row["mlp_examples_low"] > row["n_train"])


def _needed(row: Row, sizes: Sequence[int]) -> str:
    """Examples that the MLP needs; an interval's end beyond the sizes run is not known."""
    if row["bound"]:
        return f"more than {sizes[-1]:,}" if row["bound"] == "above" else f"fewer than {sizes[0]:,}"
    examples = f"{row['mlp_examples']:,.0f}"
    low, high = (
        None if math.isnan(row[name]) else f"{row[name]:,.0f}"
        for name in ("mlp_examples_low", "mlp_examples_high")
    )
    if low is None and high is None:
        return f"about {examples} (no interval)"
    if low is None:
        return f"at most {high} (estimate {examples}, no lower bound)"
    if high is None:
        return f"at least {low} (estimate {examples}, no upper bound)"
    return f"{examples} [{low}, {high}], {_times(row['ratio'])}"


def _times(ratio: float) -> str:
    """A ratio of two numbers of examples."""
    if round(ratio, 1) == 0.5:
        return f"about half as many ({ratio:.2g} times)"
    return f"{ratio:.2g} times as many"


def notes(protocol: Protocol, networks: Sequence[Row]) -> list[str]:
    """Over what the intervals are taken, and how networks are trained and matched."""
    recipe, n_test, sizes = protocol.recipe, protocol.n_test, protocol.sizes["ordered"]
    added = 100 * (0.25 / n_test) ** 0.5
    gains: dict[tuple[str, str, int], list[float]] = {}
    for row in networks:
        key = row["positions"], row["model"], row["n_train"]
        gains.setdefault(key, []).append(100 * (row["test_error"] - row["lowest_test_error"]))
    most = max(gains, key=lambda key: float(np.nanmean(gains[key])))
    trained = {model for models in protocol.models.values() for model in models}
    left_out = "" if "GRU" in trained else " The GRU, which takes longest, is left out here."
    return [
        f"Intervals: 95%, over {protocol.n_seeds} seeds; intervals of errors lie between 0 and "
        "100%. Every seed draws its own training examples, initial weights and batches. A seed's "
        "smaller samples are the first examples of its larger ones, and all its models are "
        f"trained on the same examples.{left_out}",
        f"Positions in order: all networks are tested on the same {n_test:,} fresh examples. The "
        f"standard deviation that this sample adds, at most {added:.2f} points, is not in the "
        f"intervals; it mostly cancels between models. Positions shuffled: every seed has its own "
        f"order of the positions and its own {n_test:,} test examples, so the intervals include "
        f"both. The published values are for one set of 4,000 training and 1,000 test examples.",
        f"All networks are trained for {recipe.steps:,} steps of Adam (learning rate "
        f"{recipe.learning_rate:g}) on batches of {recipe.batch_size}: "
        f"{number(recipe.epochs(sizes[0]))} epochs of {sizes[0]:,} examples, "
        f"{number(recipe.epochs(sizes[-1]))} of {sizes[-1]:,}. They are tested at the end. "
        f"Stopping each network at the best of its tests every {recipe.evaluate_every:,} steps, "
        f"chosen on the test set itself, would lower the mean error by at most "
        f"{float(np.mean(gains[most])):.1f} points ({most[1]}, {POSITIONS[most[0]]}, {most[2]:,} "
        f"examples). This is an upper bound without an interval.",
        "Examples the MLP needs: the number at which its mean error equals the other model's, on "
        "straight lines between the sizes that were run, on log axes. The interval comes from the "
        "jackknife over seeds (`genlab.measure.equivalent_sample_size`); an end beyond the sizes "
        "that were run is not known. Numbers extrapolated by the power law have no interval, "
        "because the law may not hold beyond the sizes that were run.",
        f"Power laws are fitted from {protocol.fit_from:,} examples on and shown only there. "
        f"Residuals are in standard errors over seeds. Where one is beyond about 3, the law does "
        f"not hold, and its parameters only summarise the curve.",
    ]
