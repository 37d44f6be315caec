"""How long a cell may take: the limit, the watch over a worker, and the warning where none is set.

A limit is no part of a cell: it decides whether there is a result, never which.
"""

from __future__ import annotations

import math
import os
import re
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from genlab._base.errors import WaitingWarning
from genlab.sweep.executors._processes import EndedError, StartError, Worker

#: The environment variable with the limit of all calls that are given none.
VARIABLE = "GENLAB_TIME_LIMIT"
#: How another limit is set, for the end of a sentence.
HOW = f"--time-limit, ${VARIABLE} or `time_limit` of an executor"

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_TEXT = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([smhd]?)")
# What a timer can wait for, on every system.
_LONGEST = 30 * 86_400.0

# A cell of which nothing was heard for so many seconds, and so many times as long as the longest
# one took, may hang.
_SILENT_SECONDS = 600.0
_SILENT_TIMES = 10
_LOOK_SECONDS = 10.0


class TooLongError(Exception):
    """The cells of a batch took longer than they may."""


def read_time_limit(name: str, value: float | str | None) -> float | None:
    """Seconds that a cell may take, of a number of seconds or a text; None for no limit.

    Parameters
    ----------
    name
        What an error calls the value.
    value
        A number of seconds, or a text with a unit (s, m, h or d), such as "90m".

    Raises
    ------
    ValueError
        Where it is neither, or not between 0 and 30 days.

    >>> read_time_limit("`time_limit`", "1.5h")
    5400.0
    """
    if value is None:
        return None
    seconds = math.nan
    if isinstance(value, str):
        if found := _TEXT.fullmatch(value.strip().lower()):
            seconds = float(found[1]) * _UNITS[found[2]]
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
    if not 0 < seconds <= _LONGEST:
        raise ValueError(
            f"{name} must be seconds, or a number with s, m, h or d such as 90m, "
            f"above 0 and at most 30d, got {value!r}."
        )
    return seconds


def default_time_limit() -> float | None:
    """The limit in `$GENLAB_TIME_LIMIT`; None where it is not set.

    Raises
    ------
    ValueError
        Where it is no time.
    """
    return read_time_limit(f"${VARIABLE}", os.environ.get(VARIABLE) or None)


def why_too_long(seconds: float | None) -> str:
    """The sentence of a cell that was ended."""
    return f"a cell took longer than the time limit of {seconds:g} s ({HOW} sets another)"


@contextmanager
def ended_after(seconds: float | None, worker: Worker) -> Iterator[None]:
    """A block in which a worker works, and is killed if it takes longer.

    Raises
    ------
    TooLongError
        Where it was killed, in place of StartError and EndedError.
    """
    if seconds is None:
        yield
        return
    lock, is_over = threading.Lock(), threading.Event()
    killed = threading.Event()

    def kill() -> None:
        with lock:
            if not is_over.is_set():
                killed.set()
                worker.process.kill()

    timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (StartError, EndedError):
        if not killed.is_set():
            raise
    finally:
        with lock:
            is_over.set()
        timer.cancel()
    if killed.is_set():
        raise TooLongError


class Silence:
    """Warns where nothing was heard of a running cell for so long that it may hang.

    That is ten times as long as the longest cell took, and at least ten minutes; after each
    warning, twice as long as before.
    """

    def __init__(self) -> None:
        self._heard: dict[int, float] = {}
        self._longest = 0.0
        self._least = _SILENT_SECONDS
        self._looked = time.monotonic()

    def hear(self, number: int) -> None:
        """Note that a task is running, or said something."""
        self._heard[number] = time.monotonic()

    def begin(self, numbers: Sequence[int]) -> None:
        """Note that tasks are running, since now for those that were not."""
        for number in numbers:
            self._heard.setdefault(number, time.monotonic())

    def forget(self, number: int) -> None:
        """Note that a task has come back."""
        self._heard.pop(number, None)

    def took(self, seconds: float) -> None:
        """Note how long a cell took."""
        self._longest = max(self._longest, seconds)

    def overdue(self) -> int | None:
        """A task of which nothing was heard for long; it is looked for every few seconds."""
        now = time.monotonic()
        if now - self._looked < min(_LOOK_SECONDS, self._least):
            return None
        self._looked = now
        number = min(self._heard, key=self._heard.__getitem__, default=None)
        most = max(self._least, _SILENT_TIMES * self._longest)
        if number is None or now - self._heard[number] < most:
            return None
        self._least = 2 * most
        return number

    def warn(self, key: str, number: int) -> None:
        """Warn of a cell of a task."""
        minutes = (time.monotonic() - self._heard[number]) / 60
        warnings.warn(
            f"nothing was heard of cell {key[:12]} for {minutes:.0f} minutes; the run goes on and "
            f"waits for it. A time limit ends cells that hang: {HOW}.",
            WaitingWarning,
            stacklevel=2,
        )
