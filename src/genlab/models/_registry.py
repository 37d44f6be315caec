"""Models by name: genlab's own, and those that installed packages bring."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from genlab._base import kinds
from genlab._base.imports import check_allowed
from genlab._base.registry import Registry
from genlab.models._base import ModelSpec
from genlab.models._cnn import CNN
from genlab.models._cnn5 import CNN5
from genlab.models._gru import GRU
from genlab.models._logistic import Logistic
from genlab.models._mlp import MLP
from genlab.models._resnet import ResNet

#: Every network's spec by name: genlab's own, and the entry points of installed packages.
MODELS: Registry[type[ModelSpec]] = Registry(
    "genlab.models",
    {"CNN": CNN, "CNN5": CNN5, "GRU": GRU, "Logistic": Logistic, "MLP": MLP, "ResNet": ResNet},
)


def get_model(name: str, packages: Iterable[str] | None = None) -> type[ModelSpec]:
    """A network's spec by its name.

    Parameters
    ----------
    name
        A key of `MODELS` in upper or lower case, or the import path of a class,
        "package.module:Name", whose module is then imported.
    packages
        Packages that such a path may name, for a name from a file; None allows any.

    Raises
    ------
    ValueError
        Where there is no such model, or it is no frozen dataclass that extends `ModelSpec`.

    >>> get_model("mlp")
    <class 'genlab.models._mlp.MLP'>
    """
    by_lower_case = {known.lower(): known for known in MODELS}
    found: Any
    if isinstance(name, str) and name.lower() in by_lower_case:
        found = MODELS[by_lower_case[name.lower()]]
    elif isinstance(name, str) and kinds.is_import_path(name):
        if packages is not None:
            check_allowed("model", name, packages)
        found = kinds.find(name)
    else:
        raise ValueError(
            f"`model` must be one of {', '.join(MODELS)}, or the import path of a class "
            f"(package.module:Name), got {name!r}."
        )
    if not (isinstance(found, type) and issubclass(found, ModelSpec) and _is_frozen(found)):
        raise ValueError(
            f"`model` must name a frozen dataclass that extends ModelSpec, got {found!r}."
        )
    return found


def _is_frozen(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
