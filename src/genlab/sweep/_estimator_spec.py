"""Estimators as JSON values: the import path of their class and their parameters.

Nothing is pickled: another process imports the class, and makes the estimator anew, unfitted.
"""

from __future__ import annotations

import base64
import importlib.metadata
import inspect
import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from genlab._base import kinds
from genlab._base.specs import canonical_json

# What the bits of most estimators depend on, beside the package of their own.
_ALWAYS = ("numpy", "scipy", "sklearn")
_FROZEN = "FrozenEstimator"


@dataclass(frozen=True)
class EstimatorSpec:
    """An estimator that is not fitted, as text: its class, its parameters and library versions.

    Attributes
    ----------
    text
        Canonical JSON. An estimator, also one among the parameters, is {"kind":
        "package.module:Name", "parameters": {...}}; arrays, tuples, functions and the like have
        a "kind" of their own.
    versions
        Name of each package that a class or function comes from, and of NumPy, SciPy and
        scikit-learn -> its version.

    >>> from sklearn.tree import DecisionTreeClassifier
    >>> spec = EstimatorSpec.of(DecisionTreeClassifier(max_depth=3))
    >>> spec.name, spec.make().max_depth
    ('DecisionTreeClassifier', 3)
    """

    text: str
    versions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, estimator: Any, parameter: str = "estimator") -> EstimatorSpec:
        """The spec of an estimator; what it has learned from a fit is left out.

        Parameters
        ----------
        estimator
            Anything with `fit` and `predict` whose parameters are those of `get_params`, or the
            attributes that have the names of its class's arguments.
        parameter
            What an error calls it.

        Raises
        ------
        TypeError, ValueError
            Where it has no `fit` or `predict`, or holds what JSON and import paths cannot write:
            a lambda, a class of a script, a fitted estimator that `fit` leaves as it is, or an
            object that its arguments do not make again.
        """
        if isinstance(estimator, type) or not all(
            callable(getattr(estimator, name, None)) for name in ("fit", "predict")
        ):
            raise TypeError(
                f"`{parameter}` must be an estimator with `fit` and `predict`, got {estimator!r}."
            )
        values = _written(estimator, parameter)
        spec = cls(canonical_json(values), tuple(sorted(_versions(values).items())))
        try:
            again = _written(spec.make(), parameter)
        except Exception as error:
            raise ValueError(_not_made_again(parameter, estimator, f"{error}")) from None
        if again != values:
            raise ValueError(
                _not_made_again(parameter, estimator, "its class changes what it is given")
            )
        return spec

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], versions: Mapping[str, str]) -> EstimatorSpec:
        """The spec of JSON values."""
        return cls(canonical_json(values), tuple(sorted(versions.items())))

    @cached_property
    def values(self) -> dict[str, Any]:
        """The text as JSON values."""
        loaded: dict[str, Any] = json.loads(self.text)
        return loaded

    @cached_property
    def packages(self) -> frozenset[str]:
        """Names of the packages that its classes and functions come from."""
        return frozenset(_packages(self.values))

    @property
    def name(self) -> str:
        """Name of the class; of a pipeline the names of its steps."""
        return _name(self.values)

    def make(self) -> Any:
        """A fresh estimator; the modules of its classes are imported, so their code runs."""
        return _read(self.values)

    def check_versions(self) -> None:
        """ValueError where this process has other versions of the libraries."""
        for package, version in self.versions:
            if (found := _version(package)) != version:
                raise ValueError(
                    f"the cell is of {package} {version}, and this process has {found or 'none'}."
                )


def _name(values: Mapping[str, Any]) -> str:
    name = str(values["kind"]).partition(":")[2].rpartition(".")[2]
    steps = values["parameters"].get("steps")
    if name == "Pipeline" and isinstance(steps, list):
        parts = [step["items"][1] for step in steps if step.get("kind") == "tuple"]
        names = [_name(part) for part in parts if isinstance(part, Mapping)]
        return f"{name}({', '.join(names)})"
    return name


def _not_made_again(parameter: str, value: Any, reason: str) -> str:
    reason = " ".join(reason.split()).rstrip(".")
    return (
        f"`{parameter}` must be what its class and arguments make again in another process, got "
        f"{type(value).__name__}: {reason}."
    )


def _written(value: Any, parameter: str) -> Any:
    """A value as JSON values."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (np.bool_, np.integer, np.floating)):
        value = value.item()
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"kind": "float", "value": repr(value)}
    if isinstance(value, list):
        return [_written(item, parameter) for item in value]
    if isinstance(value, tuple) and type(value) is tuple:
        return {"kind": "tuple", "items": [_written(item, parameter) for item in value]}
    if isinstance(value, (set, frozenset)):
        items = [_written(item, parameter) for item in value]
        return {"kind": type(value).__name__, "items": sorted(items, key=_sorting)}
    if isinstance(value, dict):
        pairs = [[_written(one, parameter) for one in pair] for pair in value.items()]
        return {"kind": "dict", "items": pairs}
    if isinstance(value, (np.ndarray, np.dtype, slice, range)):
        return _of_arrays(value, parameter)
    if isinstance(value, type) or _is_function(value):
        return {"kind": "import", "name": _import_path(value, parameter)}
    return _object(value, parameter)


def _sorting(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _of_arrays(value: Any, parameter: str) -> dict[str, Any]:
    """An array, a type of arrays, or a selection of rows or columns."""
    if isinstance(value, np.dtype):
        return {"kind": "dtype", "value": value.str}
    if isinstance(value, (slice, range)):
        ends = [_written(one, parameter) for one in (value.start, value.stop, value.step)]
        return {"kind": type(value).__name__, "ends": ends}
    if value.dtype.hasobject:
        items = [_written(item, parameter) for item in value.ravel().tolist()]
        return {"kind": "objects", "shape": list(value.shape), "items": items}
    whole = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
    return {
        "kind": "array",
        "dtype": whole.dtype.str,
        "shape": list(value.shape),
        "bytes": base64.b64encode(whole.tobytes()).decode(),
    }


def _is_function(value: Any) -> bool:
    return inspect.isroutine(value) or isinstance(value, np.ufunc)


def _import_path(value: Any, parameter: str) -> str:
    """The import path of a class or function, which another process can import."""
    module = getattr(value, "__module__", None)
    name = str(getattr(value, "__qualname__", None) or getattr(value, "__name__", ""))
    if isinstance(value, np.ufunc) and getattr(np, name, None) is not value:
        module = "scipy.special"
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(value, type) and not inspect.ismodule(owner):
        raise ValueError(
            f"`{parameter}` must hold functions of a module, got the method {value!r}."
        )
    path = f"{module or 'builtins'}:{name}"
    kinds.check_importable(parameter, path, value)
    return path


def _object(value: Any, parameter: str) -> dict[str, Any]:
    """An estimator, a splitter, a kernel: an object that its class and arguments make again."""
    kind = type(value)
    if kind.__name__ == _FROZEN:
        raise ValueError(
            f"`{parameter}` must be fitted again for each sample, got a {_FROZEN}, which `fit` "
            "leaves as it is."
        )
    if isinstance(value, (np.random.RandomState, np.random.Generator)):
        raise ValueError(
            f"`{parameter}` must have a whole number or None as `random_state`, got a "
            f"{kind.__name__}, whose state changes from fit to fit."
        )
    if kind.__module__ == "builtins":
        raise ValueError(_not_made_again(parameter, value, "its parameters cannot hold one"))
    try:
        path = _import_path(kind, parameter)
        arguments = _arguments(value)
    except TypeError as error:
        raise ValueError(_not_made_again(parameter, value, str(error))) from None
    if _is_prefit(arguments):
        raise ValueError(
            f"`{parameter}` must be fitted again for each sample, got a {kind.__name__} of an "
            "estimator that is fitted already."
        )
    written = {name: _written(one, parameter) for name, one in arguments.items()}
    return {"kind": path, "parameters": written}


def _is_prefit(arguments: Mapping[str, Any]) -> bool:
    prefit = arguments.get("prefit")
    return prefit is True or any(
        isinstance(one, str) and one == "prefit" for one in arguments.values()
    )


def _arguments(value: Any) -> dict[str, Any]:
    """The arguments that make an object again; TypeError where it does not show them."""
    if callable(getattr(value, "get_params", None)):
        return dict(value.get_params(deep=False))
    arguments = {}
    for one in inspect.signature(type(value)).parameters.values():
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            continue
        if not hasattr(value, one.name):
            raise TypeError(f"it has no attribute {one.name!r}, the name of one of its arguments")
        arguments[one.name] = getattr(value, one.name)
    return arguments


def _read(values: Any) -> Any:
    """The value that `_written` wrote."""
    if isinstance(values, list):
        return [_read(item) for item in values]
    if not isinstance(values, Mapping):
        return values
    kind = values["kind"]
    if kind in _READ:
        return _READ[kind](values)
    cls = kinds.find(kind)
    return cls(**{name: _read(one) for name, one in values["parameters"].items()})


def _array(values: Mapping[str, Any]) -> np.ndarray:
    flat = np.frombuffer(base64.b64decode(values["bytes"]), values["dtype"])
    return flat.reshape(values["shape"]).copy()


def _objects(values: Mapping[str, Any]) -> np.ndarray:
    flat = np.empty(len(values["items"]), object)
    flat[:] = _read(values["items"])
    return flat.reshape(values["shape"])


_READ: dict[str, Any] = {
    "float": lambda values: float(values["value"]),
    "tuple": lambda values: tuple(_read(values["items"])),
    "set": lambda values: set(_read(values["items"])),
    "frozenset": lambda values: frozenset(_read(values["items"])),
    "dict": lambda values: {_read(name): _read(one) for name, one in values["items"]},
    "dtype": lambda values: np.dtype(values["value"]),
    "slice": lambda values: slice(*_read(values["ends"])),
    "range": lambda values: range(*_read(values["ends"])),
    "array": _array,
    "objects": _objects,
    "import": lambda values: kinds.find(values["name"]),
}


def _versions(values: Any) -> dict[str, str]:
    """The versions of the packages that JSON values name, and of those that all depend on."""
    packages = {*_ALWAYS, *_packages(values)}
    found = {package: _version(package) for package in packages}
    return {package: version for package, version in found.items() if version}


def _packages(values: Any) -> set[str]:
    if isinstance(values, list):
        return set().union(*map(_packages, values))
    if not isinstance(values, Mapping):
        return set()
    named = str(values["name"] if values.get("kind") == "import" else values.get("kind"))
    own = {named.partition(":")[0].partition(".")[0]} if kinds.is_import_path(named) else set()
    return own.union(*(_packages(one) for name, one in values.items() if name != "kind"))


@lru_cache(maxsize=1000)
def _version(package: str) -> str:
    """The version of a package that is imported by this name, or ""."""
    if package == "builtins":
        return ""
    module = sys.modules.get(package)
    version = getattr(module, "__version__", None)
    if isinstance(version, str):
        return version
    try:
        name = {"sklearn": "scikit-learn"}.get(package, package)
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
