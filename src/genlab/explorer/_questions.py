"""The questions that a page may ask, and what answers each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def questions(store: Any) -> dict[str, Callable[[Any], Any]]:
    """Name of a question -> the function that answers it."""

    def parts(given: Any) -> Any:
        from genlab.explorer._numbers import parts_of
        from genlab.explorer._state import State

        return parts_of(State.from_json(given))

    return {"parts": parts}
