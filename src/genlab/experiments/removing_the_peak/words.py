"""The sentences of `removing-the-peak`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from genlab._base.jsons import Row
from genlab._base.words import estimate, listed, negated, points
from genlab.experiments._peak_words import doubt, excluded_rise, noise_text
from genlab.experiments._rows import interval_of, pick
from genlab.experiments.removing_the_peak.protocol import Protocol

Tables = Mapping[str, Sequence[Row]]
_MOST_WORDS = 25


class Setting(NamedTuple):
    """A way to regularise, or another noise level."""

    noise: float
    decay: float
    stopping: str
    name: str

    def row(self) -> Row:
        """The columns of tables that name it."""
        return {
            "label_noise": self.noise,
            "weight_decay": self.decay,
            "stopping": self.stopping,
        }


def settings(noise: float, decays: Sequence[float], noises: Sequence[float]) -> list[Setting]:
    """Early stopping, each weight decay, and each other noise level: of a protocol."""
    return [
        Setting(noise, 0.0, "validation", "early stopping"),
        *(Setting(noise, decay, "last", f"weight decay {decay:g}") for decay in decays),
        *(Setting(other, 0.0, "last", noise_text(other)) for other in noises if other != noise),
    ]


def settings_of(protocol: Protocol) -> list[Setting]:
    """What is compared with networks without regularisation."""
    return settings(protocol.noise, protocol.decays, protocol.noises)


def answer(tables: Tables, protocol: Protocol) -> str:
    """The finding, then its numbers; the rest is in the captions and in the tables."""
    return " ".join(
        [_plain(tables, protocol), *_verdicts(tables, protocol), *_beyond(tables, protocol)]
    )


def finding(tables: Tables, protocol: Protocol) -> str:
    """The answer in one sentence of at most 25 words."""
    plain = peak(tables, protocol.noise)
    if not plain["found"]:
        return (
            "Without regularisation no peak is found (largest rise "
            f"{points(interval_of(plain, 'rise'))} points), so what removes it cannot be told."
        )
    told = settings_of(protocol)
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
    if pick(tables["peaks"], **setting.row())["found"]:
        return "kept"
    return "removed" if change(tables, setting)["low"] > 0 else "open"


def peak(tables: Tables, noise: float) -> Row:
    """The row of `peaks` without regularisation."""
    return pick(tables["peaks"], label_noise=noise, weight_decay=0.0, stopping="last")


def change(tables: Tables, setting: Setting, name: str = "rise") -> Row:
    """How much smaller the rise to the peak is than without, or the fall after it."""
    return pick(tables["changes"], **setting.row(), change=name)


def _plain(tables: Tables, protocol: Protocol) -> str:
    row = peak(tables, protocol.noise)
    head = f"Without regularisation and with {noise_text(protocol.noise)}, "
    rise, fall = (points(interval_of(row, name)) for name in ("rise", "fall"))
    if not row["found"]:
        return (
            f"{head}no peak of the test error along the width is found. The largest rise is "
            f"{rise} points, from width {row['before']} to width {row['top']}. "
            f"{doubt(row['n_seeds'])}"
        )
    return (
        f"{head}test error peaks at width {row['top']}: it rises by {rise} points from width "
        f"{row['before']}, and falls by {fall} points to width {row['after']}. "
        f"{_fit(tables, protocol)}"
    )


def _fit(tables: Tables, protocol: Protocol) -> str:
    """Where training error falls below 1% without regularisation."""
    row = threshold(tables, protocol.noise, 0.0)
    if row["n_fitted"] < row["n_seeds"]:
        return "Training error does not fall below 1% for every seed."
    return f"Training error falls below 1% at width {estimate(row, 0)}."


def threshold(tables: Tables, noise: float, decay: float) -> Row:
    """Where training error falls below 1% of the networks of a curve."""
    return pick(tables["thresholds"], scanned=False, label_noise=noise, weight_decay=decay)


def _verdicts(tables: Tables, protocol: Protocol) -> list[str]:
    """What removes the peak, what does not, and what is not settled."""
    if not peak(tables, protocol.noise)["found"]:
        return [
            "So at this noise level it cannot be told what removes a peak. The table `changes` "
            "compares the rises."
        ]
    found: dict[str, list[Setting]] = {"removed": [], "kept": [], "open": []}
    for one in settings_of(protocol):
        found[verdict(tables, one, protocol)].append(one)
    return [
        *_removed(tables, found["removed"]),
        *(_kept(tables, one, protocol) for one in found["kept"]),
        *_open(tables, found["open"]),
    ]


def _removed(tables: Tables, removed: Sequence[Setting]) -> list[str]:
    """The settings with which no peak is found, and how much smaller the rise is with each."""
    if not removed:
        return []
    first, *others = removed
    by = f"the same rise is {points(change(tables, first))} points smaller"
    told = [
        f"{first.name} ({by})",
        *(f"{one.name} ({points(change(tables, one))})" for one in others),
    ]
    return [f"No peak is found with {listed(told)}."]


def _kept(tables: Tables, setting: Setting, protocol: Protocol) -> str:
    """That there is a peak with a setting, and what it does to the test error at the other peak."""
    own = pick(tables["peaks"], **setting.row())
    told = f"With {setting.name} there is still a peak, at width {own['top']}."
    if setting.noise != protocol.noise:
        return told
    width = peak(tables, protocol.noise)["top"]
    gain = pick(tables["gains"], **setting.row(), capacity=width)
    place = "there" if own["top"] == width else f"at width {width}"
    return f"{told} Test error {place} is {_gained(gain)}."


def _open(tables: Tables, open_: Sequence[Setting]) -> list[str]:
    """The settings for which it is not settled, and how the rise changes with each."""
    return [
        f"For {one.name} this is not settled: no peak is found, but the rise "
        f"{_less(change(tables, one))}."
        for one in open_
    ]


def _beyond(tables: Tables, protocol: Protocol) -> list[str]:
    """The settings whose curves may have a peak at larger widths, for no labels are fitted yet."""
    names = []
    for one in settings_of(protocol):
        fitted = threshold(tables, one.noise, one.decay)
        unfitted = fitted["n_fitted"] < fitted["n_seeds"]
        row = pick(tables["peaks"], **one.row())
        if unfitted and one.stopping == "last" and not row["found"]:
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


def _gained(row: Row) -> str:
    lower = row["estimate"] >= 0
    shown = f"{points(row if lower else negated(row))} points {'lower' if lower else 'higher'}"
    known = row["low"] is not None and (row["low"] > 0 or row["high"] < 0)
    return shown if known else f"{shown} (could be chance)"


def gains_told(tables: Tables, told: Sequence[Setting], noise: float) -> str:
    """How much lower or higher test error is at the peak with each way: for a caption."""
    width = peak(tables, noise)["top"]
    shown = [
        f"{_gained(pick(tables['gains'], **one.row(), capacity=width))} with {one.name}"
        for one in told
        if one.noise == noise
    ]
    return f"At width {width} test error is {listed(shown)}."


def fits_told(tables: Tables, noises: Sequence[float]) -> str:
    """Where training error falls below 1% at each noise level: for a caption."""
    rows = [(noise_text(noise), threshold(tables, noise, 0.0)) for noise in noises]
    told = [
        f"{estimate(row, 0)} with {name}" for name, row in rows if row["n_fitted"] == row["n_seeds"]
    ]
    return f"Training error falls below 1% at width {listed(told)}." if told else ""


def excluded_told(tables: Tables, told: Sequence[Setting]) -> str:
    """Which rises are excluded where no peak is found: for a caption."""
    rows = [(one.name, pick(tables["peaks"], **one.row())) for one in told]
    known = [
        f"{excluded} with {name}"
        for name, row in rows
        if not row["found"] and (excluded := excluded_rise(row["most"]))
    ]
    return f"Excluded is {listed(known)}." if known else ""


def thresholds_told(tables: Tables) -> str:
    """The ratio of the first scan, and how the others differ from it: for a caption."""
    scans = [row for row in tables["thresholds"] if row["scanned"]]
    known = [row for row in scans if row["n_fitted"] == row["n_seeds"] > 0]
    if not scans or scans[0] not in known:
        return "The interpolation threshold lies outside the widths that were scanned."
    base, others = scans[0], [row for row in known[1:] if row["change"] is not None]
    told = [f"It is {estimate(interval_of(base, 'ratio'), 3)} for {threshold_name(base)}."]
    changes, chance = [], []
    for row in others:
        by, of = interval_of(row, "change"), _other(row, base)
        if by["low"] > 0 or by["high"] < 0:
            changes.append(f"by {estimate(by, 3)} with {of}")
        else:
            chance.append(of)
    if changes:
        told.append(f"It changes {listed(changes)}.")
    if chance:
        told.append(f"Its changes with {listed(chance)} could be chance.")
    return " ".join(told)


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
        "seeds. The intervals hold for all pairs of widths and all settings at once (Bonferroni), "
        "so they allow for the choice of both. A smaller rise may still be above 0: the column "
        "`most` of the table `peaks` says which rises are excluded.",
        "The table `gains` has differences of the same seeds. Their intervals hold for all ways to "
        "regularise and all widths at once (Bonferroni).",
        "The interpolation threshold is the width from which training error is below 1% after the "
        "last step. Its interval reaches over the widths between which it lies. The number of "
        "parameters follows from that width, also where it is no whole number. It is looked for "
        f"with {protocol.n_scan_seeds} seeds and no examples held out. Differences of thresholds "
        "are of the same seeds. Their intervals allow for the gaps between widths, and hold for "
        "all differences at once (Bonferroni).",
        f"The first {protocol.first_seed} seeds are left out: widths and numbers of seeds were "
        "chosen by runs with other seeds, so that they do not follow the networks reported here.",
    ]
