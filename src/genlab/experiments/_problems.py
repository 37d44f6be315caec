"""MNIST, MNIST-1D and shuffled MNIST-1D, and the four models that are trained on each."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from genlab.datasets import Dataset, fetch_mnist, make_mnist1d
from genlab.models import CNN, GRU, MLP, Logistic, ModelSpec
from genlab.training import CosineDecay, Recipe

#: Of the MNIST-1D paper.
PUBLISHED_RECIPE = Recipe.adam(0.01, batch_size=100, steps=6000)
_TOLERANCE = 4.0


class Problem(NamedTuple):
    """A data set, what is trained on it and how, and its published accuracies in percent."""

    name: str
    make: Callable[[], Dataset]
    models: dict[str, ModelSpec]
    recipes: dict[str, Recipe]
    published: dict[str, float]
    human: float
    tolerance: float


_ON_MNIST1D: dict[str, ModelSpec] = {
    "logistic": Logistic(),
    "MLP": MLP(hidden=(100, 100), skip=True),
    "CNN": CNN(),
    "GRU": GRU(hidden=6),
}
_ON_MNIST: dict[str, ModelSpec] = {
    "logistic": Logistic(),
    "MLP": MLP(hidden=(256,)),
    "CNN": CNN.for_images(),
    "GRU": GRU(hidden=64),
}


def _shuffled() -> Dataset:
    return make_mnist1d(shuffle_seq=True)


def _mnist(rate: float, steps: int) -> Recipe:
    return Recipe.adam(
        rate, batch_size=100, steps=steps, schedule=CosineDecay(), evaluate_every=steps // 5
    )


PROBLEMS = (
    Problem(
        "MNIST", fetch_mnist, _ON_MNIST,
        {"logistic": _mnist(0.005, 3000), "MLP": _mnist(0.003, 6000), "CNN": _mnist(0.005, 1800),
         "GRU": _mnist(0.005, 3000)},
        {"logistic": 94, "MLP": 99, "CNN": 99, "GRU": 99}, 99, 2.0,
    ),
    Problem(
        "MNIST-1D", make_mnist1d, _ON_MNIST1D, dict.fromkeys(_ON_MNIST1D, PUBLISHED_RECIPE),
        {"logistic": 32, "MLP": 68, "CNN": 94, "GRU": 91}, 96, _TOLERANCE,
    ),
    Problem(
        "MNIST-1D, shuffled", _shuffled, _ON_MNIST1D,
        dict.fromkeys(_ON_MNIST1D, PUBLISHED_RECIPE),
        {"logistic": 32, "MLP": 68, "CNN": 56, "GRU": 57}, 30, _TOLERANCE,
    ),
)  # fmt: skip
