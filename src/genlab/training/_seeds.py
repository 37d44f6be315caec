"""Seeds of the sources of randomness of one training run."""

from __future__ import annotations

from dataclasses import dataclass

from genlab._base import streams
from genlab._base.checks import integer


@dataclass(frozen=True)
class Seeds:
    """A seed for each source of randomness, so that any of them can be held fixed.

    Parameters
    ----------
    label_noise, initialisation, batch_order
        Seeds of the label noise, of the initial weights and of the batch order (and of the
        augmentation), each from 0 to 2³² − 1. Equal seeds of different sources are
        independent: each source has a random stream of its own.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> Seeds.all(3)
    Seeds(label_noise=3, initialisation=3, batch_order=3)
    """

    label_noise: int
    initialisation: int
    batch_order: int

    def __post_init__(self) -> None:
        for name in ("label_noise", "initialisation", "batch_order"):
            seed = integer(name, getattr(self, name), low=0, high=streams.MAX_SEED)
            object.__setattr__(self, name, seed)

    @classmethod
    def all(cls, seed: int) -> Seeds:
        """The same seed for every source."""
        return cls(seed, seed, seed)
