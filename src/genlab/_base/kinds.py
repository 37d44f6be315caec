"""Names of classes and functions by which another process finds them again.

genlab's own go by their bare name. Everybody else's go by the place they are imported
from, "package.module:Name", so that two classes of one name are two kinds.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from typing import Any

_GENLAB = __name__.partition(".")[0]
_ADVICE = "put it in a module that can be imported, or install a package with an entry point"


def kind_of(thing: type | Callable[..., Any]) -> str:
    """The name of a class or function: bare for genlab's own, else "package.module:Name"."""
    if thing.__module__.partition(".")[0] == _GENLAB:
        return thing.__name__
    return f"{thing.__module__}:{thing.__qualname__}"


def is_import_path(kind: str) -> bool:
    """Whether a name has the form "package.module:Name"."""
    module, colon, name = kind.partition(":")
    return bool(module and colon and name)


def find(kind: str) -> Any:
    """The object named "package.module:Name". Its module is imported, so its code runs.

    Raises
    ------
    ValueError
        Where there is no such module or name.
    """
    module, _, name = kind.partition(":")
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there, and needs one that is not
        raise ValueError(f"{kind!r} cannot be imported: no module {error.name!r}.") from None
    try:
        return reduce(getattr, name.split("."), imported)
    except AttributeError:
        raise ValueError(f"{kind!r} cannot be imported: {module} has no {name!r}.") from None


def find_loaded(kind: str) -> Any:
    """The object named "package.module:Name" where its module is imported already, else None.

    Nothing is imported and no code runs.
    """
    module, _, name = kind.partition(":")
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, "__dict__", {}).get(part)  # a module's `__getattr__` may import
    return found


def check_importable(parameter: str, kind: str, thing: Any = None) -> None:
    """Raise ValueError where another process could not import "package.module:Name".

    Parameters
    ----------
    parameter
        Name of the parameter in the error.
    kind
        The name; genlab's own (bare) names pass.
    thing
        The object that must have this name; None accepts any.
    """
    if is_import_path(kind) and (reason := _why_not(kind, thing)):
        raise ValueError(
            f"`{parameter}` must be what other processes can import, got {kind!r}: "
            f"{reason}; {_ADVICE}."
        )


def check_spec_importable(parameter: str, spec: Any) -> None:
    """`check_importable` of a spec's class, and of the specs in its fields."""
    names = _fields_of(type(spec))  # type: ignore[arg-type]  # a class can be hashed
    if names is not None:
        check_importable(parameter, kind_of(type(spec)), type(spec))
        for name in names:
            check_spec_importable(parameter, getattr(spec, name))


@lru_cache(maxsize=1000)
def _fields_of(cls: type) -> tuple[str, ...] | None:
    """The names of a dataclass's fields; None for another class."""
    return tuple(f.name for f in dataclasses.fields(cls)) if dataclasses.is_dataclass(cls) else None


def files_of(values: Any) -> dict[str, str]:
    """The files of the loaded modules that a spec's JSON names as kinds, generators or losses.

    Two processes compare them, for one may find an older copy of a package than the other.
    """
    modules: set[str] = set()
    _note_modules(values, modules)
    files = {name: getattr(sys.modules.get(name), "__file__", None) for name in sorted(modules)}
    return {name: os.path.realpath(file) for name, file in files.items() if file is not None}


def _note_modules(values: Any, modules: set[str]) -> None:
    """Add the modules that a spec's JSON names."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            if isinstance(value, str):
                if key in ("kind", "name", "loss") and is_import_path(value):
                    modules.add(value.partition(":")[0])
            else:
                _note_modules(value, modules)
    elif isinstance(values, (list, tuple)):
        for value in values:
            _note_modules(value, modules)


def _why_not(kind: str, thing: Any) -> str | None:
    """Why a worker cannot import it, or None where it can."""
    module, _, name = kind.partition(":")
    if module == "__main__":
        return "it is defined in the script or notebook that is running"
    if "<lambda>" in name:
        return "a lambda has no name that can be imported"
    if "<locals>" in name:
        return "it is defined inside a function"
    try:
        place = _file_of(module, tuple(sys.path))
    except ModuleNotFoundError:
        return f"no module {module!r} is found"
    loaded = getattr(sys.modules.get(module), "__file__", None)
    if loaded is not None and place and os.path.realpath(loaded) != os.path.realpath(place):
        return f"the module {module!r} that is found is another file, {place}"
    try:
        found = find(kind)
    except ValueError as error:
        return str(error).partition(": ")[2].rstrip(".")
    if thing is not None and found is not thing:
        return f"{module} has another object of that name"
    return None


@lru_cache(maxsize=1000)
def _file_of(module: str, _path: tuple[str, ...]) -> str:
    """The file that a module is imported from, or "" where it has none.

    The import system says it rather than `sys.modules`: a worker process does not have the
    modules that this process has loaded or made up.
    """
    folders: Any = None
    spec: Any = None
    parts = module.split(".")
    for n in range(1, len(parts) + 1):
        name = ".".join(parts[:n])
        for finder in sys.meta_path:
            spec = finder.find_spec(name, folders, None)
            if spec is not None:
                break
        else:
            raise ModuleNotFoundError(name=name)  # not cached: the file may be written yet
        folders = spec.submodule_search_locations
        if folders is None and n < len(parts):
            raise ModuleNotFoundError(name=module)
    return spec.origin if spec.has_location and spec.origin else ""
