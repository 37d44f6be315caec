"""What a user did wrong, apart from what failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer


class UsageError(typer.TyperException):
    """Something was asked for that cannot be; exit status 2."""

    exit_code = 2


@contextmanager
def as_usage() -> Iterator[None]:
    """A block whose complaints of values are complaints of the command's options."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None
