"""A cell: the smallest piece of work that is run and kept on its own."""

from __future__ import annotations

import dataclasses
import io
import math
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from genlab._base import specs, streams
from genlab._base.checks import integer
from genlab._base.errors import StoreError
from genlab.datasets import DataSpec, LabelNoise
from genlab.models import MODELS, ModelSpec, array_shapes
from genlab.training import (
    CosineDecay,
    EarlyStopping,
    Fitted,
    Lane,
    Progress,
    Recipe,
    Seeds,
    StepDecay,
    lanes_on_accelerator,
    train_lanes,
)

#: Part of every cell's identity. Raised when the same spec gives other numbers than before.
RESULT_VERSION = 3

_KINDS: dict[str, type] = {
    **MODELS,
    **{
        kind.__name__: kind
        for kind in (DataSpec, LabelNoise, Recipe, Seeds, StepDecay, CosineDecay, EarlyStopping)
    },
}


_FLOAT32 = 4
# What Python, JAX and a compilation take before any data.
_PROCESS = 600e6


class _Sizes(NamedTuple):
    """What a cell must know of its data before it runs."""

    n_train: int
    n_test: int
    input_shape: tuple[int, ...]
    n_classes: int
    n_bytes: int


@lru_cache(maxsize=10_000)
def _sizes(spec: DataSpec) -> _Sizes:
    """The sizes of a data set, which is made once to know them."""
    data = spec.make()
    n_bytes = data.x_train.nbytes + data.x_test.nbytes
    return _Sizes(data.n_train, data.n_test, data.input_shape, data.n_classes, n_bytes)


@dataclass(frozen=True)
class Cell:
    """One model, trained once: everything that decides its result, and nothing else.

    Parameters
    ----------
    data, model, recipe
        What is trained, on what, and how.
    seed
        Of label noise, initial weights and batch order: a number for all three, or a
        `genlab.training.Seeds` that gives each its own.
    label_noise
        What is done to the training labels, or None.
    start
        Another cell, of the same data, label noise and kind of model, whose trained
        weights this one begins from: each of its arrays, no larger than this model's, takes
        the leading corner of the freshly drawn one. None begins from fresh weights alone.

    >>> from genlab.datasets import make_mnist1d
    >>> from genlab.models import MLP
    >>> cell = Cell(make_mnist1d(n_samples=100).spec, MLP(), Recipe.sgd(steps=10), seed=0)
    >>> Cell.from_dict(cell.to_dict()) == cell
    True
    >>> len(cell.key)
    64
    """

    data: DataSpec
    model: ModelSpec
    recipe: Recipe
    seed: int | Seeds
    label_noise: LabelNoise | None = None
    start: Cell | None = None

    def __post_init__(self) -> None:
        for name, kind in (("data", DataSpec), ("model", ModelSpec), ("recipe", Recipe)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"`{name}` must be a {kind.__name__}, got {getattr(self, name)!r}.")
        if not isinstance(self.seed, Seeds):
            seed = integer("seed", self.seed, low=0, high=streams.MAX_SEED)
            object.__setattr__(self, "seed", seed)
        if self.label_noise is not None and not isinstance(self.label_noise, LabelNoise):
            raise TypeError(
                f"`label_noise` must be a LabelNoise or None, got {self.label_noise!r}."
            )
        if self.start is not None:
            self._check_start(self.start)

    def _check_start(self, start: Any) -> None:
        if not isinstance(start, Cell):
            raise TypeError(f"`start` must be a Cell or None, got {start!r}.")
        for name in ("data", "label_noise"):
            if getattr(start, name) != getattr(self, name):
                raise ValueError(
                    f"`start` must have the cell's `{name}` {getattr(self, name)!r}, "
                    f"got {getattr(start, name)!r}."
                )
        if type(start.model) is not type(self.model):
            raise ValueError(
                f"`start` must be a model of the kind {type(self.model).__name__}, "
                f"got {start.model!r}."
            )

    @cached_property
    def key(self) -> str:
        """The cell's identity: SHA-256 of its JSON with the result version."""
        return specs.sha256({"version": RESULT_VERSION, "cell": self.to_dict()})

    def to_dict(self) -> dict[str, Any]:
        """The cell as JSON values; without `start` where there is none."""
        values = specs.to_dict(dataclasses.replace(self, start=None))
        del values["start"]  # so that cells have the identity they had before there were starts
        return values if self.start is None else {**values, "start": self.start.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Cell:
        """The cell that `to_dict` wrote."""
        cell = specs.from_dict(values, {**_KINDS, "Cell": cls})
        if not isinstance(cell, cls):
            raise ValueError(f"`kind` must be Cell, got {values['kind']!r}.")
        return cell

    def check(self) -> None:
        """Raise ValueError where its data cannot be made, or do not go with the rest."""
        data = _sizes(self.data)
        self.recipe.examples_a_step(data.n_train)
        if self.start is not None:
            pairs = zip(
                _array_shapes(self.start.model, data), _array_shapes(self.model, data), strict=True
            )
            for small, large in pairs:
                if any(n > most for n, most in zip(small, large, strict=True)):
                    raise ValueError(
                        f"`start` must have arrays no larger than the cell's, got one of shape "
                        f"{small} for one of {large}."
                    )

    def work(self) -> float:
        """Multiply-adds of its training, a backward pass counted as two forward ones."""
        data = _sizes(self.data)
        forward = self.model.n_multiply_adds(data.input_shape, data.n_classes)
        examples = self.recipe.steps * self.recipe.examples_a_step(data.n_train)
        evaluated = len(self.recipe.evaluation_steps()) * (data.n_train + data.n_test)
        return float(forward) * (3 * examples + evaluated)

    def memory(self) -> float:
        """About the most bytes that a worker takes while it runs this cell alone."""
        data = _sizes(self.data)
        as_float32 = _FLOAT32 * math.prod(data.input_shape) * (data.n_train + data.n_test)
        n_parameters = self.model.n_parameters(data.input_shape, data.n_classes)
        batch = self.recipe.examples_a_step(data.n_train)
        layers = self.model.layers(data.input_shape, data.n_classes)
        # Forward and backward, were the batch not cut; evaluation is.
        activations = _FLOAT32 * 2 * batch * sum(math.prod(layer.output_shape) for layer in layers)
        # Weights, gradients, two moments and their updates.
        return _PROCESS + data.n_bytes + as_float32 + activations + _FLOAT32 * 6 * n_parameters

    def program_key(self) -> str:
        """What cells have in common that an accelerator trains side by side."""
        shared = {"data": self.data, "recipe": self.recipe, "model": self.model.padded()}
        return specs.sha256({name: specs.to_dict(part) for name, part in shared.items()})

    def most_side_by_side(self) -> int:
        """How many such cells an accelerator trains at once."""
        data = _sizes(self.data)
        return lanes_on_accelerator(self.model, data.input_shape, data.n_classes)

    def run(self, progress: Callable[[Progress], None] | None = None) -> CellResult:
        """Train the cell in this process.

        The bits are those of any other run where this process gives JAX one thread,
        as the workers of `run_cells` do.
        """
        return run_together([self], progress)[0]


def run_together(
    cells: Sequence[Cell], progress: Callable[[Progress], None] | None = None
) -> list[CellResult]:
    """Train cells of one data set, recipe and padded model side by side, in this process."""
    if len(cells) == 1 and cells[0].start is not None:
        fitted = _fit_once(cells[0], progress)
    else:
        fitted = _fit(cells, progress)
    return [_result(cell, fitted, i) for i, cell in enumerate(cells)]


def _result(cell: Cell, fitted: Fitted, i: int) -> CellResult:
    """What is left of the i-th model: its curves up to the last step that was recorded."""
    n_recorded = len(cell.recipe.evaluation_steps())
    if "validation_loss" in fitted.curves and fitted.diverged_at[i] < 0:
        n_recorded = int(np.flatnonzero(~np.isnan(fitted.curves["train_loss"][i]))[-1]) + 1
    return CellResult(
        steps=np.array(cell.recipe.evaluation_steps()[:n_recorded]),
        diverged_at=int(fitted.diverged_at[i]),
        kept=int(fitted.kept[i]),
        **{name: curve[i, :n_recorded] for name, curve in fitted.curves.items()},
        **{name: counts[i] for name, counts in fitted.outcomes.items()},
    )


def _fit(cells: Sequence[Cell], progress: Callable[[Progress], None] | None = None) -> Fitted:
    lanes = [
        Lane(
            cell.model,
            cell.seed if isinstance(cell.seed, Seeds) else Seeds.all(cell.seed),
            cell.label_noise,
            None if cell.start is None else _fit_once(cell.start).modules[0],
        )
        for cell in cells
    ]
    return train_lanes(lanes, cells[0].data.make(), cells[0].recipe, progress=progress)


# The cells of chains that this process trained last, by their keys, so that one who runs a
# chain in its order trains each but the first once; the first, mostly the smallest, twice.
_KEPT: OrderedDict[str, Fitted] = OrderedDict()
_MOST_KEPT = 32


def _fit_once(cell: Cell, progress: Callable[[Progress], None] | None = None) -> Fitted:
    """What `_fit` gives, kept for the cells that start from this one."""
    fitted = _KEPT.pop(cell.key, None) or _fit([cell], progress)
    _KEPT[cell.key] = fitted
    if len(_KEPT) > _MOST_KEPT:
        _KEPT.popitem(last=False)
    return fitted


def _array_shapes(model: ModelSpec, data: _Sizes) -> list[tuple[int, ...]]:
    """The shapes of a model's arrays, in their order."""
    shapes, _ = array_shapes(model, data.input_shape, data.n_classes)
    return [leaf.shape for leaf in jax.tree.leaves(shapes)]


@dataclass(frozen=True, eq=False)
class CellResult:
    """What a cell leaves: its curves through training, and what became of the test examples.

    The attributes are those of `History`, of one model. With early stopping the curves end
    where training did.
    """

    steps: Int[np.ndarray, " steps"]
    train_loss: Float[np.ndarray, " steps"]
    test_loss: Float[np.ndarray, " steps"]
    train_error: Float[np.ndarray, " steps"]
    test_error: Float[np.ndarray, " steps"]
    diverged_at: int
    kept: int
    test_confusion: Float[np.ndarray, "classes classes"]
    test_confidence: Float[np.ndarray, "3 bins"]
    test_wrong: Bool[np.ndarray, " n_test"]
    validation_loss: Float[np.ndarray, " steps"] | None = None
    validation_error: Float[np.ndarray, " steps"] | None = None

    def end(self, curve: str) -> float:
        """A curve where the kept weights are: at the last step, or at the stopped one."""
        return float(getattr(self, curve)[self.kept])


def pack(result: CellResult) -> bytes:
    """The result as the bytes of an .npz file."""
    buffer = io.BytesIO()
    values = {f.name: getattr(result, f.name) for f in dataclasses.fields(result)}
    there = {name: value for name, value in values.items() if value is not None}
    there["test_wrong"] = np.packbits(result.test_wrong)
    there["n_test"] = len(result.test_wrong)
    np.savez(buffer, allow_pickle=False, **there)
    return buffer.getvalue()


def unpack(key: str, packed: bytes) -> CellResult:
    """The result that `pack` wrote; StoreError where the bytes are not one."""
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            values: dict[str, Any] = {name: arrays[name] for name in arrays.files}
        n_test = int(values.pop("n_test"))
        values["test_wrong"] = np.unpackbits(values["test_wrong"], count=n_test).astype(bool)
        for name in ("diverged_at", "kept"):
            values[name] = int(values[name])
        return CellResult(**values)
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise StoreError(f"the result of cell {key[:12]} cannot be read: {error}.") from error
