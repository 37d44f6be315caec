"""Mistakes of the user, apart from failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import typer


class UsageError(typer.TyperException):
    """An option or argument that cannot be used; exit status 2."""

    exit_code = 2


@contextmanager
def as_usage(options: Mapping[str, str] | None = None) -> Iterator[None]:
    """A block that reads what the user gave: TypeError and ValueError are usage errors.

    Only the reading of options and the checks of their values belong in such a block. An error
    of a computation is a defect, and must not be reported as the user's mistake. `options` are
    the options that gave parameters a value: the sentence then names the option.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        sentence = str(error)
        for name, option in (options or {}).items():
            sentence = sentence.replace(f"`{name}`", option)
        raise UsageError(sentence) from None
