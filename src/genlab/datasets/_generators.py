"""What makes a data set from arguments that JSON holds: generators by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

#: The generators a data spec may name: generator -> the function of `genlab.datasets` it calls.
GENERATORS: dict[str, str] = {
    "cifar10": "fetch_cifar10",
    "cifar100": "fetch_cifar100",
    "development": "development_part",
    "fold": "fold",
    "held_out": "held_out",
    "mnist": "fetch_mnist",
    "mnist1d": "make_mnist1d",
    "mnist1d_redrawn": "redraw_mnist1d",
    "mnist1d_resampled": "resample_mnist1d",
}


def generator(name: str) -> Callable[..., Any]:
    """The function that a generator's name stands for."""
    made: Callable[..., Any] = getattr(importlib.import_module("genlab.datasets"), GENERATORS[name])
    return made
