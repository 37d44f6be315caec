"""The protocol of `what-helps`, and the values published for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from genlab.datasets import DataSpec, MNIST1DSettings
from genlab.models import CNN, GRU, MLP, Logistic, ModelSpec
from genlab.training import Recipe

PAPER = "Greydanus & Kobak, MNIST-1D, ICML 2024"
#: Training examples behind the published errors.
PUBLISHED_SIZE = 4000
#: Positions -> model -> test error in percent.
PUBLISHED = {
    "ordered": {"logistic": 68.0, "MLP": 32.0, "CNN": 6.0, "GRU": 9.0},
    "shuffled": {"logistic": 68.0, "MLP": 32.0, "CNN": 44.0, "GRU": 43.0},
}
#: The model whose number of examples is sought, and those that it is compared with.
BASELINE, COMPARED = "MLP", ("CNN", "GRU")
REASON = "two standard deviations of an error on 1,000 test examples, rounded to whole percent"


def tolerance(published: float) -> float:
    """Points by which a measured error (%) may differ from a published one; see `REASON`.

    >>> tolerance(32.0)
    3.5
    """
    return round(2 * math.sqrt(published * (100 - published) / 1000) + 0.5, 1)


@dataclass(frozen=True)
class Protocol:
    """What is trained.

    Attributes
    ----------
    n_seeds
        Networks of each model with each number of examples.
    sizes
        Numbers of training examples, increasing, with positions "ordered" and "shuffled".
    models
        Models that are trained, with positions "ordered" and "shuffled"; the MLP and the CNN
        must be among them.
    n_test
        Test examples: so many that the test sample adds little.
    fit_from
        Smallest number of examples in the power laws. Below it the errors approach those of
        guessing, which bends every curve.
    recipe
        How every network is trained.
    """

    n_seeds: int
    sizes: Mapping[str, tuple[int, ...]]
    models: Mapping[str, Mapping[str, ModelSpec]]
    n_test: int = 20_000
    fit_from: int = 400
    recipe: Recipe = field(
        default_factory=lambda: Recipe.adam(0.01, batch_size=100, steps=6000, evaluate_every=1000)
    )

    def __post_init__(self) -> None:
        for positions, models in self.models.items():
            for needed in (BASELINE, "CNN"):
                if needed not in models:
                    raise ValueError(
                        f"`models` must hold {needed} with positions {positions!r}, got "
                        f"{', '.join(models) or 'none'}."
                    )

    def data(self, positions: str, n_train: int, seed: int) -> DataSpec:
        """The examples of one seed; its smaller samples are the first of its larger ones.

        In order, all seeds have one test set. Shuffled, every seed has an order of the
        positions and a test set of its own.
        """
        if positions == "ordered":
            arguments = {"seed": seed, "n_train": n_train, "n_test": self.n_test}
            return DataSpec("mnist1d_resampled", arguments)
        n = n_train + self.n_test
        settings = MNIST1DSettings(shuffle_seq=True, seed=seed)
        # Half an example more, for the product is rounded down.
        return DataSpec("mnist1d", settings.arguments(n, (n_train + 0.5) / n, "fast"))


_MODELS: dict[str, ModelSpec] = {
    "logistic": Logistic(),
    "MLP": MLP(hidden=(100, 100), skip=True),
    "CNN": CNN(),
    "GRU": GRU(),
}
_FEW = {name: _MODELS[name] for name in ("MLP", "CNN")}
_SIZES = (100, 200, 400, 1000, 2000, 4000, 16_000, 64_000)
_ALL_SIZES = (100, 200, 400, 700, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000)

PROTOCOLS = {
    "quick": Protocol(
        3,
        {"ordered": (400, 1600, 4000), "shuffled": (400, 4000)},
        {"ordered": {"logistic": _MODELS["logistic"], **_FEW}, "shuffled": _FEW},
    ),
    "default": Protocol(
        5,
        {"ordered": _SIZES, "shuffled": (100, 400, 1000, 4000, 16_000, 64_000)},
        {"ordered": _MODELS, "shuffled": _FEW},
    ),
    "paper": Protocol(
        10,
        {"ordered": _ALL_SIZES, "shuffled": _ALL_SIZES},
        {"ordered": _MODELS, "shuffled": _MODELS},
    ),
}
