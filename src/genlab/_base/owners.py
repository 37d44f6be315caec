"""Who has claimed a piece of work, and whether that process is still at work.

Of a process of this machine Linux says whether it is gone. One elsewhere, or on another system, is
taken to be gone once its beat, a number that it raises every ten seconds, has stood still for a
minute of this process's monotonic clock. So no time of day counts: not the host's, which may be
set back, and not the database's.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator

#: Seconds from beat to beat, and those after which one that stands still is taken to be gone.
BEAT_SECONDS, STILL_SECONDS = 10.0, 60.0

# The owners of this process that are in their `at_work`.
_AT_WORK: set[str] = set()


def new_owner() -> str:
    """A name for what this process owns, different with every call."""
    return f"{process_name()}/{uuid.uuid4().hex}"


def process_name() -> str:
    """Where this process runs, its number there, and when it began; no place where unknown."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as lines:
            boot = lines.read().strip()
        place = f"{boot}-{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        place = ""  # not Linux
    return f"{place}/{os.getpid()}/{started(os.getpid())}"


def started(pid: int) -> str:
    """When a process of this machine began, in ticks since the start; "" where there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as lines:
            fields = lines.read().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


@contextlib.contextmanager
def at_work(owner: str, beat: Callable[[], None] | None) -> Iterator[None]:
    """A block in which an owner of this process counts as at work.

    `beat` is called every ten seconds, by a thread; None where no other process can look.
    """
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(BEAT_SECONDS):
            assert beat is not None
            beat()

    _AT_WORK.add(owner)
    try:
        if beat is not None:
            threading.Thread(target=run, daemon=True).start()
        yield
    finally:
        stop.set()
        _AT_WORK.discard(owner)


class Watch:
    """Tells whether owners are at work, from what it sees of their beats."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int | None, float]] = {}

    def alive(self, owner: str, beat: int | None) -> bool:
        """Whether the process of an owner is still at work, as far as this one can know.

        `beat` is the owner's number now, or None where it has none. An empty owner is nobody.
        """
        if not owner:
            return False
        here, theirs = process_name().split("/"), owner.split("/")
        if theirs[:1] == here[:1] and here[0]:
            if theirs[:3] == here[:3]:
                return owner in _AT_WORK
            return started(int(theirs[1])) == theirs[2]
        now = time.monotonic()
        last, since = self._seen.get(owner, (None, now))
        if beat != last or owner not in self._seen:
            self._seen[owner] = beat, now
            return True
        return now - since < STILL_SECONDS
