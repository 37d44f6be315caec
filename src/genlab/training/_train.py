"""Train an ensemble of seeds.

Every group of seeds runs through the same compiled program, its missing lanes filled
with a repeated seed. So a seed's result does not depend on which others ran.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, PyTree

from genlab import _streams
from genlab._check import integer
from genlab._errors import DivergedError, DivergenceWarning
from genlab.datasets import Dataset, LabelNoise
from genlab.models import ModelSpec
from genlab.training._history import CURVES, History
from genlab.training._program import Arrays, Program, n_lanes, program
from genlab.training._recipe import Recipe
from genlab.training._seeds import Seeds


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
    seeds: tuple[Seeds, ...]
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
    label_noise: LabelNoise | float = 0.0,
    progress: Callable[[Progress], None] | None = None,
) -> History:
    """Train one model a seed and follow loss and error on both sets.

    A seed drives the label noise, the initial weights and the order of the batches, each
    by its own stream. Data are cast to float32.

    Parameters
    ----------
    model, data, recipe
        What is trained, on what, and how.
    seeds
        At least one, distinct, from 0 to 2³² − 1.
    label_noise
        Share of the training labels that are redrawn over all classes, or a `LabelNoise`.
        Training loss and error are those on the noisy labels; test labels stay right.
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
    noise = LabelNoise.of(label_noise)
    sources = tuple(Seeds.all(seed) for seed in seeds)
    fitted = train_arrays(model, data, recipe, sources, label_noise=noise, progress=progress)
    report_divergence(fitted.diverged_at)
    return History(
        seeds=seeds,
        steps=np.array(recipe.evaluation_steps()),
        diverged_at=fitted.diverged_at,
        modules=fitted.modules,
        model=model,
        recipe=recipe,
        data=data.spec,
        label_noise=noise,
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
    seeds: tuple[Seeds, ...],
    *,
    label_noise: LabelNoise | None = None,
    starts: tuple[eqx.Module, ...] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Fitted:
    """`train` without its checks and warnings: what a cell runs.

    `starts` holds a trained module a seed, of the same kind and no larger; its weights
    take the leading corner of each freshly drawn array.
    """
    recipe.examples_a_step(data.n_train)
    lanes = n_lanes(model)
    compiled = program(
        model, recipe, data.n_train, data.n_test, data.input_shape, data.n_classes, lanes
    )
    arrays = Arrays(
        jnp.asarray(data.x_train, jnp.float32),
        jnp.asarray(data.x_test, jnp.float32),
        jnp.asarray(data.y_test, jnp.int32),
    )
    groups = []
    for start in range(0, len(seeds), lanes):
        group = seeds[start : start + lanes]
        labels = [_labels(data, label_noise, one.label_noise) for one in group]
        begun = None if starts is None else starts[start : start + lanes]
        groups.append(
            _train_group(
                compiled, arrays, labels, recipe, group, begun, start, len(seeds), progress
            )
        )
    return Fitted(
        {name: np.concatenate([group.curves[name] for group in groups]) for name in CURVES},
        np.concatenate([group.diverged_at for group in groups]),
        tuple(module for group in groups for module in group.modules),
    )


def _labels(data: Dataset, noise: LabelNoise | None, seed: int) -> Int[np.ndarray, " n_train"]:
    if noise is None:
        return data.y_train
    return noise.labels(data.y_train, data.n_classes, seed)


def _train_group(
    program: Program,
    arrays: Arrays,
    labels: list[Int[np.ndarray, " n_train"]],
    recipe: Recipe,
    seeds: tuple[Seeds, ...],
    starts: tuple[eqx.Module, ...] | None,
    n_before: int,
    n_seeds: int,
    progress: Callable[[Progress], None] | None,
) -> Fitted:
    n_missing = program.lanes - len(seeds)
    filled = seeds + seeds[-1:] * n_missing
    state = program.initialise(
        jnp.array([one.initialisation for one in filled], jnp.uint32),
        jnp.array([one.batch_order for one in filled], jnp.uint32),
    )
    if starts is not None:
        state = (_grown(state[0], starts + starts[-1:] * n_missing), *state[1:])
    y_train = jnp.asarray(np.stack(labels + labels[-1:] * n_missing), jnp.int32)
    batches = [_Batches(one.batch_order, len(arrays.x_train), recipe) for one in filled]
    evaluations = recipe.evaluation_steps()
    curves = {name: np.full((len(seeds), len(evaluations)), np.nan) for name in CURVES}
    diverged_at = np.full(len(seeds), -1)
    done = 0
    for j, until in enumerate(evaluations):
        n_steps = until - done
        order = None
        if recipe.batch_size is not None:
            order = np.stack([stream.take(n_steps) for stream in batches])
        state, values = program.advance(state, order, y_train, n_steps, arrays)
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


def _grown(weights: PyTree, starts: tuple[eqx.Module, ...]) -> PyTree:
    """The drawn arrays of every lane, each with its start's in the leading corner."""
    drawn, structure = jax.tree.flatten(weights)
    corners = [jax.tree.leaves(eqx.filter(module, eqx.is_array)) for module in starts]
    grown = []
    for array, *parts in zip(drawn, *corners, strict=True):
        corner = jnp.stack(parts)
        if any(small > large for small, large in zip(corner.shape, array.shape, strict=True)):
            raise ValueError(
                f"`starts` must hold arrays no larger than the model's, got one of shape "
                f"{corner.shape[1:]} for one of {array.shape[1:]}."
            )
        grown.append(array.at[tuple(slice(n) for n in corner.shape)].set(corner))
    return jax.tree.unflatten(structure, grown)


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
