"""The protocol of `double-descent-cifar100`, and the values published for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab.datasets import LabelNoise
from genlab.training import Recipe

PAPER = "Nakkiran et al., Deep Double Descent, ICLR 2020, fig. 4"
#: Labels, curve, width k, value, difference that counts as agreement: read from the paper's
#: figure, where the peak lies near k = 10 to 12, and training error reaches 0 near k = 15 to 18.
PUBLISHED_ERRORS = (
    ("noisy", "test_error", 11, 0.62, 0.03),
    ("noisy", "test_error", 64, 0.46, 0.03),
    ("noisy", "train_error", 16.5, 0.0, 0.01),
    ("clean", "test_error", 64, 0.30, 0.03),
)
#: With label noise, the width of the peak, and from which training error is about 0; and the
#: difference of two widths that counts as agreement.
REASON = "reading error of the figure"
PUBLISHED_PEAK, PUBLISHED_THRESHOLD, WIDTH_TOLERANCE = 11.0, 16.5, 3.0


@dataclass(frozen=True)
class Protocol:
    """What is trained.

    Attributes
    ----------
    widths
        Widths k of the residual networks: channels of the first stage.
    n_train, n_test
        Images, the first of each set; None takes all.
    recipe
        How every network is trained.
    label_noise
        Label noise of the first of the two curves.
    trial
        Whether this only tries out that everything works: it runs without a GPU, and its answer
        says nothing about double descent.
    """

    widths: tuple[int, ...]
    n_train: int | None
    n_test: int | None
    recipe: Recipe
    label_noise: LabelNoise = field(default_factory=lambda: LabelNoise(0.2, "other"))
    trial: bool = False


def _steps(n_epochs: int, n_train: int, batch_size: int) -> int:
    return -(-n_epochs * n_train // batch_size)


PROTOCOLS = {
    "quick": Protocol(
        widths=(1, 2),
        n_train=256,
        n_test=256,
        recipe=Recipe.adam(0.001, batch_size=64, steps=40, evaluate_every=20, augment="crop_flip"),
        trial=True,
    ),
    "default": Protocol(
        widths=(1, 2, 3, 4, 6, 8, 12, 16, 24),
        n_train=10_000,
        n_test=None,
        recipe=Recipe.adam(
            0.001,
            batch_size=128,
            steps=_steps(200, 10_000, 128),
            evaluate_every=_steps(10, 10_000, 128),
        ),
    ),
    "paper": Protocol(
        widths=tuple(range(1, 65)),
        n_train=None,
        n_test=None,
        recipe=Recipe.adam(
            0.0001,
            batch_size=128,
            steps=_steps(4000, 50_000, 128),
            evaluate_every=_steps(40, 50_000, 128),
            augment="crop_flip",
        ),
    ),
}
