"""The protocol of `toy-data`."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab.models import HingeRegression


@dataclass(frozen=True)
class Protocol:
    """What is drawn and fitted.

    Attributes
    ----------
    n_datasets
        Fresh data sets on which the noise is measured.
    n_points
        Points in a data set.
    noise
        Standard deviation of the noise.
    model
        Model that is fitted to one data set.
    """

    n_datasets: int
    n_points: int = 15
    noise: float = 0.3
    model: HingeRegression = field(default_factory=lambda: HingeRegression(3))


PROTOCOLS = {
    "quick": Protocol(10_000),
    "default": Protocol(100_000),
    "paper": Protocol(1_000_000),
}
