"""The data sets of users, for processes that cannot make them again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from genlab._base import signals
from genlab._base.errors import DataFileError
from genlab.datasets import CONTENT, DataSpec, contents_of, write_content
from genlab.sweep._cell import Cell


class ContentFolders:
    """Temporary folders of contents that cells name, each written once, removed by `close`."""

    def __init__(self) -> None:
        self._whole: tempfile.TemporaryDirectory[str] | None = None
        self._folders: dict[str, str] = {}

    def write(self, cells: Iterable[Cell[Any]]) -> None:
        """Write the contents that the cells name; DataFileError where that fails."""
        named = set().union(*(contents_of(cell.to_dict()) for cell in cells))
        for fingerprint in sorted(named - set(self._folders)):
            data = DataSpec(CONTENT, {"fingerprint": fingerprint}).make()
            try:
                if self._whole is None:
                    signals.clean_up_with(self.close)
                    self._whole = tempfile.TemporaryDirectory(
                        prefix="genlab-data-", ignore_cleanup_errors=True
                    )
                folder = str(Path(self._whole.name, fingerprint))
                write_content(data, folder)
            except OSError as error:
                raise DataFileError(
                    f"{tempfile.gettempdir()} cannot take the data that worker processes read: "
                    f"{error.strerror or error}; set $TMPDIR to a folder with enough space."
                ) from error
            self._folders[fingerprint] = folder

    def of(self, cells: Any) -> dict[str, str]:
        """The folders of the contents that the JSON of cells names, by fingerprint."""
        return {one: self._folders[one] for one in sorted(contents_of(cells))}

    def close(self) -> None:
        """Remove the folders."""
        signals.forget(self.close)
        if self._whole is not None:
            self._whole.cleanup()
        self._whole, self._folders = None, {}
