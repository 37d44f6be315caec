"""Names of a package that load their module when they are first used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def on_first_use(package: str, modules: Mapping[str, Iterable[str]]) -> Callable[[str], Any]:
    """The `__getattr__` of a package, for names by the module of the package that has them.

    It spares those who need one name the libraries that another one needs: a store is read
    without JAX.
    """
    of_name = {name: module for module, names in modules.items() for name in names}

    def load(name: str) -> Any:
        if name not in of_name:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{of_name[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return load
