"""Warnings of data that are likely not what was meant."""

from __future__ import annotations

import hashlib
import warnings
import weakref
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from genlab._base.arrays import is_sparse
from genlab._base.errors import DataWarning
from genlab._base.kinds import is_import_path
from genlab._base.words import some
from genlab.datasets._dataset import Dataset, DataSpec
from genlab.datasets._generators import CONTENT
from genlab.datasets._sparse import sparse_rows

_AT_ONCE = 1000
# Largest values of inputs may differ from that of a typical one by this factor: pixels of
# MNIST by 36, measurements of unlike units by 10 to 100.
_UNLIKE = 1000
# Inputs that reach further, or nowhere so far, are far from the initial weights' scale.
_FAR = 1e4

_warned: dict[str, weakref.WeakSet[Dataset]] = {}


def warn_of_copies(data: Dataset) -> None:
    """Warn once of test examples that have the inputs of a training example, with their number.

    Inputs are compared as float32, as training sees them. Sets that genlab's own generators
    make are not searched.
    """
    if data.n_test and _is_first("copies", data) and (n := _count_copies(data)):
        warnings.warn(
            f"{n:,} of {data.n_test:,} test examples have the same inputs as a training example; "
            "where these are copies, the test error is too low: remove them.",
            DataWarning,
            stacklevel=3,
        )


def warn_of_scale(data: Dataset) -> None:
    """Warn once of inputs of very unlike scale, or far from 1, with their names.

    The scale of an input is its largest absolute value in the training set, and the typical
    one is the median over the inputs. Sets that genlab's own generators make are not searched.
    """
    if not _is_first("scale", data):
        return
    x = data.x_train.reshape(data.n_train, -1)
    largest = np.maximum(x.max(axis=0), -x.min(axis=0)).astype(np.float64)
    varying = np.sort(largest[largest > 0])
    if not len(varying):
        return
    typical = float(varying[(len(varying) - 1) // 2])
    advice = (
        "standardise every input: subtract its mean over the training examples, and divide by its "
        "standard deviation."
    )
    unlike = (largest > typical * _UNLIKE) | ((largest > 0) & (largest < typical / _UNLIKE))
    if unlike.any():
        at = np.flatnonzero(unlike)
        names = [f"input {i}" if data.columns is None else data.columns[i] for i in at]
        sizes = sorted({f"{size:.3g}" for size in (largest[at].min(), largest[at].max())})
        warnings.warn(
            f"inputs have very different scales: {some(names)} with values up to "
            f"{' or '.join(sizes)}, a typical input up to {typical:.3g}; {advice}",
            DataWarning,
            stacklevel=3,
        )
    elif not 1 / _FAR <= typical <= _FAR:
        warnings.warn(
            f"inputs are far from a scale of 1, with values up to {typical:.3g}; {advice}",
            DataWarning,
            stacklevel=3,
        )


def _is_first(kind: str, data: Dataset) -> bool:
    """Whether a data set that is not genlab's own has not been searched yet."""
    searched = _warned.setdefault(kind, weakref.WeakSet())
    if data in searched or _is_own(data.spec):
        return False
    searched.add(data)
    return True


def _is_own(spec: DataSpec) -> bool:
    """Whether one of genlab's generators makes the data, or the whole that they are part of."""
    if (whole := spec.whole) is not None and not is_import_path(spec.name):
        return _is_own(whole)
    return spec.name != CONTENT and not is_import_path(spec.name)


def _count_copies(data: Dataset) -> int:
    """Number of test examples whose inputs some training example has."""
    test = list(_hashes(data.x_test))
    wanted = set(test)
    copied = {one for one in _hashes(data.x_train) if one in wanted}
    return sum(one in copied for one in test)


def _hashes(x: Float[np.ndarray, "n ..."]) -> Iterator[bytes]:
    """A hash of each example's inputs."""
    if is_sparse(x):
        for columns, values in sparse_rows(x.astype(np.float32)):
            yield hashlib.blake2b(columns.tobytes() + values.tobytes(), digest_size=16).digest()
        return
    for start in range(0, len(x), _AT_ONCE):
        part = x[start : start + _AT_ONCE].astype(np.float32)
        part += 0.0  # −0 is 0
        for row in part:
            yield hashlib.blake2b(row.tobytes(), digest_size=16).digest()
