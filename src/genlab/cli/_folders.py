"""Output folders, made before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

from genlab._base.errors import GenlabError


def make_writable(out: Path, names: list[str]) -> None:
    """Make the output folder and those named within it; GenlabError where that fails."""
    for folder in (out, *(out / name for name in names)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise GenlabError(
                f"--out must be a folder, and {folder} is or lies below a file."
            ) from None
        except OSError as error:
            raise GenlabError(f"cannot make the folder {folder}: {error.strerror}.") from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise GenlabError(f"--out must be writable, and {folder} is not.")
