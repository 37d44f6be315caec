"""The sentences of `mnist1d-construction`."""

from __future__ import annotations

from genlab.datasets import Dataset


def answer(data: Dataset, n_templates: int, template_length: int, between: float) -> str:
    """The finding, then its numbers; `between` is the fraction of variance between classes."""
    return (
        "Random padding, stretching, scaling and shifting, and then noise, leave little "
        "information about the class at any single position. The differences between the class "
        f"means account for {100 * between:.1f}% of the variance of the {data.n_train:,} training "
        f"examples. {n_templates} templates of {template_length} points become examples of "
        f"{data.input_shape[0]} points."
    )


def finding(data: Dataset, between: float) -> str:
    """The answer in one sentence."""
    return (
        f"Padding, stretching, shifting and noise hide the class: class means account for "
        f"{100 * between:.1f}% of the variance of the {data.n_train:,} training examples."
    )


def notes() -> list[str]:
    """Why there is no interval."""
    return ["The percentage describes this one data set, so it has no interval."]


def row_title(part: str, row: int) -> str:
    """What a row of examples shows; `part` is "train" or "test"."""
    name = {"train": "training", "test": "test"}[part]
    return f"{name} example {row} of each class"
