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
