"""Sparse inputs: matrices of SciPy that hold the numbers other than 0, for estimators.

They stay sparse in a data set, and in whatever divides it. No function here makes them dense.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from genlab._base.arrays import is_sparse

_MOST_NARROW = np.iinfo(np.int32).max


def canonical(name: str, values: Any) -> Any:
    """A sparse matrix in rows (CSR), of float32 or float64, read-only and in its canonical form.

    In that form equal contents are equal arrays: the columns of a row are in order, none occurs
    twice, no 0 is stored, and indices have 32 bits where they fit. A matrix that has it and is
    read-only is not copied.

    Raises
    ------
    ValueError
        Where it has no two axes, or holds anything but real numbers.
    """
    if len(values.shape) != 2:
        raise ValueError(f"`{name}` must have shape (examples, inputs), got {values.shape}.")
    if values.dtype.kind not in "fiub":
        raise ValueError(f"`{name}` must hold numbers, got values of type {values.dtype}.")
    dtype = np.float32 if values.dtype.newbyteorder("=") == np.float32 else np.float64
    if _is_ready(values, dtype):
        return values
    rows = values.tocsr(copy=True)
    rows.sum_duplicates()
    rows = rows.astype(dtype, copy=False)
    rows.eliminate_zeros()
    if max(rows.nnz, *rows.shape) <= _MOST_NARROW:  # scikit-learn takes no wider ones
        rows.indices = rows.indices.astype(np.int32, copy=False)
        rows.indptr = rows.indptr.astype(np.int32, copy=False)
    for array in _arrays(rows):
        array.flags.writeable = False
    return rows


def like(matrix: Any, x: np.ndarray) -> Any:
    """A dense array as a sparse matrix of the kind of another one."""
    return type(matrix)(x)


def content(x: Any) -> Iterator[bytes]:
    """The content of a canonical matrix, the same for any width of its indices."""
    yield np.ascontiguousarray(x.indptr, dtype="<i8").tobytes()
    yield np.ascontiguousarray(x.indices, dtype="<i8").tobytes()
    yield np.ascontiguousarray(x.data).tobytes()


def sparse_rows(x: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The columns of each row of a canonical matrix, and its numbers, other than 0."""
    columns = np.asarray(x.indices, dtype="<i8")
    for start, stop in zip(x.indptr[:-1], x.indptr[1:], strict=True):
        values = x.data[start:stop]
        kept = values != 0
        yield columns[start:stop][kept], values[kept]


def for_estimators(x: Any) -> Any:
    """Inputs as an estimator takes them: of sparse ones a copy, as a `csr_matrix`.

    Some libraries take no `csr_array` yet, or none that is read-only.
    """
    if not is_sparse(x):
        return x
    from scipy import sparse

    return sparse.csr_matrix(canonical("x", x), copy=True)


def check_dense(data: Any) -> None:
    """Raise ValueError where a `Dataset` is sparse, which genlab's own models do not take."""
    if is_sparse(data.x_train):
        shape = (data.n_train + data.n_test, *data.input_shape)
        raise ValueError(
            f"`data` must have dense inputs for genlab's own models, got sparse ones of shape "
            f"{shape}: estimators take these; `x.toarray()` makes dense ones, of "
            f"{max(1, round(8e-6 * shape[0] * shape[1])):,} MB."
        )


def _arrays(x: Any) -> tuple[np.ndarray, ...]:
    return x.data, x.indices, x.indptr


def _is_ready(x: Any, dtype: type) -> bool:
    return (
        x.format == "csr"
        and x.dtype == dtype
        and not any(array.flags.writeable or array.base is not None for array in _arrays(x))
        and (x.indices.dtype == np.int32 or max(x.nnz, *x.shape) > _MOST_NARROW)
        and bool(x.has_canonical_format)
        and bool(x.data.all())
    )
