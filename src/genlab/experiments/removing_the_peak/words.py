"""The sentences of `removing-the-peak`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate, listed, negated, percent, points
from genlab.experiments._peak_words import doubt, excluded_rise
from genlab.experiments.removing_the_peak.protocol import Protocol

Tables = Mapping[str, Sequence[Row]]


def answer(tables: Tables, protocol: Protocol) -> str:
    """The finding, then its numbers."""
    plain = peak(tables, protocol.noise)
    sentences = [_plain(tables, plain, protocol), _stopped(tables, protocol)]
    sentences += [_decayed(tables, decay, protocol) for decay in protocol.decays]
    return " ".join([*sentences, _noises(tables, protocol), _thresholds(tables)])


def finding(tables: Tables, protocol: Protocol) -> str:
    """The answer in one sentence of at most 25 words."""
    plain = peak(tables, protocol.noise)
    width = plain["top"]
    row = gain(tables, 0.0, "validation", width)
    stopped = peak(tables, protocol.noise, stopping="validation")
    left = "no peak is found then" if plain["found"] else "no peak is found with or without it"
    if stopped["found"]:
        left = "the curve still peaks"
    if row["low"] > 0:
        return f"Early stopping lowers test error at width {width} by {points(row)} points; {left}."
    if row["high"] < 0:
        return (
            f"Early stopping raises test error at width {width} by {points(negated(row))} "
            f"points; {left}."
        )
    return (
        f"With early stopping test error at width {width} changes by {points(negated(row))} "
        f"points, maybe by chance; {left}."
    )


def peak(tables: Tables, noise: float, decay: float = 0.0, stopping: str = "last") -> Row:
    """The row of `peaks` of one curve."""
    return next(
        row
        for row in tables["peaks"]
        if (row["label_noise"], row["weight_decay"], row["stopping"]) == (noise, decay, stopping)
    )


def gain(tables: Tables, decay: float, stopping: str, width: int) -> Row:
    """How much lower test error is with a weight decay and a way to stop."""
    return next(
        row
        for row in tables["gains"]
        if (row["weight_decay"], row["stopping"], row["capacity"]) == (decay, stopping, width)
    )


def _plain(tables: Tables, row: Row, protocol: Protocol) -> str:
    noise = f"{protocol.noise:.0%} label noise"
    errors = {
        one["capacity"]: percent(one)
        for one in tables["curves"]
        if (one["label_noise"], one["weight_decay"], one["stopping"]) == (protocol.noise, 0, "last")
    }
    before, top, after = (
        f"{errors[row[name]]} at width {row[name]}" for name in ("before", "top", "after")
    )
    errors_told = f"test error is {before}, {top} and {after}"
    if row["found"]:
        return (
            f"Without weight decay and after all steps, the curve of test error against width has "
            f"a peak ({noise}): {errors_told}."
        )
    return (
        f"Without weight decay and after all steps, no peak is found ({noise}): {errors_told}. "
        f"{doubt(row['n_seeds'])}"
    )


def _after(tables: Tables, row: Row, protocol: Protocol) -> str:
    """Whether there is a peak then, and what is gained at the width of the peak without."""
    width = peak(tables, protocol.noise)["top"]
    gained = gain(tables, row["weight_decay"], row["stopping"], width)
    if row["found"]:
        told = f"the curve still has a peak, at width {row['top']}"
    elif excluded := excluded_rise(row["most"]):
        told = f"no peak is found, and {excluded} is excluded"
    else:
        told = "no peak is found, but so few seeds exclude none"
    return f"{told}. {_gained(gained)}"


def _gained(row: Row) -> str:
    """How much lower or higher test error is than without, or that this could be chance."""
    at = f"At width {row['capacity']} test error"
    if row["low"] > 0:
        return f"{at} is {points(row)} points lower"
    changed = points(negated(row))
    if row["high"] < 0:
        return f"{at} is {changed} points higher"
    return f"{at} changes by {changed} points, which could be chance"


def _stopped(tables: Tables, protocol: Protocol) -> str:
    row = peak(tables, protocol.noise, stopping="validation")
    return f"Stopped at the lowest validation loss, {_after(tables, row, protocol)}."


def _decayed(tables: Tables, decay: float, protocol: Protocol) -> str:
    row = peak(tables, protocol.noise, decay)
    return f"With weight decay {decay:g} and all steps, {_after(tables, row, protocol)}."


def _noises(tables: Tables, protocol: Protocol) -> str:
    rows = [(noise, peak(tables, noise)) for noise in protocol.noises]
    rises = [f"{_rise(row)} at {noise:.0%}" for noise, row in rows]
    found = [f"{noise:.0%}" for noise, row in rows if row["found"]]
    return f"By label noise, the largest rise along the width, in points, is {listed(rises)}. " + (
        f"A peak is found at {listed(found)}." if found else "No peak is found at any of them."
    )


def _rise(row: Row) -> str:
    """The largest rise, where some mean is above one before it."""
    if row["before"] == row["top"]:
        return "none"
    return points({name: row["rise" + end] for name, end in _ENDS})


_ENDS = (("estimate", ""), ("low", "_low"), ("high", "_high"))


def _thresholds(tables: Tables) -> str:
    """Between which ratios of parameters to examples the thresholds lie."""
    known = [row for row in tables["thresholds"] if row["n_fitted"] == row["n_seeds"] > 0]
    if not known:
        return "No kind of network fits the training labels of every seed."
    least, most = (pick(known, key=lambda row: float(row["ratio"])) for pick in (min, max))
    ends = [
        estimate({name: row["ratio" + end] for name, end in _ENDS}, 3) + f" ({threshold_name(row)})"
        for row in (least, most)
    ]
    told = f"between {ends[0]} and {ends[1]}" if least is not most else ends[0]
    return (
        "At the interpolation threshold, the number of parameters for each example and class is "
        f"{told}."
    )


def threshold_name(row: Row) -> str:
    """What kind of network and data a threshold is of."""
    layers = "1 layer" if row["n_layers"] == 1 else f"{row['n_layers']} layers"
    return f"{layers}, {row['label_noise']:.0%} noise, {row['n_train']:,} examples"


def notes(protocol: Protocol) -> list[str]:
    """Over what the intervals are taken, and how training is stopped."""
    stopping = protocol.recipe.early_stopping
    held_out = 0 if stopping is None else stopping.validation
    n = protocol.recipe.n_fitted(protocol.n_train)
    return [
        f"Intervals: 95%, over {protocol.n_seeds} seeds. The networks of a seed have fresh "
        "training examples, noisy labels and initial weights of their own, the same for all widths "
        "and weight decays. All networks are tested on the same "
        f"{protocol.n_test:,} examples with clean labels.",
        f"Every network is trained on {n:,} examples. {held_out:.0%} of the training examples are "
        "held out as validation examples; their labels are as noisy. All networks are trained for "
        "all steps. Early stopping takes the network at the step of the lowest validation loss. "
        "The test examples take no part in it.",
        "A peak is claimed where a rise of the mean test error along the width and the fall after "
        "it are both above 0. Their intervals are of differences between widths of the same seeds, "
        "and hold for all pairs of widths at once (`genlab.measure.peak_test`, paired). That no "
        "peak is found does not prove that there is none. The largest upper end of all rises says "
        "which rises are excluded.",
        "The table `gains` has differences of the same seeds, each with its own interval. The "
        "answer quotes them at the top of the peak, or of the largest rise, without weight decay. "
        "That choice makes them a little too large.",
        "The interpolation threshold is the width from which training error is below 1% after the "
        "last step. Its interval reaches over the widths between which it lies. The number of "
        "parameters follows from that width, also where it is no whole number.",
    ]
