"""The protocol of `toy-error-sources`."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab.models import HingeRegression


@dataclass(frozen=True)
class Protocol:
    """What is drawn and fitted, first for the parts of the error, then for the kinds of noise.

    The noise itself, standard deviation and kinds, is in `noise_kinds`.

    Attributes
    ----------
    n_datasets
        Data sets for each of noise, fits and test error.
    n_exact
        Drawn sets of inputs for which the noise is integrated in closed form.
    n_kind_datasets
        Data sets of each kind of noise, and of each size that the large model is fitted to.
    model, n_points
        Model whose error is measured, and the number of points that it is fitted to.
    n_test
        Fresh noisy points that each fit is tested on.
    large_model, sizes
        Model that is fitted to much data, and the numbers of training examples.
    n_fits_shown, n_points_shown, n_examples_shown
        Single fits, fresh points and examples of each kind of noise in the figures.
    """

    n_datasets: int
    n_exact: int
    n_kind_datasets: int
    model: HingeRegression = field(default_factory=lambda: HingeRegression(3))
    n_points: int = 15
    n_test: int = 100
    large_model: HingeRegression = field(default_factory=lambda: HingeRegression(20))
    sizes: tuple[int, ...] = (200, 500, 1_000, 2_000)
    n_fits_shown: int = 12
    n_points_shown: int = 60
    n_examples_shown: int = 300


PROTOCOLS = {
    "quick": Protocol(2_000, 2_000, 20),
    "default": Protocol(20_000, 4_000, 200),
    "paper": Protocol(100_000, 40_000, 2_000),
}
