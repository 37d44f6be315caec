"""The arrays of a module as a safetensors file, and back: only arrays, no code.

Each array is named by its place in the module, such as "layers.1.weight".
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from genlab._base.errors import ModelFileError

# NumPy's name of an array's type -> the format's.
_TYPES = {
    "bool": "BOOL",
    "int32": "I32",
    "uint32": "U32",
    "float16": "F16",
    "float32": "F32",
    "float64": "F64",
}
# Size of the header, and of an array's entry in it, at most.
_HEADER_BYTES = 4096
_ENTRY_BYTES = 512


def weights_bytes(module: eqx.Module) -> bytes:
    """The arrays of a module, `Statistics` included, as a safetensors file."""
    from safetensors.numpy import save

    arrays = {
        # Not ascontiguousarray, which gives a number an axis.
        name: np.array(leaf, order="C")
        for name, leaf in _named(eqx.filter(module, eqx.is_array)).items()
    }
    return save(arrays)


def most_bytes(shapes: PyTree) -> int:
    """Largest size in bytes of a file of arrays of these shapes."""
    leaves = jax.tree.leaves(shapes)
    data = sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in leaves)
    return _HEADER_BYTES + _ENTRY_BYTES * len(leaves) + data


def arrays_from(content: bytes, shapes: PyTree, path: Path) -> PyTree:
    """The arrays of a file, in the tree of `shapes`.

    Raises ModelFileError, naming `path`, where the file is damaged, where its arrays do not
    have exactly the names, types and shapes of the model, or where they are not finite.
    """
    from safetensors import SafetensorError, deserialize

    try:
        # Checks the header against the file's size; what it returns is no larger than that.
        found = dict(deserialize(content))  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise ModelFileError(f"{path} is damaged: {str(error).rstrip('.')}.") from None
    length = int.from_bytes(content[:8], "little")
    strict_json(content[8 : 8 + length], path)  # names twice are not refused above
    wanted = _named(shapes)
    for name in wanted:
        if name not in found:
            raise ModelFileError(f"{path} lacks the array {name}.")
    for name in sorted(found):
        if name not in wanted:
            raise ModelFileError(f"{path} holds an array {name}, which the model does not have.")
    arrays = []
    for name, leaf in wanted.items():
        dtype, shape = found[name]["dtype"], tuple(found[name]["shape"])
        if shape != leaf.shape:
            raise ModelFileError(f"{path}: {name} must have shape {leaf.shape}, got {shape}.")
        if dtype != _TYPES[leaf.dtype.name]:
            raise ModelFileError(
                f"{path}: {name} must be of type {_TYPES[leaf.dtype.name]}, got {dtype}."
            )
        values = np.frombuffer(found[name]["data"], leaf.dtype.newbyteorder("<")).reshape(shape)
        if not np.isfinite(values).all():
            raise ModelFileError(f"{path}: {name} must be finite, got values that are not.")
        arrays.append(jnp.asarray(values.astype(leaf.dtype, copy=False)))
    return jax.tree.unflatten(jax.tree.structure(shapes), arrays)


def strict_json(content: bytes, path: Path) -> dict[str, Any]:
    """A JSON object without repeated names, and without NaN or infinity."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise ModelFileError(f"{path} holds {twice!r} twice.")
        return values

    def refuse(constant: str) -> None:
        raise ModelFileError(f"{path} must hold finite numbers, got {constant}.")

    try:
        values = json.loads(content, object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        reason = (
            "its JSON is nested too deeply" if isinstance(error, RecursionError) else str(error)
        )
        raise ModelFileError(f"{path} is damaged: {reason}.") from None
    if not isinstance(values, dict):
        raise ModelFileError(f"{path} must hold a JSON object, got a {type(values).__name__}.")
    return values


def _named(tree: PyTree) -> dict[str, Any]:
    """Every leaf under the name of its place."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    named = {jax.tree_util.keystr(way, simple=True, separator="."): leaf for way, leaf in leaves}
    assert len(named) == len(leaves), "two arrays of a module have one name"
    return named
