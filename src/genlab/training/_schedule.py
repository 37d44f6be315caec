"""Schedules: how the learning rate changes in the course of training."""

from __future__ import annotations

from dataclasses import dataclass

from genlab._base.checks import integer, real


@dataclass(frozen=True)
class StepDecay:
    """Multiply the learning rate by `factor` after every `every_epochs` epochs.

    Parameters
    ----------
    every_epochs
        Epochs between two drops, at least 1. A drop falls on the first step that begins at or
        after the end of the epoch.
    factor
        Factor of each drop, above 0 and at most 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> StepDecay(every_epochs=10, factor=0.5)
    StepDecay(every_epochs=10, factor=0.5)
    """

    every_epochs: int = 10
    factor: float = 0.5

    def __post_init__(self) -> None:
        every_epochs = integer("every_epochs", self.every_epochs, low=1)
        object.__setattr__(self, "every_epochs", every_epochs)
        object.__setattr__(self, "factor", real("factor", self.factor, above=0, high=1))


@dataclass(frozen=True)
class CosineDecay:
    """Let the learning rate fall along half a cosine, from its start to `end` times its start.

    Loshchilov & Hutter, "SGDR" (ICLR 2017), equation 5, without restarts.

    Parameters
    ----------
    end
        Learning rate after the last step as a fraction of the first one, from 0 to 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> CosineDecay()
    CosineDecay(end=0.0)
    """

    end: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "end", real("end", self.end, low=0, high=1))


Schedule = StepDecay | CosineDecay
