"""The one container every part of genlab reads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from genlab._check import integer
from genlab.datasets._spec import CONTENT, DataSpec

if TYPE_CHECKING:
    from typing import Any


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test examples of one classification problem, read-only.

    Parameters
    ----------
    x_train, x_test
        Inputs, one example a row: shape (n_train, ...) and (n_test, ...) with
        the same trailing axes. Kept as float64.
    y_train, y_test
        Labels from 0 to n_classes − 1: shape (n_train,) and (n_test,). Kept as int64.
    n_classes
        Number of classes; None takes the largest label plus one.
    t
        Position of each input along its axis, in the units of the generator, or None.
    spec
        What made it; None takes a fingerprint of the arrays.

    Raises
    ------
    ValueError
        Where lengths or shapes disagree, a set is empty, an input is not finite,
        or a label is not an integer from 0 to n_classes − 1.

    >>> data = Dataset([[0.0], [1.0]], [0, 1], [[0.5]], [1])
    >>> data.n_train, data.n_test, data.input_shape, data.n_classes
    (2, 1, (1,), 2)
    >>> data.x_train[0, 0] = 3.0
    Traceback (most recent call last):
        ...
    ValueError: assignment destination is read-only
    """

    x_train: Float[np.ndarray, "n_train ..."]
    y_train: Int[np.ndarray, " n_train"]
    x_test: Float[np.ndarray, "n_test ..."]
    y_test: Int[np.ndarray, " n_test"]
    n_classes: int = None  # type: ignore[assignment]  # always an int once made
    t: Float[np.ndarray, " length"] | None = None
    spec: DataSpec = field(default=None)  # type: ignore[assignment]  # likewise

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            x = _inputs(f"x_{part}", getattr(self, f"x_{part}"))
            y = _labels(f"y_{part}", getattr(self, f"y_{part}"), len(x))
            object.__setattr__(self, f"x_{part}", x)
            object.__setattr__(self, f"y_{part}", y)
        if self.x_train.shape[1:] != self.x_test.shape[1:]:
            raise ValueError(
                f"`x_test` must have examples of the shape {self.x_train.shape[1:]} of "
                f"`x_train`, got {self.x_test.shape[1:]}."
            )
        largest = int(max(self.y_train.max(), self.y_test.max()))
        n_classes = largest + 1 if self.n_classes is None else self.n_classes
        object.__setattr__(self, "n_classes", integer("n_classes", n_classes, low=1))
        if largest >= n_classes:
            raise ValueError(
                f"labels must be below `n_classes` = {n_classes}, got a label {largest}."
            )
        if self.t is not None:
            object.__setattr__(self, "t", _frozen(np.array(self.t, dtype=np.float64)))
        if self.spec is None:
            object.__setattr__(self, "spec", DataSpec(CONTENT, {"fingerprint": self.fingerprint}))

    @property
    def n_train(self) -> int:
        """Number of training examples."""
        return len(self.x_train)

    @property
    def n_test(self) -> int:
        """Number of test examples."""
        return len(self.x_test)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return tuple(self.x_train.shape[1:])

    @property
    def name(self) -> str:
        """Name of the generator, or "content"."""
        return self.spec.name

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the arrays, their shapes and the number of classes, in hexadecimal."""
        digest = hashlib.sha256(f"genlab dataset {self.n_classes}".encode())
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name}: {self.n_train} training and {self.n_test} test examples "
            f"of shape {self.input_shape}, {self.n_classes} classes)"
        )


def _inputs(name: str, values: Any) -> np.ndarray:
    x = np.array(values, dtype=np.float64)
    if x.ndim < 2 or len(x) == 0:
        raise ValueError(
            f"`{name}` must have shape (examples, inputs...) with at least one example, "
            f"got {x.shape}."
        )
    if not np.isfinite(x).all():
        raise ValueError(
            f"`{name}` must be finite, got {np.count_nonzero(~np.isfinite(x))} values that are not."
        )
    return _frozen(x)


def _labels(name: str, values: Any, n: int) -> np.ndarray:
    y = np.asarray(values)
    if y.shape != (n,):
        raise ValueError(f"`{name}` must have shape ({n},), one label an example, got {y.shape}.")
    labels = y.astype(np.int64)
    if y.dtype.kind not in "iuf" or not np.array_equal(labels, y):
        raise ValueError(f"`{name}` must hold integers, got values of type {y.dtype}.")
    if labels.min() < 0:
        raise ValueError(f"`{name}` must hold labels >= 0, got {labels.min()}.")
    return _frozen(labels)


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
