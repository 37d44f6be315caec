"""What runs the cells of a command: the options --jobs and --dask."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from genlab.cli._errors import UsageError, as_usage

if TYPE_CHECKING:
    from genlab.sweep import Jobs


@contextlib.contextmanager
def workers(jobs: int | None, dask: str | None) -> Iterator[Jobs]:
    """What a study takes as `jobs`; a Dask cluster or its connection ends with the block."""
    if dask is None:
        yield jobs
        return
    if jobs is not None:
        raise UsageError("--jobs and --dask exclude each other.")
    from genlab.sweep import dask_executor

    with contextlib.ExitStack() as stack:
        with as_usage({"address": "--dask"}):
            executor = stack.enter_context(dask_executor(dask))
        yield executor
