"""Mistakes of the user, apart from failures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer


class UsageError(typer.TyperException):
    """An option or argument that cannot be used; exit status 2."""

    exit_code = 2


@contextmanager
def as_usage() -> Iterator[None]:
    """A block that reads what the user gave: TypeError and ValueError are usage errors.

    Only the reading of options and the checks of their values belong in such a block. An error
    of a computation is a defect, and must not be reported as the user's mistake.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None
