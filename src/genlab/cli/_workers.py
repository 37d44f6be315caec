"""What runs the cells of a command: the options --jobs, --dask and --time-limit."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from genlab.cli._errors import UsageError, as_usage

if TYPE_CHECKING:
    from genlab.sweep import Jobs


@contextlib.contextmanager
def workers(jobs: int | None, dask: str | None, time_limit: str | None) -> Iterator[Jobs]:
    """What a study takes as `jobs`; a Dask cluster or its connection ends with the block."""
    if dask is not None and jobs is not None:
        raise UsageError("--jobs and --dask exclude each other.")
    from genlab.sweep import LocalExecutor, dask_executor, default_time_limit

    typed = {"address": "--dask", "time_limit": "--time-limit"}
    with contextlib.ExitStack() as stack:
        running: Jobs = jobs
        with as_usage(typed):
            default_time_limit()  # whether the environment names one that can be read
            if dask is not None:
                running = stack.enter_context(dask_executor(dask, time_limit=time_limit))
            elif time_limit is not None:
                running = LocalExecutor(jobs, time_limit=time_limit)
                if running.side_by_side:  # its workers would otherwise end with each call
                    stack.enter_context(running)
        yield running
