"""Straight paths from one example to another, and the classes that a network predicts on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base import streams
from genlab._base.checks import choice, integer

if TYPE_CHECKING:
    from genlab.datasets import Dataset

#: Where a path ends that begins at a training example.
TO = ("different", "same", "test")
#: Inputs on a path, its ends included.
N_PLACES = 101
# Examples whose differences from another one are in memory at a time.
_AT_ONCE = 500


class Pair(NamedTuple):
    """Two examples: the row of a training example, and that of another, or of a test example."""

    start: int
    end: int
    in_test: bool


def pair_of(data: Dataset, number: int, to: str) -> Pair:
    """The pair of examples of a number: a random training example, and another example.

    Parameters
    ----------
    data
        A classification.
    number
        Number of the pair, the seed of the random choice, from 0 to 2³² − 1.
    to
        "different" or "same": a random training example of another or of the same class, by the
        clean labels. "test": the test example that is nearest to the first, by the Euclidean
        distance.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received, or where there is no such pair.
    """
    choice("to", to, TO)
    number = integer("pair", number, low=0, high=streams.MAX_SEED)
    stream = streams.numpy_stream(number, streams.PAIRS)
    start = int(stream.integers(data.n_train))
    if to == "test":
        if not data.n_test:
            raise ValueError("`to` must not be 'test' for a data set without test examples.")
        return Pair(start, _nearest(data.x_test, data.x_train[start]), in_test=True)
    alike = data.y_train == data.y_train[start]
    alike[start] = to == "different"  # it is no partner of itself
    others = np.flatnonzero(alike == (to == "same"))
    if not len(others):
        raise ValueError(f"`to` must not be {to!r}: example {start} has no such partner.")
    return Pair(start, int(stream.choice(others)), in_test=False)


def _nearest(x: Float[np.ndarray, "n ..."], to: Float[np.ndarray, ...]) -> int:
    squares = []
    for some in np.split(x, range(_AT_ONCE, len(x), _AT_ONCE)):
        away = (some - to).reshape(len(some), -1)
        squares.append(np.einsum("ij,ij->i", away, away))
    return int(np.concatenate(squares).argmin())


def path_between(data: Dataset, pair: Pair) -> Float[np.ndarray, "places ..."]:
    """The inputs at equal distances on the straight line between two examples."""
    start, end = data.x_train[pair.start], (data.x_test if pair.in_test else data.x_train)[pair.end]
    share = np.linspace(0, 1, N_PLACES).reshape(-1, *[1] * start.ndim)
    inputs: Float[np.ndarray, "places ..."] = (1 - share) * start + share * end
    return inputs


def changes_on(predicted: Int[np.ndarray, "... places"]) -> Int[np.ndarray, ...]:
    """How often the class changes from one place of a path to the next."""
    return np.count_nonzero(predicted[..., 1:] != predicted[..., :-1], axis=-1)


def neither_on(predicted: Int[np.ndarray, "... places"]) -> Float[np.ndarray, ...]:
    """The fraction of the places between the ends whose class is that of neither end."""
    inner = predicted[..., 1:-1]
    other = (inner != predicted[..., :1]) & (inner != predicted[..., -1:])
    return np.mean(other, axis=-1)
