"""Losses of other packages: functions that a recipe names by entry point or import path."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any

from genlab._base import kinds
from genlab._base.imports import check_allowed
from genlab._base.registry import Registry

#: The losses of installed packages, by the names of their entry points.
OWN_LOSSES: Registry[Callable[..., Any]] = Registry("genlab.losses", {})


def is_own_loss(name: Any) -> bool:
    """Whether a name is an import path or that of an entry point; nothing is imported."""
    return isinstance(name, str) and (kinds.is_import_path(name) or name in OWN_LOSSES)


def canonical_loss(name: str) -> str:
    """The import path of a loss of another package, by that path or by its entry point.

    Its module is imported. ValueError or TypeError where a worker process could not import it, or
    where it is no function.
    """
    path = name if kinds.is_import_path(name) else kinds.kind_of(OWN_LOSSES[name])
    kinds.check_importable("loss", path)
    own_loss(path)
    return path


def own_loss(path: str) -> Callable[..., Any]:
    """The function "package.module:function"; TypeError where it is none."""
    found = kinds.find(path)
    if not inspect.isfunction(found):
        raise TypeError(f"`loss` must name a function, got {path!r}, which is {found!r}.")
    return found


def check_trusted(name: Any, packages: Collection[str]) -> None:
    """Raise ValueError where a file names a loss that nobody but the file asks for.

    Nothing is imported but the entry points of installed packages and what `packages` allow.
    """
    if isinstance(name, str) and kinds.is_import_path(name):
        OWN_LOSSES.find_trusted(name, packages)


def check_loss_allowed(name: Any, packages: Collection[str] | None) -> None:
    """Raise ValueError, before anything is imported, where a loss is of none of these packages.

    None allows all of them. Names of entry points pass: their packages are installed.
    """
    if packages is not None and isinstance(name, str) and kinds.is_import_path(name):
        check_allowed("loss", name, packages)
