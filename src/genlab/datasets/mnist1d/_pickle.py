"""The published pickle of MNIST-1D, read without running code from it.

Only the opcodes and the few names that pickled NumPy arrays and plain containers need are
admitted. Names do not become NumPy's functions but plain records, and arrays are made from those
records after they have been checked.
"""

from __future__ import annotations

import io
import math
import os
import pickle
import pickletools
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from genlab._base.errors import DataFileError
from genlab.datasets._dataset import Dataset

_MOST_BYTES = 16 * 2**20  # the published file has 1.7 MB
_MOST_VALUES = _MOST_BYTES // 4

# Opcodes of protocol 2 and later.
_OPCODES = frozenset(
    """
    PROTO FRAME STOP MARK MEMOIZE BINPUT BINGET LONG_BINPUT LONG_BINGET
    EMPTY_DICT SETITEM SETITEMS EMPTY_LIST APPEND APPENDS
    EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 NONE NEWTRUE NEWFALSE
    BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE
    BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 GLOBAL STACK_GLOBAL REDUCE BUILD
    """.split()
)
_MODULES = frozenset(
    """
    numpy numpy.core.multiarray numpy._core.multiarray numpy.core.numeric numpy._core.numeric
    _codecs
    """.split()
)
_DTYPES = frozenset(f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)) | {"f4", "f8"}


class _RefusedError(Exception):
    """The file asks for something that is not admitted."""


class _ArrayType:
    """Placeholder for numpy.ndarray, which a pickle only passes on."""


class _Dtype:
    """numpy.dtype(name, False, True), with the byte order that BUILD gives."""

    def __init__(self, name: Any, *_: Any) -> None:
        if not isinstance(name, str) or name not in _DTYPES:
            raise _RefusedError("an array that is not of plain numbers")
        self.dtype = np.dtype(name)

    def __setstate__(self, state: Any) -> None:
        if not (isinstance(state, tuple) and len(state) >= 2 and state[1] in ("<", ">", "|", "=")):
            raise _RefusedError("an array type that is not plain")
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """A future array: `_reconstruct` returns it and BUILD fills it."""

    def __init__(self, kind: Any, *_: Any) -> None:
        if kind is not _ArrayType:
            raise _RefusedError("an array of another class")
        self.values: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        try:
            _, shape, dtype, fortran, content = state
            plain = (
                isinstance(dtype, _Dtype)
                and isinstance(content, (bytes, bytearray))
                and isinstance(shape, tuple)
                and all(type(length) is int and 0 <= length <= _MOST_VALUES for length in shape)
            )
        except (TypeError, ValueError):
            plain = False
        if not plain or len(content) != math.prod(shape) * dtype.dtype.itemsize:
            raise _RefusedError("an array whose shape, type and content do not fit")
        flat = np.frombuffer(content, dtype.dtype)
        self.values = flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any) -> _Array:
    """An array as protocol 5 writes it."""
    array = _Array(_ArrayType)
    array.__setstate__((1, shape, dtype, order == "F", content))
    return array


def _scalar(dtype: Any, content: Any) -> Any:
    if not (isinstance(dtype, _Dtype) and isinstance(content, bytes)):
        raise _RefusedError("a number that is not plain")
    if len(content) != dtype.dtype.itemsize:
        raise _RefusedError("a number whose type and content do not fit")
    return np.frombuffer(content, dtype.dtype)[0]


def _encode(text: Any, encoding: Any) -> bytes:
    """Bytes as protocol 2 writes them."""
    if not isinstance(text, str) or encoding != "latin1":
        raise _RefusedError("bytes that are not plain")
    return text.encode("latin1")


_ADMITTED: dict[str, Any] = {
    "ndarray": _ArrayType,
    "dtype": _Dtype,
    "_reconstruct": _Array,
    "_frombuffer": _from_buffer,
    "scalar": _scalar,
    "encode": _encode,
}


_PythonUnpickler: Any = pickle._Unpickler


class _Unpickler(_PythonUnpickler):  # type: ignore[misc]
    """Python's unpickler written in Python, whose memo takes no memory that is not used."""

    dispatch: ClassVar[dict[int, Any]] = _PythonUnpickler.dispatch.copy()

    def find_class(self, module: str, name: str) -> Any:
        if module not in _MODULES or name not in _ADMITTED:
            raise _RefusedError(f"{module}.{name}")
        return _ADMITTED[name]

    def load_build(self) -> None:
        if not isinstance(self.stack[-2], (_Array, _Dtype)):
            raise _RefusedError("an object that is not an array")
        super().load_build()

    def load_setitem(self) -> None:
        self._check_keys([self.stack[-2]])
        super().load_setitem()

    def load_setitems(self) -> None:
        self._check_keys(self.stack[::2])
        super().load_setitems()

    def _check_keys(self, keys: list[Any]) -> None:
        # Hashing a deep tuple can take forever.
        if not all(isinstance(key, str) for key in keys):
            raise _RefusedError("a dict whose keys are not text")

    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.SETITEM[0]] = load_setitem
    dispatch[pickle.SETITEMS[0]] = load_setitems


def load_mnist1d(path: str | os.PathLike[str]) -> Dataset:
    """Read the published pickle of MNIST-1D, of any origin: its content is not verified.

    `genlab data mnist1d --check` says whether it is the frozen published set. No code in the
    file runs: it may hold only NumPy arrays of numbers and plain containers.

    Parameters
    ----------
    path
        File with a pickled dict of x, y, x_test, y_test and optionally t.

    Raises
    ------
    DataFileError
        Naming the file and what is wrong with it.
    """
    values = _load(Path(path))
    try:
        arrays = {name: _plain_array(values[name]) for name in ("x", "y", "x_test", "y_test")}
        t = _plain_array(values["t"]) if "t" in values else None
        return Dataset(arrays["x"], arrays["y"], arrays["x_test"], arrays["y_test"], 10, t=t)
    except KeyError as error:
        raise DataFileError(f"{path} is not an MNIST-1D pickle: it has no {error}.") from None
    except (TypeError, ValueError) as error:
        raise DataFileError(f"{path} is not an MNIST-1D pickle: {error}") from None


def _plain_array(value: Any) -> np.ndarray:
    if not isinstance(value, _Array) or value.values is None:
        raise TypeError("an entry is not an array.")
    return value.values


def _load(path: Path) -> dict[Any, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise DataFileError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > _MOST_BYTES:
        raise DataFileError(f"{path} has more than the {_MOST_BYTES} bytes that are read.")
    try:
        for opcode, _, _ in pickletools.genops(content):
            if opcode.name not in _OPCODES:
                raise _RefusedError(f"the operation {opcode.name}")
        values = _Unpickler(io.BytesIO(content)).load()
    except _RefusedError as error:
        raise DataFileError(f"{path} is refused: it asks for {error}.") from None
    except Exception as error:
        raise DataFileError(f"{path} is not a readable pickle: {error}.") from None
    if not isinstance(values, dict):
        raise DataFileError(f"{path} is not an MNIST-1D pickle: it holds no dict.")
    return values
