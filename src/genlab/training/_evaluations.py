"""The steps after which loss and error are recorded, where a recipe names them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from genlab._base.checks import integer, several
from genlab._base.words import received


def log_spaced_steps(steps: int, n: int) -> tuple[int, ...]:
    """Whole steps from 1 to `steps`, all different and as evenly spaced in log(step) as can be.

    They are for `Recipe.evaluate_at`: a change of the error from step 10 to 20 is then recorded as
    finely as one from 1,000 to 2,000.

    Parameters
    ----------
    steps
        The last step, at least 1.
    n
        Number of steps, from 1 to `steps`. One is the last alone.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> log_spaced_steps(1000, 4)
    (1, 10, 100, 1000)
    >>> log_spaced_steps(100, 8)
    (1, 2, 4, 8, 15, 28, 53, 100)
    """
    steps = integer("steps", steps, low=1)
    n = integer("n", n, low=1, high=steps)
    if n == 1:
        return (steps,)
    found = [1]
    for left in range(n - 1, 0, -1):
        found.append(max(found[-1] + 1, round(found[-1] * (steps / found[-1]) ** (1 / left))))
    return tuple(found)


def increasing_steps(values: Any, last: int) -> tuple[int, ...]:
    """Steps from 1 to `last`, or TypeError or ValueError where they are none or do not increase."""
    found = tuple(
        integer("evaluate_at", step, low=1, high=last) for step in several("evaluate_at", values)
    )
    if any(later <= earlier for earlier, later in pairwise(found)):
        raise ValueError(f"`evaluate_at` must increase, got {received(values)}.")
    return found
