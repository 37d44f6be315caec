"""Generators: functions that make a data set from arguments that JSON can hold, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from genlab._base import kinds
from genlab._base.registry import Registry

#: The name of a data spec that describes arrays by their content: only who holds them has them.
CONTENT = "content"

#: The generators a data spec may name: genlab's own, and the entry points of installed packages.
GENERATORS: Registry[Callable[..., Any]] = Registry(
    "genlab.datasets",
    {
        "cifar10": "genlab.datasets:fetch_cifar10",
        "cifar100": "genlab.datasets:fetch_cifar100",
        "development": "genlab.datasets:development_part",
        "divided": "genlab.datasets:divided_part",
        "drawn": "genlab.datasets:drawn_part",
        "fold": "genlab.datasets:fold",
        "fresh": "genlab.datasets:fresh_part",
        "held_out": "genlab.datasets:held_out",
        "mnist": "genlab.datasets:fetch_mnist",
        "mnist1d": "genlab.datasets:make_mnist1d",
        "mnist1d_redrawn": "genlab.datasets:redraw_mnist1d",
        "mnist1d_resampled": "genlab.datasets:resample_mnist1d",
        "paths": "genlab.datasets:paths_part",
        "sampled": "genlab.datasets:sampled_part",
        "toy_sample": "genlab.datasets:toy_sample",
    },
)


def canonical_name(name: str) -> str:
    """The one name of a generator in data specs, whichever of its names is given.

    A built-in name and "package.module:function" stay as they are, and nothing is imported for
    them. The name of an entry point becomes "package.module:function".
    """
    if name in GENERATORS.builtin or name == CONTENT:
        return name
    if isinstance(name, str) and kinds.is_import_path(name):
        return name
    if name in GENERATORS:
        return kinds.kind_of(GENERATORS[name])
    raise ValueError(
        f"`name` must be one of {', '.join([*GENERATORS, CONTENT])}, or the import path of a "
        f"function (package.module:function), got {name!r}."
    )


def generator(name: str) -> Callable[..., Any]:
    """The function of a canonical name; its module is imported."""
    return GENERATORS[name] if name in GENERATORS.builtin else kinds.find(name)
