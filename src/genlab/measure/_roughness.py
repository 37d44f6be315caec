"""How rough a function is on straight paths, from its values at equally spaced places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from genlab._base.arrays import dense, floats, squarable
from genlab._base.checks import choice
from genlab._base.words import received

#: Norms in which values are compared.
NORMS = ("half_l1", "euclidean")


@dataclass(frozen=True, eq=False)
class PathRoughness:
    """How rough a function is on each path; the arrays have one number per path.

    Paths have length 1, so that slopes and curvature are per path and its square, whatever the
    distance of its ends.

    Attributes
    ----------
    total_variation
        Sum of the distances between the values at neighbouring places: the length of the way that
        the values take. It is at least `end_distance`.
    end_distance
        Distance between the values at the two ends.
    curvature
        Integral over the path of the norm of the second derivative, which is the total variation
        of the slope: the sum of the changes of slope from one piece to the next.
    start_slope, end_slope
        Norm of the slope on the first and on the last piece.
    class_changes
        How often the class with the largest value changes from one place to the next. NaN for a
        function with one output.
    neither_fraction
        Fraction of the places between the ends whose class is that of neither end. NaN for a
        function with one output.
    """

    total_variation: Float[np.ndarray, ...]
    end_distance: Float[np.ndarray, ...]
    curvature: Float[np.ndarray, ...]
    start_slope: Float[np.ndarray, ...]
    end_slope: Float[np.ndarray, ...]
    class_changes: Float[np.ndarray, ...]
    neither_fraction: Float[np.ndarray, ...]

    @property
    def excess_variation(self) -> Float[np.ndarray, ...]:
        """`total_variation` less `end_distance`: 0 where the values take the shortest way."""
        # Rounding alone makes it negative.
        return np.maximum(self.total_variation - self.end_distance, 0.0)


def path_roughness(values: Any, norm: str = "half_l1") -> PathRoughness:
    """Measure how rough a function is on paths.

    Parameters
    ----------
    values
        Values of the function at equally spaced places of each path, the ends included: shape
        (..., places, outputs) with at least 3 places and finite numbers, such as the
        probabilities of the classes. A function with one output has `outputs` 1.
    norm
        "half_l1": half the sum of the absolute values. The distance of two vectors of
        probabilities is then their total variation distance, from 0 to 1: the largest difference
        of the probabilities of any set of classes. "euclidean": the square root of the sum of
        squares; with one output it is the absolute value.

    Returns
    -------
    PathRoughness
        Arrays of shape (...), one number per path.

    Raises
    ------
    ValueError
        Naming the parameter, the rule and the value received.

    Notes
    -----
    Everything is exact for the piecewise linear function through the values. Between the places
    the true function may bend more. So total variation and curvature are never above those of the
    true function, and more places, such as 2n − 1 in place of n, never lower them. Total variation
    converges to that of any continuous function, curvature where the slope is of bounded variation.
    At a jump of the slope the curvature counts its size: for the network of one hidden layer
    in one dimension it is Σ|slope_d|, the roughness of `toy-smoothness`.

    References
    ----------
    R. Novak et al., "Sensitivity and generalization in neural networks: an empirical study", ICLR
    2018, follows networks along paths between examples. M. Gamba et al., "Deep double descent via
    smooth interpolation", TMLR 2023.

    >>> there_and_back = path_roughness([[0.0], [1.0], [0.0], [0.0], [0.0]], norm="euclidean")
    >>> float(there_and_back.total_variation), float(there_and_back.excess_variation)
    (2.0, 2.0)
    >>> float(there_and_back.curvature), float(there_and_back.start_slope)
    (12.0, 4.0)
    >>> classes = path_roughness([[1.0, 0.0, 0.0], [0.2, 0.2, 0.6], [0.0, 1.0, 0.0]])
    >>> float(classes.total_variation), float(classes.class_changes)
    (1.6, 2.0)
    >>> float(classes.neither_fraction)
    1.0
    """
    choice("norm", norm, NORMS)
    array = squarable("values", floats("values", values))
    if array.ndim < 2 or array.shape[-2] < 3 or array.shape[-1] < 1:
        raise ValueError(
            "`values` must have shape (..., places, outputs) with at least 3 places and 1 output, "
            f"got {array.shape}."
        )
    if not np.isfinite(array).all():
        raise ValueError(
            f"`values` must be finite, got {np.count_nonzero(~np.isfinite(array))} values that "
            "are not."
        )
    pieces = array.shape[-2] - 1
    steps = np.diff(array, axis=-2)
    length = _norm(steps, norm)
    bends = _norm(np.diff(steps, axis=-2), norm)
    predicted = array.argmax(axis=-1)
    classes = array.shape[-1] > 1
    unknown = np.full(array.shape[:-2], np.nan)
    return PathRoughness(
        total_variation=length.sum(axis=-1),
        end_distance=_norm(array[..., -1, :] - array[..., 0, :], norm),
        curvature=pieces * bends.sum(axis=-1),
        start_slope=pieces * length[..., 0],
        end_slope=pieces * length[..., -1],
        class_changes=class_changes(predicted).astype(np.float64) if classes else unknown,
        neither_fraction=neither_fraction(predicted) if classes else unknown,
    )


def _norm(vectors: Float[np.ndarray, "... outputs"], norm: str) -> Float[np.ndarray, ...]:
    if norm == "half_l1":
        return np.abs(vectors).sum(axis=-1) / 2
    return np.sqrt((vectors**2).sum(axis=-1))


def class_changes(predicted: Any) -> Int[np.ndarray, ...]:
    """How often the class changes from one place of a path to the next.

    Parameters
    ----------
    predicted
        Predicted classes at the places of each path, shape (..., places) with at least 3 places.

    Returns
    -------
    array
        Of shape (...), one number per path.

    >>> class_changes([[0, 0, 1, 0], [2, 2, 2, 2]])
    array([2, 0])
    """
    classes = _classes(predicted)
    return np.count_nonzero(classes[..., 1:] != classes[..., :-1], axis=-1)


def neither_fraction(predicted: Any) -> Float[np.ndarray, ...]:
    """The fraction of the places between the ends whose class is that of neither end.

    Parameters
    ----------
    predicted
        Predicted classes at the places of each path, shape (..., places) with at least 3 places.

    Returns
    -------
    array
        Of shape (...), one number per path, from 0 to 1.

    >>> neither_fraction([[0, 0, 1, 2], [2, 2, 2, 2]])
    array([0.5, 0. ])
    """
    classes = _classes(predicted)
    inner = classes[..., 1:-1]
    other = (inner != classes[..., :1]) & (inner != classes[..., -1:])
    return np.mean(other, axis=-1)


def _classes(predicted: Any) -> np.ndarray:
    classes = dense("predicted", predicted)
    if classes.dtype.kind not in "iu":
        raise ValueError(f"`predicted` must hold whole numbers, got {received(predicted)}.")
    if classes.ndim < 1 or classes.shape[-1] < 3:
        raise ValueError(
            f"`predicted` must have shape (..., places) with at least 3 places, got "
            f"{classes.shape}."
        )
    return classes
