"""The sentences of `removing-the-peak`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate, listed, percent
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
    width = peak(tables, protocol.noise)["top"]
    row = gain(tables, 0.0, "validation", width)
    stopped = peak(tables, protocol.noise, stopping="validation")
    return (
        f"Early stopping lowers test error at width {width} by {_points(row)} points; "
        f"{'the curve still peaks' if stopped['found'] else 'no peak is found then'}."
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
    if row["found"]:
        return (
            f"With {noise}, without weight decay and after all steps, test error is {before}, "
            f"peaks at {top}, and is {after}."
        )
    return (
        f"With {noise}, without weight decay and after all steps, test error is {before}, {top} "
        f"and {after}. {_unclear(row)}"
    )


def _unclear(row: Row) -> str:
    if row["n_seeds"] < 2:
        return "With one seed, a peak could be due to chance."
    return "These seeds do not show a peak: the differences may be chance."


def _after(tables: Tables, row: Row, protocol: Protocol) -> str:
    """Whether there is a peak then, and what is gained at the width of the peak without."""
    width = peak(tables, protocol.noise)["top"]
    gained = gain(tables, row["weight_decay"], row["stopping"], width)
    if row["found"]:
        told = f"the curve still has a peak, at width {row['top']}"
    else:
        told = (
            f"no peak is found, and a rise of more than {100 * row['most']:.1f} points is excluded"
        )
        if row["n_seeds"] < 2:
            told = "no peak is found, but one seed excludes none"
    return f"{told}. At width {width} test error is {_points(gained)} points lower"


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
        f"A peak is found at {listed(found)}." if found else "A peak is found at none of them."
    )


def _rise(row: Row) -> str:
    """The largest rise, where some mean is above one before it."""
    if row["before"] == row["top"]:
        return "none"
    return _points({name: row["rise" + end] for name, end in _ENDS})


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
    if least is most:
        return (
            "The training labels are fitted from so many parameters for each example and class: "
            f"{ends[0]}."
        )
    return (
        "The training labels are fitted from so many parameters for each example and class: "
        f"between {ends[0]} and {ends[1]}."
    )


def threshold_name(row: Row) -> str:
    """What kind of network and data a threshold is of."""
    layers = "1 layer" if row["n_layers"] == 1 else f"{row['n_layers']} layers"
    return f"{row['n_train']:,} examples, {layers}, {row['label_noise']:.0%} noise"


def _points(row: Mapping[str, float]) -> str:
    return estimate({name: 100 * row[name] for name in ("estimate", "low", "high")}, 1)


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
        f"Every network is trained on {n:,} examples and holds out {held_out:.0%} of the training "
        "examples, whose labels are as noisy. All steps are trained. The error at the lowest loss "
        "on these validation examples is early stopping; the test examples take no part in it.",
        "A peak is claimed where a rise of the mean test error along the width and the fall after "
        "it are both above 0, in intervals of differences between widths of the same seeds that "
        "hold for all pairs of widths at once (`genlab.measure.peak_test`, paired). No peak found "
        "is no proof that there is none: the largest upper end of all rises says what is excluded.",
        "Gains are differences of the same seeds, each with its own interval. They are not chosen "
        "but for the width of the peak.",
        "The interpolation threshold is the width from which training error is below 1% after the "
        "last step. Its interval reaches over the widths between which it lies. The parameters are "
        "those of a network of that width, between whole widths too.",
    ]
