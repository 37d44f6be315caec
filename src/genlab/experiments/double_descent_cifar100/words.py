"""The sentences of `double-descent-cifar100`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate, percent
from genlab.datasets import Dataset
from genlab.experiments._experiment import Context
from genlab.experiments._peak_words import doubt, labels_text, threshold_text
from genlab.experiments.double_descent_cifar100.protocol import PROTOCOLS, Protocol
from genlab.measure import Threshold
from genlab.sweep import TrainingCell

#: Data set -> its name.
DATASET_NAMES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}

NEEDED_IMAGES = (
    "One of the two archives is enough. Each holds 170 MB. CIFAR-100 is downloaded where a GPU is "
    "available, except at --scale quick."
)


def untrained_answer(missing: Sequence[str]) -> str:
    """Why no network was trained, from the names of what is missing."""
    return (
        f"{untrained_finding(missing).removesuffix('.')} (see the top of the page). The published "
        f"values are in the table."
    )


def untrained_finding(missing: Sequence[str]) -> str:
    """The same in one sentence."""
    why = "no GPU was found" if "GPU" in missing else "CIFAR is not available on this machine"
    return f"No network was trained: {why}."


def answer(
    landmarks: Sequence[Row],
    thresholds: Mapping[str, Threshold],
    data: Dataset,
    protocol: Protocol,
) -> str:
    """For each kind of labels the finding, then its numbers; `thresholds` by labels."""
    by_labels: dict[str, dict[str, Row]] = {}
    for row in landmarks:
        by_labels.setdefault(row["labels"], {})[row["landmark"]] = row
    sentences = [
        f"{_sentence(labels_text(labels, protocol.label_noise.fraction), marks, data)} "
        f"{threshold_text(thresholds[labels], 'k = ')}"
        for labels, marks in by_labels.items()
    ]
    return " ".join([*sentences, doubt(1)])


def finding(landmarks: Sequence[Row], data: Dataset, protocol: Protocol) -> str:
    """The answer in one sentence."""
    marks = {row["landmark"]: row for row in landmarks if row["labels"] == "noisy"}
    start = (
        f"With {labels_text('noisy', protocol.label_noise.fraction)} ({DATASET_NAMES[data.name]})"
    )
    if rises_and_falls(marks):
        peak = marks["peak"]
        return f"{start} rises to {percent(peak)} at k = {peak['capacity']:.0f}, and falls again."
    lowest = min(
        (marks[name] for name in ("first_minimum", "second_minimum")),
        key=lambda row: float(row["estimate"]),
    )
    return (
        f"{start} has no significant peak: it is lowest, {percent(lowest)}, at k = "
        f"{lowest['capacity']:.0f}."
    )


def trial_finding(bands: Sequence[Row]) -> str:
    """What a trial run says in one sentence."""
    *_, last = (row for row in bands if (row["curve"], row["labels"]) == ("test_error", "clean"))
    return (
        f"A trial run, too small to show double descent: with clean labels, test error is "
        f"{percent(last)} at k = {last['capacity']}."
    )


def rises_and_falls(marks: Mapping[str, Row]) -> bool:
    """Whether both differences from the peak exceed what samples of test images explain."""
    return all((marks[name]["low"] or 0) > 0 for name in ("rise", "fall"))


def _sentence(labels: str, marks: Mapping[str, Row], data: Dataset) -> str:
    first, peak, last = (marks[name] for name in ("first_minimum", "peak", "second_minimum"))
    with_labels = f"With {labels} ({DATASET_NAMES[data.name]}), test error"
    if rises_and_falls(marks):
        rise = {name: 100 * marks["rise"][name] for name in ("estimate", "low", "high")}
        return (
            f"{with_labels} of these networks falls, rises to a peak and falls again, by more than "
            f"the choice of test images can explain: it is {percent(first)} at k = "
            f"{first['capacity']:.0f}, rises by {estimate(rise, 1)} points to {percent(peak)} at k "
            f"= {peak['capacity']:.0f}, and falls to {percent(last)} at k = "
            f"{last['capacity']:.0f}."
        )
    lowest = min(first, last, key=lambda row: row["estimate"])
    return (
        f"{with_labels} has no significant peak: it is lowest, {percent(lowest)}, at "
        f"k = {lowest['capacity']:.0f}."
    )


def trial_answer(bands: Sequence[Row], data: Dataset, protocol: Protocol) -> str:
    """The test errors of a trial run, and that they say nothing about double descent."""
    errors: dict[str, list[str]] = {}
    for row in bands:
        if row["curve"] == "test_error":
            errors.setdefault(row["labels"], []).append(f"{percent(row)} at k = {row['capacity']}")
    parts = [
        f"{' and '.join(values)} with {labels_text(labels, protocol.label_noise.fraction)}"
        for labels, values in errors.items()
    ]
    return (
        f"This is a trial run on {DATASET_NAMES[data.name]}, too small to show double descent. "
        f"Test error is {', and '.join(parts)}."
    )


def notes(
    context: Context,
    protocol: Protocol,
    data: Dataset,
    cells: Sequence[TrainingCell],
    n_diverged: int,
) -> list[str]:
    """What differs from the published protocol, over what intervals are taken, and where."""
    lines = [
        _protocol_note(protocol, data),
        "One network per width and kind of labels. Intervals: 95%, Wilson's, of test errors over "
        f"the {data.n_test:,} test images. They do not include the variation between seeds. "
        f"Training errors are taken over all {data.n_train:,} images with the labels that were "
        "trained on, without augmentation; they have no interval. Losses and widths have none "
        "either, because there is only one value of each.",
        "The peak is the end of the largest rise of test error among the widths that were run. The "
        "minima are the lowest values before and after it. Choosing the largest rise makes it too "
        "large by chance, so the intervals of rise and fall are Newcombe's, widened to hold for "
        "all pairs of widths at once (Bonferroni).",
    ]
    if data.name != "cifar100":
        lines.append(
            f"The images are those of {DATASET_NAMES[data.name]}, on which errors are lower than "
            f"on CIFAR-100. The published values are for CIFAR-100."
        )
    if n_diverged:
        lines.append(f"{n_diverged} of {len(cells)} networks diverged and are left out.")
    environments = [json.loads(text) for text in context.store.environments(cells)]
    devices = {
        f"{made['device']}, which multiplied in {made.get('float32 products', 'float32 or TF32')}"
        for made in environments
        if made.get("platform", "cpu") != "cpu"
    }
    if devices:
        lines.append(f"Trained on {'; and on '.join(sorted(devices))}.")
    return lines


def _protocol_note(protocol: Protocol, data: Dataset) -> str:
    paper, recipe = PROTOCOLS["paper"], protocol.recipe
    if protocol == paper:
        return "The published protocol. Pixels are numbers from 0 to 1, not standardised further."
    if protocol.trial:
        return (
            "This is a trial run that checks that everything works. Widths up to "
            f"{max(protocol.widths)}, {data.n_train:,} images and {recipe.steps:,} steps say "
            "nothing about double descent."
        )
    return (
        f"Smaller than the published protocol: the first {data.n_train:,} training images, "
        f"{recipe.epochs(data.n_train):,.0f} epochs instead of {paper.recipe.epochs(50_000):,.0f}, "
        f"a learning rate of {recipe.learning_rate:g} instead of {paper.recipe.learning_rate:g}, "
        f"and {'the same' if recipe.augment == paper.recipe.augment else 'no'} augmentation, so "
        "that wide networks fit their labels in that time. The published values are shown to "
        "compare the shape of the curves: here the threshold and the peak are expected at smaller "
        "widths."
    )
