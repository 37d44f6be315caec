"""The sentences of `double-descent-mnist`."""

from __future__ import annotations

from collections.abc import Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate
from genlab.experiments._peak_words import PEAK_NOTE, capacities_of, doubt
from genlab.experiments.double_descent_mnist.protocol import PUBLISHED_EPOCHS, Protocol
from genlab.measure import DoubleDescent, peak_test
from genlab.studies import CapacityCurve

UNTRAINED = (
    "No network was trained, so nothing was measured. The figure shows the published values."
)
UNTRAINED_FINDING = "No network was trained: MNIST is not available on this machine."


def answer(
    curve: CapacityCurve, extremes: DoubleDescent, recipes: Sequence[Row], protocol: Protocol
) -> str:
    """The finding, then its numbers; `curve` is that of the reused weights."""
    peak = peak_test(curve.values("test_loss"))
    bands = {row["capacity"]: row for row in curve.bands() if row["curve"] == "test_loss"}
    before, top, after = (
        bands[int(size)] for size in capacities_of(peak, extremes, curve.capacities)
    )
    size, losses = _at_the_threshold(recipes, protocol)
    finding = (
        f"Test loss peaks at {top['capacity']:,.0f} parameters and falls again. "
        if peak.found
        else ""
    )
    chance = "" if peak.found else f" {doubt(protocol.n_seeds, 'network size')}"
    name = "the peak" if peak.found else "the highest between"
    return (
        f"{finding}The interpolation threshold is {protocol.threshold:,} (training examples × "
        f"classes). Test loss is {estimate(before, 3)} at {before['capacity']:,.0f} parameters, "
        f"{estimate(top, 3)} at {top['capacity']:,.0f} ({name}) and {estimate(after, 3)} at "
        f"{after['capacity']:,.0f}: {top['estimate'] / before['estimate']:.2f} times the minimum "
        f"before and {top['estimate'] / after['estimate']:.2f} times the one after.{chance} These "
        f"networks reuse trained weights up to the threshold. From fresh initial weights, the "
        f"network with {size:,} parameters has a test loss of {losses['fresh']}, not "
        f"{losses['reused']}."
    )


def finding(curve: CapacityCurve, extremes: DoubleDescent, protocol: Protocol) -> str:
    """The answer in one sentence."""
    peak = peak_test(curve.values("test_loss"))
    _, top, _ = capacities_of(peak, extremes, curve.capacities)
    row = next(
        row for row in curve.bands() if (row["curve"], row["capacity"]) == ("test_loss", int(top))
    )
    loss, size = estimate(row, 3), f"{row['capacity']:,.0f} parameters"
    if peak.found:
        return (
            f"Test loss rises to {loss} at {size} (interpolation threshold: "
            f"{protocol.threshold:,}), and then falls."
        )
    return f"Test loss is {loss} at {size}. {doubt(protocol.n_seeds, 'network size')}"


def notes(recipes: Sequence[Row], protocol: Protocol) -> list[str]:
    """Over what the intervals are taken, and what the recipes are."""
    size, losses = _at_the_threshold(recipes, protocol)
    plain = [row for row in recipes if row["recipe"] == "plain"]
    highest = max(plain, key=lambda row: row["estimate"])
    recipe, adam = protocol.recipe, protocol.plain
    seeds = (
        "One seed, so no intervals."
        if protocol.n_seeds == 1
        else f"Intervals: 95%, over {protocol.n_seeds} seeds (initial weights, batch order). All "
        f"seeds have the same data. {PEAK_NOTE}"
    )
    return [
        f"{seeds} The first {protocol.n_train:,} training digits of MNIST are used, and "
        f"{protocol.n_test:,} test digits. The loss is the squared distance from 1 for the true "
        f"class and 0 for the others, summed over classes.",
        f"The recipe follows the paper where the paper gives it: SGD with momentum "
        f"{recipe.momentum:g}, and up to the threshold a learning rate that falls by "
        f"{1 - protocol.decay.factor:.0%} after every {protocol.decay.every_epochs:,} epochs. The "
        f"paper does not give the rest: here the learning rate starts at "
        f"{recipe.learning_rate:g}, and batches hold {recipe.batch_size} digits. There are "
        f"{recipe.epochs(protocol.n_train):,.0f} epochs (published: up to {PUBLISHED_EPOCHS:,}, "
        f"and up to the threshold fewer once every training digit is classified correctly).",
        f"Up to {protocol.threshold:,} parameters each network starts from the trained weights of "
        f"the next smaller one. The smallest has Glorot's initial weights; added weights are "
        f"normal with variance 0.01. Beyond the threshold every network starts from fresh weights.",
        f"Networks of the same sizes were also trained from fresh weights, with the recipe used "
        f"beyond the threshold. At {size:,} parameters their test loss is {losses['fresh']}; with "
        f"reused weights it is {losses['reused']}.",
        f"The plain recipe is Adam with a learning rate of {adam.learning_rate:g}, "
        f"{adam.steps:,} steps on all digits at once, from the usual initial weights. Its test "
        f"loss is {estimate(plain[0], 3)} at {plain[0]['capacity']:,} parameters and "
        f"{estimate(plain[-1], 3)} at {plain[-1]['capacity']:,}; it is highest, "
        f"{estimate(highest, 3)}, at {highest['capacity']:,}.",
    ]


def _at_the_threshold(recipes: Sequence[Row], protocol: Protocol) -> tuple[int, dict[str, str]]:
    """The largest size up to the threshold that all recipes have, and the test loss of each."""
    size = max(row["capacity"] for row in recipes if row["capacity"] <= protocol.threshold)
    return size, {row["recipe"]: estimate(row, 3) for row in recipes if row["capacity"] == size}
