"""The data of users, for processes that cannot make them: see `genlab.datasets.contents_of`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genlab._base.errors import WorkerError
from genlab.datasets import CONTENT, DataSpec, contents_of, write_content
from genlab.sweep._cell import Cell


@contextmanager
def written_contents(cells: Iterable[Cell[Any]]) -> Iterator[dict[str, str]]:
    """For the block, the folder of each content that the cells name, by its fingerprint.

    Raises
    ------
    WorkerError
        Where a folder cannot be written.
    """
    fingerprints = sorted(set().union(*(contents_of(cell.to_dict()) for cell in cells)))
    if not fingerprints:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="genlab-data-", ignore_cleanup_errors=True) as whole:
        folders = {one: str(Path(whole, one)) for one in fingerprints}
        for one, folder in folders.items():
            try:
                write_content(DataSpec(CONTENT, {"fingerprint": one}).make(), folder)
            except OSError as error:
                raise WorkerError(
                    f"the data cannot be written for the worker processes to {folder}: "
                    f"{error.strerror or error}; set $TMPDIR to a folder with enough space."
                ) from error
        yield folders
