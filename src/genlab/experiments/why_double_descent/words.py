"""The sentences of `why-double-descent`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import capital, estimate, negated
from genlab.experiments._labels import LABELS
from genlab.experiments._peak_words import (
    excluded_rise,
    labels_text,
    threshold_ends,
    threshold_said,
)
from genlab.experiments._rows import pick
from genlab.experiments.why_double_descent.protocol import UNBIASED, Protocol

#: Loss -> its name in a sentence.
LOSS_NAMES = {
    "brier": "Brier score",
    "kohavi_wolpert": "0–1 loss",
    "cross_entropy": "cross-entropy",
    "zero_one": "0–1 loss (Domingos)",
}
# Loss -> factor of the numbers shown, unit of a value, unit of a difference, and digits.
_UNITS = {
    "brier": (1, "", "", 3),
    "kohavi_wolpert": (100, "%", " points", 1),
    "cross_entropy": (1, " nats", " nats", 2),
    "zero_one": (100, "%", " points", 1),
}
_BIAS, _VARIANCE = "bias_squared_and_noise", "variance"
#: The loss whose parts the answer quotes.
_LOSS = "brier"

Tables = Mapping[str, list[Row]]


def _labels(labels: str, protocol: Protocol) -> str:
    return labels_text(labels, protocol.label_noise.fraction)


def answer(tables: Tables, protocol: Protocol) -> str:
    """The finding, then its numbers, for each kind of labels."""
    return " ".join(
        [
            _headline(tables, protocol),
            *(_of_labels(tables, labels, protocol) for labels in LABELS),
            "The other losses are taken apart in the figure and in the table `tests`.",
        ]
    )


def finding(tables: Tables, protocol: Protocol) -> str:
    """The answer in one sentence."""
    labels = _labels("noisy", protocol)
    peak = _test(tables, "noisy", _LOSS, _VARIANCE, "peak_rise")
    if peak["found"]:
        shown = _value(tables, "noisy", _LOSS, _VARIANCE, peak["to"])
        where = _where(tables, (_LOSS,)) or f" at width {peak['to']}"
        rise = _test(tables, "noisy", _LOSS, _BIAS, "largest_rise")
        bias = "bias² rises too" if rise["found"] else "no rise of bias² was found"
        return f"With {labels}, variance peaks{where} (Brier score: {shown}); {bias}."
    change = _test(tables, "noisy", _LOSS, _VARIANCE, "change")
    return (
        f"With {labels}, no peak of the variance was found; across widths it changes by "
        f"{_difference(change)} (Brier score)."
    )


def _headline(tables: Tables, protocol: Protocol) -> str:
    """Which part peaks, in the losses whose parts are both tested."""
    peaks = _found(tables, "noisy", _VARIANCE, "peak_rise")
    rises = _found(tables, "noisy", _BIAS, "largest_rise")
    labels = _labels("noisy", protocol)
    if not any(peaks):
        return f"With {labels}, no peak of the variance was found."
    if not all(peaks):
        one, other = (LOSS_NAMES[UNBIASED[peaks.index(found)]] for found in (True, False))
        return (
            f"With {labels}, the variance of the {one} peaks. No peak of the variance of the "
            f"{other} was found."
        )
    if any(rises):
        return f"With {labels}, variance peaks, and bias² does not only fall."
    return f"With {labels}, variance peaks{_where(tables, UNBIASED)}. No rise of bias² was found."


def _where(tables: Tables, losses: Sequence[str]) -> str:
    """Whether the peak of the variance is at the threshold: where all it may be at lie there."""
    ends = threshold_ends(tables["thresholds"], "noisy")
    if ends is None:
        return ""
    inside = [
        ends[0] <= width <= ends[1] for loss in losses for width in _highest(tables, "noisy", loss)
    ]
    if all(inside):
        return " at the interpolation threshold"
    return " near the interpolation threshold" if any(inside) else ""


def _found(tables: Tables, labels: str, part: str, claim: str) -> list[bool]:
    return [_test(tables, labels, loss, part, claim)["found"] for loss in UNBIASED]


def _of_labels(tables: Tables, labels: str, protocol: Protocol) -> str:
    fitted = threshold_said(tables["thresholds"], labels)
    sentences = [
        # The headline is about noisy labels.
        capital(fitted) if labels == "noisy" else f"With {_labels(labels, protocol)}, {fitted}",
        _of_variance(tables, labels),
        _of_bias(tables, labels),
        _of_error(tables, labels),
    ]
    return " ".join(sentences)


def _of_error(tables: Tables, labels: str) -> str:
    rise = _test(tables, labels, "kohavi_wolpert", "loss", "peak_rise")
    if rise["found"]:
        fall = _test(tables, labels, "kohavi_wolpert", "loss", "peak_fall")
        shown = [
            f"{_value(tables, labels, 'kohavi_wolpert', 'loss', width)} at width {width}"
            for width in (rise["from"], rise["to"], fall["to"])
        ]
        return f"Test error is {shown[0]}, peaks at {shown[1]} and falls to {shown[2]}."
    change = _test(tables, labels, "kohavi_wolpert", "loss", "change")
    return f"No peak of the test error was found; it {_changes(change)}."


def _of_variance(tables: Tables, labels: str) -> str:
    rise = _test(tables, labels, _LOSS, _VARIANCE, "peak_rise")
    if not rise["found"]:
        change = _test(tables, labels, _LOSS, _VARIANCE, "change")
        name = LOSS_NAMES[_LOSS]
        return f"No peak of the variance of the {name} was found; it {_changes(change)}."
    fall = _test(tables, labels, _LOSS, _VARIANCE, "peak_fall")
    before, top, after = (
        f"{_value(tables, labels, _LOSS, _VARIANCE, width)} at width {width}"
        for width in (rise["from"], rise["to"], fall["to"])
    )
    told = (
        f"The variance of the {LOSS_NAMES[_LOSS]} is {before}, peaks at {top} and falls to {after}."
    )
    widths = _highest(tables, labels, _LOSS)
    if len(widths) > 1:
        some = ", ".join(map(str, widths[:-1]))
        told += f" Its highest value may be at width {some} or {widths[-1]}."
    return told


def _of_bias(tables: Tables, labels: str) -> str:
    rise = _test(tables, labels, _LOSS, _BIAS, "largest_rise")
    if rise["found"]:
        return (
            f"Its bias² rises by {_difference(rise)} from width {rise['from']} to width "
            f"{rise['to']}."
        )
    factor, _, unit, digits = _UNITS[_LOSS]
    excluded = excluded_rise(rise["most"], factor, unit, digits) or "no rise"
    change = _test(tables, labels, _LOSS, _BIAS, "change")
    return f"Its bias² {_changes(change)}. {capital(excluded)} between two widths is excluded."


def _changes(row: Row) -> str:
    """Whether a part falls or rises between two widths, or that this could be chance."""
    widths = f"from width {row['from']} to width {row['to']}"
    if row["high"] < 0:
        return f"falls by {_difference(row | negated(row))} {widths}"
    if row["low"] > 0:
        return f"rises by {_difference(row)} {widths}"
    return f"changes by {_difference(row)} {widths}, which could be chance"


def _highest(tables: Tables, labels: str, loss: str) -> list[int]:
    return [
        row["capacity"]
        for row in tables["highest"]
        if (row["labels"], row["loss"], row["part"]) == (labels, loss, _VARIANCE)
    ]


def _test(tables: Tables, labels: str, loss: str, part: str, claim: str) -> Row:
    return pick(tables["tests"], labels=labels, loss=loss, part=part, claim=claim)


def _value(tables: Tables, labels: str, loss: str, part: str, width: float) -> str:
    """A part at a width, from all training sets, with its interval."""
    row = pick(tables["parts"], labels=labels, loss=loss, part=part, capacity=width)
    factor, unit, _, digits = _UNITS[loss]
    return estimate({name: factor * row[name] for name in _ENDS}, digits) + unit


_ENDS = ("estimate", "low", "high")


def _difference(row: Row) -> str:
    factor, _, unit, digits = _UNITS[row["loss"]]
    return estimate({name: factor * row[name] for name in _ENDS}, digits) + unit


def notes(protocol: Protocol) -> list[str]:
    """What a training set is, what the parts are, and how claims are tested."""
    n, groups = protocol.n_datasets, protocol.n_groups
    return [
        f"At every width a network is fitted to each of {n} fresh training sets of "
        f"{protocol.n_train:,} examples of MNIST-1D. Each fit has its own initial weights and, "
        "with label noise, its own noisy labels. The variance is that of all of these together. "
        f"The same {n} training sets and seeds are used at every width.",
        f"All networks predict the same {protocol.n_test:,} test examples. Intervals are over "
        "training sets, for these examples.",
        "Labels of test examples are clean. The classes of MNIST-1D overlap, but the true "
        "probabilities of the classes are not known. So no noise is reported. It is part of the "
        "bias: what is called bias² here is bias² and noise.",
        "The Brier score is the squared error of the predicted probabilities. The 0–1 loss is "
        "split by shares of votes (Kohavi and Wolpert 1996). The estimates of bias² and variance "
        "of these two are unbiased for any number of training sets. They add up to the mean loss, "
        "which for the 0–1 loss is the test error.",
        f"Values have 95% intervals over the {n} training sets. Claims compare the estimates of "
        f"{groups} groups of {n // groups} or more training sets; no training set is in two "
        "groups. A peak is claimed only where the rise to it and the fall after it are above 0, in "
        "intervals that hold for all pairs of widths at once (`genlab.measure.peak_test`). A rise "
        "is tested in the same way (`rise_test`). Each curve has a false claim in at most 5% of "
        "cases. Several curves together have one more often.",
        "The bias of cross-entropy belongs to the normalised geometric mean of the predicted "
        "probabilities (Heskes 1998). With few training sets its estimate is too high. It is "
        "higher still where networks are confident and differ. So a peak of the variance would "
        "look like a peak of the bias.",
        "The table `parts` also has the decomposition of Domingos (2000). There the bias of a test "
        "example is 1 if most networks are wrong about it, and 0 otherwise. Where votes are close "
        f"{n} training sets do not show which. Its intervals are too wide for a claim, so it is "
        "neither drawn nor tested.",
        "The interpolation threshold is the width from which training error, measured with the "
        "noisy labels, is below 1%.",
        "Yang et al. (ICML 2020) report a variance with one peak and a falling bias for networks "
        "on CIFAR-10. Neal et al. (2018) report a variance that falls with width. Their data and "
        "networks differ from these, so no number is compared.",
    ]
