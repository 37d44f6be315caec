"""The protocol of `removing-the-peak`."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab.training import EarlyStopping, Recipe, log_spaced_steps

#: When a network's test error is taken: after the last step, or at the lowest validation loss.
STOPPINGS = ("last", "validation")


@dataclass(frozen=True)
class Scan:
    """Networks among which an interpolation threshold is looked for.

    Attributes
    ----------
    n_train
        Training examples.
    n_layers
        Hidden layers, of one width.
    widths
        Hidden widths, in increasing order.
    """

    n_train: int
    n_layers: int
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
    noises
        Fractions of the training labels that are resampled, without weight decay.
    noise
        The one of them with which the weight decays are tried.
    decays
        Weight decays above 0.
    scans
        Further networks, with this noise and without weight decay, of other numbers of training
        examples or layers.
    n_train, n_test
        Examples of MNIST-1D. The test examples are the same for all networks.
    recipe
        How every network is trained, but for the weight decay, and what is held out for early
        stopping. It trains all steps, so that each network has an error after the last step and
        one at the lowest validation loss.
    """

    widths: tuple[int, ...]
    n_seeds: int
    noises: tuple[float, ...] = (0.0, 0.05, 0.15, 0.3)
    noise: float = 0.15
    decays: tuple[float, ...] = (0.3, 1.0, 3.0)
    scans: tuple[Scan, ...] = ()
    n_train: int = 4000
    n_test: int = 5000
    recipe: Recipe = field(default_factory=lambda: _recipe(2000, 30))

    def conditions(self) -> list[tuple[float, float]]:
        """Pairs of label noise and weight decay."""
        return [*((noise, 0.0) for noise in self.noises), *((self.noise, d) for d in self.decays)]


PROTOCOLS = {
    "quick": Protocol(
        (5, 12, 40),
        3,
        noises=(0.0, 0.15),
        decays=(1.0,),
        scans=(Scan(600, 1, (10, 20, 40)),),
        n_train=600,
        recipe=_recipe(600, 20),
    ),
    "default": Protocol(
        (8, 20, 33, 45, 60, 90),
        3,
        scans=(
            Scan(1000, 2, (10, 14, 18, 22, 27)),
            Scan(2000, 2, (18, 24, 30, 36, 44)),
            Scan(4000, 1, (40, 60, 80, 110, 150)),
        ),
    ),
    "paper": Protocol(
        (5, 10, 20, 30, 40, 50, 60, 70, 77, 85, 100, 130, 200),
        5,
        noises=(0.0, 0.05, 0.1, 0.15, 0.2, 0.3),
        decays=(0.03, 0.1, 0.3, 1.0, 3.0),
        scans=(
            Scan(1000, 2, (10, 12, 14, 16, 18, 20, 22, 24, 27)),
            Scan(2500, 2, (20, 24, 28, 32, 36, 40, 44)),
            Scan(5000, 2, (32, 37, 42, 47, 52, 57, 62)),
            Scan(10_000, 1, (100, 130, 160, 190, 220, 260, 300)),
        ),
        n_train=10_000,
        recipe=_recipe(4000, 40),
    ),
}
