"""Standard streams that are closed, broken or full."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from genlab._base.signals import fill_closed_streams


@contextlib.contextmanager
def checked_streams() -> Iterator[None]:
    """A block in which standard streams may be closed or full.

    A closed one is the null device. What cannot be written to standard output is an OSError
    that names it; what cannot be written to standard error is dropped, for nobody can be told.
    """
    _open_closed_streams()
    output, errors = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast("TextIO", _Output(output)), cast("TextIO", _Errors(errors))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = output, errors
        for stream in (output, errors):
            _drop_the_rest(stream)


def _open_closed_streams() -> None:
    fill_closed_streams()
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _drop_the_rest(stream: TextIO) -> None:
    """Write what waits, or drop it, so that Python does not fail on it when the process ends."""
    try:
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


class _Output:
    """Standard output, whose errors name it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with _named():
            return self._stream.write(text)

    def flush(self) -> None:
        with _named():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        error.filename = "standard output"
        raise


class _Errors:
    """Standard error, without its errors."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
