"""What takes a while: one job at a time, in a thread, that pages follow and can stop."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from genlab._base.checks import integer
from genlab._base.errors import GenlabError

# Ended jobs whose last state can still be asked.
_MOST_KEPT = 20
# JavaScript holds whole numbers below this exactly.
_NUMBERS = 2**53

#: Tells how far a job is, by name; raises `StoppedError` where the job is to end.
Tell = Callable[..., None]


class StoppedError(Exception):
    """Raised in a job that a page stops."""


class Jobs:
    """Runs one job at a time; its state is kept for those who follow it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._stopped = threading.Event()
        self._number = 0

    def start(self, work: Callable[[Tell], dict[str, Any]]) -> dict[str, int]:
        """Begin a job, which returns its last words by name; GenlabError where one is under way.

        Returns
        -------
        dict
            job: its number, by which it is followed and stopped.
        """
        with self._lock:
            if self._number in self._states and self._states[self._number]["running"]:
                raise GenlabError("another training is under way; wait for its end.")
            # Nobody guesses it, so only the page that began a job can stop it.
            number = self._number = secrets.randbelow(_NUMBERS)
            self._stopped = threading.Event()
            arguments = (number, work, self._stopped)
            threading.Thread(target=self._run, args=arguments, daemon=True).start()
            # What the thread tells waits for the lock.
            self._states[number] = {"running": True}
            if len(self._states) > _MOST_KEPT:
                self._states.popitem(last=False)
        return {"job": number}

    def progress(self, given: Any) -> dict[str, Any]:
        """What a job told last; `running`; and the `error` that ended it, if one did."""
        with self._lock:
            return dict(self._states[self._asked(given)])

    def stop(self, given: Any) -> dict[str, Any]:
        """Have a job end at what it tells next; one that has ended stays as it is."""
        with self._lock:
            if self._asked(given) == self._number:
                self._stopped.set()
        return {}

    def _asked(self, given: Any) -> int:
        number = given.get("job") if isinstance(given, dict) else None
        number = integer("job", number)
        if number not in self._states:
            raise ValueError(f"`job` must be the number of a training here, got {number}.")
        return number

    def _run(
        self, number: int, work: Callable[[Tell], dict[str, Any]], stopped: threading.Event
    ) -> None:
        def tell(**values: Any) -> None:
            if stopped.is_set():
                raise StoppedError
            self._put(number, values)

        try:
            last = work(tell)
        except StoppedError:
            last = {"stopped": True}
        except Exception as error:  # of a thread that nobody waits for
            last = {"error": str(error) or type(error).__name__}
        self._put(number, {**last, "running": False})

    def _put(self, number: int, values: dict[str, Any]) -> None:
        with self._lock:
            self._states[number] |= values
