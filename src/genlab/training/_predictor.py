"""A predictor: any trained model, called for labels and probabilities, or numbers, in one way.

`as_predictor` wraps a saved model, a run, an Equinox module or an estimator; what the model
returns is checked.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy
from jaxtyping import Float, Int

from genlab._base import specs
from genlab._base.arrays import dense
from genlab.datasets import DataSpec, for_estimators
from genlab.models import ModelSpec
from genlab.training._estimator_kinds import check_classifier, check_regressor
from genlab.training._history import History
from genlab.training._saved import SavedModel
from genlab.training._weights import weights_bytes

_AT_ONCE = 256
_MOST_CHARACTERS = 200
# How far a model's probabilities may be from a sum of 1.
_ROUNDING = 1e-3

_KINDS = (
    "a SavedModel, a History of one seed, a trained module, a fitted estimator, or an object "
    "with `predict(x)`"
)


class Predictions(NamedTuple):
    """What a model says of each example.

    Attributes
    ----------
    predicted
        The predicted label; for a regression the predicted number.
    log_probabilities
        Logarithm of the probability of each class; None where the model gives none, and for a
        regression.
    """

    predicted: Int[np.ndarray, " n"] | Float[np.ndarray, " n"]
    log_probabilities: Float[np.ndarray, "n classes"] | None


@dataclass(frozen=True, eq=False)
class Predictor:
    """A trained model as a function from examples to predictions; made by `as_predictor`.

    Attributes
    ----------
    description
        One line for people: the model and the first digits of its hash.
    by
        The same as JSON values: `type`, `spec`, and `hash` of its weights or content.
    n_classes
        Number of classes, predicted labels lie from 0 to n_classes − 1; None for a regression.
    """

    description: str
    by: dict[str, Any]
    n_classes: int | None
    _predict: Callable[[Any], tuple[Any, Any]]

    def __call__(self, x: Float[np.ndarray, "n ..."]) -> Predictions:
        """Predict the label of each example, and the probabilities where the model gives them.

        For a regression the number of each example.

        Raises
        ------
        TypeError, ValueError
            Where the model does not return one label from 0 to n_classes − 1 per example, or
            returns probabilities that are below 0 or do not sum to 1 (to 0.001). For a regression,
            where it does not return one finite number per example.
        """
        labels, log_probabilities = self._predict(x)
        if self.n_classes is None:
            return Predictions(_checked_numbers(labels, x.shape[0]), None)
        labels = _checked_labels(labels, x.shape[0], self.n_classes)
        if log_probabilities is not None:
            _check_probabilities(log_probabilities, x.shape[0], self.n_classes)
        return Predictions(labels, log_probabilities)


def as_predictor(model: Any, input_shape: tuple[int, ...], n_classes: int | None) -> Predictor:
    """Make a predictor of a trained model.

    Parameters
    ----------
    model
        A `SavedModel`, a `History` of one seed, a trained Equinox module (one example to its
        logits), a fitted estimator, or any object with `predict(x)`, which returns one label
        per example, and optionally `predict_proba(x)`. An estimator that was fitted to flat
        inputs gets flat ones. For a regression a module returns one number, in the units of the
        target, and so does `predict` for each example.
    input_shape
        Shape of one example.
    n_classes
        Number of classes; None for a regression.

    Raises
    ------
    TypeError, ValueError
        Where `model` is not a trained model, or one for other inputs or classes.

    >>> class Zero:
    ...     def predict(self, x):
    ...         return [0] * len(x)
    >>> as_predictor(Zero(), (2,), 3)(np.ones((4, 2))).predicted
    array([0, 0, 0, 0])
    """
    import equinox as eqx

    if isinstance(model, (ModelSpec, type)):
        raise TypeError(f"`model` must be trained: {_KINDS}; got {_one_line(model)}.")
    if isinstance(model, (History, SavedModel)):
        task = "regression" if n_classes is None else "classification"
        if model.task != task:
            needed = {"classification": "classifier", "regression": "regressor"}[task]
            raise ValueError(f"`model` must be a {needed}, got a {model.task} by {model.model}.")
    if isinstance(model, History):
        model = _saved(model, input_shape, 1 if n_classes is None else n_classes)
    if isinstance(model, SavedModel):
        return _of_saved(model, input_shape, n_classes)
    if callable(getattr(model, "predict", None)):
        return _of_estimator(model, input_shape, n_classes)
    if isinstance(model, eqx.Module) and callable(model):
        return _of_module(model, n_classes)
    raise TypeError(f"`model` must be {_KINDS}; got {_one_line(model)}.")


def _saved(run: History, input_shape: tuple[int, ...], n_outputs: int) -> SavedModel:
    if len(run.seeds) != 1:
        raise ValueError(
            f"`model` must be a History of one seed, got {len(run.seeds)}; give one of its "
            "`modules`, or what `save_model` returns."
        )
    if run.diverged_at[0] >= 0 and not np.isfinite(run.train_loss[0, run.kept[0]]):
        raise ValueError("`model` must not have diverged, and this History's has.")
    return SavedModel(
        run.model,
        run.modules[0],
        input_shape,
        n_outputs,
        run.data,
        run.recipe,
        run.seeds[0],
        run.label_noise,
        target_scale=run.target_scale,
    )


def _of_saved(model: SavedModel, input_shape: tuple[int, ...], n_classes: int | None) -> Predictor:
    if model.input_shape != input_shape or n_classes not in (None, model.n_outputs):
        classes = "" if n_classes is None else f" and have {n_classes} classes"
        got = "" if n_classes is None else f" and {model.n_outputs}"
        raise ValueError(
            f"`model` must take inputs of shape {input_shape}{classes}, got "
            f"{model.input_shape}{got}."
        )

    def predict(x: Any) -> tuple[Any, Any]:
        if n_classes is None:
            return model.predict(x), None
        if model.recipe.loss != "squared":
            logits = model.logits(x).astype(np.float64)
            return logits.argmax(axis=1), scipy.special.log_softmax(logits, axis=1)
        return model.predict(x), _log(model.probabilities(x))

    weights = _weights_hash(model.module)
    spec = {name: specs.to_dict(getattr(model, name)) for name in ("model", "recipe", "data")}
    noise = None if model.label_noise is None else specs.to_dict(model.label_noise)
    by = {
        "type": type(model.model).__name__,
        "spec": {**spec, "label_noise": noise, "seed": model.seed},
        "hash": weights,
    }
    line = f"{model.model} trained on {_data_name(model.data)}, seed {model.seed}"
    return Predictor(_with_hash(line, weights), by, n_classes, predict)


def _data_name(data: DataSpec) -> str:
    """The name of a data set's generator; for a part also that of the whole."""
    whole = data.whole
    return data.name if whole is None else f"{data.name} of {_data_name(whole)}"


def _of_module(module: Any, n_classes: int | None) -> Predictor:
    import equinox as eqx
    import jax

    @eqx.filter_jit
    def logits_of(module: Any, x: Any) -> Any:
        return jax.vmap(module)(x)

    def predict(x: Any) -> tuple[Any, Any]:
        x = dense("x", x)
        outputs = []
        for start in range(0, len(x), _AT_ONCE):
            part = np.asarray(x[start : start + _AT_ONCE], np.float32)
            # The last part is filled up, so that one compiled program serves all.
            padded = np.zeros((_AT_ONCE, *part.shape[1:]), np.float32)
            padded[: len(part)] = part
            outputs.append(np.asarray(logits_of(module, padded), np.float64)[: len(part)])
        logits = np.concatenate(outputs)
        if n_classes is None:
            # One number, or a vector of one: the shape is checked where predictions are.
            return logits.squeeze(axis=1) if logits.shape[1:] == (1,) else logits, None
        if logits.shape != (len(x), n_classes):
            raise ValueError(
                f"`model` must return {n_classes} logits per example, got shape {logits.shape[1:]}."
            )
        if not np.isfinite(logits).all():
            raise ValueError("`model` must return finite logits, got some that are not.")
        return logits.argmax(axis=1), scipy.special.log_softmax(logits, axis=1)

    weights = _weights_hash(module)
    by = {"type": type(module).__name__, "spec": None, "hash": weights}
    return Predictor(
        _with_hash(f"a module {type(module).__name__}", weights), by, n_classes, predict
    )


def _of_estimator(model: Any, input_shape: tuple[int, ...], n_classes: int | None) -> Predictor:
    if n_classes is None:
        check_regressor("model", model)
    else:
        check_classifier("model", model)
    # Estimators take an example's inputs in one row.
    n_inputs = math.prod(input_shape)
    flat = len(input_shape) > 1 and getattr(model, "n_features_in_", None) == n_inputs

    def predict(x: Any) -> tuple[Any, Any]:
        rows = x.reshape(len(x), -1) if flat else for_estimators(x)
        labels = model.predict(rows)
        if n_classes is None or not callable(getattr(model, "predict_proba", None)):
            return labels, None
        stated = np.asarray(model.predict_proba(rows))
        return labels, _log(_by_class(stated, getattr(model, "classes_", None), n_classes))

    content = _content_hash(model)
    get_params = getattr(model, "get_params", None)
    spec = None
    if callable(get_params):
        spec = {str(name): repr(value) for name, value in get_params(deep=False).items()}
    by = {"type": f"{type(model).__module__}.{type(model).__qualname__}", "spec": spec}
    return Predictor(
        _with_hash(_one_line(model), content), {**by, "hash": content}, n_classes, predict
    )


def _by_class(stated: Any, classes: Any, n_classes: int) -> Any:
    """Probabilities with one column per label, zeros for labels that an estimator never saw."""
    if classes is None or stated.ndim != 2 or len(classes) != stated.shape[1]:
        return stated
    labels = _checked_labels(classes, len(classes), n_classes)
    columns = np.zeros((len(stated), n_classes))
    columns[:, labels] = stated
    return columns


def _log(probabilities: Any) -> Float[np.ndarray, "n classes"]:
    """Logarithms; NaN for values below 0, which the check then reports."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(np.asarray(probabilities, dtype=np.float64))


def _checked_labels(values: Any, n: int, n_classes: int) -> Int[np.ndarray, " n"]:
    given = np.asarray(values)
    if given.shape != (n,):
        raise ValueError(
            f"`model` must predict one label per example, {n} in all, got shape {given.shape}."
        )
    if given.dtype.kind not in "iuf" or not (np.isfinite(given) & (given % 1 == 0)).all():
        raise TypeError(
            f"`model` must predict labels that are whole numbers, got values of type {given.dtype}."
        )
    if given.min() < 0 or given.max() >= n_classes:
        wrong = given.min() if given.min() < 0 else given.max()
        raise ValueError(f"`model` must predict labels from 0 to {n_classes - 1}, got {wrong}.")
    return given.astype(np.int64)


def _checked_numbers(values: Any, n: int) -> Float[np.ndarray, " n"]:
    given = np.asarray(values)
    if given.shape == (n, 1):  # as scikit-learn's estimators answer targets of one column
        given = given[:, 0]
    if given.shape != (n,):
        raise ValueError(
            f"`model` must predict one number per example, {n} in all, got shape {given.shape}."
        )
    if given.dtype.kind not in "biuf":
        raise TypeError(f"`model` must predict numbers, got values of type {given.dtype}.")
    if n_wrong := np.count_nonzero(~np.isfinite(given)):
        raise ValueError(f"`model` must predict finite numbers, got {n_wrong} that are not.")
    return given.astype(np.float64)


def _check_probabilities(log_probabilities: Any, n: int, n_classes: int) -> None:
    if log_probabilities.shape != (n, n_classes):
        raise ValueError(
            f"`model` must return probabilities of shape {(n, n_classes)}, got "
            f"{log_probabilities.shape}."
        )
    if n_nan := np.count_nonzero(np.isnan(log_probabilities)):
        raise ValueError(
            f"`model` must return probabilities from 0 to 1, got {n_nan} below 0 or NaN."
        )
    sums = np.exp(log_probabilities).sum(axis=1)
    worst = sums[np.abs(sums - 1).argmax()]
    if not abs(worst - 1) <= _ROUNDING:
        raise ValueError(f"`model` must return probabilities that sum to 1, got a sum of {worst}.")


def _one_line(model: Any) -> str:
    """The representation of a model in one line, without an address in memory."""
    kind = model if isinstance(model, type) else type(model)
    plain = not any("__repr__" in base.__dict__ for base in kind.__mro__[:-1])
    if kind is model or plain:
        return f"{kind.__module__}.{kind.__qualname__}"
    line = " ".join(repr(model).split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"


def _with_hash(line: str, digest: str | None) -> str:
    if digest is None:
        return line
    kind, value = digest.split(":")
    return f"{line} ({kind} {value[:12]})"


def _weights_hash(module: Any) -> str | None:
    """The hash of the arrays as `save_model` writes them, to compare with model.json."""
    try:
        return f"sha256:{hashlib.sha256(weights_bytes(module)).hexdigest()}"
    except Exception:  # arrays of types that the format does not have
        return None


def _content_hash(model: Any) -> str | None:
    """The hash of an object's content by joblib; None where it has none."""
    import joblib

    try:
        return f"sha1:{joblib.hash(model, hash_name='sha1')}"
    except Exception:  # an object that cannot be pickled may raise anything
        return None
