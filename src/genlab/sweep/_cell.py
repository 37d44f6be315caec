"""A cell: the smallest piece of work that is run and kept on its own."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from genlab import _spec, _streams
from genlab._check import integer
from genlab._errors import StoreError
from genlab.datasets import DataSpec, LabelNoise
from genlab.models import MODELS, ModelSpec
from genlab.training import CosineDecay, Progress, Recipe, Seeds, StepDecay, train_arrays

#: Part of every cell's identity. Raised when the same spec gives other numbers than before.
RESULT_VERSION = 2

_KINDS: dict[str, type] = {
    **MODELS,
    **{
        kind.__name__: kind
        for kind in (DataSpec, LabelNoise, Recipe, Seeds, StepDecay, CosineDecay)
    },
}


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

    def __post_init__(self) -> None:
        for name, kind in (("data", DataSpec), ("model", ModelSpec), ("recipe", Recipe)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"`{name}` must be a {kind.__name__}, got {getattr(self, name)!r}.")
        if not isinstance(self.seed, Seeds):
            seed = integer("seed", self.seed, low=0, high=_streams.MAX_SEED)
            object.__setattr__(self, "seed", seed)
        if self.label_noise is not None and not isinstance(self.label_noise, LabelNoise):
            raise TypeError(
                f"`label_noise` must be a LabelNoise or None, got {self.label_noise!r}."
            )

    @cached_property
    def key(self) -> str:
        """The cell's identity: SHA-256 of its JSON with the result version."""
        return _spec.sha256({"version": RESULT_VERSION, "cell": self.to_dict()})

    def to_dict(self) -> dict[str, Any]:
        """The cell as JSON values."""
        return _spec.to_dict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Cell:
        """The cell that `to_dict` wrote."""
        cell = _spec.from_dict(values, {**_KINDS, "Cell": cls})
        if not isinstance(cell, cls):
            raise ValueError(f"`kind` must be Cell, got {values['kind']!r}.")
        return cell

    def check(self) -> None:
        """Raise ValueError where its data cannot be made, or its batches exceed them."""
        self.recipe.examples_a_step(self.data.make().n_train)

    def work(self) -> float:
        """Multiply-adds of its training, a backward pass counted as two forward ones."""
        data = self.data.make()
        forward = self.model.n_multiply_adds(data.input_shape, data.n_classes)
        examples = self.recipe.steps * self.recipe.examples_a_step(data.n_train)
        evaluated = len(self.recipe.evaluation_steps()) * (data.n_train + data.n_test)
        return float(forward) * (3 * examples + evaluated)

    def run(self, progress: Callable[[Progress], None] | None = None) -> CellResult:
        """Train the cell in this process.

        The bits are those of any other run where this process gives JAX one thread,
        as the workers of `run_cells` do.
        """
        data = self.data.make()
        seeds = self.seed if isinstance(self.seed, Seeds) else Seeds.all(self.seed)
        fitted = train_arrays(
            self.model,
            data,
            self.recipe,
            (seeds,),
            label_noise=self.label_noise,
            progress=progress,
        )
        return CellResult(
            steps=np.array(self.recipe.evaluation_steps()),
            diverged_at=int(fitted.diverged_at[0]),
            **{name: curve[0] for name, curve in fitted.curves.items()},
        )


@dataclass(frozen=True, eq=False)
class CellResult:
    """What a cell leaves: its curves through training (see `History`)."""

    steps: Int[np.ndarray, " steps"]
    train_loss: Float[np.ndarray, " steps"]
    test_loss: Float[np.ndarray, " steps"]
    train_error: Float[np.ndarray, " steps"]
    test_error: Float[np.ndarray, " steps"]
    diverged_at: int


def pack(result: CellResult) -> bytes:
    """The result as the bytes of an .npz file."""
    buffer = io.BytesIO()
    fields = dataclasses.fields(result)
    np.savez(buffer, allow_pickle=False, **{f.name: getattr(result, f.name) for f in fields})
    return buffer.getvalue()


def unpack(key: str, packed: bytes) -> CellResult:
    """The result that `pack` wrote; StoreError where the bytes are not one."""
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            values: dict[str, Any] = {name: arrays[name] for name in arrays.files}
        values["diverged_at"] = int(values["diverged_at"])
        return CellResult(**values)
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise StoreError(f"the result of cell {key[:12]} cannot be read: {error}.") from error
