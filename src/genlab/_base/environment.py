"""The environment variables that a result's bits depend on; read when JAX and BLAS start."""

from __future__ import annotations

from collections.abc import Mapping

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
