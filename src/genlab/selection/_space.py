"""The space of a search: a model, its parameters and their ranges."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from genlab._base import specs
from genlab._base.checks import choice
from genlab.datasets import Dataset
from genlab.models import MODELS, ModelSpec, get_model
from genlab.selection._dimensions import Choice, Dimension, dimension, hash_of, plain, read_spec
from genlab.sweep import parameters_of, seed_estimator
from genlab.training import Recipe, check_estimator, check_task, frozen_class_weight

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

_RECIPE = tuple(field.name for field in dataclasses.fields(Recipe))
_OPTIMIZERS = ("sgd", "adam")


class Space:
    """The configurations that a search may choose from: a genlab model and recipe, or an estimator.

    Parameters
    ----------
    model
        The name of a model, such as "MLP", or a Choice of names; "MLP" is the default.
        Parameters are then the fields of the model and of `genlab.Recipe`. Where a model's
        `hidden` is a tuple, `depth` and `width` make it: `depth` layers, by default as many
        as the model has, each of `width` units. What the drawn model does not have (such as a
        width for "Logistic"), and a momentum with Adam, is left out in that trial.
    estimator
        A scikit-learn classifier or regressor that is not fitted, or a pipeline that ends with
        one, in place of `model`.
        Parameters are those of its `set_params`, such as "svc__C". It is known again by its
        class and parameters: after a change of the class's code, give the search a new `name`.
    parameters
        Name -> `Choice`, `Integer` or `Real`, or what stands for one: a list or an array of
        options (`np.logspace(-3, 3, 7)`), `range(10, 401, 10)`, SciPy's `uniform(loc, scale)`,
        `loguniform(low, high)` or `randint(low, high)`.
    fixed
        Name -> value of parameters that are the same in all trials. What is named in neither
        mapping has its default: for a recipe that of `Recipe.adam` or `Recipe.sgd`, Adam where
        no `optimizer` is named.

    Raises
    ------
    TypeError, ValueError
        In one sentence: an empty space, an unknown parameter, bounds out of order, a
        logarithmic range from 0, an estimator or an option that is neither a classifier nor a
        regressor.

    >>> from genlab.selection import Integer, Real
    >>> space = Space(parameters={"depth": Integer(1, 3), "width": Integer(10, 400, log=True),
    ...                           "learning_rate": Real(1e-4, 0.1, log=True)})
    >>> Space.from_dict(space.to_dict()) == space
    True
    """

    def __init__(
        self,
        model: str | Choice | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        estimator: Any = None,
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        if model is not None and estimator is not None:
            raise ValueError("a space must have a `model` or an `estimator`, got both.")
        for name, given in (("parameters", parameters), ("fixed", fixed)):
            if given is not None and not isinstance(given, Mapping):
                raise TypeError(f"`{name}` must map names to dimensions or values, got {given!r}.")
        self.estimator = estimator
        self.model: Choice | None = None
        if estimator is None:
            self.model = _models("MLP" if model is None else model)
        self.parameters: dict[str, Dimension] = {
            str(name): dimension(str(name), given) for name, given in (parameters or {}).items()
        }
        self.fixed = {str(name): read_spec(value) for name, value in (fixed or {}).items()}
        if self.model is not None:
            self._freeze_class_weights()
        if len(self.dimensions) == 0:
            raise ValueError("`parameters` must name at least one parameter to search, got none.")
        for name in self.parameters:
            if name in self.fixed:
                raise ValueError(f"`{name}` must be a parameter or fixed, got it as both.")
        self._check_names()
        if self.model is not None and any(
            _of_layers(get_model(str(name))) for name in self.model.options
        ):
            _check_layers({*self.parameters, *self.fixed})
        if self.model is None:
            self._check_estimators(("classifier", "regressor"))

    def check_task(self, task: str) -> None:
        """ValueError where an estimator is of the other task than the data."""
        if self.model is None:
            self._check_estimators(("regressor" if task == "regression" else "classifier",))

    @property
    def dimensions(self) -> dict[str, Dimension]:
        """What is searched: the parameters, and the model where there is a choice."""
        if self.model is None or len(self.model.options) == 1:
            return self.parameters
        return {"model": self.model, **self.parameters}

    def distributions(self) -> dict[str, BaseDistribution]:
        """The dimensions as Optuna's distributions."""
        return {name: one.distribution() for name, one in self.dimensions.items()}

    def grid_size(self) -> int:
        """Points of the grid; ValueError where a dimension has none."""
        return math.prod(len(self._axis(name)) for name in self.dimensions)

    def grid_point(self, index: int) -> dict[str, Any]:
        """A point of the grid, in the order of scikit-learn's ParameterGrid."""
        point: dict[str, Any] = {}
        for name in sorted(self.dimensions, reverse=True):
            axis = self._axis(name)
            index, place = divmod(index, len(axis))
            point[name] = axis[place]
        return {name: point[name] for name in self.dimensions}

    def grid_index(self, point: Mapping[str, Any]) -> int:
        """The index of a point of the grid; a parameter that is left out has its first value."""
        index = 0
        for name in sorted(self.dimensions):
            axis = self._axis(name)
            index = index * len(axis) + (axis.index(point[name]) if name in point else 0)
        return index

    def configuration(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """The values at a point, without those that do not apply."""
        values = {name: one.value(point[name]) for name, one in self.dimensions.items()}
        if self.model is None:
            return values
        kind = self._kind(values)
        known = set(parameter_names(kind)) | {"model"}
        if {**self.fixed, **values}.get("optimizer", "adam") != "sgd":
            known.discard("momentum")
        return {name: value for name, value in values.items() if name in known}

    def model_and_recipe(self, configuration: Mapping[str, Any]) -> tuple[ModelSpec, Recipe]:
        """The model and recipe of a configuration, in a space of genlab models.

        Raises what the model or the recipe raises where it does not accept the configuration.
        """
        values = {**self.fixed, **configuration}
        kind = self._kind(values)
        known = parameter_names(kind)
        # What the drawn model does not have is left out in that trial.
        values = {name: value for name, value in values.items() if name in known}
        if values.get("optimizer", "adam") == "adam":
            values.pop("momentum", None)
        return model_and_recipe(kind, values)

    def make_estimator(self, configuration: Mapping[str, Any], seed: int | None = None) -> Any:
        """A fresh estimator with a configuration.

        With `seed` every `random_state` that is None has the seed, unless it is searched.
        """
        from sklearn.base import clone

        values = {**self.fixed, **configuration}
        # Options that are estimators must not be shared by trials.
        fresh = {name: clone(value, safe=False) for name, value in values.items()}
        estimator = clone(self.estimator).set_params(**fresh)
        return estimator if seed is None else seed_estimator(estimator, seed, self.parameters)

    def to_dict(self) -> dict[str, Any]:
        """The space as JSON values; for an estimator only its class and hash."""
        values: dict[str, Any] = {
            "kind": "Space",
            "parameters": {name: one.to_dict() for name, one in self.parameters.items()},
            "fixed": {name: plain(value) for name, value in self.fixed.items()},
        }
        if self.model is None:
            kind = type(self.estimator)
            path = f"{kind.__module__}.{kind.__qualname__}"
            return {
                **values,
                "estimator": {"class": path, "hash": hash_of(self.estimator, "estimator")},
            }
        names = self.model.options
        return {**values, "model": names[0] if len(names) == 1 else self.model.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Space:
        """The space that `to_dict` wrote; "kind" may be left out."""
        if not isinstance(values, Mapping):
            raise TypeError(f"a space must be a mapping, got {values!r}.")
        known = ("kind", "model", "parameters", "fixed")
        unknown = [name for name in values if name not in known]
        if "estimator" in unknown:
            raise ValueError("a space of an estimator cannot be made from JSON.")
        if unknown:
            raise ValueError(f"Space has no field {unknown[0]!r}; it has {', '.join(known[1:])}.")
        if values.get("kind", "Space") != "Space":
            raise ValueError(f"`kind` must be Space, got {values['kind']!r}.")
        model = values.get("model")
        if isinstance(model, (Mapping, list)):
            options = dimension("model", model)
            assert isinstance(options, Choice)
            model = options
        return cls(model, values.get("parameters"), fixed=values.get("fixed"))

    def _axis(self, name: str) -> tuple[Any, ...]:
        try:
            return self.dimensions[name].grid()
        except ValueError as error:
            raise ValueError(f"`{name}`: {error}") from None

    def _kind(self, values: Mapping[str, Any]) -> type[ModelSpec]:
        assert self.model is not None
        return get_model(str(values.get("model", self.model.options[0])))

    def check_recipes(self, data: Dataset) -> None:
        """ValueError where early stopping or class weights, fixed or searched, do not suit data."""
        for name in ("early_stopping", "class_weight"):
            for value in self._stated(name):
                recipe = Recipe.adam(**{name: value}).for_data(data)
                check_task(data.task, recipe, grouped=data.groups is not None)

    @property
    def names_classes(self) -> bool:
        """Whether class weights, fixed or searched, name classes."""
        stated = self._stated("class_weight")
        return self.model is not None and any(
            isinstance(one, tuple) and isinstance(one[0], tuple) for one in stated
        )

    def _stated(self, name: str) -> tuple[Any, ...]:
        """The fixed value or the options of a parameter, without None."""
        searched = self.parameters.get(name)
        stated = searched.options if isinstance(searched, Choice) else (self.fixed.get(name),)
        return tuple(value for value in stated if value is not None)

    def _freeze_class_weights(self) -> None:
        """Class weights in the form that a recipe keeps, which JSON gives back."""
        searched = self.parameters.get("class_weight")
        if isinstance(searched, Choice):
            self.parameters["class_weight"] = Choice(*map(frozen_class_weight, searched.options))
        if "class_weight" in self.fixed:
            self.fixed["class_weight"] = frozen_class_weight(self.fixed["class_weight"])

    def _check_names(self) -> None:
        """ValueError for a parameter that neither model, recipe nor estimator has."""
        if self.model is None:
            owner = type(self.estimator).__name__
            if isinstance(self.estimator, type) or not hasattr(self.estimator, "set_params"):
                raise TypeError(
                    f"`estimator` must be a scikit-learn estimator, got {self.estimator!r}."
                )
            known = parameters_of(self.estimator)
        else:
            kinds = [get_model(str(name)) for name in self.model.options]
            owner = " and ".join([*(kind.__name__ for kind in kinds), "Recipe"])
            known = tuple(dict.fromkeys(name for kind in kinds for name in parameter_names(kind)))
        for name in (*self.parameters, *self.fixed):
            if name not in known:
                raise ValueError(
                    f"`parameters` must be those of {owner} ({', '.join(sorted(known))}), "
                    f"got {name!r}."
                )

    def _check_estimators(self, kinds: tuple[str, ...]) -> None:
        """ValueError where the estimator, also with any other in its place, is none of a kind."""
        options = {
            name: one.options
            for name, one in self.parameters.items()
            if isinstance(one, Choice) and any(hasattr(option, "fit") for option in one.options)
        }
        first = {name: given[0] for name, given in options.items()}
        others = [{**first, name: one} for name, given in options.items() for one in given[1:]]
        for configuration in (first, *others):
            try:
                estimator = self.make_estimator(configuration)
            except Exception:  # a trial then fails with what is raised
                continue
            check_estimator("estimator", estimator, kinds, fitted=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Space) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(specs.canonical_json(self.to_dict()))

    def __repr__(self) -> str:
        what = f"estimator={self.estimator!r}"
        if self.model is not None:
            names = self.model.options
            what = repr(names[0]) if len(names) == 1 else repr(self.model)
        fixed = f", fixed={self.fixed!r}" if self.fixed else ""
        return f"Space({what}, parameters={self.parameters!r}{fixed})"


def _models(model: Any) -> Choice:
    names = model if isinstance(model, Choice) else Choice(model)
    for name in names.options:
        if name not in MODELS and ":" not in str(name):
            choice("model", name, tuple(MODELS))
        get_model(str(name))
    return names


def parameter_names(kind: type[ModelSpec]) -> tuple[str, ...]:
    """The parameters of a model and its recipe."""
    fields = tuple(field.name for field in dataclasses.fields(kind))  # type: ignore[arg-type]
    return (*fields, *(("depth", "width") if _of_layers(kind) else ()), *_RECIPE)


def parameter_types(kinds: Iterable[type[ModelSpec]]) -> dict[str, Any]:
    """The type of every parameter that models of these classes and their recipe have.

    >>> from genlab.models import MLP
    >>> parameter_types([MLP])["batch_size"]
    int | None
    """
    types: dict[str, Any] = {}
    for kind in kinds:
        types |= _field_types(kind)
        if _of_layers(kind):
            types |= {"depth": int, "width": int}
    return types | _field_types(Recipe)


def _field_types(kind: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def model_and_recipe(kind: type[ModelSpec], values: Mapping[str, Any]) -> tuple[ModelSpec, Recipe]:
    """The model and the recipe that named values make.

    Parameters
    ----------
    kind
        A model's class.
    values
        Fields of the model and of `genlab.Recipe`; where the model's `hidden` is a tuple, also
        `depth` and `width`: `depth` layers, by default as many as the model has, each of
        `width` units. What is not named has its default: that of the model, or of
        `Recipe.adam` or `Recipe.sgd`, Adam where no `optimizer` is named.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> from genlab.models import MLP
    >>> model, recipe = model_and_recipe(MLP, {"width": 20, "steps": 300})
    >>> model.hidden, recipe.optimizer, recipe.steps
    ((20, 20), 'adam', 300)
    """
    of_model, of_recipe = dict(values), {}
    for name in _RECIPE:
        if name in of_model:
            of_recipe[name] = of_model.pop(name)
    optimizer = choice("optimizer", of_recipe.pop("optimizer", "adam"), _OPTIMIZERS)
    if _of_layers(kind):
        _check_layers(of_model)
        if "width" in of_model:
            depth = of_model.pop("depth", len(kind().hidden) or 1)  # type: ignore[attr-defined]
            of_model["hidden"] = (of_model.pop("width"),) * depth
    # By name, so that the recipe knows whether its batch size was given.
    recipe: Recipe = getattr(Recipe, optimizer)(**of_recipe)
    return kind(**of_model), recipe


def _check_layers(given: Collection[str]) -> None:
    """`depth` comes with `width`, and neither with `hidden`."""
    if "depth" in given and "width" not in given:
        raise ValueError("`depth` must come with `width`, got it alone.")
    if {"width", "hidden"} <= set(given):
        raise ValueError("`hidden` must come without `depth` and `width`, got both.")


def _of_layers(kind: type[ModelSpec]) -> bool:
    hint = typing.get_type_hints(kind).get("hidden")
    return typing.get_origin(hint) is tuple
