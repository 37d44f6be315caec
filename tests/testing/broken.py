"""Models, generators and estimators that break one rule each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from genlab.datasets import Dataset
from genlab.models import Layer, Logistic, ModelSpec

CALLS = itertools.count()
ADDED = np.zeros(1)


@dataclass(frozen=True)
class Linear(ModelSpec):
    """Logits that are linear in the inputs: it breaks no rule."""

    factor: float = 1.0

    def __post_init__(self):
        if not isinstance(self.factor, float) or not np.isfinite(self.factor):
            raise ValueError(f"`factor` must be a finite number, got {self.factor!r}.")

    def build(self, input_shape, n_outputs, key):
        return eqx.nn.Linear(input_shape[0], n_outputs, key=key)

    def logits(self, module, x):
        return jax.vmap(module, out_axes=1)(jnp.asarray(x))

    def layers(self, input_shape, n_outputs):
        n_weights = input_shape[0] * n_outputs
        return (Layer("Linear", (n_outputs,), n_weights + n_outputs, n_weights),)


class Unseeded(Linear):
    """Its weights do not come from the key."""

    def build(self, input_shape, n_outputs, key):
        linear = super().build(input_shape, n_outputs, key)
        weight = np.random.default_rng().standard_normal(linear.weight.shape)
        return eqx.tree_at(lambda it: it.weight, linear, jnp.asarray(weight, jnp.float32))


class Keyless(Linear):
    """Every key draws the same weights."""

    def build(self, input_shape, n_outputs, key):
        return super().build(input_shape, n_outputs, jax.random.key(0))


class Rows(Linear):
    """A row per example."""

    def logits(self, module, x):
        return super().logits(module, x).T


class Counting(Linear):
    """Its logits depend on how often they were computed."""

    def logits(self, module, x):
        return super().logits(module, x) + next(CALLS)


class Centred(Linear):
    """Its logits depend on the other examples."""

    def logits(self, module, x):
        return super().logits(module, x - x.mean(axis=0, keepdims=True))


class Scaled(Linear):
    """Its logits are not those of its module."""

    def logits(self, module, x):
        return 2 * super().logits(module, x)


class Undefined(Linear):
    """The derivative of a square root at zero, hidden by `where`."""

    def logits(self, module, x):
        outputs = super().logits(module, x)
        return jnp.where(outputs > 0, jnp.sqrt(jnp.maximum(outputs, 0)), outputs)


class Miscounted(Linear):
    """Biases are left out."""

    def layers(self, input_shape, n_outputs):
        n_weights = input_shape[0] * n_outputs
        return (Layer("Linear", (n_outputs,), n_weights, n_weights),)


class Constant(Linear):
    """It cannot learn."""

    def logits(self, module, x):
        return jax.lax.stop_gradient(super().logits(module, x))


class Narrower(Linear):
    """Its padded spec computes something else."""

    def padded(self):
        return Scaled()

    def sizes(self):
        return (1,)


class Failing(Linear):
    """An error of its own."""

    def build(self, input_shape, n_outputs, key):
        raise KeyError("no\nlayer")


@dataclass(frozen=True)
class Listed(Linear):
    """A field that JSON turns into another value, and that has no hash."""

    names: list = field(default_factory=list)


@dataclass(frozen=True)
class Paired(Linear):
    """A tuple, which comes back as a list."""

    pair: tuple = (1.5, 2.5)


@dataclass(frozen=True)
class Unchecked(Logistic):
    """It takes any factor."""

    factor: float = 1.0


class Changeable(ModelSpec):
    """No dataclass."""

    build = Linear.build
    logits = Linear.logits
    layers = Linear.layers


def blobs(n_train=20, distance=3.0, seed=0):
    """It breaks no rule."""
    return _of(np.random.default_rng(seed), n_train, distance)


def unseeded(n_train=20, seed=0):
    return _of(np.random.default_rng(), n_train)


def seedless(n_train=20, seed=0):
    return _of(np.random.default_rng(0), n_train)


def seeds_all(n_train=20, seed=0):
    np.random.seed(seed)
    return _of(np.random.mtrand._rand, n_train)


def accumulating(n_train=20, seed=0):
    """What the seeds before it added is in the data."""
    ADDED[0] += seed
    return _of(np.random.default_rng(seed), n_train, 3.0 + ADDED[0])


def wrong_shapes(n_train=20, seed=0):
    data = blobs(n_train, seed=seed)
    return Dataset(data.x_train, data.y_train[1:], data.x_test, data.y_test)


def growing(n_train=20, seed=0):
    data = blobs(n_train, seed=seed)
    x_train, x_test = (np.repeat(x, seed + 1, axis=1) for x in (data.x_train, data.x_test))
    return Dataset(x_train, data.y_train, x_test, data.y_test)


def arrays(n_train=20, seed=0):
    return np.zeros((n_train, 2)), np.zeros(n_train)


def lacking(n_train=20, seed=0):
    data = blobs(n_train, seed=seed)
    return Dataset(data.x_train, data.y_train, data.x_test, data.y_test, n_classes=3)


def sorting(distances, n_train=20):
    distances.sort()
    return blobs(n_train, distances[0])


def of_tuples(sizes=(20, 3.0)):
    return blobs(*sizes) if isinstance(sizes, tuple) else blobs(10)


def _of(random, n_train, distance=3.0):
    y = np.arange(2 * n_train) % 2
    x = random.standard_normal((2 * n_train, 2)) + distance * y[:, None]
    return Dataset(x[:n_train], y[:n_train], x[n_train:], y[n_train:])


class Mean(ClassifierMixin, BaseEstimator):
    """The class of the nearest mean: it breaks no rule."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, x, y):
        self.means_ = np.array([x[y == label].mean(axis=0) for label in np.unique(y)])
        return self

    def predict(self, x):
        return ((x[:, None] - self.means_) ** 2).sum(axis=2).argmin(axis=1)


class Deaf(Mean):
    """It is random, and ignores `random_state`."""

    def fit(self, x, y):
        super().fit(x, y)
        self.means_ += np.random.default_rng().standard_normal(self.means_.shape)
        return self


class Remembering(Mean):
    """A fit begins where the last one ended."""

    def fit(self, x, y):
        before = getattr(self, "means_", None)
        super().fit(x, y)
        if before is not None:
            self.means_ = 0.9 * before + 0.1 * self.means_
        return self


class Halving(Mean):
    """Predictions of half the rows."""

    def predict(self, x):
        return super().predict(x)[::2]


class Drifting(Mean):
    """A prediction changes the next one."""

    def predict(self, x):
        predicted = super().predict(x)
        self.means_ = self.means_[::-1]
        return predicted


class Settling(Mean):
    """`fit` writes over a parameter."""

    def fit(self, x, y):
        self.random_state = len(x)
        return super().fit(x, y)
