"""A registry: genlab's own objects by name, and those that installed packages bring."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, TypeVar

from genlab._base import kinds
from genlab._base.errors import GenlabError
from genlab._base.imports import lies_in

T = TypeVar("T")


class UnknownNameError(KeyError, ValueError):
    """A registry has no object of this name."""

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError would quote it


class Registry(Mapping[str, T]):
    """Objects by name: built-in ones, then the entry points of a group, each loaded when used.

    Parameters
    ----------
    group
        The group of entry points by which an installed package brings objects of its own.
    builtin
        genlab's own objects; "package.module:name" is imported when first used.

    Raises
    ------
    UnknownNameError
        A KeyError and ValueError that lists the names, where a name is not there.
    GenlabError
        On use, where two packages bring one name, or one brings a built-in's name.

    >>> numbers = Registry("genlab.doctest", {"one": 1, "pi": "math:pi"})
    >>> list(numbers), numbers["pi"]
    (['one', 'pi'], 3.141592653589793)
    >>> numbers["two"]
    Traceback (most recent call last):
        ...
    genlab._base.registry.UnknownNameError: the name must be one of one, pi, got 'two'.
    """

    def __init__(self, group: str, builtin: Mapping[str, T | str]) -> None:
        self.group = group
        self.builtin: Mapping[str, Any] = MappingProxyType(dict(builtin))

    def installed(self) -> Mapping[str, EntryPoint]:
        """The entry points of installed packages, by name; nothing is loaded."""
        found: dict[str, EntryPoint] = {}
        for entry in _entry_points(self.group, tuple(sys.path)):
            if entry.name in self.builtin:
                raise GenlabError(
                    f"the name {entry.name!r} in {self.group} is genlab's own and that of "
                    f"{_described(entry)}; uninstall that package or rename its entry point."
                )
            if entry.name in found:
                raise GenlabError(
                    f"the name {entry.name!r} in {self.group} is that of "
                    f"{_described(found[entry.name])} and of {_described(entry)}; "
                    "uninstall one of the two."
                )
            found[entry.name] = entry
        return found

    def __getitem__(self, name: str) -> T:
        installed = self.installed()
        if name in self.builtin:
            value = self.builtin[name]
            return kinds.find(value) if isinstance(value, str) else value
        if name in installed:
            return _loaded(installed[name])
        raise UnknownNameError(f"the name must be one of {', '.join(self)}, got {name!r}.")

    def __contains__(self, name: object) -> bool:
        return name in self.builtin or name in self.installed()

    def __iter__(self) -> Iterator[str]:
        return iter([*self.builtin, *sorted(self.installed())])

    def __len__(self) -> int:
        return len(self.builtin) + len(self.installed())

    def __repr__(self) -> str:
        return f"Registry({self.group!r}: {', '.join(self)})"

    def brings(self, kind: str) -> bool:
        """Whether an entry point brings the object named "package.module:Name".

        The entry points of the package in the name are loaded, for the user installed that
        package. Nothing is imported for the name itself.
        """
        package = kind.partition(":")[0].partition(".")[0]
        return any(
            kinds.kind_of(_loaded(entry)) == kind
            for entry in self.installed().values()
            if entry.module.partition(".")[0] == package
        )

    def find_trusted(self, kind: str, packages: Collection[str] = ()) -> Any:
        """The object named "package.module:Name", found without trusting that name.

        The entry points of the package in the name are loaded, for the user installed that
        package. A module of `packages`, which the user allows, is imported. Nothing else is.

        Raises
        ------
        ValueError
            Where no entry point brings it and its module is not imported.
        """
        package = kind.partition(":")[0].partition(".")[0]
        for entry in self.installed().values():
            if entry.module.partition(".")[0] == package:
                _loaded(entry)
        if lies_in(kind.partition(":")[0], packages):
            return kinds.find(kind)
        found = kinds.find_loaded(kind)
        if found is None:
            raise ValueError(
                f"{kind!r} is neither genlab's own nor brought by an installed package with an "
                f"entry point in {self.group}; import {kind.partition(':')[0]} first if you "
                "trust it."
            )
        return found


@lru_cache
def _entry_points(group: str, _path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """The entry points found on `sys.path` as it is."""
    return tuple(entry_points(group=group))


def _described(entry: EntryPoint) -> str:
    name = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else "a package"
    return f"{name} ({entry.value})"


def _loaded(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        raise GenlabError(
            f"the entry point {entry.name!r} of {_described(entry)} cannot be loaded: {error}."
        ) from error
