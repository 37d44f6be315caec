"""Models that share a compiled program, trained side by side: several seeds, or several sizes.

Every group runs through the same compiled program. Missing lanes are filled with a repeated
model, so that a model's result does not depend on which others ran.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PyTree

from genlab._base import streams
from genlab._base.precision import in_float32
from genlab.datasets import Dataset, LabelNoise
from genlab.models import ModelSpec, array_shapes
from genlab.training._check import check_task
from genlab.training._examples import Examples, examples_of
from genlab.training._history import CURVES, VALIDATION_CURVES
from genlab.training._optimizer import rates, update_rule
from genlab.training._outcomes import OUTCOMES, OUTPUTS
from genlab.training._program import (
    Program,
    lanes_of_own_data,
    lanes_on_accelerator,
    on_cpu,
    program,
)
from genlab.training._recipe import Recipe
from genlab.training._seeds import Seeds
from genlab.training._targets import TargetScale

# The curves whose last values `Progress` holds.
_TOLD = ("train_loss", "train_error", "test_error")


@dataclass(frozen=True)
class Progress:
    """State of a training run.

    Attributes
    ----------
    step, steps
        Number of steps done and in total, over all models.
    seeds
        Seeds of the models now in training.
    train_loss, train_error, test_error
        Means over these models at the last evaluation, as `History` records them; NaN where all
        of them diverged or have ended.
    """

    step: int
    steps: int
    seeds: tuple[Seeds, ...]
    train_loss: float
    train_error: float
    test_error: float


class Lane(NamedTuple):
    """One model to be trained: everything in which models trained side by side may differ."""

    model: ModelSpec
    seeds: Seeds
    label_noise: LabelNoise | None = None
    start: eqx.Module | None = None


class Fitted(NamedTuple):
    """Trained models, one row each.

    `curves` holds the values recorded at every evaluation, `kept` the index of the evaluation
    whose weights the modules hold, and `outcomes` the counts or predictions of test examples
    there (see `History`); those by example are of the first `n_test` rows of a lane. `target_scale`
    is None for a classification, and where each model has data of its own.
    """

    curves: dict[str, Float[np.ndarray, "models steps"]]
    diverged_at: Int[np.ndarray, " models"]
    kept: Int[np.ndarray, " models"]
    outcomes: dict[str, np.ndarray]
    modules: tuple[eqx.Module, ...]
    n_test: Int[np.ndarray, " models"]
    target_scale: TargetScale | None = None


def train_arrays(
    model: ModelSpec,
    data: Dataset,
    recipe: Recipe,
    seeds: tuple[Seeds, ...],
    *,
    label_noise: LabelNoise | None = None,
    starts: tuple[eqx.Module, ...] | None = None,
    target_scale: TargetScale | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Fitted:
    """Train like `train`, without its checks and warnings.

    `starts` holds one trained module per seed, of the same kind and no larger; its weights
    replace the leading corner of each freshly drawn array. `target_scale` standardises the
    targets of a regression; None takes that of the targets that are trained on.
    """
    begun: tuple[eqx.Module | None, ...] = starts or (None,) * len(seeds)
    lanes = [
        Lane(model, seed, label_noise, start) for seed, start in zip(seeds, begun, strict=True)
    ]
    return train_lanes(lanes, data, recipe, target_scale=target_scale, progress=progress)


@in_float32
def train_lanes(
    lanes: Sequence[Lane],
    data: Dataset | Sequence[Dataset],
    recipe: Recipe,
    *,
    keep_outputs: bool = False,
    most_test: int | None = None,
    target_scale: TargetScale | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Fitted:
    """Train models of one padded spec; on a CPU they must be of one spec.

    `data` is one data set for all, or one for each lane: of the same kind and sizes, but for
    numbers of test examples up to `most_test`. The programs of the two differ in the last bits.
    With `keep_outputs` the outcomes of a classification have the logits of the test examples.
    """
    own = None if isinstance(data, Dataset) else list(data)
    first = data if isinstance(data, Dataset) else data[0]
    recipe = recipe.for_data(first)
    for noise in {lane.label_noise for lane in lanes}:
        check_task(first.task, recipe, noise, grouped=first.groups is not None)
    rule = update_rule(recipe, first.n_train, first.task)
    shape = first.input_shape, first.n_outputs
    n_test = first.n_test if most_test is None else most_test
    cpu = on_cpu()
    if own is not None:
        n = first.n_train + n_test
        side_by_side = lanes_of_own_data(lanes[0].model, *shape, n, rule.batch_size, cpu=cpu)
    else:
        side_by_side = 1 if cpu else lanes_on_accelerator(lanes[0].model, *shape)
    forms = {lane.model if cpu or side_by_side == 1 else lane.model.padded() for lane in lanes}
    if len(forms) > 1:
        raise ValueError(f"models must share one program to train together, got {forms!r}.")
    shared = examples_of(first, recipe, target_scale) if own is None else None
    form = forms.pop()
    compiled = program(form, rule, n_test, *shape, side_by_side, keep_outputs, own is not None)
    groups = []
    for n_before in range(0, len(lanes), side_by_side):

        def tell(
            step: int, seeds: tuple[Seeds, ...], means: dict[str, float], n_before: int = n_before
        ) -> None:
            if progress is not None:
                done = n_before * recipe.steps + len(seeds) * step
                progress(Progress(done, len(lanes) * recipe.steps, seeds, **means))

        places = slice(n_before, n_before + side_by_side)
        group = lanes[places]
        if shared is not None:
            examples = [shared] * len(group)
        else:
            examples = [
                examples_of(each, recipe, target_scale, own=True, most_test=most_test)
                for each in (own or ())[places]
            ]
        groups.append(_train_group(compiled, examples, recipe, group, shape, tell))
    return Fitted(
        _joined([group.curves for group in groups]),
        np.concatenate([group.diverged_at for group in groups]),
        np.concatenate([group.kept for group in groups]),
        _joined([group.outcomes for group in groups]),
        tuple(module for group in groups for module in group.modules),
        np.concatenate([group.n_test for group in groups]),
        None if shared is None else shared.target_scale,
    )


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _train_group(
    program: Program,
    examples: Sequence[Examples],
    recipe: Recipe,
    lanes: Sequence[Lane],
    shape: tuple[tuple[int, ...], int],
    tell: Callable[[int, tuple[Seeds, ...], dict[str, float]], None],
) -> Fitted:
    n, n_missing = len(lanes), program.lanes - len(lanes)
    labels = [
        each.labels(lane.label_noise, lane.seeds)
        for each, lane in zip(examples, lanes, strict=True)
    ]
    seeds = tuple(lane.seeds for lane in lanes)
    filled = [*lanes, *[lanes[-1]] * n_missing]
    state = program.initialise(
        np.array([lane.seeds.initialisation for lane in filled], np.uint32),
        np.array([lane.seeds.batch_order for lane in filled], np.uint32),
        np.array([lane.model.sizes() for lane in filled], np.int32),
    )
    starts = [lane.start for lane in filled if lane.start is not None]
    if starts:
        state = (_grown(state[0], starts), *state[1:])
    of_lanes = _stacked([*labels, *labels[-1:] * n_missing])
    arrays = examples[0].arrays
    n_fitted = len(arrays.x_train)
    if program.own_data:
        arrays = _stacked([each.arrays for each in (*examples, *[examples[-1]] * n_missing)])
    batches = [_Batches(lane.seeds.batch_order, n_fitted, recipe) for lane in filled]
    best = None if recipe.early_stopping is None else _Best(n, recipe.early_stopping.patience)
    evaluations = recipe.evaluation_steps()
    with np.errstate(over="ignore"):  # a rate beyond float32 diverges at the first step
        numbers = tuple(np.float32(rate) for rate in rates(recipe))
    names = CURVES if best is None else (*CURVES, *VALIDATION_CURVES)
    factors = {name: np.array([each.factors.get(name, 1.0) for each in examples]) for name in names}
    curves = {name: np.full((n, len(evaluations)), np.nan) for name in names}
    diverged_at = np.full(n, -1)
    done = 0
    for j, until in enumerate(evaluations):
        n_steps = until - done
        order = None
        if recipe.batch_size is not None:
            order = np.stack([stream.take(n_steps) for stream in batches])
        state, values = program.advance(state, order, of_lanes, n_steps, numbers, arrays)
        done = until
        found = {name: np.asarray(values[name], np.float64)[:n] * factors[name] for name in names}
        alive = np.full(n, True) if best is None else ~best.ended
        diverged_at[alive & (diverged_at < 0) & ~np.isfinite(found["train_loss"])] = done
        alive &= diverged_at < 0
        for name in names:
            curves[name][alive, j] = found[name][alive]
        if best is not None:
            best.see(j, found["validation_loss"], alive, state[0], values)
            alive &= ~best.ended
        told = {name: found[name][alive] for name in _TOLD}
        tell(done, seeds, {name: _mean(values) for name, values in told.items()})
        if not alive.any():
            break
    weights, kept = state[0], np.full(n, j)
    if best is not None:
        weights, values, kept = best.weights, best.values, best.at
    kept_of = [name for name in (*OUTCOMES[program.task], OUTPUTS) if name in values]
    outcomes = {name: np.array(values[name])[:n] for name in kept_of}
    scales = [each.target_scale for each in examples if each.target_scale is not None]
    if scales:
        predictions = zip(scales, outcomes["test_predictions"], strict=True)
        outcomes["test_predictions"] = np.stack([scale.restored(of) for scale, of in predictions])
    return Fitted(
        curves,
        diverged_at,
        kept,
        outcomes,
        _unstack(weights, lanes, *shape),
        np.array([each.n_test for each in examples]),
    )


def _stacked(trees: Sequence[PyTree]) -> PyTree:
    """One tree of arrays on the device with one row per tree."""
    # Not `jnp.stack`, nor `jnp.asarray` anywhere here: each compiles a program for every shape.
    return jax.device_put(jax.tree.map(lambda *rows: np.stack(rows), *trees))


class _Best:
    """State of each lane at its lowest validation loss so far."""

    def __init__(self, n: int, patience: int | None) -> None:
        self.at = np.zeros(n, dtype=np.int64)
        self.ended = np.full(n, False)
        self.weights: PyTree = None
        self.values: dict[str, Array] = {}
        self._loss = np.full(n, np.inf)
        self._patience = patience

    def see(
        self,
        j: int,
        loss: Float[np.ndarray, " lanes"],
        alive: Bool[np.ndarray, " lanes"],
        weights: PyTree,
        values: dict[str, Array],
    ) -> None:
        """Take in the j-th evaluation of the lanes that are alive."""
        better = alive & (loss < self._loss)
        if j == 0:
            self.weights, self.values = jax.tree.map(np.array, (weights, values))
        elif better.any():
            rows = np.flatnonzero(better)
            self.weights, self.values = _with_rows(
                (self.weights, self.values), (weights, values), rows
            )
        self._loss[better] = loss[better]
        self.at[better] = j
        if self._patience is not None:
            self.ended |= j - self.at >= self._patience


def _with_rows(old: PyTree, new: PyTree, rows: Int[np.ndarray, " k"]) -> PyTree:
    """`old`, with some rows of every array taken from `new`."""

    def taken(before: np.ndarray, after: Array) -> np.ndarray:
        mixed = np.array(before)
        mixed[rows] = np.asarray(after)[rows]
        return mixed

    return jax.tree.map(taken, old, new)


def _grown(weights: PyTree, starts: Sequence[eqx.Module]) -> PyTree:
    """The drawn arrays of every lane, with those of its start in the leading corners."""
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
        self._stream = streams.numpy_stream(seed, streams.BATCH_ORDER)
        self._n_train = n_train
        # `n_train` is without those held out, which `examples_a_step` would take off again.
        self._batch_size = n_train if recipe.batch_size is None else recipe.batch_size
        self._most_steps = max(np.diff(recipe.evaluation_steps()).tolist())
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


def _unstack(
    weights: PyTree, lanes: Sequence[Lane], input_shape: tuple[int, ...], n_outputs: int
) -> tuple[eqx.Module, ...]:
    """The module of every lane, cut out of the corners of the stacked arrays."""
    stacked = jax.device_get(jax.tree.leaves(weights))
    modules = []
    for i, lane in enumerate(lanes):
        shapes, static = array_shapes(lane.model, input_shape, n_outputs)
        leaves, structure = jax.tree.flatten(shapes)
        cut = [
            jax.device_put(array[(i, *(slice(n) for n in leaf.shape))])
            for array, leaf in zip(stacked, leaves, strict=True)
        ]
        modules.append(eqx.combine(jax.tree.unflatten(structure, cut), static))
    return tuple(modules)
