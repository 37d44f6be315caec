"""The compiled program that trains one model by one recipe.

One pure function trains one lane (one model of one seed) for a number of steps; it is mapped
over a number of lanes that model and device decide. Large batches are worked off in chunks
whose activations stay in a core's cache: a fifth faster from 100 hidden units on.

On an accelerator models of several sizes share a program: each lies in the leading corners of
larger arrays, and the zeros around it stay zero through training.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

from genlab._base import streams
from genlab.models import ModelSpec, array_shapes, trained_and_gathered
from genlab.training._augment import AUGMENTATIONS, check_images
from genlab.training._loss import loss_of, squared_error
from genlab.training._optimizer import UpdateRule, build
from genlab.training._outcomes import OUTCOMES, OUTPUTS, no_test, outcomes

# On a CPU, a lane's matrix products fill a core already, and one lane is as fast as many
# (measured), unless a step has fewer multiply-adds than this: then eight lanes take 1.4 to 2
# times less time than one after the other, and more lanes little less. On an accelerator as many
# run side by side as have so many multiply-adds an example together, but no more than a number
# beyond which one model alone would wait for nothing but dummies, and no more than have so many
# numbers in data of their own (4 GB at float32).
_SMALL_STEP = 100_000
_LANES_OF_SMALL_STEPS = 8
_SIDE_BY_SIDE = 8_000_000
_MOST_LANES = 32
_OWN_NUMBERS = 1_000_000_000
# Activations, in numbers, of the examples that are worked on at once: on a CPU as many as
# its cache holds, and up to twice as many before it pays to cut them; on an accelerator
# what memory allows (1 GB at float32, over all lanes).
_CACHED = 500_000
_IN_MEMORY = 250_000_000


class Weighted(NamedTuple):
    """Labels or targets, and the weight of each example in the loss."""

    y: Array
    weight: Float[Array, " n"]


class Arrays(NamedTuple):
    """Arrays that all lanes share, or that each lane has of its own.

    Where `y_test` has weights, test examples of weight 0 fill up the shape and do not count.
    """

    x_train: Float[Array, "n_train ..."]
    x_validation: Float[Array, "n_validation ..."] | None
    x_test: Float[Array, "n_test ..."]
    y_test: Int[Array, " n_test"] | Float[Array, " n_test"] | Weighted


class Labels(NamedTuple):
    """Labels of one lane, or targets; with weights where the examples have any."""

    train: Array | Weighted
    validation: Array | Weighted | None


class Program(NamedTuple):
    """The compiled functions of one model and recipe, over lanes.

    `initialise` takes the seeds of the initial weights and of the batch order and the sizes of
    the models, one row per lane, and returns the state: the arrays of the modules, and what else
    a step carries on.
    """

    initialise: Callable[..., PyTree]
    advance: Callable[..., tuple[PyTree, dict[str, Array]]]
    lanes: int
    task: str
    own_data: bool = False


def on_cpu() -> bool:
    """Whether this process trains on a CPU."""
    return jax.default_backend() == "cpu"


def lanes_on_accelerator(model: ModelSpec, input_shape: tuple[int, ...], n_outputs: int) -> int:
    """How many models of one padded spec an accelerator trains side by side."""
    if not model.side_by_side:
        return 1
    products = model.padded().n_multiply_adds(input_shape, n_outputs)
    return max(1, min(_MOST_LANES, _SIDE_BY_SIDE // products))


def lanes_of_own_data(
    model: ModelSpec,
    input_shape: tuple[int, ...],
    n_outputs: int,
    n_examples: int,
    examples_a_step: int,
    *,
    cpu: bool,
) -> int:
    """How many models of one spec train side by side, each on `n_examples` of its own."""
    if cpu:
        products = examples_a_step * model.n_multiply_adds(input_shape, n_outputs)
        small = model.side_by_side and products <= _SMALL_STEP
        return _LANES_OF_SMALL_STEPS if small else 1
    most = _OWN_NUMBERS // max(1, n_examples * math.prod(input_shape))
    return max(1, min(lanes_on_accelerator(model, input_shape, n_outputs), most))


@lru_cache(maxsize=64)
def program(
    model: ModelSpec,
    rule: UpdateRule,
    n_test: int,
    input_shape: tuple[int, ...],
    n_outputs: int,
    lanes: int,
    keep_outputs: bool = False,
    own_data: bool = False,
) -> Program:
    """The program of a model and of all recipes of this `UpdateRule`, on data of these sizes.

    With several lanes `model` is a padded spec, and each lane a model of its own sizes. With
    `keep_outputs` a classification's evaluation also gives the logits of the test examples.
    With `own_data` each lane has `Arrays` of its own, stacked.
    """
    distance = loss_of(rule.task, rule.loss)
    regression = rule.task == "regression"
    keep_outputs = keep_outputs and not regression  # which keeps its predictions anyway
    layers = model.layers(input_shape, n_outputs)
    activations = sum(math.prod(layer.output_shape) for layer in layers)
    batch = rule.batch_size
    step_chunk, train_chunk, test_chunk = (
        _chunk_size(n, activations, lanes) for n in (batch, rule.n_fitted, n_test)
    )
    shapes, static = array_shapes(model, input_shape, n_outputs)
    if jax.tree.leaves(trained_and_gathered(shapes)[1]):
        step_chunk = batch  # statistics of a batch are those of the whole of it
    augment = None
    if rule.augment is not None:
        augment = AUGMENTATIONS[rule.augment]
        check_images(rule.augment, input_shape)

    def initialise(
        seed: Int[Array, ""], batch_order: Int[Array, ""], sizes: Int[Array, " k"]
    ) -> PyTree:
        key = jax.random.fold_in(streams.jax_key(seed), streams.INITIALISATION)
        if lanes == 1 or on_cpu():  # where all models are of this very spec
            module = model.build(input_shape, n_outputs, key)
        else:
            module = model.build_within(sizes, input_shape, n_outputs, key)
        arrays = eqx.filter(module, eqx.is_array)
        # Augmentation draws by its seed and the step; others need not carry them.
        drawn_by = () if augment is None else (batch_order, jnp.int32(0))
        optimizer = build(rule)
        return arrays, (optimizer.init(trained_and_gathered(arrays)[0]), drawn_by)

    def logits(arrays: PyTree, x: Float[Array, "n ..."]) -> Float[Array, "classes n"]:
        return model.logits(eqx.combine(arrays, static), x)

    def losses(scores: Float[Array, "outputs n"], y: Any) -> Float[Array, " n"]:
        if isinstance(y, Weighted):
            return y.weight * distance(scores, y.y)
        return distance(scores, y)

    def faults(scores: Float[Array, "outputs n"], y: Any) -> Array:
        """Whether each example is misclassified, or the squared error of a regression."""
        y = y.y if isinstance(y, Weighted) else y
        return squared_error(scores, y) if regression else jnp.argmax(scores, axis=0) != y

    def slopes(arrays: PyTree, x: Float[Array, "n ..."], y: Any) -> PyTree:
        """The gradient of the trained arrays, and the gathered ones after this batch."""
        weights, gathered = trained_and_gathered(arrays)

        def loss(
            weights: PyTree, x: Float[Array, "m ..."], y: Any
        ) -> tuple[Float[Array, ""], PyTree]:
            module = eqx.combine(weights, gathered, static)
            scores, module = model.training_logits(module, x)
            after = trained_and_gathered(eqx.filter(module, eqx.is_array))[1]
            return losses(scores, y).sum() / batch, after

        slope = jax.grad(loss, has_aux=True)
        return _in_chunks(lambda x, y: slope(weights, x, y), x, y, step_chunk)

    def evaluate(arrays: PyTree, labels: Labels, data: Arrays) -> dict[str, Array]:
        def totals(x: Float[Array, "m ..."], y: Any) -> tuple[Array, Array]:
            scores = logits(arrays, x)
            return losses(scores, y).sum(), faults(scores, y).sum()

        def test_totals(x: Float[Array, "m ..."], y: Any) -> tuple[PyTree, PyTree]:
            scores = logits(arrays, x)
            wrong = faults(scores, y)
            counted = y.weight * wrong if isinstance(y, Weighted) else wrong
            sums = losses(scores, y).sum(), counted.sum()
            if regression:
                return sums, (scores[0],)
            counts = outcomes(scores, *y) if isinstance(y, Weighted) else outcomes(scores, y)
            return (*sums, *counts), (wrong, scores.T) if keep_outputs else (wrong,)

        found: dict[str, Array] = {}
        parts = [("train", data.x_train, labels.train, train_chunk)]
        if data.x_validation is not None and labels.validation is not None:
            chunk = min(train_chunk, len(data.x_validation))
            parts.append(("validation", data.x_validation, labels.validation, chunk))
        for part, x, y, chunk in parts:
            loss, n_wrong = _in_chunks(totals, x, y, chunk)
            found |= {f"{part}_loss": loss / len(x), f"{part}_error": n_wrong / len(x)}
        n: Any = len(data.x_test)
        if n == 0:
            nothing = {OUTPUTS: jnp.zeros((0, n_outputs))} if keep_outputs else {}
            return found | no_test(n_outputs, rule.task) | nothing
        (loss, n_wrong, *counts), by_example = _sums_and_rows(
            test_totals, data.x_test, data.y_test, test_chunk
        )
        if isinstance(data.y_test, Weighted):
            n = data.y_test.weight.sum()
        found |= {"test_loss": loss / n, "test_error": n_wrong / n}
        names = (*OUTCOMES[rule.task], OUTPUTS) if keep_outputs else OUTCOMES[rule.task]
        return found | dict(zip(names, (*counts, *by_example), strict=True))

    def advance(
        state: PyTree,
        order: Int[Array, "steps batch"] | None,
        labels: Labels,
        n_steps: Int[Array, ""],
        rates: tuple[Float[Array, ""], Float[Array, ""]],
        data: Arrays,
    ) -> tuple[PyTree, dict[str, Array]]:
        optimizer = build(rule, rates)

        def step(i: Int[Array, ""], state: PyTree) -> PyTree:
            arrays, (moments, drawn_by) = state
            x, y = data.x_train, labels.train
            if order is not None:
                x, y = _rows(x, order[i]), _rows(y, order[i])
            if augment is not None:
                seed, done = drawn_by
                key = jax.random.fold_in(streams.jax_key(seed), streams.AUGMENTATION)
                x = augment(jax.random.fold_in(key, done), x)
                drawn_by = seed, done + 1
            weights = trained_and_gathered(arrays)[0]
            slope, gathered = slopes(arrays, x, y)
            updates, moments = optimizer.update(slope, moments, weights)
            weights = optax.apply_updates(weights, updates)
            return eqx.combine(weights, gathered), (moments, drawn_by)

        state = jax.lax.fori_loop(0, n_steps, step, state)
        return state, evaluate(state[0], labels, data)

    in_axes = (0, 0, 0, None, None, 0 if own_data else None)
    return Program(
        jax.jit(_over_lanes(initialise, (0, 0, 0), lanes)),
        jax.jit(_over_lanes(advance, in_axes, lanes), donate_argnums=0),
        lanes,
        rule.task,
        own_data,
    )


def _chunk_size(n: int, activations: int, lanes: int) -> int:
    """How many of n examples are worked on at once."""
    most = (_CACHED if on_cpu() else _IN_MEMORY) // (activations * lanes)
    if n <= 2 * most:
        return n
    n_chunks = -(-n // max(most, 1))
    return n // n_chunks


def _rows(arrays: PyTree, index: Any) -> PyTree:
    """Some rows of one array, or of each of several."""
    return jax.tree.map(lambda array: array[index], arrays)


def _in_chunks(
    function: Callable[..., PyTree], x: Float[Array, "n ..."], y: PyTree, size: int
) -> PyTree:
    """The sum of `function` over chunks of examples, which together are all of them."""
    return _sums_and_rows(lambda x, y: (function(x, y), ()), x, y, size)[0]


def _sums_and_rows(
    function: Callable[..., tuple[PyTree, PyTree]],
    x: Float[Array, "n ..."],
    y: PyTree,
    size: int,
) -> tuple[PyTree, PyTree]:
    """Apply `function` to chunks of examples: its first result summed, its second concatenated.

    The second has one row per example. `y` is one array or several.
    """
    n = len(x)
    total, first = function(x[:size], _rows(y, slice(size)))
    rows = jax.tree.map(
        lambda part: jnp.zeros((n, *part.shape[1:]), part.dtype).at[:size].set(part), first
    )

    def add(start: Any, sized: int, before: tuple[PyTree, PyTree]) -> tuple[PyTree, PyTree]:
        part = jax.tree.map(lambda a: jax.lax.dynamic_slice_in_dim(a, start, sized), (x, y))
        more, found = function(*part)
        rows = jax.tree.map(
            lambda whole, some: jax.lax.dynamic_update_slice_in_dim(whole, some, start, 0),
            before[1],
            found,
        )
        return jax.tree.map(jnp.add, before[0], more), rows

    both = total, rows
    if n // size > 1:
        both = jax.lax.fori_loop(1, n // size, lambda i, b: add(i * size, size, b), both)
    if rest := n % size:
        both = add(n - rest, rest, both)
    return both


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
