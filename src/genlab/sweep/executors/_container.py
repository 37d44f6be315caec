"""What a container or a batch system lets this process use: the limits of its control groups.

The host's cores and memory are more than that. Both versions of Linux's control groups are read:
https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1/memory.html beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

# Version 1 writes a number near 2⁶³ where there is no limit.
_NO_LIMIT = 2**60


def cores_of_container(root: Path = Path("/")) -> int | None:
    """The cores that the CPU quota amounts to, rounded up; None where there is no quota.

    A quota of 1.5 cores is 2: two processes use it up, and one does not. `root` is the folder
    that holds proc/ and sys/.
    """
    cores = math.inf
    for folder in _folders(root, "cpu"):
        quota, period = _numbers(folder / "cpu.max", 2)  # version 2: "max 100000" without one
        if quota is None:
            (quota,) = _numbers(folder / "cpu.cfs_quota_us")
            (period,) = _numbers(folder / "cpu.cfs_period_us")
        if quota is not None and period and quota > 0:
            cores = min(cores, quota / period)
    return None if cores == math.inf else max(1, math.ceil(cores))


def memory_of_container(root: Path = Path("/")) -> float | None:
    """Bytes that its processes may still take; None where there is no limit.

    Files that are kept in memory and not in use do not count as taken.
    """
    free = math.inf
    for folder in _folders(root, "memory"):
        names = ("memory.max", "memory.current", "inactive_file")
        if not (folder / names[0]).exists():
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        (limit,), (used,) = _numbers(folder / names[0]), _numbers(folder / names[1])
        if limit is not None and limit < _NO_LIMIT:
            kept = _statistics(folder / "memory.stat").get(names[2], 0)
            free = min(free, limit - max((used or 0) - kept, 0))
    return None if free == math.inf else max(free, 0.0)


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's groups, and of all that hold these: each may set a limit."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return  # not Linux
    for line in lines:
        _, controllers, place = line.split(":", 2)
        mounted = root / "sys/fs/cgroup"
        if controllers:  # version 1; version 2 names none
            if controller not in controllers.split(","):
                continue
            mounted = next(
                (mounted / name for name in (controllers, controller) if (mounted / name).is_dir()),
                mounted,
            )
        # In a container the path may be the host's, of which it sees the last folder as the first.
        inner = mounted / place.strip("/")
        while True:
            if inner.is_dir():
                yield inner
            if inner == mounted:
                break
            inner = inner.parent


def _numbers(path: Path, n: int = 1) -> list[int | None]:
    """The first n numbers of a file; None for what is no number or not there."""
    try:
        words = path.read_text(encoding="ascii").split()
    except OSError:
        words = []
    read = [int(word) if word.lstrip("-").isdecimal() else None for word in words[:n]]
    return read + [None] * (n - len(read))


def _statistics(path: Path) -> dict[str, int]:
    try:
        lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    except OSError:
        return {}
    return {words[0]: int(words[1]) for words in lines if len(words) == 2 and words[1].isdecimal()}
