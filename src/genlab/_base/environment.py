"""The environment variables that a result's bits depend on; read when JAX and BLAS start."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version

#: What makes a process run JAX and BLAS on one thread.
ONE_THREAD = {
    "NPROC": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
# Where JAX keeps compiled programs, and which: a program taken from there is the one compiled.
_KEPT = ("JAX_PLATFORMS", "JAX_COMPILATION_CACHE_", "JAX_PERSISTENT_CACHE_")


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what would change the bits of a result, such as JAX_ENABLE_X64."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(_KEPT) or not name.startswith(("JAX_", "XLA_"))
    }


def is_of_the_place(error: BaseException) -> bool:
    """Whether an error tells of the machine, such as its memory, and not of what was computed.

    Elsewhere, or another time, the same computation may have a result.

    >>> is_of_the_place(MemoryError()), is_of_the_place(ValueError("n must be positive"))
    (True, False)
    """
    from concurrent.futures import BrokenExecutor

    kinds = (MemoryError, OSError, ImportError, BrokenExecutor)
    found: BaseException | None = error
    while found is not None:
        # The second is what JAX says where a device has no memory left.
        if isinstance(found, kinds) or "RESOURCE_EXHAUSTED" in str(found):
            return True
        found = found.__cause__
    return False


def why_no_device(error: Exception) -> str | None:
    """The sentence for JAX's refusal of $JAX_PLATFORMS; None for any other error.

    JAX has no exception of its own for it, and for a device that it knows but that is not there,
    such as "cuda" without a GPU, an assertion.

    >>> why_no_device(RuntimeError("Unable to initialize backend 'x': Not known. (set ...)"))
    "$JAX_PLATFORMS must name devices that JAX has here, such as cpu, got 'x': Not known."
    >>> why_no_device(RuntimeError("Out of memory."))
    """
    asked = os.environ.get("JAX_PLATFORMS", "")
    before, refusal, reason = str(error).partition("Unable to initialize backend ")
    if isinstance(error, RuntimeError) and refusal and not before:
        said = reason.partition(" (set ")[0].partition(" (you ")[0].rstrip(".")
        if "gpu" in asked.split(","):  # its name for several, of which it refuses the last
            said = repr(asked)
    elif isinstance(error, AssertionError) and _raised_in(error) == "jax._src.xla_bridge":
        said = repr(asked)
    else:
        return None
    return f"$JAX_PLATFORMS must name devices that JAX has here, such as cpu, got {said}."


def _raised_in(error: Exception) -> str:
    """The module whose code raised an error."""
    trace, name = error.__traceback__, ""
    while trace is not None:
        name, trace = trace.tb_frame.f_globals.get("__name__", ""), trace.tb_next
    return name


@lru_cache
def processor() -> str:
    """The model of this machine's processor."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or "unknown"


def machine() -> dict[str, str]:
    """The machine and the versions of what computes and draws, by name."""
    names = ("numpy", "scipy", "scikit-learn", "optuna", "jax", "altair")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }
