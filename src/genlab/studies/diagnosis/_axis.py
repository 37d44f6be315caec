"""The capacity of a model: which parameter it is, and which values it takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genlab._base.words import received
from genlab.models import ModelSpec
from genlab.sweep import parameters_of

# Values of a capacity at the highest effort; a smaller one takes every second or fourth of them.
N_VALUES = 9
_MOST_LEAVES, _MOST_NEIGHBOURS = 4096, 256


@dataclass(frozen=True)
class Axis:
    """A parameter that sets how much a model can fit.

    Attributes
    ----------
    parameter
        Its name.
    values
        Values, from the lowest capacity to the highest.
    own
        The value of the model that was asked about; None where it sets no limit.
    made
        Function from a value to the model.
    increasing
        Whether a larger value is more capacity.
    """

    parameter: str
    values: tuple[Any, ...]
    own: Any
    made: Callable[[Any], Any]
    increasing: bool

    @property
    def own_number(self) -> float:
        """The model's own value; where it sets no limit the end of the most capacity."""
        if self.own is None or isinstance(self.own, (str, bool)):
            return np.inf if self.increasing else -np.inf
        return float(self.own)

    def some(self, n: int) -> Axis:
        """The axis with at most about `n` of its values, the lowest and the highest among them."""
        step = max(1, round((len(self.values) - 1) / max(n - 1, 1)))
        kept = list(self.values[::step])
        if kept[-1] != self.values[-1]:
            kept.append(self.values[-1])
        return dataclasses.replace(self, values=tuple(kept))


def _leaves(n: int) -> list[Any]:
    return _whole(2, max(8, min(n // 2, _MOST_LEAVES)))


def _neighbours(n: int) -> list[Any]:
    return _whole(1, max(4, min(n // 2, _MOST_NEIGHBOURS)))[::-1]


def _inverse_penalties(_: int) -> list[Any]:
    return [float(f"{value:.3g}") for value in np.geomspace(1e-4, 1e4, N_VALUES)]


def _penalties(n: int) -> list[Any]:
    return _inverse_penalties(n)[::-1]


def _depths(_: int) -> list[Any]:
    return [1, 2, 3, 4, 5, 6, 8, 10, 12]


def _components(n: int) -> list[Any]:
    return _whole(1, max(2, min(n // 2, 20)))


def _boosted(_: int) -> list[Any]:
    return _whole(2, 256)


def _rounds(_: int) -> list[Any]:
    return _whole(1, 256)


def _units(n: int) -> list[Any]:
    return _whole(2, max(64, min(4 * n, 512)))


# End of the class's name -> parameter, values for n training examples, whether larger is more.
# The first that fits counts.
_PARAMETERS: tuple[tuple[str, str, Callable[[int], list[Any]], bool], ...] = (
    ("HistGradientBoosting", "max_leaf_nodes", _boosted, True),
    ("GradientBoosting", "max_depth", _depths, True),
    ("DecisionTree", "max_leaf_nodes", _leaves, True),
    ("ExtraTree", "max_leaf_nodes", _leaves, True),
    ("RandomForest", "max_leaf_nodes", _leaves, True),
    ("AdaBoost", "n_estimators", _rounds, True),
    ("LGBM", "num_leaves", _boosted, True),
    ("XGB", "max_depth", _depths, True),
    ("CatBoost", "depth", lambda _: [1, 2, 3, 4, 5, 6, 7, 8, 10], True),
    ("KNeighbors", "n_neighbors", _neighbours, False),
    ("LogisticRegression", "C", _inverse_penalties, True),
    ("LinearSV", "C", _inverse_penalties, True),
    ("SVC", "C", _inverse_penalties, True),
    ("SVR", "C", _inverse_penalties, True),
    ("Ridge", "alpha", _penalties, False),
    ("Lasso", "alpha", _penalties, False),
    ("ElasticNet", "alpha", _penalties, False),
    ("SGD", "alpha", _penalties, False),
    ("PLSRegression", "n_components", _components, True),
    ("MLP", "hidden_layer_sizes", _units, True),
    ("MLP", "hidden", _units, True),
    ("GRU", "hidden", _units, True),
    ("CNN", "channels", _units, True),
    ("HingeRegressor", "n_hidden", _units, True),
    ("RandomFeatures", "n_hidden", _units, True),
    ("ResNet", "width", _units, True),
)


def axis_of(
    model: Any, n_train: int, capacity: Mapping[str, Sequence[Any]] | None = None
) -> Axis | None:
    """The capacity of a model or an estimator; None where it has none that is known.

    Parameters
    ----------
    model
        The model that is asked about.
    n_train
        Number of training examples, on which the values depend.
    capacity
        Name of the parameter and its values, from the lowest capacity to the highest; None takes
        those of the usual estimators.

    Raises
    ------
    TypeError, ValueError
        Where it has no such parameter, or the values are fewer than 3.
    """
    known = _known(model)
    if capacity is not None:
        return _given(model, known, capacity)
    prefix, last = last_step(model)
    for start, parameter, values, increasing in _PARAMETERS:
        if start in type(last).__name__ and prefix + parameter in known:
            name = prefix + parameter
            return Axis(
                name, tuple(values(n_train)), _own(model, name), _of(model, name), increasing
            )
    return None


def _given(model: Any, known: Sequence[str], capacity: Any) -> Axis:
    if not isinstance(capacity, Mapping) or len(capacity) != 1:
        raise TypeError(
            "`capacity` must be the name of one parameter and its values, such as "
            f'{{"max_leaf_nodes": [2, 8, 32]}}, got {received(capacity)}.'
        )
    ((name, listed),) = capacity.items()
    if name not in known:
        raise ValueError(
            f"`capacity` must name a parameter of {type(model).__name__} "
            f"({', '.join(sorted(known)) or 'it has none'}), got {name!r}."
        )
    if isinstance(listed, str) or not isinstance(listed, Iterable):
        raise TypeError(f"`capacity` must have a list of values of {name}, got {received(listed)}.")
    values = tuple(tuple(one) if isinstance(one, (list, np.ndarray)) else one for one in listed)
    if len(values) < 3 or len(set(map(repr, values))) < len(values):
        raise ValueError(
            f"`capacity` must have at least 3 different values of {name}, got {received(listed)}."
        )
    numeric = [value for value in values if isinstance(value, (int, float))]
    increasing = len(numeric) < 2 or numeric[-1] > numeric[0]
    return Axis(name, values, _own(model, name), _of(model, name), increasing)


def last_step(model: Any) -> tuple[str, Any]:
    """The estimator that learns, such as a pipeline's last step, and how its parameters begin."""
    prefix = ""
    while True:
        if isinstance(getattr(model, "steps", None), list):
            name, model = model.steps[-1]
        elif getattr(model, "regressor", None) is not None:
            name, model = "regressor", model.regressor
        else:
            return prefix, model
        prefix += f"{name}__"


def _known(model: Any) -> tuple[str, ...]:
    if isinstance(model, ModelSpec):
        return tuple(field.name for field in dataclasses.fields(model))  # type: ignore[arg-type]
    return parameters_of(model) if hasattr(model, "get_params") else ()


def _value(model: Any, name: str) -> Any:
    if isinstance(model, ModelSpec):
        return getattr(model, name)
    return model.get_params(deep=True).get(name)


def _own(model: Any, name: str) -> Any:
    """The value of the model: of several layers the mean width."""
    value = _value(model, name)
    if isinstance(value, (tuple, list, np.ndarray)):
        return round(float(np.mean(value))) if len(value) else None
    return value


def _of(model: Any, name: str) -> Callable[[Any], Any]:
    own = _value(model, name)
    layers = len(own) if isinstance(own, (tuple, list)) and len(own) else 0

    def made(value: Any) -> Any:
        if layers and not isinstance(value, (tuple, list)):
            value = (value,) * layers
        if isinstance(model, ModelSpec):
            return dataclasses.replace(model, **{name: value})  # type: ignore[type-var]
        from sklearn.base import clone

        return clone(model).set_params(**{name: value})

    return made


def _whole(low: int, high: int) -> list[Any]:
    """Whole numbers at about equal ratios, the ends among them."""
    return sorted({round(value) for value in np.geomspace(low, high, N_VALUES).tolist()})
