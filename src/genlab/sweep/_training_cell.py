"""The cell of a network: one model, trained once."""

from __future__ import annotations

import dataclasses
import io
import math
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, final

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from genlab._base import kinds, specs, streams
from genlab._base.checks import boolean, integer
from genlab.datasets import Dataset, DataSpec, LabelNoise, sample_rows
from genlab.models import MODELS, ModelSpec, array_shapes
from genlab.sweep._data_sizes import DRAWN, NUMBERS, Sizes, is_drawn, sizes_of
from genlab.training import (
    CosineDecay,
    EarlyStopping,
    Fitted,
    Lane,
    Progress,
    Recipe,
    Seeds,
    StepDecay,
    check_task,
    lanes_of_own_data,
    lanes_on_accelerator,
    train_lanes,
)

#: Part of the identity of every training cell. Raised when the same spec gives other numbers.
RESULT_VERSION = 3
#: That of cells whose data are drawn (`is_drawn`).
DRAWN_VERSION = 4

# The kinds of genlab's own specs that a training cell may hold.
_KINDS: dict[str, type] = {
    **MODELS.builtin,
    **{
        kind.__name__: kind
        for kind in (DataSpec, LabelNoise, Recipe, Seeds, StepDecay, CosineDecay, EarlyStopping)
    },
}

# Outcomes with a row for each test example.
_BY_EXAMPLE = ("test_wrong", "test_predictions", "test_outputs")
_FLOAT32 = 4
# What Python, JAX and a compilation take before any data.
_PROCESS = 600e6


@final
@dataclass(frozen=True)
class TrainingCell:
    """One model, trained once: everything that decides its result, and nothing else.

    It is a `Cell` whose results are of type `CellResult`.

    Parameters
    ----------
    data, model, recipe
        Specs of the data set, of the model, and of how it is trained.
    seed
        Seed of label noise, initial weights and batch order: a number for all three, or a
        `genlab.training.Seeds` that gives each its own.
    label_noise
        Noise added to the training labels, or None.
    start
        Another cell, with the same data, label noise and kind of model, whose trained
        weights this one begins from: each of its arrays, no larger than this model's, takes
        the leading corner of the freshly drawn one. None begins from fresh weights alone.
    keep_outputs
        Whether the result holds the logits of each test example of a classification.

    Raises
    ------
    TypeError, ValueError
        Where a value is not allowed, or where a worker process could not import the class of
        the model or the data's generator.

    >>> from genlab.datasets import make_mnist1d
    >>> from genlab.models import MLP
    >>> cell = TrainingCell(make_mnist1d(n_samples=100).spec, MLP(), Recipe.sgd(steps=10), seed=0)
    >>> TrainingCell.from_dict(cell.to_dict()) == cell
    True
    >>> len(cell.key)
    64
    """

    #: What its JSON is called, as it was before there were other kinds of cells.
    KIND: ClassVar[str] = "Cell"

    data: DataSpec
    model: ModelSpec
    recipe: Recipe
    seed: int | Seeds
    label_noise: LabelNoise | None = None
    start: TrainingCell | None = None
    keep_outputs: bool = False

    def __post_init__(self) -> None:
        for name, kind in (("data", DataSpec), ("model", ModelSpec), ("recipe", Recipe)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"`{name}` must be a {kind.__name__}, got {getattr(self, name)!r}.")
        # The batch size is as in the JSON, whoever decided it: `Recipe.for_data` comes before.
        object.__setattr__(self, "recipe", dataclasses.replace(self.recipe))
        if not isinstance(self.seed, Seeds):
            seed = integer("seed", self.seed, low=0, high=streams.MAX_SEED)
            object.__setattr__(self, "seed", seed)
        if self.label_noise is not None and not isinstance(self.label_noise, LabelNoise):
            raise TypeError(
                f"`label_noise` must be a LabelNoise or None, got {self.label_noise!r}."
            )
        if not dataclasses.is_dataclass(self.model):
            raise TypeError(f"`model` must be a frozen dataclass, got {self.model!r}.")
        if isinstance(weights := self.recipe.class_weight, tuple) and isinstance(weights[0], tuple):
            # Names of classes are no part of a data set's identity.
            raise ValueError(
                "`recipe` must have its class weights by label in a cell (`Recipe.for_data`), got "
                f"{weights!r}."
            )
        for name in ("model", "recipe", "seed", "label_noise"):
            kinds.check_spec_importable(name, getattr(self, name))
        boolean("keep_outputs", self.keep_outputs)
        self.data.check_importable()
        if self.start is not None:
            self._check_start(self.start)

    def _check_start(self, start: Any) -> None:
        if not isinstance(start, TrainingCell):
            raise TypeError(f"`start` must be a TrainingCell or None, got {start!r}.")
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
        return self.key_of(self.to_dict())

    @classmethod
    def key_of(cls, values: Mapping[str, Any]) -> str:
        """The identity of the cell with this JSON, which is not checked."""
        version = DRAWN_VERSION if values["data"]["name"] in DRAWN else RESULT_VERSION
        return specs.sha256({"version": version, "cell": values})

    def to_dict(self) -> dict[str, Any]:
        """The cell as JSON values; without `start` and `keep_outputs` at their defaults."""
        later = ("start", "keep_outputs")
        fields = [f.name for f in dataclasses.fields(self) if f.name not in later]
        values = {name: specs.plain(getattr(self, name)) for name in fields}
        # Without these, the identity is the one that cells had before there were any.
        if self.start is not None:
            values["start"] = self.start.to_dict()
        if self.keep_outputs:
            values["keep_outputs"] = True
        return {"kind": self.KIND, **values}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainingCell:
        """The cell that `to_dict` wrote.

        The classes of other packages are imported, so give it only what you trust.
        """
        cell = specs.from_dict(values, {**_KINDS, cls.KIND: cls}, kinds.find)
        if not isinstance(cell, cls):
            raise ValueError(f"`kind` must be {cls.KIND}, got {values['kind']!r}.")
        return cell

    @property
    def steps(self) -> int:
        """Number of training steps."""
        return self.recipe.steps

    def check(self) -> None:
        """Raise ValueError where its data cannot be made, or do not suit the recipe or start."""
        data = sizes_of(self.data)
        if self.data.name == "sampled" and is_drawn(self.data):
            arguments = {k: v for k, v in self.data.arguments.items() if k != "predicted"}
            sample_rows(DataSpec.of(arguments.pop("of")).make(), **arguments)
        check_task(data.task, self.recipe, self.label_noise, grouped=data.grouped)
        if data.task == "classification":
            self.recipe.for_classes(range(data.n_outputs))
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
        """Multiply-adds of its training; a backward pass counts as two forward passes."""
        data = sizes_of(self.data)
        forward = self.model.n_multiply_adds(data.input_shape, data.n_outputs)
        examples = self.recipe.steps * self.recipe.examples_a_step(data.n_train)
        evaluated = len(self.recipe.evaluation_steps()) * (data.n_train + data.n_test)
        return float(forward) * (3 * examples + evaluated)

    def memory(self) -> float:
        """Estimate of the most bytes that a worker process holds while it runs this cell alone."""
        data = sizes_of(self.data)
        as_float32 = (
            self.most_together_on_cpu()
            * _FLOAT32
            * math.prod(data.input_shape)
            * (data.n_train + data.n_test)
        )
        n_parameters = self.model.n_parameters(data.input_shape, data.n_outputs)
        batch = self.recipe.examples_a_step(data.n_train)
        layers = self.model.layers(data.input_shape, data.n_outputs)
        # Forward and backward, were the batch not cut; evaluation is.
        activations = _FLOAT32 * 2 * batch * sum(math.prod(layer.output_shape) for layer in layers)
        # Weights, gradients, two moments and their updates.
        return _PROCESS + data.n_bytes + as_float32 + activations + _FLOAT32 * 6 * n_parameters

    def together_key(self) -> str | None:
        """The program that trains it side by side; None where it begins from another cell."""
        if self.start is not None:
            return None
        shared: dict[str, Any] = {"recipe": specs.to_dict(self.recipe)}
        if is_drawn(self.data):
            sizes = sizes_of(self.data)
            arguments = {k: v for k, v in self.data.arguments.items() if k not in NUMBERS}
            shared["drawn"] = [self.data.name, arguments, *sizes[:4]]
            model = self.model
        else:
            shared["data"] = specs.to_dict(self.data)
            model = self.model.padded()
        shared |= {"model": specs.to_dict(model), "keep_outputs": self.keep_outputs}
        return specs.sha256(shared)

    def program_key(self) -> Hashable:
        """Equal for cells that one process of a CPU trains by one compiled program."""
        return self.model, self.recipe, sizes_of(self.data)[:4], self.keep_outputs

    def most_together(self) -> int:
        """How many cells of one program an accelerator trains at once."""
        data = sizes_of(self.data)
        if is_drawn(self.data):
            return self._lanes_of_own_data(cpu=False)
        return lanes_on_accelerator(self.model, data.input_shape, data.n_outputs)

    def most_together_on_cpu(self) -> int:
        """How many cells of one program a core trains at once."""
        return self._lanes_of_own_data(cpu=True) if is_drawn(self.data) else 1

    def _lanes_of_own_data(self, *, cpu: bool) -> int:
        data = sizes_of(self.data)
        a_step = self.recipe.examples_a_step(data.n_train)
        n = data.n_train + data.n_test
        return lanes_of_own_data(self.model, data.input_shape, data.n_outputs, n, a_step, cpu=cpu)

    def run(self) -> CellResult:
        """Train the cell in this process.

        The bits are those of any other run where this process gives JAX one thread,
        as the workers of `run_cells` do.
        """
        return self.run_together([self])[0]

    def train(
        self, progress: Callable[[Progress], None] | None = None
    ) -> tuple[CellResult, eqx.Module]:
        """Train the cell in this process: the result, as `run` gives it, and the trained module.

        `progress` is called with a `genlab.training.Progress` after every recorded step. What it
        raises ends the training.
        """
        fitted = _fit([self], progress)
        return _result(self, fitted, 0), fitted.modules[0]

    @classmethod
    def run_together(
        cls, cells: Sequence[TrainingCell], report: Callable[[int, float], None] | None = None
    ) -> list[CellResult]:
        """Train cells of one program side by side, in this process.

        Parameters
        ----------
        cells
            A single cell, or cells of one `together_key`.
        report
            Called with the steps done of each cell, and the mean training loss.
        """

        def progress(now: Progress) -> None:
            if report is not None:
                report(now.step // len(cells), now.train_loss)

        if len(cells) == 1 and cells[0].start is not None:
            fitted = _fit_once(cells[0], progress)
        else:
            fitted = _fit(cells, progress)
        return [_result(cell, fitted, i) for i, cell in enumerate(cells)]

    @classmethod
    def pack(cls, result: CellResult) -> bytes:
        """The result as the bytes of an .npz file."""
        buffer = io.BytesIO()
        values = {f.name: getattr(result, f.name) for f in dataclasses.fields(result)}
        there = {name: value for name, value in values.items() if value is not None}
        if result.test_wrong is not None:
            there["test_wrong"] = np.packbits(result.test_wrong)
            there["n_test"] = len(result.test_wrong)
        np.savez(buffer, allow_pickle=False, **there)
        return buffer.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> CellResult:
        """The result that `pack` wrote; ValueError where the bytes are not one."""
        try:
            with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
                values: dict[str, Any] = {name: arrays[name] for name in arrays.files}
            if "test_predictions" not in values:
                n_test = int(values.pop("n_test"))
                wrong = np.unpackbits(values["test_wrong"], count=n_test)
                values["test_wrong"] = wrong.astype(bool)
            for name in ("diverged_at", "kept"):
                values[name] = int(values[name])
            return CellResult(**values)
        except (TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise ValueError(str(error)) from error

    @classmethod
    def diverged_at(cls, result: CellResult) -> int:
        """The recorded step at which training diverged, or −1."""
        return result.diverged_at

    @classmethod
    def numbers(cls, result: CellResult) -> dict[str, Any]:
        """The losses and errors at the kept weights, their step, and where training diverged."""
        curves = ["train_loss", "test_loss", "train_error", "test_error"]
        curves += ["validation_loss", "validation_error"]
        there = [name for name in curves if getattr(result, name) is not None]
        return {
            **{name: result.end(name) for name in there},
            "step": int(result.steps[result.kept]),
            "diverged_at": result.diverged_at,
        }


def _result(cell: TrainingCell, fitted: Fitted, i: int) -> CellResult:
    """The result of the i-th model: its curves up to the last step that was recorded."""
    n_recorded = len(cell.recipe.evaluation_steps())
    if "validation_loss" in fitted.curves and fitted.diverged_at[i] < 0:
        n_recorded = int(np.flatnonzero(~np.isnan(fitted.curves["train_loss"][i]))[-1]) + 1
    return CellResult(
        steps=np.array(cell.recipe.evaluation_steps()[:n_recorded]),
        diverged_at=int(fitted.diverged_at[i]),
        kept=int(fitted.kept[i]),
        **{name: curve[i, :n_recorded] for name, curve in fitted.curves.items()},
        **{name: _counted(name, fitted, i) for name in fitted.outcomes},
    )


def _counted(name: str, fitted: Fitted, i: int) -> np.ndarray:
    """An outcome of the i-th model, of its own test examples where it has a row for each."""
    values: np.ndarray = fitted.outcomes[name][i]
    return values[: fitted.n_test[i]] if name in _BY_EXAMPLE else values


def _fit(
    cells: Sequence[TrainingCell], progress: Callable[[Progress], None] | None = None
) -> Fitted:
    lanes = [
        Lane(
            cell.model,
            cell.seed if isinstance(cell.seed, Seeds) else Seeds.all(cell.seed),
            cell.label_noise,
            None if cell.start is None else _fit_once(cell.start).modules[0],
        )
        for cell in cells
    ]
    first, most_test = cells[0], None
    data: Dataset | list[Dataset] = first.data.make()
    if is_drawn(first.data):
        data = [cell.data.make() for cell in cells]
        if first.data.arguments.get("predicted") == "out_of_bag":
            most_test = sizes_of(first.data).n_test
    return train_lanes(
        lanes,
        data,
        first.recipe,
        keep_outputs=first.keep_outputs,
        most_test=most_test,
        progress=progress,
    )


# The cells of chains that this process trained last, by their keys, so that one who runs a
# chain in its order trains each but the first once; the first, mostly the smallest, twice.
_KEPT: OrderedDict[str, Fitted] = OrderedDict()
_MOST_KEPT = 32


def _fit_once(cell: TrainingCell, progress: Callable[[Progress], None] | None = None) -> Fitted:
    """What `_fit` gives, kept for the cells that start from this one."""
    fitted = _KEPT.pop(cell.key, None) or _fit([cell], progress)
    _KEPT[cell.key] = fitted
    if len(_KEPT) > _MOST_KEPT:
        _KEPT.popitem(last=False)
    return fitted


def _array_shapes(model: ModelSpec, data: Sizes) -> list[tuple[int, ...]]:
    """The shapes of a model's arrays, in their order."""
    shapes, _ = array_shapes(model, data.input_shape, data.n_outputs)
    return [leaf.shape for leaf in jax.tree.leaves(shapes)]


@dataclass(frozen=True, eq=False)
class CellResult:
    """The result of a training cell: curves through training, and outcomes of the test examples.

    The attributes are those of `History`, for one model. With early stopping the curves end
    where training did. `test_outputs` holds the logits of each test example where the cell keeps
    them.
    """

    steps: Int[np.ndarray, " steps"]
    train_loss: Float[np.ndarray, " steps"]
    test_loss: Float[np.ndarray, " steps"]
    train_error: Float[np.ndarray, " steps"]
    test_error: Float[np.ndarray, " steps"]
    diverged_at: int
    kept: int
    test_confusion: Float[np.ndarray, "classes classes"] | None = None
    test_confidence: Float[np.ndarray, "3 bins"] | None = None
    test_wrong: Bool[np.ndarray, " n_test"] | None = None
    validation_loss: Float[np.ndarray, " steps"] | None = None
    validation_error: Float[np.ndarray, " steps"] | None = None
    test_predictions: Float[np.ndarray, " n_test"] | None = None
    test_outputs: Float[np.ndarray, "n_test classes"] | None = None

    def end(self, curve: str) -> float:
        """The value of a curve at the kept weights: the last step, or that of early stopping."""
        return float(getattr(self, curve)[self.kept])
