"""Noisy and clean training labels: their codes in tables, and the label noise behind them."""

from __future__ import annotations

from genlab.datasets import LabelNoise

#: Codes of the kinds of training labels.
LABELS = ("noisy", "clean")


def noise_of(labels: str, noise: LabelNoise) -> LabelNoise | None:
    """The label noise behind "clean" or "noisy", where that of noisy labels is `noise`.

    >>> noise_of("noisy", LabelNoise(0.15)), noise_of("clean", LabelNoise(0.15))
    (LabelNoise(fraction=0.15, how='redraw'), None)
    """
    return None if labels == "clean" else noise
