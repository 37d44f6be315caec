"""Classes named by a text: from which packages they may be imported, and nothing else is.

To import a module is to run its code, so a name in a file must not decide what is imported. The
user says which packages may be; a name is checked before anything is imported for it.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from importlib.util import find_spec
from typing import Any

# No part begins with an underscore: private modules and __class__ are nobody's to name.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")


def check_packages(parameter: str, packages: Any) -> tuple[str, ...]:
    """The packages that the user allows; TypeError or ValueError where one has no such name."""
    given = [packages] if isinstance(packages, str) or packages is None else packages
    for name in given if isinstance(given, Iterable) else [given]:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            kind = ValueError if isinstance(name, str) else TypeError
            raise kind(f"`{parameter}` must name a package, such as my_lab, got {name!r}.")
    return tuple(given)


def is_dotted(path: Any) -> bool:
    """Whether a value is names joined by dots, none of which begins with an underscore."""
    return isinstance(path, str) and _NAME.fullmatch(path) is not None


def lies_in(module: Any, packages: Collection[str]) -> bool:
    """Whether a module is one of the packages, or lies in one."""
    return isinstance(module, str) and any(
        module == package or module.startswith(f"{package}.") for package in packages
    )


def check_allowed(parameter: str, path: str, packages: Any) -> None:
    """ValueError, before anything is imported, where "package.module:Name" is of none of these."""
    module, _, name = path.partition(":")
    allowed = check_packages("packages", packages)
    if not (is_dotted(module) and is_dotted(name) and lies_in(module, allowed)):
        raise ValueError(
            f"`{parameter}` must be of a package that you allow, by --import PACKAGE or in Python "
            f"by `packages`, where its import path is given, got {path!r}."
        )


def named_class(parameter: str, path: Any, packages: Mapping[str, str]) -> type[Any]:
    """The class of an import path such as "sklearn.svm.SVC".

    Parameters
    ----------
    parameter
        Name of the parameter in the error.
    path
        The path. It must lie in one of the packages, or nothing is imported.
    packages
        The packages that may be imported, each with the name that installs it, or "".

    Raises
    ------
    ValueError
        In one sentence: where the path leads out of the packages, where its package is not
        installed or fails when it is imported, where there is no such class, or where its module
        has only imported it from elsewhere.

    >>> named_class("estimator", "collections.OrderedDict", {"collections": ""})
    <class 'collections.OrderedDict'>
    >>> named_class("estimator", "os.path", {"collections": ""})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: `estimator` must be the import path of a class in collections, or in ...
    """
    *others, last = packages
    listed = f"{', '.join(others)} or {last}" if others else last
    rule = f"`{parameter}` must be the import path of a class in {listed}"
    module, _, name = path.rpartition(".") if is_dotted(path) else ("", "", "")
    if not lies_in(module, packages):
        raise ValueError(f"{rule}, or in a package that you allow by --import, got {path!r}.")
    found = getattr(_imported(parameter, path, module, rule, packages), name, None)
    if not isinstance(found, type) or not lies_in(found.__module__, packages):
        reason = "no such class" if found is None else f"{name} is no class of its own"
        raise ValueError(f"{rule}, got {path!r}: {reason}.")
    return found


def _imported(
    parameter: str, path: str, module: str, rule: str, packages: Mapping[str, str]
) -> Any:
    try:
        return importlib.import_module(module)
    except Exception as error:  # a package that is broken may raise anything
        package = module.partition(".")[0]
        if not _is_there(package):
            install = next((packages[name] for name in packages if lies_in(module, [name])), "")
            advice = f"`pip install {install}` installs it" if install else "install it first"
            raise ValueError(
                f"`{parameter}` must be of a package that is installed, got {path!r}, and there "
                f"is no {package}: {advice}."
            ) from None
        if isinstance(error, ModuleNotFoundError) and lies_in(module, [error.name or ""]):
            raise ValueError(f"{rule}, got {path!r}: no such class.") from None
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(
            f"`{parameter}` must be of a package that can be imported, got {path!r}: "
            f"{type(error).__name__}: {reason}."
        ) from None


def _is_there(package: str) -> bool:
    try:
        return package in sys.modules or find_spec(package) is not None
    except (ImportError, ValueError):
        return False
