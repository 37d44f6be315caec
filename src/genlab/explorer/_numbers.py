"""The numbers that a page quotes, from `genlab.decompose`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from genlab.explorer._state import N_DRAWN, State

# Answers that are kept: a class of students asks for the same few.
_KEPT = 256


@lru_cache(_KEPT)
def parts_of(state: State) -> dict[str, Any]:
    """Noise, bias², variance and error of a state, each with its 95% interval.

    Returns
    -------
    dict
        average: part -> estimate, low and high, means over the inputs; median: the median of
        the error over data sets, with its interval.

    >>> from genlab.explorer import State
    >>> parts = parts_of(State(hidden=3))
    >>> sorted(parts["average"]), sorted(parts["median"])
    (['bias_squared', 'error', 'noise', 'variance'], ['estimate', 'high', 'low'])
    """
    from genlab.datasets import make_toy_regression
    from genlab.models import HingeRegression
    from genlab.studies import decompose

    problem = make_toy_regression(state.n, state.noise, state.design, _function(state), state.seed)
    parts = decompose(
        HingeRegression(state.hidden, state.ridge), problem, state.sets, seed=state.fresh
    )
    names = ("noise", "bias_squared", "variance", "error")
    median = parts.median_excess.row()
    return {
        "average": {name: getattr(parts.average, name).row() for name in names},
        "median": {end: value + state.noise**2 for end, value in median.items()},
    }


def _function(state: State) -> Any:
    drawn = state.drawn
    if drawn is None:
        return state.function
    import numpy as np

    places = np.linspace(0, 1, N_DRAWN)
    return lambda x: np.interp(x, places, drawn)
