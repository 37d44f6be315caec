"""Toy regression: a known function of one input plus known noise, in any number of data sets.

Data set i of a stream is always the same, however many are drawn and in whatever parts: they are
made in blocks of fixed size and place, each from a random stream of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base import streams
from genlab._base.checks import choice, integer, real

_DESIGNS = ("stratified", "uniform", "grid")
_BLOCK = 1024
# Inputs at which a function is tried when a problem is made.
_TRIED = np.linspace(0.0, 1.0, 101)

#: Name -> function: the functions that are known by name.
TOY_FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "exp_sin": lambda x: np.exp(np.sin(2 * np.pi * x)),
    "sine": lambda x: np.sin(2 * np.pi * x),
    "step": lambda x: np.where(x < 0.5, 0.0, 1.0),
}


class ToySamples(NamedTuple):
    """Data sets, one per row: inputs, noisy targets, and targets without noise."""

    x: Float[np.ndarray, "n_datasets n"]
    y: Float[np.ndarray, "n_datasets n"]
    clean: Float[np.ndarray, "n_datasets n"]


@dataclass(frozen=True)
class ToyRegression:
    """A regression problem with a known true function; made by `make_toy_regression`.

    Attributes
    ----------
    n, noise, design, function, seed
        Arguments of `make_toy_regression`.
    x, y, clean
        The problem's own data set: inputs in increasing order, noisy targets, and targets
        without noise, each of shape (n,).
    """

    n: int
    noise: float
    design: str
    function: str | Callable[[np.ndarray], Any]
    seed: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", integer("n", self.n, low=1))
        object.__setattr__(self, "noise", real("noise", self.noise, low=0))
        choice("design", self.design, _DESIGNS)
        if not callable(self.function):
            choice("function", self.function, tuple(TOY_FUNCTIONS))
        integer("seed", self.seed, low=0, high=streams.MAX_SEED)
        self.truth(_TRIED)

    @property
    def x(self) -> Float[np.ndarray, " n"]:
        return self._own.x[0]

    @property
    def y(self) -> Float[np.ndarray, " n"]:
        return self._own.y[0]

    @property
    def clean(self) -> Float[np.ndarray, " n"]:
        return self._own.clean[0]

    def truth(self, x: Any) -> Float[np.ndarray, ...]:
        """The true function at inputs of any shape.

        Raises ValueError where the function returns another shape or values that are not finite.
        """
        given = np.asarray(x, dtype=np.float64)
        function = self.function if callable(self.function) else TOY_FUNCTIONS[self.function]
        values = np.asarray(function(given))
        if values.shape != given.shape:
            raise ValueError(
                f"`function` must return one value per input: for inputs of shape {given.shape} "
                f"it returned shape {values.shape}."
            )
        if values.dtype.kind not in "buif":
            raise ValueError(f"`function` must return real numbers, got type {values.dtype}.")
        values = values.astype(np.float64)
        if not np.isfinite(values).all():
            where = given[~np.isfinite(values)].flat[0]
            raise ValueError(
                f"`function` must be finite on [0, 1], got {values[~np.isfinite(values)].flat[0]} "
                f"at {where:g}."
            )
        return values

    def fresh(self, n_datasets: int, *, seed: int = 0, start: int = 0) -> ToySamples:
        """Draw fresh data sets, independent of each other and of the problem's own.

        Parameters
        ----------
        n_datasets
            Number of data sets, at least 1.
        seed
            Seed of the data sets, from 0 to 2³² − 1.
        start
            Index of the first data set, at least 0. Data set i is the same whatever others are
            drawn with it.

        >>> problem = make_toy_regression()
        >>> problem.fresh(1000).y.shape
        (1000, 15)
        >>> bool((problem.fresh(1, start=999).y[0] == problem.fresh(1000).y[999]).all())
        True
        """
        integer("n_datasets", n_datasets, low=1)
        integer("seed", seed, low=0, high=streams.MAX_SEED)
        integer("start", start, low=0)
        return self._samples(
            int(start),
            int(start) + int(n_datasets),
            (int(seed), streams.FRESH_TOY_INPUTS),
            (int(seed), streams.FRESH_TOY_NOISE),
        )

    @cached_property
    def _own(self) -> ToySamples:
        samples = self._samples(
            0, 1, (self.seed, streams.TOY_INPUTS), (self.seed, streams.TOY_NOISE)
        )
        for array in samples:
            array.flags.writeable = False
        return samples

    def _samples(
        self, start: int, stop: int, inputs: tuple[int, int], noise: tuple[int, int]
    ) -> ToySamples:
        x = np.empty((stop - start, self.n))
        error = np.empty_like(x)
        for block in range(start // _BLOCK, -(-stop // _BLOCK)):
            first = block * _BLOCK
            last = min(stop - first, _BLOCK)
            place = slice(max(first, start) - start, first + last - start)
            kept = slice(max(start - first, 0), last)
            # Earlier rows of the block are drawn too, so that each row keeps its numbers.
            x[place] = streams.numpy_stream(*inputs, block).random((last, self.n))[kept]
            error[place] = streams.numpy_stream(*noise, block).standard_normal((last, self.n))[kept]
        if self.design == "grid":
            x[:] = (np.arange(self.n) + 0.5) / self.n
        elif self.design == "stratified":
            x += np.arange(self.n)
            x /= self.n
        else:
            x.sort(axis=1)
        clean = self.truth(x)
        error *= self.noise
        error += clean
        return ToySamples(x, error, clean)


def make_toy_regression(
    n: int = 15,
    noise: float = 0.3,
    design: str = "stratified",
    function: str | Callable[[np.ndarray], Any] = "exp_sin",
    seed: int = 42,
) -> ToyRegression:
    """Make a regression problem with a known true function: y = f(x) + N(0, noise²), x in [0, 1].

    The problem holds the function, the noise level, and each target without its noise.
    `problem.x` and `problem.y` are one data set; `problem.fresh` draws any number of others.

    Parameters
    ----------
    n
        Number of examples per data set, at least 1.
    noise
        Standard deviation of the noise, at least 0, in the unit of y.
    design
        Distribution of the inputs. "stratified": one uniform draw in each of n equal cells of
        [0, 1], as in the book. "uniform": n uniform draws. "grid": the middles of the n cells,
        the same in every data set.
    function
        True function: a name in `TOY_FUNCTIONS`, by default exp(sin(2πx)), or a function from
        an array of inputs to an array of the same shape.
    seed
        Seed of the problem's own data set, from 0 to 2³² − 1; inputs and noise each have a
        random stream of their own.

    Returns
    -------
    ToyRegression

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    References
    ----------
    S. Prince, "Understanding Deep Learning" (2023), section 8.2.

    >>> problem = make_toy_regression(n=15, noise=0.3)
    >>> problem.x.shape, problem.noise
    ((15,), 0.3)
    >>> line = make_toy_regression(function=lambda x: 1 + 2 * x)
    >>> line.truth([0.0, 0.5])
    array([1., 2.])
    """
    return ToyRegression(n, noise, design, function, seed)
