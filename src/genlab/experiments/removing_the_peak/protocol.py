"""The protocol of `removing-the-peak`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from genlab.training import EarlyStopping, Recipe, log_spaced_steps

#: When a network's test error is taken: after the last step, or at the lowest validation loss.
STOPPINGS = ("last", "validation")


@dataclass(frozen=True)
class Scan:
    """Networks of several widths that are otherwise alike.

    Attributes
    ----------
    n_train
        Training examples.
    n_layers
        Hidden layers, of one width.
    label_noise
        Fraction of the training labels that are resampled.
    widths
        Hidden widths, in increasing order.
    """

    n_train: int
    n_layers: int
    label_noise: float
    widths: tuple[int, ...]


def _recipe(steps: int, n_evaluations: int) -> Recipe:
    """Full batches of Adam, as in the chapter; a tenth of the examples is held out."""
    return Recipe.adam(
        0.005,
        batch_size=None,
        steps=steps,
        evaluate_at=log_spaced_steps(steps, n_evaluations - 1),
        early_stopping=EarlyStopping(0.1),
    )


@dataclass(frozen=True)
class Protocol:
    """What is trained.

    Attributes
    ----------
    widths
        Hidden widths of the two layers, in increasing order.
    n_seeds
        Networks of each kind. Each has a training set, noisy labels and initial weights of its
        own; those of a seed are the same for all widths, noise levels and weight decays.
    scans
        Networks among which interpolation thresholds are looked for, without weight decay. The
        others are compared with the first.
    n_scan_seeds
        Networks of each kind and width of a scan.
    first_seed
        Number of seeds that are left out, which earlier runs had. The default protocol was chosen
        by networks of those and of other seeds, so no network both decides the design and is
        reported.
    noises
        Fractions of the training labels that are resampled, without weight decay.
    noise
        The one of them with which the weight decays are tried.
    decays
        Weight decays above 0.
    n_train, n_test
        Examples of MNIST-1D. The test examples are the same for all networks.
    recipe
        How every network is trained, but for the weight decay, and what is held out for early
        stopping. It trains all steps, so that each network has an error after the last step and
        one at the lowest validation loss.
    """

    widths: tuple[int, ...]
    n_seeds: int
    scans: tuple[Scan, ...]
    n_scan_seeds: int
    first_seed: int = 200
    noises: tuple[float, ...] = (0.0, 0.15, 0.3)
    noise: float = 0.3
    decays: tuple[float, ...] = (1.0, 3.0)
    n_train: int = 3000
    n_test: int = 5000
    recipe: Recipe = field(default_factory=lambda: _recipe(2000, 30))

    @property
    def scan_recipe(self) -> Recipe:
        """The recipe of the scans: nothing is held out, and the last step alone counts."""
        return dataclasses.replace(
            self.recipe, early_stopping=None, evaluate_at=(), evaluate_every=self.recipe.steps
        )

    def conditions(self) -> list[tuple[float, float]]:
        """Pairs of label noise and weight decay."""
        return [*((noise, 0.0) for noise in self.noises), *((self.noise, d) for d in self.decays)]


_SIZES = (
    (1000, (10, 12, 14, 16, 18, 20, 22, 24, 27)),
    (2000, (20, 24, 28, 32, 36, 40)),
    (10_000, (54, 60, 66, 72, 78, 85, 92)),
)

PROTOCOLS = {
    "quick": Protocol(
        (5, 12, 40),
        3,
        (Scan(300, 2, 0.15, (6, 9, 12)), Scan(600, 2, 0.15, (9, 13, 18))),
        2,
        noises=(0.0, 0.3),
        decays=(1.0,),
        n_train=600,
        recipe=_recipe(600, 20),
    ),
    # Chosen by networks that are not reported. 107 of the seeds 900,000 to 900,003 gave the widths,
    # examples and weight decays. Of the seeds 100 to 105, those with 15% label noise showed no
    # peak: the largest rise was 1.2 points, with a simultaneous interval from -0.9 to 3.2. With 30%
    # it was 3.9 points, from 2.2 to 5.5. So the weight decays are tried with 30%. Differences of
    # rises had intervals of up to 4.6 points to each side, which 8 seeds make about a fifth
    # narrower.
    "default": Protocol(
        (16, 28, 46, 100),
        8,
        (
            Scan(1000, 2, 0.15, (12, 14, 16, 18, 20, 23)),
            Scan(2000, 2, 0.15, (22, 25, 28, 30, 32, 35)),
            Scan(1000, 2, 0.0, (10, 12, 14, 16, 18, 20)),
            Scan(1000, 2, 0.3, (12, 14, 16, 18, 20, 23)),
            Scan(1000, 1, 0.15, (16, 19, 22, 25, 29, 34)),
            Scan(1000, 3, 0.15, (10, 12, 14, 16, 18, 21)),
        ),
        3,
    ),
    "paper": Protocol(
        (5, 10, 20, 30, 40, 50, 60, 70, 77, 85, 100, 130, 200),
        8,
        (
            Scan(4000, 2, 0.15, (32, 36, 40, 44, 48, 53, 58)),
            *(Scan(n, 2, 0.15, widths) for n, widths in _SIZES),
            *(Scan(4000, 2, noise, (28, 32, 36, 40, 44, 48, 53, 58)) for noise in (0.0, 0.3)),
            Scan(4000, 1, 0.15, (60, 70, 80, 90, 100, 110, 125)),
            Scan(4000, 3, 0.15, (24, 27, 30, 33, 36, 40, 44)),
        ),
        5,
        noises=(0.0, 0.05, 0.1, 0.15, 0.2, 0.3),
        decays=(0.03, 0.1, 0.3, 1.0, 3.0),
        n_train=10_000,
        recipe=_recipe(4000, 40),
    ),
}
