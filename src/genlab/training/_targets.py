"""The targets of a regression, standardised for training, and the way back to their own units."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from genlab._base.checks import real


@dataclass(frozen=True)
class TargetScale:
    """Mean and standard deviation of the training targets of a regression.

    A model learns standardised targets, (y − mean) / deviation, so that a recipe works whatever
    the unit of the target.

    Parameters
    ----------
    mean, deviation
        Finite numbers, the deviation above 0, in the units of the target.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> scale = TargetScale.of([10.0, 30.0])
    >>> scale
    TargetScale(mean=20.0, deviation=10.0)
    >>> scale.restored(scale.standardised([10.0, 25.0]))
    array([10., 25.])
    """

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", real("mean", self.mean))
        object.__setattr__(self, "deviation", real("deviation", self.deviation, above=0))

    @classmethod
    def of(cls, y: object, weight: Float[np.ndarray, " n"] | None = None) -> TargetScale:
        """The scale of training targets; ValueError where all of them are equal.

        With weights, mean and deviation are weighted, and targets of weight 0 do not count.
        """
        targets = np.asarray(y, np.float64)
        counted = targets if weight is None else targets[weight > 0]
        if counted.min() == counted.max():
            raise ValueError(
                "`data` must have training targets that differ, got "
                f"{float(counted[0])!r} in all {len(counted)} training examples."
            )
        mean = float(np.average(targets, weights=weight))
        variance = float(np.average((targets - mean) ** 2, weights=weight))
        if not variance > 0:
            raise ValueError(
                "`data` must have training targets that differ by more than rounding, got targets "
                f"from {counted.min()!r} to {counted.max()!r}."
            )
        return cls(mean, math.sqrt(variance))

    def standardised(self, y: object) -> Float[np.ndarray, " n"]:
        """Targets with the mean subtracted, divided by the deviation, in float64."""
        return (np.asarray(y, np.float64) - self.mean) / self.deviation

    def restored(self, outputs: object) -> Float[np.ndarray, ...]:
        """The outputs of a model in the units of the target, in float64."""
        return self.mean + self.deviation * np.asarray(outputs, np.float64)

    def factors(self, loss: str, targets: dict[str, Float[np.ndarray, " n"]]) -> dict[str, float]:
        """What turns recorded means over standardised targets into curves, by their names.

        Losses get the units of the target, or of its square; one of another package stays as it
        is. Mean squared errors are divided by the variance of the targets of their own set, given
        in `targets`; where that is 0 or the set is empty, the fraction is NaN.
        """
        unit = {"squared": self.deviation**2, "absolute": self.deviation}.get(loss, 1.0)
        found = {}
        for part, y in targets.items():
            variance = float(np.var(self.standardised(y))) if len(y) and np.ptp(y) > 0 else 0.0
            found[f"{part}_loss"] = unit
            found[f"{part}_error"] = 1 / variance if variance > 0 else math.nan
        return found
