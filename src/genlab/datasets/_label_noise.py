"""Label noise: some training labels replaced at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from genlab._base import streams
from genlab._base.arrays import dense
from genlab._base.checks import choice, integer, real
from genlab._base.words import received

_HOW = ("redraw", "other")


@dataclass(frozen=True)
class LabelNoise:
    """A fraction of the training labels replaced at random; see `corrupt_labels`.

    Parameters
    ----------
    fraction
        Fraction of the training examples whose labels are replaced, from 0 to 1.
    how
        Distribution of the new labels. "redraw": uniform over all classes. "other": uniform
        over the wrong classes.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> LabelNoise(0.15)
    LabelNoise(fraction=0.15, how='redraw')
    """

    fraction: float
    how: str = "redraw"

    def __post_init__(self) -> None:
        object.__setattr__(self, "fraction", real("fraction", self.fraction, low=0, high=1))
        choice("how", self.how, _HOW)

    @classmethod
    def of(cls, value: Any) -> LabelNoise | None:
        """A LabelNoise from a LabelNoise or a fraction to redraw; None for 0 or None."""
        if value is None or isinstance(value, cls):
            return value
        fraction = real("label_noise", value, low=0, high=1)
        return cls(fraction) if fraction > 0 else None

    def labels(self, y: Any, n_classes: int, seed: int) -> Int[np.ndarray, " n"]:
        """The labels, with some of them replaced."""
        return corrupt_labels(y, self.fraction, n_classes, self.how, seed)[0]


def corrupt_labels(
    y: Any, fraction: float, n_classes: int, how: str = "redraw", seed: int = 0
) -> tuple[Int[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Replace the labels of some examples at random.

    Parameters
    ----------
    y
        Clean labels from 0 to n_classes − 1, shape (n,).
    fraction
        Fraction of the examples that are picked, from 0 to 1: exactly round(fraction·n) of
        them, with halves rounded to even.
    n_classes
        Number of classes, at least 2.
    how
        Distribution of the new labels. "redraw": uniform over all classes, so that one in
        n_classes of the picked examples keeps its label (S. Prince, "Understanding Deep
        Learning", chapter 8). "other": uniform over the wrong classes (Nakkiran et al., ICLR
        2020).
    seed
        Seed of the label noise, from 0 to 2³² − 1.

    Returns
    -------
    labels
        Noisy labels, shape (n,); `y` is unchanged.
    picked
        True where an example was picked, whether or not its label changed, shape (n,).

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> labels, picked = corrupt_labels([0] * 1000, 0.15, 10, how="other")
    >>> int(picked.sum()), int((labels != 0).sum())
    (150, 150)
    """
    n_classes = integer("n_classes", n_classes, low=2)
    fraction = real("fraction", fraction, low=0, high=1)
    choice("how", how, _HOW)
    integer("seed", seed, low=0, high=streams.MAX_SEED)
    labels = np.array(dense("y", y))
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(f"`y` must hold integer labels in one dimension, got {received(y)}.")
    if labels.size and not (labels.min() >= 0 and labels.max() < n_classes):
        raise ValueError(
            f"`y` must hold labels from 0 to {n_classes - 1}, got {labels.min()} to {labels.max()}."
        )
    labels = labels.astype(np.int64)
    stream = streams.numpy_stream(seed, streams.LABEL_NOISE)
    n_picked = round(fraction * len(labels))
    picked = np.zeros(len(labels), dtype=bool)
    picked[stream.permutation(len(labels))[:n_picked]] = True
    if how == "redraw":
        labels[picked] = stream.integers(n_classes, size=n_picked)
    else:
        labels[picked] = (labels[picked] + stream.integers(1, n_classes, size=n_picked)) % n_classes
    return labels, picked
