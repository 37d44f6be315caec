"""Data sets that are known by their content alone: found again by their fingerprint.

Such a data set exists only where its arrays are. This process knows those that somebody holds;
another process knows one once `open_content` has read what `write_content` wrote.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from typing import Any

from genlab.datasets._generators import CONTENT

# Weak, so that a data set goes when its user lets it go. Several may have one fingerprint.
_HELD: weakref.WeakSet[Any] = weakref.WeakSet()
_LOCK = threading.Lock()


def hold(data: Any) -> None:
    """Let `held` find a data set by its fingerprint, for as long as it exists."""
    with _LOCK:
        _HELD.add(data)


def held(fingerprint: str) -> Any:
    """The data set of a fingerprint.

    Raises
    ------
    ValueError
        Where this process holds no such data set.
    """
    with _LOCK:
        for data in _HELD:
            if data.spec.arguments["fingerprint"] == fingerprint:
                return data
    raise ValueError(
        "a data set that no generator made cannot be made again from its spec, and this process "
        f"no longer holds the one with the fingerprint {fingerprint[:12]}…; load the file again, "
        "or keep the Dataset in a variable."
    )


def check_held(spec: Any) -> None:
    """Raise ValueError where a data spec names a content that this process does not hold."""
    for fingerprint in sorted(contents_of({"name": spec.name, "arguments": spec.arguments})):
        held(fingerprint)


def contents_of(values: Any) -> set[str]:
    """Fingerprints of the contents that the JSON of a spec or of a cell names.

    A process can make the data of a cell where it holds a data set of each.

    >>> from genlab.datasets import Dataset, DataSpec
    >>> data = Dataset([[0.0], [1.0]], [0, 1], [[0.5]], [1])
    >>> part = DataSpec.of_part("fold", data.spec, n_folds=2, fold=0, seed=0)
    >>> contents_of({"data": {"name": part.name, "arguments": part.arguments}}) == {
    ...     data.fingerprint
    ... }
    True
    """
    if isinstance(values, Mapping):
        arguments = values.get("arguments")
        if values.get("name") == CONTENT and isinstance(arguments, Mapping):
            return {str(arguments["fingerprint"])}
        return set().union(*map(contents_of, values.values()))
    if isinstance(values, (list, tuple)):
        return set().union(*map(contents_of, values))
    return set()
