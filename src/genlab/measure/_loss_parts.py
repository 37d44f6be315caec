"""The parts of an expected loss, and the predictions they are taken from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from genlab._base.arrays import dense, floats, squarable
from genlab._base.checks import real
from genlab.measure._intervals import Interval

# Probabilities of a row may miss a sum of 1 by their rounding, also that of float32.
_SUM = 1e-4
_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class LossParts:
    """The parts of an expected loss of models fitted to different data sets.

    Attributes
    ----------
    terms
        The parts by name, in the unit of the loss. Their estimates add up to that of `loss`. A
        name that ends in "_and_noise" says that the two cannot be separated.
    loss
        The mean loss of the fits. `n` is the number of fits that predict a row or, on average,
        the number of data sets.
    details
        Quantities that explain the terms and are no summands themselves, by name.
    n_rows
        Number of rows that at least two fits predict. Parts are NaN at all others, and averages
        leave those out.
    n_infinite
        Number of these rows where the loss is infinite: a fit gave probability 0 to what can
        happen.
    """

    terms: Mapping[str, Interval]
    loss: Interval
    details: Mapping[str, Interval]
    n_rows: int
    n_infinite: int = 0


class Fits(NamedTuple):
    """Predictions of rows that at least two fits predict; 0 where a fit does not predict."""

    values: Float[np.ndarray, "n_datasets k columns"]
    predicted: Bool[np.ndarray, "n_datasets k"]
    # Fits of each of these rows, and of each row given.
    n: Int[np.ndarray, " k"]
    n_given: Int[np.ndarray, " m"]

    @property
    def kept(self) -> Bool[np.ndarray, " m"]:
        """Which of the rows given these are."""
        return self.n_given >= 2

    def mean(self, values: Float[np.ndarray, "n_datasets k ..."]) -> Float[np.ndarray, "k ..."]:
        """The mean over the fits that predict a row; `values` is 0 where a fit does not."""
        n = self.n.reshape(-1, *[1] * (values.ndim - 2))
        return values.sum(axis=0) / n

    def deviations(
        self, values: Float[np.ndarray, "n_datasets k ..."]
    ) -> Float[np.ndarray, "n_datasets k ..."]:
        """Values minus their mean over fits, and 0 where a fit does not predict."""
        return self.only(values - self.mean(values))

    def only(
        self, values: Float[np.ndarray, "n_datasets k ..."]
    ) -> Float[np.ndarray, "n_datasets k ..."]:
        """`values`, and 0 where a fit does not predict."""
        return np.where(self.predicted.reshape(*self.predicted.shape, *[1] * (values.ndim - 2)),
                        values, 0.0)  # fmt: skip

    def spread(
        self, values: Float[np.ndarray, "n_datasets k ..."]
    ) -> Float[np.ndarray, "n_datasets k ..."]:
        """Deviations whose squares add up over fits to the variance of each row's mean."""
        scale = np.sqrt(self.n * (self.n - 1.0)).reshape(-1, *[1] * (values.ndim - 2))
        return self.deviations(values) / scale


def checked_fits(predictions: Any, predicted: Any, n_axes: int) -> Fits:
    """Predictions of shape (n_datasets, m) or (n_datasets, m, columns), checked."""
    shape = ("n_datasets", "m", "n_classes")[:n_axes]
    values = floats("predictions", predictions)
    if values.ndim != n_axes or len(values) < 2 or values.shape[1] < 1:
        raise ValueError(
            f"`predictions` must have shape ({', '.join(shape)}) with n_datasets >= 2 and m >= 1, "
            f"got {values.shape}."
        )
    mask = np.ones(values.shape[:2], bool)
    if predicted is not None:
        mask = dense("predicted", predicted)
        if mask.dtype != bool or mask.shape != values.shape[:2]:
            raise ValueError(
                f"`predicted` must be an array of True and False of shape {values.shape[:2]}, got "
                f"{mask.dtype} of shape {mask.shape}."
            )
    n = mask.sum(axis=0)
    kept = n >= 2
    if not kept.any():
        raise ValueError("`predicted` must have a row that at least two fits predict, got none.")
    values, mask = values[:, kept].reshape(len(values), kept.sum(), -1), mask[:, kept]
    wrong = mask & ~np.isfinite(values).all(axis=2)
    if wrong.any():
        fit, row = np.argwhere(wrong)[0]
        got = values[fit, row][~np.isfinite(values[fit, row])][0]
        raise ValueError(f"`predictions` must be finite, got {got} in fit {fit} of {len(values)}.")
    return Fits(np.where(mask[..., None], values, 0.0), mask, n[kept], n)


def checked_probabilities(
    name: str, values: Float[np.ndarray, "... n_classes"]
) -> Float[np.ndarray, "... n_classes"]:
    """Probabilities that add up to 1 over the last axis, to the last digit."""
    total = values.sum(axis=-1, keepdims=True)
    wrong = ~((values >= 0).all(axis=-1) & (np.abs(total[..., 0] - 1) <= _SUM))
    if wrong.any():
        got = np.array2string(values[wrong][0], separator=", ", threshold=10)
        raise ValueError(f"`{name}` must hold probabilities that add up to 1, got {got}.")
    return values / total


def class_truth(truth: Any, n_classes: int, fits: Fits) -> tuple[Float[np.ndarray, "k c"], bool]:
    """The true class probabilities of the rows that count, and whether they are labels alone."""
    true = floats("truth", truth)
    m = len(fits.n_given)
    if true.ndim == 2 and true.shape == (m, n_classes):
        return checked_probabilities("truth", true[fits.kept]), False
    if true.shape != (m,):
        raise ValueError(
            f"`truth` must be labels of shape ({m},) or probabilities of shape ({m}, {n_classes}), "
            f"got shape {true.shape}."
        )
    return np.eye(n_classes)[codes("truth", true, n_classes)[fits.kept]], True


def codes(name: str, values: Float[np.ndarray, ...], n_classes: int) -> Int[np.ndarray, ...]:
    """Labels as integers from 0 to n_classes − 1."""
    wrong = ~((values >= 0) & (values < n_classes) & (values % 1 == 0))
    if wrong.any():
        raise ValueError(
            f"`{name}` must be whole numbers from 0 to {n_classes - 1}, got {values[wrong][0]:g}."
        )
    return values.astype(np.int64)


class Targets(NamedTuple):
    """Fits and targets that are numbers, in a unit in which no power of them overflows.

    The unit is a power of two, which changes no digit.
    """

    fits: Fits
    truth: Float[np.ndarray, " k"]
    # 0 where it is not known.
    noise: float
    unit: float

    def in_their_unit(self, parts: LossParts, power: int) -> LossParts:
        """The parts of a loss that is a power of the unit of the targets."""

        def times(interval: Interval) -> Interval:
            ends = np.stack([interval.mean, interval.low, interval.high])
            with np.errstate(over="ignore", under="ignore"):
                for _ in range(power):
                    ends = ends * self.unit
            return Interval(ends[0], ends[1], ends[2], interval.n)

        terms = {name: times(interval) for name, interval in parts.terms.items()}
        return LossParts(terms, times(parts.loss), parts.details, parts.n_rows)


def checked_targets(predictions: Any, truth: Any, noise: float | None, predicted: Any) -> Targets:
    """Predicted numbers of shape (n_datasets, m) and their targets of shape (m,), checked."""
    fits, true = checked_fits(predictions, predicted, 2), squarable("truth", floats("truth", truth))
    if true.shape != fits.n_given.shape:
        raise ValueError(f"`truth` must have shape {fits.n_given.shape}, got {true.shape}.")
    true = true[fits.kept]
    if not np.isfinite(true).all():
        raise ValueError("`truth` must be finite, got values that are not.")
    deviation = 0.0 if noise is None else real("noise", noise, low=0)
    largest = max(np.abs(fits.values).max(), np.abs(true).max(), deviation)
    unit = math.ldexp(1.0, math.frexp(largest)[1] - 1) if largest > _TINY else 1.0
    fits = fits._replace(values=fits.values / unit)
    return Targets(fits, true / unit, deviation / unit, unit)


def known_intervals(values: Float[np.ndarray, " k"], fits: Fits) -> tuple[Interval, Interval]:
    """What is known at each row, and its mean: intervals that are points."""
    mean = values.mean()
    return (
        Interval(values, values, values, fits.n),
        Interval(mean, mean, mean, np.array(len(fits.predicted))),
    )


def assembled(
    parts: Mapping[str, tuple[Interval, Interval]],
    fits: Fits,
    n_infinite: int = 0,
    details: tuple[str, ...] = (),
) -> tuple[LossParts, LossParts]:
    """The parts at all rows, NaN where fewer than two fits predict, and on average.

    Each is given at the rows that count, and on average. One is the "loss". Without a part
    "noise" the first, which is the bias, holds the noise, and is called so.
    """
    found = []
    for place in (0, 1):
        named = {name: both[place] for name, both in parts.items()}
        if place == 0:
            named = {name: _on_all_rows(interval, fits) for name, interval in named.items()}
        loss, also = named.pop("loss"), {name: named.pop(name) for name in details}
        if "noise" not in named:
            first = next(iter(named))
            named = {f"{first}_and_noise": named.pop(first), **named}
        found.append(LossParts(named, loss, also, len(fits.n), n_infinite))
    return found[0], found[1]


def _on_all_rows(interval: Interval, fits: Fits) -> Interval:
    ends = np.full((3, len(fits.n_given)), np.nan)
    ends[:, fits.kept] = interval.mean, interval.low, interval.high
    return Interval(ends[0], ends[1], ends[2], fits.n_given)
