"""The protocol of `toy-more-data`."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab.models import HingeRegression


@dataclass(frozen=True)
class Protocol:
    """What is fitted to how many points.

    Attributes
    ----------
    n_datasets
        Data sets of each size that are fitted to measure bias and variance.
    n_exact
        Drawn sets of inputs of each size for which the noise is integrated in closed form.
    sizes
        Numbers of training examples, in increasing order.
    many
        Size from which the second of the slopes is taken: with fewer points the variance exceeds
        noise² · parameters / n.
    shown
        Sizes whose fits are drawn.
    n_fits
        Fits of each of these that are drawn.
    noise
        Standard deviation of the noise.
    model
        Model that is fitted.
    """

    n_datasets: int
    n_exact: int
    sizes: tuple[int, ...] = (6, 8, 10, 15, 25, 40, 60, 100, 200, 400)
    many: int = 25
    shown: tuple[int, ...] = (6, 10, 100)
    n_fits: int = 6
    noise: float = 0.3
    model: HingeRegression = field(default_factory=lambda: HingeRegression(3))


PROTOCOLS = {
    "quick": Protocol(2_000, 500),
    "default": Protocol(10_000, 2_000),
    "paper": Protocol(100_000, 10_000),
}
