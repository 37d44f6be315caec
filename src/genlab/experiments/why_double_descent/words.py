"""The sentences of `why-double-descent`."""

from __future__ import annotations

import math
from collections.abc import Mapping

from genlab._base.jsons import Row
from genlab._base.words import estimate
from genlab.experiments.why_double_descent.protocol import LABELS, Protocol

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

Tables = Mapping[str, list[Row]]


def labels_text(labels: str, protocol: Protocol) -> str:
    """What "clean" and "noisy" mean."""
    if labels == "clean":
        return "clean labels"
    return f"{protocol.label_noise.fraction:.0%} label noise"


def answer(tables: Tables, protocol: Protocol) -> str:
    """The finding, then its numbers, for each kind of labels."""
    return " ".join(
        [_headline(tables, protocol), *(_of_labels(tables, labels, protocol) for labels in LABELS)]
    )


def finding(tables: Tables, protocol: Protocol) -> str:
    """The answer in one sentence."""
    labels = labels_text("noisy", protocol)
    peak = _test(tables, "noisy", "brier", _VARIANCE, "peak_rise")
    if peak["found"]:
        shown = _value(tables, "noisy", "brier", _VARIANCE, peak["to"])
        where = f"at width {peak['to']}"
        if _at_threshold(tables, "noisy"):
            where = "at the interpolation threshold"
        rise = _test(tables, "noisy", "brier", _BIAS, "largest_rise")
        bias = "bias² rises too" if rise["found"] else "no rise of bias² was found"
        return f"With {labels}, variance peaks {where} (Brier score: {shown}); {bias}."
    change = _test(tables, "noisy", "brier", _VARIANCE, "change")
    return (
        f"With {labels}, no peak of the variance was found; across widths it changes by "
        f"{_difference(change)} (Brier score)."
    )


def _headline(tables: Tables, protocol: Protocol) -> str:
    """Which part peaks, in the losses whose parts are both tested."""
    peaks = _found(tables, "noisy", _VARIANCE, "peak_rise")
    rises = _found(tables, "noisy", _BIAS, "largest_rise")
    labels = labels_text("noisy", protocol)
    if all(peaks) and not any(rises):
        where = " at the interpolation threshold" if _at_threshold(tables, "noisy") else ""
        return f"With {labels}, variance peaks{where}, and no rise of bias² was found."
    if all(peaks):
        return f"With {labels}, variance peaks, but bias² does not only fall."
    if not any(peaks):
        return f"With {labels}, no peak of the variance was found."
    return f"With {labels}, variance peaks for one loss and not for the other."


def _found(tables: Tables, labels: str, part: str, claim: str) -> list[bool]:
    return [
        _test(tables, labels, loss, part, claim)["found"] for loss in ("brier", "kohavi_wolpert")
    ]


def _of_labels(tables: Tables, labels: str, protocol: Protocol) -> str:
    sentences = [
        f"With {labels_text(labels, protocol)}: {_threshold(tables, labels)}",
        _of_error(tables, labels),
        *(_of_variance(tables, labels, loss) for loss in ("brier", "kohavi_wolpert")),
        *(_of_bias(tables, labels, loss) for loss in ("brier", "kohavi_wolpert")),
        _of_variance(tables, labels, "cross_entropy"),
        _of_confident_bias(tables, labels),
    ]
    return " ".join(sentences)


def _threshold(tables: Tables, labels: str) -> str:
    row = next(row for row in tables["thresholds"] if row["labels"] == labels)
    below, above = row["none_below"], row["all_from"]
    if _missing(above):
        return "some networks of every width have a training error of at least 1%."
    if _missing(below):
        return f"training error is below 1% from width {above:.0f} on."
    return f"training error falls below 1% between widths {below:.0f} and {above:.0f}."


def _of_error(tables: Tables, labels: str) -> str:
    rise = _test(tables, labels, "kohavi_wolpert", "loss", "peak_rise")
    fall = _test(tables, labels, "kohavi_wolpert", "loss", "peak_fall")
    places = [rise["from"], rise["to"], fall["to"]]
    shown = [
        f"{_value(tables, labels, 'kohavi_wolpert', 'loss', width)} at width {width}"
        for width in places
    ]
    if rise["found"]:
        return f"Test error is {shown[0]}, peaks at {shown[1]} and falls to {shown[2]}."
    change = _test(tables, labels, "kohavi_wolpert", "loss", "change")
    return (
        f"No peak of the test error was found. From the smallest to the largest width it changes "
        f"by {_difference(change)}."
    )


def _of_variance(tables: Tables, labels: str, loss: str) -> str:
    name = f"The variance of the {LOSS_NAMES[loss]}"
    rise = _test(tables, labels, loss, _VARIANCE, "peak_rise")
    if not rise["found"]:
        change = _test(tables, labels, loss, _VARIANCE, "change")
        return (
            f"{name} shows no peak; from the smallest to the largest width it changes by "
            f"{_difference(change)}."
        )
    width = rise["to"]
    return (
        f"{name} peaks at width {width}, at {_value(tables, labels, loss, _VARIANCE, width)} "
        f"({_candidates(tables, labels, loss)})."
    )


def _candidates(tables: Tables, labels: str, loss: str) -> str:
    widths = _highest(tables, labels, loss)
    if len(widths) == 1:
        return "every other width is lower, all intervals above 0"
    return f"the highest value may be at widths {', '.join(map(str, widths[:-1]))} or {widths[-1]}"


def _of_bias(tables: Tables, labels: str, loss: str) -> str:
    name = f"The bias² of the {LOSS_NAMES[loss]}"
    rise = _test(tables, labels, loss, _BIAS, "largest_rise")
    change = _test(tables, labels, loss, _BIAS, "change")
    if rise["found"]:
        return (
            f"{name} rises by {_difference(rise)} from width {rise['from']} to width {rise['to']}."
        )
    factor, _, unit, digits = _UNITS[loss]
    most = f"a rise of up to {factor * rise['most']:.{digits}f}{unit} cannot be excluded"
    if _missing(rise["most"]) or rise["most"] <= 0:
        most = "every rise is excluded"
    return (
        f"{name} changes by {_difference(change)} from the smallest to the largest width; no rise "
        f"was found, and {most}."
    )


def _of_confident_bias(tables: Tables, labels: str) -> str:
    """The bias of cross-entropy at both ends and at the highest variance, without a claim."""
    rise = _test(tables, labels, "cross_entropy", _VARIANCE, "peak_rise")
    widths = [row["capacity"] for row in tables["bands"] if row["labels"] == labels]
    places = list(dict.fromkeys([min(widths), rise["to"], max(widths)]))
    shown = [
        f"{_value(tables, labels, 'cross_entropy', 'bias_and_noise', width)} at width {width}"
        for width in places
    ]
    return (
        f"Its bias is {', '.join(shown[:-1])} and {shown[-1]}; this estimate is too high where the "
        "variance is high, so no claim is tested."
    )


def _at_threshold(tables: Tables, labels: str) -> bool:
    """Whether the highest variance may lie at the threshold, and not far from it."""
    row = next(row for row in tables["thresholds"] if row["labels"] == labels)
    below, above = row["none_below"], row["all_from"]
    widths = _highest(tables, labels, "brier")
    if _missing(above):
        return False
    return any((_missing(below) or width >= below) and width <= above for width in widths)


def _highest(tables: Tables, labels: str, loss: str) -> list[int]:
    return [
        row["capacity"]
        for row in tables["highest"]
        if (row["labels"], row["loss"], row["part"]) == (labels, loss, _VARIANCE)
    ]


def _test(tables: Tables, labels: str, loss: str, part: str, claim: str) -> Row:
    wanted = (labels, loss, part, claim)
    return next(
        row
        for row in tables["tests"]
        if (row["labels"], row["loss"], row["part"], row["claim"]) == wanted
    )


def _value(tables: Tables, labels: str, loss: str, part: str, width: float) -> str:
    """A part at a width, from all training sets, with its interval."""
    wanted = (labels, loss, part, width)
    row = next(
        row
        for row in tables["parts"]
        if (row["labels"], row["loss"], row["part"], row["capacity"]) == wanted
    )
    factor, unit, _, digits = _UNITS[loss]
    return estimate({name: factor * row[name] for name in _ENDS}, digits) + unit


_ENDS = ("estimate", "low", "high")


def _difference(row: Row) -> str:
    factor, _, unit, digits = _UNITS[row["loss"]]
    return estimate({name: factor * row[name] for name in _ENDS}, digits) + unit


def _missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def notes(protocol: Protocol) -> list[str]:
    """What a training set is, what the parts are, and how claims are tested."""
    n, groups = protocol.n_datasets, protocol.n_groups
    return [
        f"At every width a network is fitted to each of {n} fresh training sets of "
        f"{protocol.n_train:,} examples of MNIST-1D, with other initial weights and, with label "
        f"noise, other noisy labels for each. So the variance is that of all of these together. "
        f"The same {n} training sets and seeds serve every width. All networks predict the same "
        f"{protocol.n_test:,} test examples; intervals are over training sets, for these "
        "examples.",
        "Labels of test examples are clean. Their classes overlap, but the true probabilities of "
        "the classes are not known: no noise is reported, and what overlaps is part of the bias.",
        "The bias² and variance of the Brier score (squared error of the probabilities) and of the "
        "0–1 loss by shares of votes (Kohavi and Wolpert 1996) are unbiased for any number of "
        "training sets. They sum to the loss: for the 0–1 loss to the test error.",
        f"Values have 95% intervals over the {n} training sets. Claims compare the estimates of "
        f"{groups} groups of {n // groups} or more training sets, which share none. A peak is "
        "claimed only where the rise to it and the fall after it are above 0 in intervals that "
        "hold for all pairs of widths at once, and a rise likewise (`genlab.measure.peak_test`, "
        "`rise_test`). So each curve has a false claim in at most 5% of cases, and several "
        "curves together in more.",
        "The bias of cross-entropy belongs to the normalised geometric mean of the predicted "
        "probabilities (Heskes 1998). With few training sets its estimate is too high, and more so "
        "where networks are confident and differ. A group's estimate would turn a peak of the "
        "variance into a false peak of the bias, so this bias is not tested.",
        "In the decomposition of Domingos (2000) the bias of a test example is 0 or 1, whether the "
        "class of most votes is wrong. Where votes are close its interval is wide: with "
        f"{n} training sets it decides little. It is in the table `parts`, neither drawn nor "
        "tested.",
        "The interpolation threshold is where training error, with the noisy labels, falls below "
        "1%.",
        "Yang et al. (ICML 2020) report a variance with one peak and a falling bias for networks "
        "on CIFAR-10, and Neal et al. (2018) a variance that falls with width. Their data and "
        "networks are others, so no number is compared.",
    ]
