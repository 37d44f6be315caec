"""The protocol of `variance-sources`, and the values published for its network."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab.datasets import LabelNoise
from genlab.models import MLP
from genlab.training import Recipe

BOOK = "Prince, Understanding Deep Learning, ch. 8"
_REASON = "one network in the figure, tested on 1,000 examples, and the reading error"
#: Quantity -> value read from the book, the difference that counts as agreement, and the reason
#: for it: an error in percent and percentage points, a loss in nats.
PUBLISHED = {"test_error": (37.5, 2.5, _REASON), "test_loss": (2.2, 0.2, _REASON)}

#: What can be resampled while the others are held fixed.
SOURCES = ("training_sample", "label_noise", "initial_weights", "batch_order")
LABELS = ("clean", "noisy")
QUANTITIES = ("test_error", "test_loss")


@dataclass(frozen=True)
class Protocol:
    """What is trained.

    Attributes
    ----------
    n_groups
        Groups of networks for each kind of labels. A group holds a first network, and for each
        source another that differs from the first in this source alone.
    model, recipe
        The network, and how it is trained.
    label_noise
        Label noise of the second kind of labels.
    n_train
        Training examples.
    n_test
        Test examples: many, because few would add as much variance as is measured.
    n_published_test
        Test examples of the published set, whose sampling error is computed for comparison.
    """

    n_groups: int
    model: MLP = field(default_factory=lambda: MLP(hidden=(100, 100), init="fan_in"))
    recipe: Recipe = field(
        default_factory=lambda: Recipe.sgd(
            learning_rate=0.1, batch_size=100, steps=6000, evaluate_every=6000
        )
    )
    label_noise: LabelNoise = field(default_factory=lambda: LabelNoise(0.15))
    n_train: int = 4000
    n_test: int = 200_000
    n_published_test: int = 1000


PROTOCOLS = {"quick": Protocol(6), "default": Protocol(20), "paper": Protocol(100)}


def sources(labels: str) -> tuple[str, ...]:
    """What can be resampled: no label noise where the labels are clean."""
    return tuple(source for source in SOURCES if source != "label_noise" or labels == "noisy")
