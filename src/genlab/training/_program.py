"""The compiled program that trains one model by one recipe.

One pure function trains one lane (one seed) for a number of steps; it is mapped over a
number of lanes that depends on the device alone. Large batches are worked off in chunks
whose activations stay in a core's cache: a fifth faster from 100 hidden units on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

from genlab import _streams
from genlab.models import ModelSpec, trained_and_gathered
from genlab.training._augment import AUGMENTATIONS, check_images
from genlab.training._loss import LOSSES
from genlab.training._recipe import Recipe

# On a CPU, a lane's matrix products fill a core already, and one lane is as fast as many
# (measured); on an accelerator they run side by side.
_LANES = {"cpu": 1}
_LANES_ON_ACCELERATOR = 16
# Activations, in numbers, of the examples that are worked on at once: on a CPU as many as
# its cache holds, and up to twice as many before it pays to cut them; on an accelerator
# what memory allows (1 GB at float32, over all lanes).
_CACHED = 500_000
_IN_MEMORY = 250_000_000


class Arrays(NamedTuple):
    """What all lanes share; training labels are each lane's own."""

    x_train: Float[Array, "n_train ..."]
    x_test: Float[Array, "n_test ..."]
    y_test: Int[Array, " n_test"]


class Program(NamedTuple):
    """The compiled functions of one model and recipe, over lanes.

    `initialise` takes the seeds of the initial weights and of the batch order, a seed a
    lane, and returns the state: the modules' arrays, and what else a step carries on.
    """

    initialise: Callable[..., PyTree]
    advance: Callable[..., tuple[PyTree, dict[str, Array]]]
    static: PyTree
    lanes: int


def n_lanes(model: ModelSpec) -> int:
    """How many seeds of a model a program trains side by side on this device."""
    if not model.side_by_side:
        return 1
    return _LANES.get(jax.default_backend(), _LANES_ON_ACCELERATOR)


@lru_cache(maxsize=64)
def program(
    model: ModelSpec,
    recipe: Recipe,
    n_train: int,
    n_test: int,
    input_shape: tuple[int, ...],
    n_outputs: int,
    lanes: int,
) -> Program:
    """The program of a model and recipe on data of these sizes."""
    optimizer = recipe.build(n_train)
    distance = LOSSES[recipe.loss]
    on_cpu = jax.default_backend() == "cpu"
    layers = model.layers(input_shape, n_outputs)
    activations = sum(math.prod(layer.output_shape) for layer in layers)
    batch = recipe.examples_a_step(n_train)
    step_chunk, train_chunk, test_chunk = (
        _chunk_size(n, activations, lanes, on_cpu) for n in (batch, n_train, n_test)
    )

    def build(seed: Int[Array, ""]) -> eqx.Module:
        key = jax.random.fold_in(_streams.jax_key(seed), _streams.INITIALISATION)
        return model.build(input_shape, n_outputs, key)

    skeleton = eqx.filter_eval_shape(build, jnp.uint32(0))
    shapes, static = eqx.partition(skeleton, lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct))
    if jax.tree.leaves(trained_and_gathered(shapes)[1]):
        step_chunk = batch  # statistics of a batch are those of the whole of it
    augment = None
    if recipe.augment is not None:
        augment = AUGMENTATIONS[recipe.augment]
        check_images(recipe.augment, input_shape)

    def initialise(seed: Int[Array, ""], batch_order: Int[Array, ""]) -> PyTree:
        arrays = eqx.filter(build(seed), eqx.is_array)
        # Augmentation draws by its seed and the step; others need not carry them.
        drawn_by = () if augment is None else (batch_order, jnp.int32(0))
        return arrays, (optimizer.init(trained_and_gathered(arrays)[0]), drawn_by)

    def logits(arrays: PyTree, x: Float[Array, "n ..."]) -> Float[Array, "classes n"]:
        return model.logits(eqx.combine(arrays, static), x)

    def slopes(arrays: PyTree, x: Float[Array, "n ..."], y: Int[Array, " n"]) -> PyTree:
        """The gradient of the trained arrays, and the gathered ones after this batch."""
        weights, gathered = trained_and_gathered(arrays)

        def loss(
            weights: PyTree, x: Float[Array, "m ..."], y: Int[Array, " m"]
        ) -> tuple[Float[Array, ""], PyTree]:
            module = eqx.combine(weights, gathered, static)
            scores, module = model.training_logits(module, x)
            after = trained_and_gathered(eqx.filter(module, eqx.is_array))[1]
            return distance(scores, y).sum() / batch, after

        slope = jax.grad(loss, has_aux=True)
        return _in_chunks(lambda x, y: slope(weights, x, y), x, y, step_chunk)

    def evaluate(arrays: PyTree, labels: Int[Array, " n_train"], data: Arrays) -> dict[str, Array]:
        def totals(x: Float[Array, "m ..."], y: Int[Array, " m"]) -> tuple[Array, Array]:
            scores = logits(arrays, x)
            return distance(scores, y).sum(), (jnp.argmax(scores, axis=0) != y).sum()

        curves = {}
        for part, x, y, chunk in (
            ("train", data.x_train, labels, train_chunk),
            ("test", data.x_test, data.y_test, test_chunk),
        ):
            loss, wrong = _in_chunks(totals, x, y, chunk)
            curves[f"{part}_loss"] = loss / len(x)
            curves[f"{part}_error"] = wrong / len(x)
        return curves

    def advance(
        state: PyTree,
        order: Int[Array, "steps batch"] | None,
        labels: Int[Array, " n_train"],
        n_steps: Int[Array, ""],
        data: Arrays,
    ) -> tuple[PyTree, dict[str, Array]]:
        def step(i: Int[Array, ""], state: PyTree) -> PyTree:
            arrays, (moments, drawn_by) = state
            x, y = data.x_train, labels
            if order is not None:
                x, y = x[order[i]], y[order[i]]
            if augment is not None:
                seed, done = drawn_by
                key = jax.random.fold_in(_streams.jax_key(seed), _streams.AUGMENTATION)
                x = augment(jax.random.fold_in(key, done), x)
                drawn_by = seed, done + 1
            weights = trained_and_gathered(arrays)[0]
            slope, gathered = slopes(arrays, x, y)
            updates, moments = optimizer.update(slope, moments, weights)
            weights = optax.apply_updates(weights, updates)
            return eqx.combine(weights, gathered), (moments, drawn_by)

        state = jax.lax.fori_loop(0, n_steps, step, state)
        return state, evaluate(state[0], labels, data)

    return Program(
        jax.jit(_over_lanes(initialise, (0, 0), lanes)),
        jax.jit(_over_lanes(advance, (0, 0, 0, None, None), lanes), donate_argnums=0),
        static,
        lanes,
    )


def _chunk_size(n: int, activations: int, lanes: int, on_cpu: bool) -> int:
    """How many of n examples are worked on at once."""
    most = _CACHED // activations if on_cpu else _IN_MEMORY // (activations * lanes)
    if n <= 2 * most:
        return n
    n_chunks = -(-n // max(most, 1))
    return n // n_chunks


def _in_chunks(
    function: Callable[..., PyTree], x: Float[Array, "n ..."], y: Int[Array, " n"], size: int
) -> PyTree:
    """The sum of `function` over chunks of examples, which together are all of them."""
    n = len(x)
    total = function(x[:size], y[:size])

    def add(i: Int[Array, ""], total: PyTree) -> PyTree:
        part = [jax.lax.dynamic_slice_in_dim(array, i * size, size) for array in (x, y)]
        return jax.tree.map(jnp.add, total, function(*part))

    if n // size > 1:
        total = jax.lax.fori_loop(1, n // size, add, total)
    if rest := n % size:
        total = jax.tree.map(jnp.add, total, function(x[-rest:], y[-rest:]))
    return total


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
