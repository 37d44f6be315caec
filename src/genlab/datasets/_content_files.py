"""A data set as a folder of .npy and .npz files, for the other processes of one machine."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from genlab._base.arrays import is_sparse
from genlab.datasets._contents import hold
from genlab.datasets._dataset import Dataset, DataSpec
from genlab.datasets._generators import CONTENT
from genlab.datasets._sparse import canonical

_REST = "rest.json"
# The spec follows from the fingerprint; no result of a cell depends on the encoder.
_LEFT_OUT = ("spec", "encoder")


def write_content(data: Dataset, folder: str | Path) -> None:
    """Write a data set into a new folder: a file per array, the rest as JSON."""
    Path(folder).mkdir(parents=True)
    rest: dict[str, Any] = {}
    for field in dataclasses.fields(data):
        value = getattr(data, field.name)
        if is_sparse(value):
            scipy.sparse.save_npz(Path(folder, f"{field.name}.npz"), value, compressed=False)
        elif isinstance(value, np.ndarray):
            np.save(Path(folder, f"{field.name}.npy"), value, allow_pickle=False)
        elif field.name not in _LEFT_OUT:
            rest[field.name] = value
    Path(folder, _REST).write_text(json.dumps(rest), encoding="utf-8")


def open_content(folder: str | Path, fingerprint: str) -> Dataset:
    """The data set that `write_content` wrote, its arrays mapped into memory.

    All processes that open it share the pages of dense arrays. Its spec can be made in this
    process for as long as the data set exists.

    Raises
    ------
    ValueError
        Where its fingerprint is another one.
    """
    # The arrays were checked when the data set was made; that they are these, its fingerprint
    # says. To make it anew would copy them into each process.
    rest = json.loads(Path(folder, _REST).read_text(encoding="utf-8"))
    values: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(Dataset))
    for name, value in rest.items():
        values[name] = tuple(value) if isinstance(value, list) else value
    for path in Path(folder).glob("*.npy"):
        values[path.stem] = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    for path in Path(folder).glob("*.npz"):
        values[path.stem] = canonical(path.stem, scipy.sparse.load_npz(path))
    values["spec"] = DataSpec(CONTENT, {"fingerprint": fingerprint})
    data = object.__new__(Dataset)
    for name, value in values.items():
        object.__setattr__(data, name, value)
    if data.fingerprint != fingerprint:
        raise ValueError(
            f"the data in {folder} must have the fingerprint {fingerprint[:12]}…, got "
            f"{data.fingerprint[:12]}…."
        )
    hold(data)
    return data
