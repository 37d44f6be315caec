"""Where worker processes keep the programs that they compile, for each other and for later runs.

A network of a new shape takes a second or more to compile, and of a small one's training often
milliseconds. A program that is read is the one that was compiled, so no bit changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from genlab._base.environment import processor

# What JAX reads; with it set, even to "", nothing is decided here.
_FOLDER = "JAX_COMPILATION_CACHE_DIR"
_ALL = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
# The programs of a small network take 0.1 MB. Beyond this the oldest are removed.
_MOST_BYTES = 500_000_000


def kept_programs(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that make JAX keep its programs, where the environment does not say so.

    They are in `programs` of the user's cache folder, apart for each kind of processor; none
    where that cannot be written.
    """
    if _FOLDER in environment:
        return {}
    # There may be no home folder; and a host that only runs cells need not have the package.
    with contextlib.suppress(RuntimeError, ImportError):
        import platformdirs

        cache = platformdirs.user_cache_path("genlab", appauthor=False)
        folder = _made(str(cache / "programs" / _kind_of_processor()))
        if folder is not None:
            return {_FOLDER: folder, **_ALL}
    return {}


@lru_cache
def _made(folder: str) -> str | None:
    """The folder, once it is there and not too large; None where it cannot be written."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            return None
        remove_oldest(Path(folder), _MOST_BYTES)
    except OSError:
        return None
    return folder


def remove_oldest(folder: Path, most: int) -> None:
    """Remove the oldest files of a folder until the others hold at most so many bytes."""
    found = []
    for file in folder.iterdir():
        with contextlib.suppress(OSError):  # another process has removed it
            state = file.stat()
            found.append((state.st_mtime_ns, state.st_size, file))
    held = sum(size for _, size, _ in found)
    for _, size, file in sorted(found):
        if held <= most:
            return
        held -= size
        with contextlib.suppress(OSError):
            file.unlink()


@lru_cache
def _kind_of_processor() -> str:
    """What machine code depends on: a folder of a network may serve several machines."""
    flags = ""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return hashlib.sha256(f"{processor()} {flags}".encode()).hexdigest()[:12]
