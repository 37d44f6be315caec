"""Train an ensemble of seeds as compiled programs of fixed shape.

One pure function trains one lane (one seed) for a chunk of steps; it is mapped
over a number of lanes that depends on the device alone, missing lanes are
filled with a repeated seed, and every group of seeds runs through the same
compiled program. So a seed's result does not depend on which others ran.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree

from genlab import _streams
from genlab._check import integer
from genlab._errors import DivergedError, DivergenceWarning
from genlab.datasets import Dataset
from genlab.models import ModelSpec
from genlab.training._history import CURVES, History
from genlab.training._recipe import Recipe

# Lanes of one program. On a CPU, a lane's matrix products fill a core already, and one
# lane is as fast as many (measured); on an accelerator they run side by side.
_LANES = {"cpu": 1}
_LANES_ON_ACCELERATOR = 16


@dataclass(frozen=True)
class Progress:
    """Where training stands.

    Attributes
    ----------
    step, steps
        Steps done and to do, over all seeds.
    seeds
        The seeds now in training.
    train_loss
        Their mean training loss at the last evaluation.
    """

    step: int
    steps: int
    seeds: tuple[int, ...]
    train_loss: float


class Fitted(NamedTuple):
    """A trained ensemble as arrays: curves of shape (seeds, steps), and modules."""

    curves: dict[str, Float[np.ndarray, "seeds steps"]]
    diverged_at: Int[np.ndarray, " seeds"]
    modules: tuple[eqx.Module, ...]


def train(
    model: ModelSpec,
    data: Dataset,
    recipe: Recipe,
    seeds: Iterable[int] = (0,),
    *,
    progress: Callable[[Progress], None] | None = None,
) -> History:
    """Train one model a seed and follow loss and error on both sets.

    A seed drives the initial weights and the order of the batches, each by its own
    stream. Data are cast to float32.

    Parameters
    ----------
    model, data, recipe
        What is trained, on what, and how.
    seeds
        At least one, distinct, from 0 to 2³² − 1.
    progress
        Called with a `Progress` after every recorded step.

    Returns
    -------
    History

    Raises
    ------
    DivergedError
        Where every model diverged. Where some did, their rows hold NaN from that
        step on, and one `DivergenceWarning` counts them.
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> from genlab.datasets import make_mnist1d
    >>> from genlab.models import MLP
    >>> run = train(MLP(hidden=(20,)), make_mnist1d(n_samples=500), Recipe.sgd(steps=200), range(2))
    >>> run.test_error.shape
    (2, 3)
    """
    if not isinstance(model, ModelSpec):
        raise TypeError(f"`model` must be a model spec such as MLP(), got {model!r}.")
    if not isinstance(data, Dataset):
        raise TypeError(f"`data` must be a Dataset, got {type(data).__name__}.")
    if not isinstance(recipe, Recipe):
        raise TypeError(f"`recipe` must be a Recipe, got {recipe!r}.")
    seeds = _checked_seeds(seeds)
    fitted = train_arrays(model, data, recipe, seeds, progress=progress)
    report_divergence(fitted.diverged_at)
    return History(
        seeds=seeds,
        steps=np.array(recipe.evaluation_steps()),
        diverged_at=fitted.diverged_at,
        modules=fitted.modules,
        model=model,
        recipe=recipe,
        data=data.spec,
        **fitted.curves,
    )


def report_divergence(diverged_at: Int[np.ndarray, " models"]) -> None:
    """One grouped warning for the models that diverged; an error where all did.

    `diverged_at` holds the step of each, or −1.
    """
    diverged = diverged_at[diverged_at >= 0]
    if len(diverged) == 0:
        return
    advice = "a lower learning rate may help"
    if len(diverged) == len(diverged_at):
        raise DivergedError(
            f"all {len(diverged)} models diverged, the first by step {diverged.min()}; {advice}."
        )
    warnings.warn(
        f"{len(diverged)} of {len(diverged_at)} models diverged, the first by step "
        f"{diverged.min()}, and hold NaN from there on; {advice}.",
        DivergenceWarning,
        stacklevel=3,
    )


def train_arrays(
    model: ModelSpec,
    data: Dataset,
    recipe: Recipe,
    seeds: tuple[int, ...],
    *,
    progress: Callable[[Progress], None] | None = None,
) -> Fitted:
    """`train` without its checks and warnings: what a cell runs."""
    recipe.examples_a_step(data.n_train)
    lanes = _LANES.get(jax.default_backend(), _LANES_ON_ACCELERATOR)
    program = _program(model, recipe, data.n_train, data.input_shape, data.n_classes, lanes)
    arrays = _Arrays(
        jnp.asarray(data.x_train, jnp.float32),
        jnp.asarray(data.y_train, jnp.int32),
        jnp.asarray(data.x_test, jnp.float32),
        jnp.asarray(data.y_test, jnp.int32),
    )
    groups = []
    for start in range(0, len(seeds), lanes):
        group = seeds[start : start + lanes]
        groups.append(_train_group(program, arrays, recipe, group, start, len(seeds), progress))
    return Fitted(
        {name: np.concatenate([group.curves[name] for group in groups]) for name in CURVES},
        np.concatenate([group.diverged_at for group in groups]),
        tuple(module for group in groups for module in group.modules),
    )


class _Arrays(NamedTuple):
    x_train: Float[Array, "n_train ..."]
    y_train: Int[Array, " n_train"]
    x_test: Float[Array, "n_test ..."]
    y_test: Int[Array, " n_test"]


class _Program(NamedTuple):
    """The compiled functions of one model and recipe, over lanes."""

    initialise: Callable[..., PyTree]
    advance: Callable[..., tuple[PyTree, dict[str, Array]]]
    static: PyTree
    lanes: int


@lru_cache(maxsize=64)
def _program(
    model: ModelSpec,
    recipe: Recipe,
    n_train: int,
    input_shape: tuple[int, ...],
    n_outputs: int,
    lanes: int,
) -> _Program:
    optimizer = recipe.build(n_train)

    def build(seed: Int[Array, ""]) -> eqx.Module:
        key = jax.random.fold_in(_streams.jax_key(seed), _streams.INITIALISATION)
        return model.build(input_shape, n_outputs, key)

    skeleton = eqx.filter_eval_shape(build, jnp.uint32(0))
    static = eqx.partition(skeleton, lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct))[1]

    def initialise(seed: Int[Array, ""]) -> PyTree:
        weights = eqx.filter(build(seed), eqx.is_array)
        return weights, optimizer.init(weights)

    def logits(weights: PyTree, x: Float[Array, "n ..."]) -> Float[Array, "n classes"]:
        return jax.vmap(eqx.combine(weights, static))(x)

    def loss(weights: PyTree, x: Float[Array, "n ..."], y: Int[Array, " n"]) -> Float[Array, ""]:
        return _cross_entropy(logits(weights, x), y)

    def evaluate(weights: PyTree, data: _Arrays) -> dict[str, Array]:
        curves = {}
        for part, x, y in (
            ("train", data.x_train, data.y_train),
            ("test", data.x_test, data.y_test),
        ):
            scores = logits(weights, x)
            curves[f"{part}_loss"] = _cross_entropy(scores, y)
            curves[f"{part}_error"] = jnp.mean(jnp.argmax(scores, axis=1) != y)
        return curves

    def advance(
        state: PyTree,
        order: Int[Array, "steps batch"] | None,
        n_steps: Int[Array, ""],
        data: _Arrays,
    ) -> tuple[PyTree, dict[str, Array]]:
        def step(i: Int[Array, ""], state: PyTree) -> PyTree:
            weights, moments = state
            x, y = data.x_train, data.y_train
            if order is not None:
                x, y = x[order[i]], y[order[i]]
            gradients = jax.grad(loss)(weights, x, y)
            updates, moments = optimizer.update(gradients, moments, weights)
            return optax.apply_updates(weights, updates), moments

        state = jax.lax.fori_loop(0, n_steps, step, state)
        return state, evaluate(state[0], data)

    return _Program(
        jax.jit(_over_lanes(initialise, (0,), lanes)),
        jax.jit(_over_lanes(advance, (0, 0, None, None), lanes), donate_argnums=0),
        static,
        lanes,
    )


def _over_lanes(
    function: Callable[..., PyTree], in_axes: tuple[int | None, ...], lanes: int
) -> Callable[..., PyTree]:
    """vmap; for one lane the plain function, which XLA compiles to faster products."""
    if lanes > 1:
        return jax.vmap(function, in_axes=in_axes)

    def one_lane(*arguments: PyTree) -> PyTree:
        plain = [
            value if axis is None else jax.tree.map(lambda leaf: leaf[0], value)
            for value, axis in zip(arguments, in_axes, strict=True)
        ]
        return jax.tree.map(lambda leaf: leaf[None], function(*plain))

    return one_lane


def _cross_entropy(logits: Float[Array, "n classes"], y: Int[Array, " n"]) -> Float[Array, ""]:
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def _train_group(
    program: _Program,
    arrays: _Arrays,
    recipe: Recipe,
    seeds: tuple[int, ...],
    n_before: int,
    n_seeds: int,
    progress: Callable[[Progress], None] | None,
) -> Fitted:
    filled = seeds + seeds[-1:] * (program.lanes - len(seeds))
    state = program.initialise(jnp.array(filled, jnp.uint32))
    batches = [_Batches(seed, len(arrays.y_train), recipe) for seed in filled]
    evaluations = recipe.evaluation_steps()
    curves = {name: np.full((len(seeds), len(evaluations)), np.nan) for name in CURVES}
    diverged_at = np.full(len(seeds), -1)
    done = 0
    for j, until in enumerate(evaluations):
        n_steps = until - done
        order = None
        if recipe.batch_size is not None:
            order = np.stack([stream.take(n_steps) for stream in batches])
        state, values = program.advance(state, order, n_steps, arrays)
        done = until
        loss = np.asarray(values["train_loss"], dtype=np.float64)[: len(seeds)]
        diverged_at[(diverged_at < 0) & ~np.isfinite(loss)] = done
        alive = diverged_at < 0
        for name in CURVES:
            curves[name][alive, j] = np.asarray(values[name], dtype=np.float64)[: len(seeds)][alive]
        if progress is not None:
            finished = n_before * recipe.steps + len(seeds) * done
            mean_loss = float(loss[alive].mean()) if alive.any() else float("nan")
            progress(Progress(finished, n_seeds * recipe.steps, seeds, mean_loss))
        if not alive.any():
            break
    return Fitted(curves, diverged_at, _unstack(state[0], program.static, len(seeds)))


class _Batches:
    """The order in which one seed sees its examples: fresh permutations, end to end."""

    def __init__(self, seed: int, n_train: int, recipe: Recipe) -> None:
        self._stream = _streams.numpy_stream(seed, _streams.BATCH_ORDER)
        self._n_train = n_train
        self._batch_size = recipe.examples_a_step(n_train)
        self._most_steps = min(recipe.evaluate_every, recipe.steps)
        self._ahead = np.empty(0, dtype=np.int32)

    def take(self, n_steps: int) -> Int[np.ndarray, "most batch"]:
        """Indices of the next `n_steps` batches, with unused rows up to a fixed number."""
        needed = n_steps * self._batch_size
        parts = [self._ahead]
        missing = needed - len(self._ahead)
        while missing > 0:
            parts.append(self._stream.permutation(self._n_train).astype(np.int32))
            missing -= self._n_train
        ahead = np.concatenate(parts)
        self._ahead = ahead[needed:]
        order = np.zeros((self._most_steps, self._batch_size), dtype=np.int32)
        order[:n_steps] = ahead[:needed].reshape(n_steps, self._batch_size)
        return order


def _unstack(weights: PyTree, static: PyTree, n: int) -> tuple[eqx.Module, ...]:
    host = jax.device_get(weights)
    return tuple(
        eqx.combine(jax.tree.map(lambda leaf, lane=lane: jnp.asarray(leaf[lane]), host), static)
        for lane in range(n)
    )


def _checked_seeds(seeds: Any) -> tuple[int, ...]:
    if not isinstance(seeds, Iterable):
        raise TypeError(f"`seeds` must be several seeds such as range(5), got {seeds!r}.")
    checked = tuple(integer("seeds", seed, low=0, high=_streams.MAX_SEED) for seed in seeds)
    if not checked:
        raise ValueError("`seeds` must hold at least one seed, got none.")
    if len(set(checked)) < len(checked):
        raise ValueError(f"`seeds` must be distinct, got {list(checked)!r}.")
    return checked
