"""The sentences of `removing-the-peak`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from genlab._base.jsons import Row
from genlab._base.words import estimate, listed, negated, percent, points
from genlab.experiments._peak_words import doubt, excluded_rise, noise_text
from genlab.experiments._rows import interval_of
from genlab.experiments.removing_the_peak.protocol import Protocol

Tables = Mapping[str, Sequence[Row]]
_MOST_WORDS = 25


class Setting(NamedTuple):
    """A way to regularise, or another noise level."""

    noise: float
    decay: float
    stopping: str
    name: str
    lead: str


def settings(protocol: Protocol) -> list[Setting]:
    """Early stopping, each weight decay, and each other noise level."""
    noise = protocol.noise
    stopped = Setting(
        noise, 0.0, "validation", "early stopping", "Stopped at the lowest validation loss"
    )
    decays = [(decay, f"weight decay {decay:g}") for decay in protocol.decays]
    noises = [(other, noise_text(other)) for other in protocol.noises if other != noise]
    return [
        stopped,
        *(Setting(noise, decay, "last", name, f"With {name}") for decay, name in decays),
        *(Setting(other, 0.0, "last", name, f"With {name}") for other, name in noises),
    ]


def answer(tables: Tables, protocol: Protocol) -> str:
    """The finding, then its numbers."""
    told = settings(protocol)
    return " ".join(
        [
            _plain(tables, protocol),
            *_verdicts(tables, protocol),
            *(_setting(tables, one) for one in told if peak(tables, protocol.noise)["found"]),
            *_beyond(tables, told, protocol),
            _gains(tables, told, protocol),
            _thresholds(tables),
        ]
    )


def finding(tables: Tables, protocol: Protocol) -> str:
    """The answer in one sentence of at most 25 words."""
    plain = peak(tables, protocol.noise)
    if not plain["found"]:
        return (
            "Without regularisation no peak is found (largest rise "
            f"{points(interval_of(plain, 'rise'))} points), so what removes it cannot be told."
        )
    told = settings(protocol)
    gone = [one.name for one in told if verdict(tables, one, protocol) == "removed"]
    head = (
        f"Test error peaks at width {plain['top']}, {points(interval_of(plain, 'rise'))} points "
        f"above width {plain['before']}"
    )
    if not gone:
        return f"{head}; none of {len(told)} other settings is shown to remove the peak."
    full = f"{head}; with {listed(gone)} none is found."
    if len(full.split()) <= _MOST_WORDS:
        return full
    return f"{head}; with {len(gone)} of {len(told)} other settings none is found."


def verdict(tables: Tables, setting: Setting, protocol: Protocol) -> str:
    """Whether the peak is "removed" or "kept", or that this is "open"."""
    if not peak(tables, protocol.noise)["found"]:
        return "open"
    if peak(tables, *setting[:3])["found"]:
        return "kept"
    return "removed" if change(tables, setting)["low"] > 0 else "open"


def peak(tables: Tables, noise: float, decay: float = 0.0, stopping: str = "last") -> Row:
    """The row of `peaks` of one curve."""
    return _of(tables["peaks"], noise, decay, stopping)[0]


def change(tables: Tables, setting: Setting, name: str = "rise") -> Row:
    """How much smaller the rise to the peak is than without, or the fall after it."""
    return next(row for row in _of(tables["changes"], *setting[:3]) if row["change"] == name)


def gain(tables: Tables, decay: float, stopping: str, width: int) -> Row:
    """How much lower test error is with a weight decay and a way to stop."""
    return next(
        row
        for row in tables["gains"]
        if (row["weight_decay"], row["stopping"], row["capacity"]) == (decay, stopping, width)
    )


def _of(rows: Sequence[Row], noise: float, decay: float, stopping: str) -> list[Row]:
    wanted = {"label_noise": noise, "weight_decay": decay, "stopping": stopping}
    return [row for row in rows if wanted.items() <= row.items()]


def _plain(tables: Tables, protocol: Protocol) -> str:
    row = peak(tables, protocol.noise)
    errors = {
        one["capacity"]: percent(one) for one in _of(tables["curves"], protocol.noise, 0, "last")
    }
    before, top, after = (
        f"{errors[row[name]]} at width {row[name]}" for name in ("before", "top", "after")
    )
    where = f"({protocol.noise:.0%} label noise, after all steps)"
    if not row["found"]:
        return (
            f"Without regularisation no peak is found {where}: test error is {before}, {top} and "
            f"{after}. The largest rise is {points(interval_of(row, 'rise'))} points. "
            f"{doubt(row['n_seeds'])}"
        )
    return (
        f"Without regularisation the curve of test error against width has a peak {where}: test "
        f"error is {before}, {top} and {after}. It rises by {points(interval_of(row, 'rise'))} "
        f"points and falls by {points(interval_of(row, 'fall'))} points. {_fit(tables, protocol)}"
    )


def _fit(tables: Tables, protocol: Protocol) -> str:
    """Where training error falls below 1% without regularisation."""
    row = _fitted(tables, protocol.noise, 0.0)
    if row["n_fitted"] < row["n_seeds"]:
        return "Training error does not fall below 1% for every seed."
    return f"Training error falls below 1% at width {estimate(row, 0)}."


def _fitted(tables: Tables, noise: float, decay: float) -> Row:
    """The threshold of one curve."""
    return next(
        row
        for row in tables["thresholds"]
        if not row["scanned"] and (row["label_noise"], row["weight_decay"]) == (noise, decay)
    )


def _verdicts(tables: Tables, protocol: Protocol) -> list[str]:
    """What removes the peak, what does not, and what is not settled."""
    if not peak(tables, protocol.noise)["found"]:
        return [
            "So at this noise level it cannot be told what removes a peak. The table `changes` "
            "compares the rises."
        ]
    found: dict[str, list[str]] = {"removed": [], "kept": [], "open": []}
    for one in settings(protocol):
        found[verdict(tables, one, protocol)].append(one.name)
    told = []
    if found["removed"]:
        told.append(f"With {listed(found['removed'])} no peak is found, and the rise is smaller.")
    if found["kept"]:
        told.append(f"There is still a peak with {listed(found['kept'])}.")
    if found["open"]:
        told.append(f"For {listed(found['open'])} this is not settled.")
    return told


def _setting(tables: Tables, setting: Setting) -> str:
    """How much smaller the rise is, and whether there is a peak then."""
    row, changed = peak(tables, *setting[:3]), change(tables, setting)
    excluded = excluded_rise(row["most"])
    if row["found"]:
        told = f"there is a peak at width {row['top']}"
    elif excluded:
        told = f"{excluded} is excluded"
    else:
        told = "so few seeds exclude no rise"
    return f"{setting.lead}, the rise {_less(changed)}, and {told}."


def _beyond(tables: Tables, told: Sequence[Setting], protocol: Protocol) -> list[str]:
    """The settings whose curves may have a peak at larger widths, for no labels are fitted yet."""
    names = []
    for one in told:
        fitted = _fitted(tables, one.noise, one.decay)
        unfitted = fitted["n_fitted"] < fitted["n_seeds"]
        if unfitted and one.stopping == "last" and not peak(tables, *one[:3])["found"]:
            names.append(one.name)
    if not names:
        return []
    return [
        f"With {listed(names)}, training error does not fall below 1% for every seed up to width "
        f"{protocol.widths[-1]}, so a peak at larger widths is possible."
    ]


def _less(row: Row) -> str:
    if row["low"] > 0:
        return f"is {points(row)} points smaller"
    changed = points(negated(row))
    return (
        f"is {changed} points larger"
        if row["high"] < 0
        else f"changes by {changed} points, which could be chance"
    )


def _gains(tables: Tables, told: Sequence[Setting], protocol: Protocol) -> str:
    """How much lower or higher test error is than without, at the same noise level."""
    width = peak(tables, protocol.noise)["top"]
    shown = [
        f"{_gained(gain(tables, one.decay, one.stopping, width))} with {one.name}"
        for one in told
        if one.noise == protocol.noise
    ]
    return f"At width {width} test error is {listed(shown)}."


def _gained(row: Row) -> str:
    lower = row["estimate"] >= 0
    shown = f"{points(row if lower else negated(row))} points {'lower' if lower else 'higher'}"
    return shown if row["low"] > 0 or row["high"] < 0 else f"{shown} (could be chance)"


def _thresholds(tables: Tables) -> str:
    """The threshold of the first scan, and how the others differ from it."""
    scans = [row for row in tables["thresholds"] if row["scanned"]]
    known = [row for row in scans if row["n_fitted"] == row["n_seeds"] > 0]
    if not scans or scans[0] not in known:
        return "The interpolation threshold lies outside the widths that were scanned."
    base, others = scans[0], [row for row in known[1:] if row["change"] is not None]
    told = (
        "At the interpolation threshold there are "
        f"{estimate(interval_of(base, 'ratio'), 3)} parameters for each example and class "
        f"({threshold_name(base)})."
    )
    changes, chance = [], []
    for row in others:
        by, of = interval_of(row, "change"), _other(row, base)
        if by["low"] > 0 or by["high"] < 0:
            changes.append(f"by {estimate(by, 3)} with {of}")
        else:
            chance.append(of)
    if changes:
        told += f" This ratio changes {listed(changes)}."
    if chance:
        told += f" Its changes with {listed(chance)} could be chance (table `thresholds`)."
    return told


def _other(row: Row, base: Row) -> str:
    """In what a scan differs from the first."""
    names = []
    if row["n_train"] != base["n_train"]:
        names.append(f"{row['n_train']:,} examples")
    if row["label_noise"] != base["label_noise"]:
        names.append(noise_text(row["label_noise"]))
    if row["n_layers"] != base["n_layers"]:
        names.append(_layers(row))
    return listed(names)


def _layers(row: Row) -> str:
    return "1 layer" if row["n_layers"] == 1 else f"{row['n_layers']} layers"


def threshold_name(row: Row) -> str:
    """What kind of network and data a threshold is of."""
    return f"{_layers(row)}, {noise_text(row['label_noise'])}, {row['n_train']:,} examples"


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
        "A peak counts as removed where no peak is found and the rise is smaller than "
        "without regularisation, or of another noise level smaller than at "
        f"{protocol.noise:.0%}: the interval of the difference of the two rises is above 0. The "
        "difference is taken between the widths of the rise without regularisation, of the same "
        "seeds. Its interval holds for all pairs of widths at once, so it allows for their choice. "
        "The choice among several ways to regularise is not allowed for. A smaller rise may still "
        "be above 0: the answer says which rises are excluded.",
        "The table `gains` has differences of the same seeds, each with its own interval. The "
        "answer quotes them at the top of the peak, or of the largest rise, without weight decay. "
        "That choice makes them a little too large.",
        "The interpolation threshold is the width from which training error is below 1% after the "
        "last step. Its interval reaches over the widths between which it lies. The number of "
        "parameters follows from that width, also where it is no whole number. It is looked for "
        f"with {protocol.n_scan_seeds} seeds and no examples held out. Differences of thresholds "
        "are of the same seeds, and their intervals allow for the gaps between widths.",
        f"The first {protocol.first_seed} seeds are left out: widths and numbers of seeds were "
        "chosen by runs with other seeds, so that they do not follow the networks reported here.",
    ]
