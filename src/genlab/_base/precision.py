"""JAX's own defaults whatever the session's flags say, which are the caller's and are left."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def in_float32(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with JAX's defaults in its block: float32, int32, and one way to draw.

    With x64 JAX draws initial weights in float64, and so gives other ones; without
    `jax_threefry_partitionable` it draws other numbers from the same key. Strict promotion of
    types would refuse what models compute.
    """

    @functools.wraps(function)
    def computed(*arguments: P.args, **options: P.kwargs) -> R:
        import jax

        with (  # in this thread alone
            jax.enable_x64(False),
            jax.threefry_partitionable(True),
            jax.numpy_dtype_promotion("standard"),
        ):
            return function(*arguments, **options)

    return computed
