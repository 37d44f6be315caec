"""What a theory predicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from genlab._base.arrays import floats
from genlab._base.words import received

# Sums of a few products of such numbers are still float64.
_LARGEST = 1e50


@dataclass(frozen=True, eq=False)
class Risk:
    """Expected squared error of a fit on new examples, without the noise of their targets.

    Attributes
    ----------
    risk
        Expected squared distance of the prediction from the true function: bias + variance. Add
        the noise variance for the expected squared error on new, noisy targets. Infinite where
        the expectation does not exist.
    bias
        Squared distance of the mean prediction over *label noise* from the true function, averaged
        over training inputs, and over random features where there are any.
    variance
        Variance of the prediction over label noise, averaged alike.
    """

    risk: Float[np.ndarray, ...]
    bias: Float[np.ndarray, ...]
    variance: Float[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class LinearRisk(Risk):
    """The risk of linear regression, with the part of it that is due to the training inputs.

    Attributes
    ----------
    input_variance
        Part of `bias` that is variance over training inputs. What is left, `bias` −
        `input_variance`, is the squared distance of the mean prediction over whole training sets
        from the true function: the bias² of `genlab.decompose`.
    """

    input_variance: Float[np.ndarray, ...]


def checked(name: str, value: Any, *, positive: bool = False) -> Float[np.ndarray, ...]:
    """`value` as float64, or ValueError naming `name` unless finite and at least (or above) 0."""
    array = floats(name, value)
    if not array.size:
        raise ValueError(f"`{name}` must hold at least one number, got none.")
    least = array > 0 if positive else array >= 0
    unfit = array[~(least & (array <= _LARGEST) & ((array == 0) | (array >= 1 / _LARGEST)))]
    if unfit.size:
        rule = "above" if positive else "at least"
        raise ValueError(
            f"`{name}` must be {rule} 0, and of a size from {1 / _LARGEST:g} to {_LARGEST:g}, got "
            f"{received(float(unfit.flat[0]))}."
        )
    return array


def together(**arguments: Float[np.ndarray, ...]) -> list[Float[np.ndarray, ...]]:
    """Arguments broadcast against each other, or ValueError naming the first that does not fit."""
    shape: tuple[int, ...] = ()
    for name, array in arguments.items():
        try:
            shape = np.broadcast_shapes(shape, array.shape)
        except ValueError:
            raise ValueError(
                f"`{name}` must have a shape that broadcasts with {shape}, got {array.shape}."
            ) from None
    return [np.broadcast_to(array, shape) for array in arguments.values()]
