"""Float32 whatever JAX's x64 flag says, which is the caller's and is left as it is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def in_float32(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with JAX's default types in its block: float32 and int32.

    With x64 JAX draws initial weights in float64, and so gives other ones.
    """

    @functools.wraps(function)
    def computed(*arguments: P.args, **options: P.kwargs) -> R:
        import jax

        with jax.enable_x64(False):  # in this thread alone
            return function(*arguments, **options)

    return computed
