"""A trained model in a folder: its weights, its specs and its metrics.

weights.safetensors holds the arrays, model.json the specs and the SHA-256 of the weights'
file, metrics.json numbers for people. Reading them runs no code, and allocates no memory on
the word of a file alone.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float, Int

from genlab._base import kinds
from genlab._base.arrays import numbers
from genlab._base.errors import ModelFileError, ScaleError
from genlab._base.files import write_whole
from genlab._base.imports import check_packages
from genlab._base.jsons import finite
from genlab._base.precision import in_float32
from genlab.datasets import (
    Dataset,
    DataSpec,
    Encoder,
    LabelNoise,
    matched_inputs,
)
from genlab.models import ModelSpec, array_shapes
from genlab.training._history import CURVES, History
from genlab.training._recipe import Recipe
from genlab.training._saved_spec import FORMAT, VERSION, fields_from, spec_of
from genlab.training._targets import TargetScale
from genlab.training._weights import arrays_from, most_bytes, strict_json, weights_bytes

WEIGHTS, SPEC, METRICS = "weights.safetensors", "model.json", "metrics.json"

# Room for the names of some 100,000 inputs.
_MOST_SPEC_BYTES = 2**22
# Activations, in numbers, of the examples that are worked on at once.
_IN_WORK = 16_000_000
_MOST_AT_ONCE = 1000


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A trained model with the specs of its training.

    Attributes
    ----------
    model, module
        Spec of the model, and the Equinox module with its weights.
    input_shape, n_outputs
        Shape of one example, and number of classes; 1 for a regression.
    data, recipe, seed, label_noise
        Specs of the data and of the training, and its seed; `label_noise` is None where there
        was none.
    columns
        Names of the inputs, in their order, where the model was trained on a table whose
        columns have names, or None.
    target
        Name of what is predicted, or None.
    classes
        Names of the classes in the order of their labels, or None.
    target_scale
        For a regression the mean and standard deviation by which its targets were standardised;
        None for a classification.
    encoder
        What turned the rows of a table into the inputs, or None.
    """

    model: ModelSpec
    module: eqx.Module
    input_shape: tuple[int, ...]
    n_outputs: int
    data: DataSpec
    recipe: Recipe
    seed: int
    label_noise: LabelNoise | None = None
    columns: tuple[str, ...] | None = None
    target: str | None = None
    classes: tuple[Any, ...] | None = None
    target_scale: TargetScale | None = None
    encoder: Encoder | None = None

    @classmethod
    def of_data(
        cls,
        data: Dataset,
        model: ModelSpec,
        module: eqx.Module,
        recipe: Recipe,
        seed: int,
        *,
        label_noise: LabelNoise | None = None,
        target_scale: TargetScale | None = None,
    ) -> SavedModel:
        """A model that was trained on a data set, with all that the data set says of itself."""
        return cls(
            model,
            module,
            data.input_shape,
            data.n_outputs,
            data.spec,
            recipe,
            seed,
            label_noise,
            columns=data.columns,
            target=data.target,
            classes=data.classes,
            target_scale=target_scale,
            encoder=data.encoder,
        )

    @property
    def task(self) -> str:
        """The task: "classification" or "regression"."""
        return "classification" if self.target_scale is None else "regression"

    @in_float32
    def logits(self, x: Any) -> Float[np.ndarray, "n classes"]:
        """The logits of each example, in float32, computed in chunks.

        Those of a regression are one standardised prediction per example; `predict` gives it in
        the units of the target.

        Parameters
        ----------
        x
            Finite numbers on the scale of the training data, of shape `(n, *input_shape)`, or
            (n, inputs) with the inputs of each example in one row. The columns of a data frame
            are matched with `columns` by name. Where there is an `encoder`, a data frame, a dict
            of columns or the path of a file holds rows of the table that the model was trained
            on, which the encoder turns into inputs.

        Raises
        ------
        DataFileError
            Where a file of rows cannot be read, or lacks a column.
        TypeError, ValueError
            Naming the rule that `x` breaks, and the value received.
        """
        examples = self.check(x)
        outputs = np.empty((len(examples), self.n_outputs), np.float32)
        for start in range(0, len(examples), self._chunk):
            part = examples[start : start + self._chunk]
            # The last chunk is filled up, so that one compiled program serves all.
            padded = np.zeros((self._chunk, *self.input_shape), np.float32)
            padded[: len(part)] = part
            computed = np.asarray(_logits(self.model, self.module, padded)).T
            outputs[start : start + len(part)] = computed[: len(part)]
        if not np.isfinite(outputs).all():
            raise ScaleError("`x` must be on the scale of the training data: its logits overflow.")
        return outputs

    def probabilities(self, x: Any) -> Float[np.ndarray, "n classes"]:
        """The probability of every class for each example, in rows that sum to 1.

        The softmax of the logits, in float64; see `logits` for `x`. The outputs of a model
        trained with the squared loss are themselves estimates of probabilities: negative ones
        are set to 0 and the rest scaled to sum to 1. Where none is above 0, all classes are
        equally likely. A regression has none, which is a ValueError.
        """
        self._check_classification("probabilities")
        return self.probabilities_of(self.logits(x))

    def probabilities_of(
        self, logits: Float[np.ndarray, "n classes"]
    ) -> Float[np.ndarray, "n classes"]:
        """The `probabilities` that belong to the `logits` of a classification."""
        return class_probabilities(logits, self.recipe.loss)

    def predict(self, x: Any) -> Int[np.ndarray, " n"] | Float[np.ndarray, " n"]:
        """The class of each example's largest logit, the first of equal ones; see `logits`.

        For a regression the predicted number, in the units of the target, in float64.
        """
        return self.predictions_of(self.logits(x))

    def predictions_of(
        self, logits: Float[np.ndarray, "n classes"]
    ) -> Int[np.ndarray, " n"] | Float[np.ndarray, " n"]:
        """The predictions, as of `predict`, that belong to the `logits`."""
        if self.target_scale is not None:
            return self.target_scale.restored(logits[:, 0])
        return logits.argmax(axis=1)

    def predicted_classes(self, x: Any) -> np.ndarray:
        """The name of each example's predicted class; its number where classes have no names.

        See `predict`. A regression has none, which is a ValueError.
        """
        self._check_classification("predicted classes")
        predicted = self.predict(x)
        return predicted if self.classes is None else _array_of(self.classes)[predicted]

    def _check_classification(self, what: str) -> None:
        if self.task != "classification":
            raise ValueError(f"a regression has no {what}: `predict` returns its numbers.")

    @cached_property
    def _chunk(self) -> int:
        """Number of examples that are computed at once."""
        layers = self.model.layers(self.input_shape, self.n_outputs)
        activations = sum(math.prod(layer.output_shape) for layer in layers)
        return max(1, min(_MOST_AT_ONCE, _IN_WORK // activations))

    def check(self, x: Any) -> Float[np.ndarray, "n ..."]:
        """The examples in float32, each of `input_shape`; `x` and what is raised as of `logits`."""
        if self.encoder is not None and _are_rows(x):
            x = self.encoder.transform(x)
        given = numbers("x", matched_inputs("x", x, self.columns))
        flat = math.prod(self.input_shape)
        if given.ndim < 2 or given.shape[1:] not in (self.input_shape, (flat,)):
            shapes = ["n", *map(str, self.input_shape)]
            also = f" or (n, {flat})" if len(self.input_shape) > 1 else ""
            raise ValueError(f"`x` must have shape ({', '.join(shapes)}){also}, got {given.shape}.")
        with np.errstate(over="ignore"):
            examples = given.astype(np.float32).reshape(len(given), *self.input_shape)
        if n_wrong := np.count_nonzero(~np.isfinite(examples)):
            raise ValueError(f"`x` must be finite in float32, got {n_wrong} values that are not.")
        return examples


@eqx.filter_jit
def _logits(model: ModelSpec, module: eqx.Module, x: Any) -> Array:
    """The logits of a module; models of one spec and shape share the compiled program."""
    return model.logits(module, x)


def class_probabilities(
    logits: Float[np.ndarray, "n classes"], loss: str
) -> Float[np.ndarray, "n classes"]:
    """The probabilities that the outputs of a classification by a `loss` stand for, in float64.

    See `SavedModel.probabilities`.
    """
    outputs = logits.astype(np.float64)
    if loss != "squared":
        return scipy.special.softmax(outputs, axis=1)
    positive = np.maximum(outputs, 0.0)
    positive[positive.sum(axis=1) == 0] = 1.0
    return positive / positive.sum(axis=1, keepdims=True)


def save_model(
    folder: str | os.PathLike[str],
    run: History,
    data: Dataset,
    seed: int | None = None,
    *,
    metrics: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> SavedModel:
    """Save one trained model of a run.

    Parameters
    ----------
    folder
        Folder for weights.safetensors, model.json and metrics.json, each written whole. It is
        made where it does not exist.
    run
        Result of `train`.
    data
        Data set that the run was trained on.
    seed
        Seed of the model that is saved, one of the run's; None takes the first.
    metrics
        JSON values that are added to metrics.json, which holds the step of the weights, their
        losses and errors, and the numbers of examples. NumPy's numbers and arrays are written
        as Python's numbers and lists, and NaN and infinities as null.
    overwrite
        Whether a model that the folder holds is replaced.

    Returns
    -------
    SavedModel
        The saved model, as `load_model` returns it.

    Raises
    ------
    ModelFileError
        Where the folder holds a model and `overwrite` is False, where it cannot be written, or
        where the model diverged.
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> import tempfile
    >>> from genlab.datasets import make_mnist1d
    >>> from genlab.models import MLP
    >>> from genlab.training import Recipe, train
    >>> data = make_mnist1d(n_samples=100)
    >>> run = train(MLP(hidden=(5,)), data, Recipe.sgd(steps=10, batch_size=10))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = save_model(folder, run, data)
    ...     loaded = load_model(folder)
    >>> loaded.model.hidden, loaded.predict(data.x_test).shape
    ((5,), (20,))
    """
    if not isinstance(run, History):
        raise TypeError(f"`run` must be a History, got {type(run).__name__}.")
    if not isinstance(data, Dataset):
        raise TypeError(f"`data` must be a Dataset, got {type(data).__name__}.")
    if data.spec != run.data:
        raise ValueError(f"`data` must be the data set of the run, {run.data}, got {data.spec}.")
    kinds.check_spec_importable("run", run.model)
    if seed is not None and seed not in run.seeds:
        raise ValueError(f"`seed` must be one of {list(run.seeds)}, got {seed!r}.")
    at = 0 if seed is None else run.seeds.index(seed)
    saved = SavedModel.of_data(
        data,
        run.model,
        run.modules[at],
        run.recipe,
        run.seeds[at],
        label_noise=run.label_noise,
        target_scale=run.target_scale,
    )
    arrays = jax.tree.leaves(eqx.filter(saved.module, eqx.is_array))
    measured = _measured(run, at, data)
    if measured["train_loss"] is None or not all(bool(jnp.isfinite(a).all()) for a in arrays):
        raise ModelFileError(f"the model of seed {saved.seed} diverged; there is nothing to save.")
    write_saved(folder, saved, {**measured, **(metrics or {})}, overwrite=overwrite)
    return saved


def write_saved(
    folder: str | os.PathLike[str],
    saved: SavedModel,
    metrics: Mapping[str, Any],
    *,
    overwrite: bool = False,
) -> None:
    """Write the three files of a SavedModel; `metrics` and errors as in `save_model`."""
    place = Path(folder)
    if not overwrite and os.path.exists(place / SPEC):
        raise ModelFileError(f"{place} holds a model already; `overwrite` would replace it.")
    # All of it before the first file is written, so that a failure leaves what was there.
    weights = weights_bytes(saved.module)
    spec = _json_bytes(spec_of(saved, weights))
    try:
        measured = _json_bytes(finite(metrics))
    except (TypeError, ValueError) as error:
        raise TypeError(f"`metrics` must be JSON values: {str(error).rstrip('.')}.") from None
    if len(spec) > _MOST_SPEC_BYTES:
        raise ModelFileError(
            f"{place / SPEC} would have {len(spec)} bytes, more than the {_MOST_SPEC_BYTES} that "
            "can be read: the names of its inputs are too long."
        )
    try:
        place.mkdir(parents=True, exist_ok=True)
        write_whole(place / WEIGHTS, weights)
        write_whole(place / METRICS, measured)
        # Last, for its being there says that the rest is.
        write_whole(place / SPEC, spec)
    except OSError as error:
        raise ModelFileError(f"{place} cannot be written: {error.strerror or error}.") from None


def load_model(folder: str | os.PathLike[str], *, packages: Iterable[str] = ()) -> SavedModel:
    """Load a model that `save_model` wrote, without running code from the folder.

    Another package's model is loaded where the package is installed with an entry point in the
    group `genlab.models`, or where its module is imported already; model.json alone has nothing
    imported.

    Parameters
    ----------
    folder
        Folder that holds model.json and weights.safetensors.
    packages
        Packages whose models are imported, too, where model.json names them.

    Raises
    ------
    ModelFileError
        Where a file is missing or damaged, has another format or an invalid value, or where
        the weights do not fit the spec in name, type or shape, are not finite, or are not
        those that were saved with it.
    """
    allowed = check_packages("packages", packages)
    place = Path(folder)
    path = place / SPEC
    if os.path.isdir(place) and not os.path.exists(path):
        raise ModelFileError(f"{place} holds no model: it has no {SPEC}.")
    values = strict_json(_read(path, _MOST_SPEC_BYTES), path)
    if values.get("format") != FORMAT:
        raise ModelFileError(f"{path} is not the spec of a genlab model.")
    if values.get("version") != VERSION:
        raise ModelFileError(
            f"{path} has the format version {values.get('version')!r}; this genlab reads {VERSION}."
        )
    try:
        fields = fields_from(values, allowed)
        model, input_shape, n_outputs = (
            fields[name] for name in ("model", "input_shape", "n_outputs")
        )
        weights = place / WEIGHTS
        # Before anything is laid out by the spec: it may ask for more than the file holds.
        n_parameters = model.n_parameters(input_shape, n_outputs)
        if weights.is_file() and weights.stat().st_size < n_parameters:
            raise ModelFileError(
                f"{weights} has {weights.stat().st_size} bytes, too few for the {n_parameters} "
                f"parameters of {path}."
            )
        shapes, static = array_shapes(model, input_shape, n_outputs)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ModelFileError(f"{path}: {str(error).rstrip('.')}.") from None
    content = _read(weights, most_bytes(shapes))
    arrays = arrays_from(content, shapes, weights)
    if hashlib.sha256(content).hexdigest() != values["weights_sha256"]:
        raise ModelFileError(f"{weights} is not the file that {path} was saved with.")
    return SavedModel(module=eqx.combine(arrays, static), **fields)


def _measured(run: History, at: int, data: Dataset) -> dict[str, int | float | None]:
    """The curves at the kept weights; None for values that are not finite."""
    kept = run.kept[at]
    sizes = {"train": run.recipe.n_fitted(data.n_train), "test": data.n_test}
    values: dict[str, int | float | None] = {
        "step": int(run.steps[kept]),
        "n_train": sizes["train"],
        "n_test": sizes["test"],
    }
    for name in CURVES:
        value = float(getattr(run, name)[at, kept])
        if not math.isfinite(value):
            values[name] = None
        elif name.endswith("_error") and run.task == "classification":
            n = sizes[name.removesuffix("_error")]
            values[name] = (
                round(value * n) / n
            )  # a fraction of n examples, without float32's rounding
        else:
            values[name] = value
    return values


def _array_of(names: tuple[Any, ...]) -> np.ndarray:
    """The names as an array of their own type, of objects where they are of several."""
    if len({type(name) for name in names}) == 1:
        return np.array(names)
    array = np.empty(len(names), object)
    array[:] = names
    return array


def _are_rows(x: Any) -> bool:
    """Whether `x` is a table, by the names of its columns, or the path of one."""
    named = isinstance(x, (str, os.PathLike, Mapping)) or hasattr(x, "column_names")
    return named or hasattr(x, "columns")


def _read(path: Path, most: int) -> bytes:
    """The content of a file of at most `most` bytes."""
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise ModelFileError(f"{path} is not a file.")
        size = path.stat().st_size
        if size > most:
            raise ModelFileError(f"{path} has {size} bytes, more than the {most} it could need.")
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}.") from None


def _json_bytes(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=1, allow_nan=False) + "\n").encode()
