"""`decompose` beside mlxtend's `bias_variance_decomp`: the same parts, and the time they take.

Both fit one model to 200 bootstrap samples and predict one test set. The samples of the two are
draws of their own, so their parts agree within Monte-Carlo error: within four standard errors, of
which those of genlab's intervals stand for both.
"""

from __future__ import annotations

import importlib
import math
import os
import time
from collections.abc import Callable
from typing import Any, NamedTuple

os.environ.setdefault("KERAS_BACKEND", "jax")  # before Keras is imported; its fastest here

import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.ensemble import RandomForestRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks._row import row
from genlab import Recipe
from genlab.datasets import Dataset
from genlab.measure import Interval
from genlab.models import MLP
from genlab.studies import LossDecomposition, decompose

JOBS = 2
FITS = 200
# Of 1,000 steps the start of the workers takes most of the time.
STEPS, FEW_STEPS = 5_000, 1_000
BATCH = 32
RATE = 0.001
WIDTH = 32
N_TRAIN, N_TEST = 1600, 400
# A part of one may differ from that of the other by so many standard errors of the difference.
STANDARD_ERRORS = 4.0
PARTS = ("loss", "bias", "variance")


class Parts(NamedTuple):
    """Mean loss, its bias (with the noise) and its variance."""

    loss: float
    bias: float
    variance: float


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table: mlxtend's time in genlab's."""
    for name in ("mlxtend.evaluate", "keras"):
        importlib.import_module(name)  # whose time is not counted
    numbers = _problem()
    labels = _problem(n_classes=3)
    forest = RandomForestRegressor(50, random_state=0)
    rows = [
        *_beside("a forest of 50 trees", forest, numbers, rounds=1, least=1.8),
        *_beside("a tree", DecisionTreeRegressor(random_state=0), numbers, rounds=3),
        *_beside(
            "a tree of depth 3",
            DecisionTreeClassifier(max_depth=3, random_state=0),
            labels,
            rounds=3,
            checked=PARTS[:2],  # mlxtend's variance counts all that differ from the main vote
        ),
    ]
    return [*rows, *_networks(numbers, FEW_STEPS, least=None), *_networks(numbers, STEPS, least=20)]


def _problem(n_classes: int = 0) -> Dataset:
    """Friedman's first function with noise, standardised, or cut into classes of equal size."""
    x, y = make_friedman1(N_TRAIN + N_TEST, noise=1.0, random_state=0)
    y = (y - y[:N_TRAIN].mean()) / y[:N_TRAIN].std()
    if not n_classes:
        return Dataset(x[:N_TRAIN], y[:N_TRAIN], x[N_TRAIN:], y[N_TRAIN:], task="regression")
    cuts = np.quantile(y, np.arange(1, n_classes) / n_classes)
    y = np.searchsorted(cuts, y)
    return Dataset(x[:N_TRAIN], y[:N_TRAIN], x[N_TRAIN:], y[N_TRAIN:])


def _theirs(estimator: Any, data: Dataset, seed: int) -> Parts:
    from mlxtend.evaluate import bias_variance_decomp

    loss = "mse" if data.task == "regression" else "0-1_loss"
    found = bias_variance_decomp(
        estimator,
        data.x_train,
        data.y_train,
        data.x_test,
        data.y_test,
        loss=loss,
        num_rounds=FITS,
        random_seed=seed,
    )
    return Parts(*(float(value) for value in found))


def _beside(
    what: str,
    estimator: Any,
    data: Dataset,
    *,
    rounds: int,
    least: float | None = None,
    checked: tuple[str, ...] = PARTS,
) -> list[dict[str, Any]]:
    def ours(seed: int) -> LossDecomposition:
        return decompose(estimator, data, FITS, store="sqlite://", jobs=JOBS, seed=seed)

    def theirs(seed: int) -> Parts:
        return _theirs(clone(estimator), data, seed)

    return [_ratio(what, ours, theirs, rounds, least, checked=checked)]


def _networks(data: Dataset, steps: int, least: float | None) -> list[dict[str, Any]]:
    """One network: genlab's side by side, and Keras' and scikit-learn's in mlxtend."""
    epochs = steps * BATCH // N_TRAIN
    recipe = Recipe.adam(RATE, batch_size=BATCH, steps=steps, evaluate_every=steps, loss="squared")
    model = MLP((WIDTH,), init="glorot")

    def ours(seed: int) -> LossDecomposition:
        return decompose(model, data, FITS, recipe=recipe, store="sqlite://", jobs=JOBS, seed=seed)

    def keras(seed: int) -> Parts:
        return _theirs(_Keras(data, epochs, seed), data, seed)

    def scikit_learn(seed: int) -> Parts:
        network = MLPRegressor(
            hidden_layer_sizes=(WIDTH,),
            alpha=0.0,
            batch_size=BATCH,
            learning_rate_init=RATE,
            max_iter=epochs,
            tol=0.0,
            n_iter_no_change=epochs + 1,
        )
        return _theirs(network, data, seed)

    name = f"a network of {WIDTH} hidden units, {steps:,} steps"
    return [
        _ratio(f"{name}, Keras", ours, keras, 1, least),
        _ratio(
            f"{name}, scikit-learn", ours, scikit_learn, 1, least, checked=()
        ),  # its biases are drawn
    ]


class _Keras:
    """A network of Keras that begins anew with each fit.

    mlxtend draws the weights of a Keras network again, but from initialisers that give the same
    numbers every time, and keeps the moments of Adam. The fits of such a network are not those of
    new ones, so this wrapper begins them itself. It is compiled once.
    """

    def __init__(self, data: Dataset, epochs: int, seed: int) -> None:
        import keras

        self._network = keras.Sequential(
            [
                keras.layers.Input(data.input_shape),
                keras.layers.Dense(WIDTH, activation="relu"),
                keras.layers.Dense(1),
            ]
        )
        self._network.compile(optimizer=keras.optimizers.Adam(RATE), loss="mean_squared_error")
        self._epochs, self._seeds = epochs, iter(range(1000 * seed, 1000 * seed + FITS))

    def fit(self, x: np.ndarray, y: np.ndarray) -> _Keras:
        import keras

        seed = next(self._seeds)
        keras.utils.set_random_seed(seed)
        draw = keras.initializers.GlorotUniform(keras.random.SeedGenerator(seed))
        for layer in self._network.layers:
            layer.kernel.assign(draw(layer.kernel.shape))
            layer.bias.assign(np.zeros(layer.bias.shape))
        for variable in self._network.optimizer.variables:
            if variable.name != "learning_rate":
                variable.assign(np.zeros(variable.shape))
        self._network.fit(x, y, epochs=self._epochs, batch_size=BATCH, verbose=0)
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.ravel(self._network.predict(x, batch_size=len(x), verbose=0))


def _ratio(
    what: str,
    ours: Callable[[int], LossDecomposition],
    theirs: Callable[[int], Parts],
    rounds: int,
    least: float | None,
    *,
    checked: tuple[str, ...] = PARTS,
) -> dict[str, Any]:
    """Their time in ours, alternately; AssertionError where the parts disagree."""
    ratios = []
    for seed in range(rounds):
        start = time.perf_counter()
        found = ours(seed)
        between = time.perf_counter()
        parts = theirs(seed)
        ratios.append((time.perf_counter() - between) / (between - start))
        _check(what, found, parts, checked)
    return row(f"{what}: mlxtend's time in genlab's", ratios, least=least)


def _check(what: str, ours: LossDecomposition, theirs: Parts, checked: tuple[str, ...]) -> None:
    terms = list(ours.average.terms.values())
    for part, interval, value in zip(
        PARTS, (ours.average.loss, terms[0], terms[-1]), theirs, strict=True
    ):
        if part in checked and not _agree(interval, value):
            raise AssertionError(f"{what}: {part} is {interval} in genlab and {value} in mlxtend")


def _agree(ours: Interval, theirs: float) -> bool:
    """Whether two estimates of one number, each as uncertain as ours, agree."""
    side = float(ours.high - ours.mean) if theirs > ours.mean else float(ours.mean - ours.low)
    return abs(theirs - float(ours.mean)) <= STANDARD_ERRORS / 1.96 * math.sqrt(2) * side
